//! Rules over what the same two sides do again and again, told once for each pair: what they agree on, what they ask for in vain.

use super::association::Ended;
use super::case;
use super::codes;
use super::groups::{Group, Groups, Opening};
use super::text;
use crate::dicom::names;
use crate::event::{AssociationRecord, ContextRecord};

pub(super) const RULES: &[fn(&Ended<'_>, &mut Groups)] = &[compression_declined, query_found_nothing];

/// The transfer syntaxes of PS3.5 annex A.4: encapsulated pixel data.
fn compressed(uid: &str) -> bool {
    uid.starts_with("1.2.840.10008.1.2.4.") || uid == "1.2.840.10008.1.2.5"
}

/// A context that could have been compressed, and is used without it; the sender has to decompress what it holds compressed.
fn declined<'a>(record: &AssociationRecord, context: &'a ContextRecord) -> Option<&'a str> {
    let proposed = context.proposed_transfer_syntaxes.iter().find(|uid| compressed(uid))?;
    let plain = context.transfer_syntax.as_deref().is_some_and(|uid| !compressed(uid));
    let elsewhere = record
        .contexts
        .iter()
        .any(|other| other.abstract_syntax == context.abstract_syntax && other.transfer_syntax.as_deref().is_some_and(compressed));
    (plain && context.used > 0 && !elsewhere).then_some(proposed)
}

fn compression_declined(ended: &Ended<'_>, groups: &mut Groups) {
    let record = ended.record;
    let Some((context, proposed)) = record.contexts.iter().find_map(|context| Some((context, declined(record, context)?))) else { return };
    let tell = |group: &Group| format!("{}; {} like this one", group.text, text::count(group.count, "association"));
    let opening = Opening::new(&codes::COMPRESSION_DECLINED, case::place(record), tell);
    groups.add(case::subject(record), &opening, 0, || {
        format!(
            "{}: {}, proposed {} among others, accepted {}",
            text::parties(record),
            text::uid(context.abstract_syntax.as_deref()),
            names::uid_and_name(proposed),
            text::uid(context.transfer_syntax.as_deref())
        )
    });
}

/// C-FIND with success and no match (PS3.4 section C.4.1.3: each match is a pending response).
fn query_found_nothing(ended: &Ended<'_>, groups: &mut Groups) {
    let (record, progress) = (ended.record, ended.progress);
    if progress.empty_finds == 0 {
        return;
    }
    let tell = |group: &Group| format!("{}: {} of {} without a match", group.text, group.amount, text::count(group.whole, "C-FIND"));
    let opening = Opening::new(&codes::QUERY_FOUND_NOTHING, case::place(record), tell);
    groups.measure(case::subject(record), &opening, progress.empty_finds, progress.finds, || text::parties(record));
}
