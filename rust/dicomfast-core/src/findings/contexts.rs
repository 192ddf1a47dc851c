//! Rules over the presentation contexts of one association (PS3.8 section 9.3.3.2): what was wanted, what was offered.

use super::codes::{self, Code};
use super::groups::Place;
use super::text;
use crate::dicom::names;
use crate::event::{AssociationRecord, ContextRecord, FindingRecord, Outcome};

pub(super) const RULES: &[fn(&AssociationRecord) -> Option<FindingRecord>] =
    &[all_contexts_refused, no_common_transfer_syntax, abstract_syntax_not_supported, context_refused];

fn finding(record: &AssociationRecord, code: &'static Code, told: &str) -> FindingRecord {
    let place = Place {
        association: Some(record.association),
        connection: Some(record.connection),
        packet: Some(record.first.packet),
        time: record.first.time,
    };
    place.finding(code, format!("{}: {told}", text::parties(record)))
}

/// Contexts with this answer whose abstract syntax was not accepted in any other context: a requestor often proposes each one
/// several times and is content with one.
fn lost(record: &AssociationRecord, answer: fn(u8) -> bool) -> impl Iterator<Item = &ContextRecord> {
    let accepted = |context: &ContextRecord| {
        record.contexts.iter().any(|other| other.result == Some(0) && other.abstract_syntax == context.abstract_syntax)
    };
    record.contexts.iter().filter(move |context| context.result.is_some_and(answer) && !accepted(context))
}

fn context(context: &ContextRecord) -> String {
    format!("context {}: {}", context.context_id, text::uid(context.abstract_syntax.as_deref()))
}

fn all_contexts_refused(record: &AssociationRecord) -> Option<FindingRecord> {
    let refused = |context: &ContextRecord| context.result.is_some_and(|result| result != 0);
    let all = record.outcome == Outcome::Accepted && !record.contexts.is_empty() && record.contexts.iter().all(refused);
    all.then(|| {
        let told = format!("none of {} was accepted", text::count(record.contexts.len() as u64, "presentation context"));
        finding(record, &codes::ALL_CONTEXTS_REFUSED, &told)
    })
}

/// Result 4.
fn no_common_transfer_syntax(record: &AssociationRecord) -> Option<FindingRecord> {
    let wanted: Vec<_> = lost(record, |result| result == 4)
        .map(|lost| {
            let proposed: Vec<_> = lost.proposed_transfer_syntaxes.iter().map(|uid| names::uid_and_name(uid)).collect();
            format!("{}, proposed {}", context(lost), text::list(&proposed, ", "))
        })
        .collect();
    (!wanted.is_empty()).then(|| {
        let mut offered: Vec<_> =
            record.contexts.iter().filter_map(|context| context.transfer_syntax.as_deref()).map(names::uid_and_name).collect();
        offered.sort();
        offered.dedup();
        let offered = if offered.is_empty() { "nothing".to_owned() } else { text::list(&offered, ", ") };
        let told = format!("{}; accepted for other SOP classes: {offered}", text::list(&wanted, "; "));
        finding(record, &codes::NO_COMMON_TRANSFER_SYNTAX, &told)
    })
}

/// Result 3.
fn abstract_syntax_not_supported(record: &AssociationRecord) -> Option<FindingRecord> {
    let refused: Vec<_> = lost(record, |result| result == 3).map(context).collect();
    (!refused.is_empty()).then(|| finding(record, &codes::ABSTRACT_SYNTAX_NOT_SUPPORTED, &text::list(&refused, "; ")))
}

/// Results 1 and 2, and those that PS3.8 does not know.
fn context_refused(record: &AssociationRecord) -> Option<FindingRecord> {
    let refused: Vec<_> = lost(record, |result| !matches!(result, 0 | 3 | 4))
        .map(|refused| {
            let result = refused.result.unwrap_or_default();
            format!("{}, result {result} ({})", context(refused), names::context_result_text(result))
        })
        .collect();
    (!refused.is_empty()).then(|| finding(record, &codes::CONTEXT_REFUSED, &text::list(&refused, "; ")))
}
