//! Rules over time in which nothing had to move: the performer works, the invoker thinks, or both are far apart (PS3.7 section 7.1 and
//! annex D.3.3.3: operations one at a time unless an asynchronous operations window is agreed).

use super::case::{Case, LEAST_STALL, LEAST_WAIT, Rule, Verdict};
use super::codes;
use super::operation::C_MOVE;
use super::text;
use super::timing::Responses;
use crate::dicom::command::operation_name;
use crate::event::{Cause, Class, Sender};

pub(super) const RULES: &[Rule] = &[slow_responses, waiting_for_move, latency_bound, invoker_idle, negotiation_bound, capture_gaps];

/// A path that is longer leaves the building.
const LONG_PATH: i64 = 2_000_000;
/// Operations one after another from which on the path is paid many times.
const MANY: u64 = 5;

/// The time that went by until responses came, but for C-MOVE, where other associations have the reason.
struct Waited {
    performer: Sender,
    /// Until responses to C-MOVE.
    moving: i64,
    trips: u64,
    /// What the path took.
    path: i64,
    /// What is left.
    own: i64,
}

fn waited(case: &Case<'_>) -> Waited {
    let all = case.spent(Class::WaitingResponse);
    let (moves, others): (Vec<&Responses>, Vec<_>) = case.timing.commands.iter().partition(|of| of.command_field == C_MOVE);
    let moving = moves.iter().map(|of| of.waited).sum::<i64>().min(all);
    let performer = others.iter().max_by_key(|of| of.waited).map_or(Sender::Acceptor, |of| of.performer());
    let trips: u64 = others.iter().map(|of| of.count).sum();
    let way = case.path.to(performer).unwrap_or(0);
    let path = way.saturating_mul(trips as i64).min(all - moving);
    Waited { performer, moving, trips, path, own: all - moving - path }
}

/// "C-STORE: 120 responses, median about 60.0 ms, longest 300.0 ms".
fn responses(of: &Responses) -> String {
    let median = of.times.quantile(0.5).map(|median| format!(", median about {}", text::duration(median.min(of.longest))));
    let median = median.unwrap_or_default();
    let (name, count) = (operation_name(of.command_field), text::count(of.count, "response"));
    format!("{name}: {count}{median}, longest {}", text::duration(of.longest))
}

/// The performer works.
fn slow_responses(case: &Case<'_>) -> Option<Verdict> {
    let waited = waited(case);
    case.matters(waited.own).then(|| {
        let by_command: Vec<_> = case.timing.commands.iter().filter(|of| of.command_field != C_MOVE).map(responses).collect();
        let told = format!(
            "{} until {} responded; {}{}",
            case.part(waited.own),
            case.party(waited.performer),
            text::list(&by_command, "; "),
            case.path.left_out(waited.path, waited.trips, waited.performer),
        );
        case.verdict(&codes::SLOW_RESPONSES, waited.own, LEAST_WAIT, told)
    })
}

/// PS3.4 section C.4.2: the objects go over other associations meanwhile.
fn waiting_for_move(case: &Case<'_>) -> Option<Verdict> {
    let moving = waited(case).moving;
    case.matters(moving).then(|| {
        let moves: Vec<_> = case.timing.commands.iter().filter(|of| of.command_field == C_MOVE).map(responses).collect();
        let told = format!("{} until {} told of its C-MOVE; {}", case.part(moving), case.party(Sender::Acceptor), text::list(&moves, "; "));
        case.verdict(&codes::WAITING_FOR_MOVE, moving, LEAST_WAIT, told)
    })
}

/// Whatever the capture point sees as waiting and as idle: each operation takes a round trip of the whole path.
fn latency_bound(case: &Case<'_>) -> Option<Verdict> {
    let trip = case.path.whole().filter(|trip| *trip >= LONG_PATH)?;
    let operations = case.kept.operations;
    if operations < MANY || !case.kept.one_at_a_time {
        return None;
    }
    let seen = case.spent(Class::WaitingResponse).saturating_add(case.spent(Class::Idle));
    let time = trip.saturating_mul(operations as i64).min(seen);
    case.matters(time).then(|| {
        let (count, trip) = (text::count(operations, "operation"), text::duration(trip));
        let told = format!("{} for {count} one at a time over a path with a round trip of {trip}{}", case.part(time), captured(case));
        case.verdict(&codes::LATENCY_BOUND, time, LEAST_WAIT, told)
    })
}

fn captured(case: &Case<'_>) -> String {
    let tap = case.path.tap();
    if tap.is_empty() { String::new() } else { format!(", captured{}", tap.replace(['(', ')'], "")) }
}

/// The invoker thinks. After the answer to A-ASSOCIATE-RQ, too, and before A-RELEASE-RQ.
fn invoker_idle(case: &Case<'_>) -> Option<Verdict> {
    let all = case.spent(Class::Idle);
    let trips = case.kept.operations.saturating_add(1);
    let path = case.path.to(Sender::Requestor).unwrap_or(0).saturating_mul(trips as i64).min(all);
    let own = all - path;
    case.matters(own).then(|| {
        let gaps = &case.timing.gaps;
        let gaps = gaps.quantile(0.5).map(|median| {
            let longest = text::duration(case.timing.longest_gap);
            let median = text::duration(median.min(case.timing.longest_gap));
            format!("; between operations: median about {median}, longest {longest}")
        });
        let told = format!(
            "{} with no request of {} under way, in {}{}{}",
            case.part(own),
            case.party(Sender::Requestor),
            text::count(case.kept.operations, "operation"),
            gaps.unwrap_or_default(),
            case.path.left_out(path, trips, Sender::Requestor),
        );
        case.verdict(&codes::INVOKER_IDLE, own, LEAST_WAIT, told)
    })
}

/// PS3.8 section 7.1 and 7.2: a round trip before the first operation, and one after the last. No one has to work for them.
fn negotiation_bound(case: &Case<'_>) -> Option<Verdict> {
    let time = case.spent(Class::Negotiating);
    case.matters(time).then(|| {
        let answer =
            case.kept.answer.map(|took| format!("; A-ASSOCIATE-RQ was answered after {}", text::duration(took))).unwrap_or_default();
        let trip = case.path.whole().map(|trip| format!("; round trip of the path: {}", text::duration(trip))).unwrap_or_default();
        let operations = text::count(case.kept.operations, "operation");
        let told = format!("{} for association and release, with {operations}{answer}{trip}", case.part(time));
        case.verdict(&codes::NEGOTIATION_BOUND, time, LEAST_STALL, told)
    })
}

/// Time of which the packets would have told, but the capture does not hold them.
fn capture_gaps(case: &Case<'_>) -> Option<Verdict> {
    // A stall that did not end is unknown as well, but nothing is missing there.
    let (unexplained, _) = case.timing.stood(Cause::Unknown);
    let time = case.spent(Class::Unknown).saturating_sub(unexplained);
    (case.matters(time) && !case.kept.complete).then(|| {
        let told =
            format!("{} cannot be explained, since packets are missing; shares of other causes are too small by it", case.part(time));
        case.verdict(&codes::CAPTURE_GAPS, time, LEAST_WAIT, told)
    })
}
