//! Rules over associations that ended after nothing had happened for a while: who was silent, for how long, and whether a timer shows.
//! Knows the last message and the last stall; judges no packet.

use super::association::{Ended, Last};
use super::case::{self, amount};
use super::codes::{self, Code};
use super::groups::{Group, Groups, Opening, Place};
use super::text;
use super::timing::between;
use crate::event::{AssociationRecord, Cause, EndedBy, Sender, Stamp};

/// From when on it is silence: no usual time-out is shorter, and hardly any step of a program that is well takes longer.
const SILENCE: i64 = 5_000_000_000;
/// Defaults of toolkits and programs (association and DIMSE time-outs, network time-outs) and of firewalls, in seconds.
const USUAL: [i64; 14] = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_800, 3_600];
/// A timer fires this near to its time, in parts of it: it begins before or after the last packet, and some look only now and then.
const NEAR: i64 = 50;

pub(super) const RULES: &[fn(&Ended<'_>, &mut Groups)] = &[idle_timeout, gave_up_waiting, transfer_stalled_at_end];

/// It ended, and not in order.
fn broke(record: &AssociationRecord) -> bool {
    !matches!(record.ended_by, EndedBy::Release | EndedBy::Open)
}

/// How long before its end an association had its last message.
fn silence(ended: &Ended<'_>) -> Option<(Last, i64)> {
    let last = ended.progress.last?;
    let silence = between(last.stamp.time, ended.record.last.time)?;
    (silence >= SILENCE).then_some((last, silence))
}

/// "the acceptor aborted", "the connection was closed (FIN)".
fn end(record: &AssociationRecord) -> String {
    match record.ended_by {
        EndedBy::Fin => "the connection was closed (FIN)".to_owned(),
        EndedBy::Rst => "the connection was reset (RST)".to_owned(),
        EndedBy::Open => "the capture or the connection ended".to_owned(),
        EndedBy::Release => "it was released".to_owned(),
        _ => format!("the {} aborted", text::side(record.abort_sender)),
    }
}

/// ", close to 30 s, a usual time-out".
fn usual(silence: i64) -> String {
    let near = USUAL.iter().find(|seconds| {
        let usual = **seconds * 1_000_000_000;
        silence.abs_diff(usual) <= usual.unsigned_abs() / NEAR.unsigned_abs()
    });
    near.map(|seconds| format!(", close to {seconds} s, a usual time-out")).unwrap_or_default()
}

fn add(ended: &Ended<'_>, code: &'static Code, at: Stamp, silence: i64, told: &str, groups: &mut Groups) {
    let record = ended.record;
    let place = Place { packet: Some(at.packet), time: at.time, ..case::place(record) };
    let opening = Opening { variant: record.ended_by as u32, ..Opening::new(code, place, tell) };
    groups.measure(case::subject(record), &opening, amount(silence), 0, || format!("{}: {told}", text::parties(record)));
}

/// One, or the longest of several, and whether they are so alike that it must be a timer.
fn tell(group: &Group) -> String {
    if group.count == 1 {
        return group.text.clone();
    }
    let (fewest, most) = (group.fewest as i64, group.most as i64);
    let timer = if most - fewest <= most / NEAR { ": a timer" } else { "" };
    let (shortest, longest) = (text::duration(fewest), text::duration(most));
    format!("{}; {} like this one, after {shortest} to {longest}{timer}", group.text, text::count(group.count, "association"))
}

/// Nothing was outstanding.
fn idle_timeout(ended: &Ended<'_>, groups: &mut Groups) {
    let Some((last, silence)) = silence(ended).filter(|_| broke(ended.record) && !ended.progress.busy()) else { return };
    let told = format!(
        "{} after {} with nothing outstanding{}; last message: {}",
        end(ended.record),
        text::duration(silence),
        usual(silence),
        text::message(&last)
    );
    add(ended, &codes::IDLE_TIMEOUT, ended.record.last, silence, &told, groups);
}

/// A request was complete and its response did not come.
fn gave_up_waiting(ended: &Ended<'_>, groups: &mut Groups) {
    let waiting = |last: &Last| ended.progress.unanswered > 0 && last.complete;
    let Some((last, silence)) = silence(ended).filter(|(last, _)| broke(ended.record) && waiting(last)) else { return };
    let told = format!(
        "{} after {} without a response{}; {} open; last message: {}",
        end(ended.record),
        text::duration(silence),
        usual(silence),
        text::count(ended.progress.unanswered, "request"),
        text::message(&last)
    );
    add(ended, &codes::GAVE_UP_WAITING, ended.record.last, silence, &told, groups);
}

/// A message that was under way never got on.
fn transfer_stalled_at_end(ended: &Ended<'_>, groups: &mut Groups) {
    let Some(stood) = stood_at_end(ended).filter(|stood| stood.silence >= SILENCE && ended.record.ended_by != EndedBy::Release) else {
        return;
    };
    let under_way = ended.progress.last.filter(|last| !last.complete);
    let message = under_way.map(|last| format!("; {}", text::message(&last))).unwrap_or_default();
    let told = format!(
        "nothing of a message of {} moved for {}{}, then {}; cause: {}{message}{}",
        text::party(ended.record, stood.sender),
        text::duration(stood.silence),
        usual(stood.silence),
        end(ended.record),
        stood.cause.map_or("unknown", Cause::name),
        super::association::missing(ended.record),
    );
    add(ended, &codes::TRANSFER_STALLED_AT_END, stood.since, stood.silence, &told, groups);
}

struct StoodAtEnd {
    sender: Sender,
    since: Stamp,
    silence: i64,
    cause: Option<Cause>,
}

/// The stall that lasted until the end, as it was told or, where none was, from the message that did not end.
fn stood_at_end(ended: &Ended<'_>) -> Option<StoodAtEnd> {
    let end = ended.record.last;
    let stall = ended.progress.timing.last_stall.filter(|stall| !stall.resumed);
    if let Some(stall) = stall {
        let silence = between(stall.before.time, stall.after.time)?;
        return Some(StoodAtEnd { sender: stall.sender, since: stall.before, silence, cause: Some(stall.cause) });
    }
    let last = ended.progress.last.filter(|last| !last.complete)?;
    Some(StoodAtEnd { sender: last.sender, since: last.stamp, silence: between(last.stamp.time, end.time)?, cause: None })
}
