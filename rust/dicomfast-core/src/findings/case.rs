//! Where the time of an association went, judged when its connection has ended, since only that tells how long the path is. Told once
//! for each pair of AE titles and cause: a thousand small associations give a line, not a thousand. Knows none of the rules.

use super::codes::Code;
use super::groups::{Group, Groups, Opening, Place, Subject};
use super::path::Path;
use super::text;
use super::timing::Timing;
use crate::event::{AssociationRecord, Budget, Class, ConnectionRecord, Endpoint, Sender};

/// One part in so many of an association's time: what takes less is not worth mending first.
const PART: i64 = 5;
/// What is shorter in one association is not told, however many there are: no more than programs that are well take for a step.
const LEAST_EACH: i64 = 10_000_000;
/// What all of one kind have to add up to, where programs take their time: what a person notices.
pub(super) const LEAST_WAIT: i64 = 1_000_000_000;
/// The same where nobody has to work, so that it should not take time: the shortest retransmission time-out that is common.
pub(super) const LEAST_STALL: i64 = 200_000_000;

/// What is kept of an association until its connection ends.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) place: Place,
    subject: Subject,
    /// The two sides in words, and where the requestor is.
    parties: [String; 2],
    end: Endpoint,
    pub(super) operations: u64,
    /// No asynchronous operations window was agreed.
    pub(super) one_at_a_time: bool,
    /// From A-ASSOCIATE-RQ to its answer.
    pub(super) answer: Option<i64>,
    pub(super) complete: bool,
    budget: Budget,
    timing: Timing,
}

impl Kept {
    /// Nothing where no time went that could be told.
    pub(super) fn of(record: &AssociationRecord, timing: Timing) -> Option<Self> {
        let budget = record.budget.filter(|budget| budget.sum(&Class::ALL) >= LEAST_EACH)?;
        Some(Self {
            place: place(record),
            subject: subject(record),
            parties: [text::party(record, Sender::Requestor), text::party(record, Sender::Acceptor)],
            end: record.requestor,
            operations: record.operations,
            one_at_a_time: record.async_invoked.is_none_or(|invoked| invoked == 1),
            answer: record.requested.zip(record.answered).map(|(asked, answered)| answered.saturating_sub(asked)),
            complete: record.complete,
            budget,
            timing,
        })
    }
}

/// An association to be judged.
pub(super) struct Case<'a> {
    pub(super) kept: &'a Kept,
    pub(super) timing: &'a Timing,
    pub(super) connection: Option<&'a ConnectionRecord>,
    pub(super) path: Path,
    pub(super) duration: i64,
}

/// What a rule says.
pub(super) struct Verdict {
    pub(super) code: &'static Code,
    /// Nanoseconds, and how many are worth telling.
    pub(super) time: i64,
    pub(super) least: i64,
    pub(super) told: String,
    pub(super) place: Place,
}

pub(super) type Rule = fn(&Case<'_>) -> Option<Verdict>;

impl<'a> Case<'a> {
    fn of(kept: &'a Kept, connection: Option<&'a ConnectionRecord>) -> Self {
        let Kept { end, budget, timing, .. } = kept;
        Self { kept, timing, connection, path: Path::of(connection, *end, timing.rtt), duration: budget.sum(&Class::ALL) }
    }

    pub(super) fn spent(&self, class: Class) -> i64 {
        self.kept.budget.get(class)
    }

    /// Whether it is a part of the time that matters.
    pub(super) fn matters(&self, time: i64) -> bool {
        time >= LEAST_EACH && time >= self.duration / PART
    }

    /// "8.200 s (82 % of 10.000 s, the largest part)".
    pub(super) fn part(&self, time: i64) -> String {
        let told = text::part(time, self.duration);
        if time > self.duration / 2 { format!("{}, the largest part)", told.trim_end_matches(')')) } else { told }
    }

    pub(super) fn party(&self, side: Sender) -> &str {
        let [requestor, acceptor] = &self.kept.parties;
        if side == Sender::Requestor { requestor } else { acceptor }
    }

    pub(super) fn verdict(&self, code: &'static Code, time: i64, least: i64, told: String) -> Verdict {
        Verdict { code, time, least, told, place: self.kept.place }
    }
}

pub(super) fn place(record: &AssociationRecord) -> Place {
    Place {
        association: Some(record.association),
        connection: Some(record.connection),
        packet: Some(record.first.packet),
        time: record.first.time,
    }
}

/// Whom a habit concerns: the AE titles, else the addresses.
pub(super) fn subject(record: &AssociationRecord) -> Subject {
    match (&record.calling_ae, &record.called_ae) {
        (Some(calling), Some(called)) => Subject::Titles(calling.clone(), called.clone(), record.acceptor),
        _ => Subject::Attempt(record.requestor.ip, record.acceptor),
    }
}

/// Asks each rule about an association whose connection has ended, or was not told of.
pub(super) fn judge(kept: &Kept, connection: Option<&ConnectionRecord>, rules: &[Rule], groups: &mut Groups) {
    let case = Case::of(kept, connection);
    for verdict in rules.iter().filter_map(|rule| rule(&case)) {
        let opening = Opening { least_amount: amount(verdict.least), ..Opening::new(verdict.code, verdict.place, tell) };
        groups.measure(kept.subject.clone(), &opening, amount(verdict.time), amount(case.duration), || {
            let [requestor, acceptor] = &kept.parties;
            format!("{requestor} -> {acceptor}: {}", verdict.told)
        });
    }
}

pub(super) fn amount(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0)
}

/// The worst, and what all take.
fn tell(group: &Group) -> String {
    if group.count == 1 {
        return group.text.clone();
    }
    let all = text::part(group.amount as i64, group.whole as i64);
    format!("{}; {} like this one, together {all}", group.text, text::count(group.count, "association"))
}
