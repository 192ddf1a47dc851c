//! Rules over single answers that came late, whatever the rest of the association was like.

use super::association::Ended;
use super::case::{self, amount};
use super::codes;
use super::groups::{Group, Groups, Opening};
use super::text;
use super::timing::Responses;
use crate::dicom::command::operation_name;

/// An answer to A-ASSOCIATE-RQ takes milliseconds; a look-up of a name that fails takes some seconds.
const LATE_ANSWER: i64 = 1_000_000_000;

pub(super) const RULES: &[fn(&Ended<'_>, &mut Groups)] = &[slow_association_answer, long_response];

/// One, or the longest of several.
fn tell(group: &Group) -> String {
    if group.count == 1 {
        return group.text.clone();
    }
    let all = text::duration(group.amount as i64);
    format!("{}; {} like this one, together {all}", group.text, text::count(group.count, "association"))
}

/// PS3.8 section 7.1: accepted or rejected, but late.
fn slow_association_answer(ended: &Ended<'_>, groups: &mut Groups) {
    let record = ended.record;
    let Some((asked, answered)) = record.requested.zip(record.answered) else { return };
    let took = answered.saturating_sub(asked);
    if took < LATE_ANSWER {
        return;
    }
    let opening = Opening::new(&codes::SLOW_ASSOCIATION_ANSWER, case::place(record), tell);
    groups.measure(case::subject(record), &opening, amount(took), 0, || {
        let outcome = record.outcome.name();
        format!("{}: A-ASSOCIATE-RQ answered after {}, outcome: {outcome}", text::parties(record), text::duration(took))
    });
}

/// A C-MOVE or C-GET takes as long as its objects, so they have more time.
fn long_response(ended: &Ended<'_>, groups: &mut Groups) {
    for of in &ended.progress.timing.commands {
        let Some((place, longest)) = &of.long_place else { continue };
        let opening = Opening { variant: u32::from(of.command_field), ..Opening::new(&codes::LONG_RESPONSE, *place, tell) };
        groups.measure(case::subject(ended.record), &opening, amount(of.longest), 0, || told(ended, of, longest));
    }
}

fn told(ended: &Ended<'_>, of: &Responses, longest: &str) -> String {
    let (name, many) = (operation_name(of.command_field), text::count(of.count, "response"));
    format!(
        "{}: {} of {many} to {name} took long; the longest {}, of {}: {longest}",
        text::parties(ended.record),
        of.long,
        text::duration(of.longest),
        text::party(ended.record, of.performer()),
    )
}
