//! Rules over the time of all associations between two AE titles: what took it. One function a rule; told at the end of the input. The time
//! budget is what the capture point saw; these rules correct it for where that stood, and say so.

use super::between::{Between, Waits};
use super::codes::{self, Code};
use super::text::{count, percent, seconds};
use crate::dicom::command::operation_name;
use crate::event::{Cause, Class, FindingRecord};

/// A class of time is worth a finding from this part of the whole on, one in so many.
const PART: i64 = 5;
/// And from so much of it on: less, nobody waits for.
const LEAST: i64 = 200_000_000;
/// Idle time is the requestor's own affair; it is told where it is long.
const LEAST_IDLE: i64 = 2_000_000_000;

pub(super) const RULES: &[fn(&Between) -> Option<FindingRecord>] = &[
    slow_responses,
    latency_bound,
    window_bound,
    loss_bound,
    delayed_ack_bound,
    congestion_window_bound,
    sender_bound,
    negotiation_bound,
    invoker_idle,
    capture_gaps,
];

/// Whether so much of the time is worth a finding.
fn is_much(between: &Between, time: i64) -> bool {
    time >= LEAST && time >= between.duration / PART
}

fn finding(between: &Between, code: &'static Code, time: i64, told: &str) -> FindingRecord {
    let share = percent(time, between.duration);
    let evidence = format!("{}: {} of {} ({share}): {told}", between.whom(), seconds(time), seconds(between.duration));
    between.place.finding(code, evidence)
}

fn scaled(way: i64, times: u64) -> i64 {
    way.saturating_mul(i64::try_from(times).unwrap_or(i64::MAX))
}

/// Waiting for responses, without the way to the acceptor and back that each of them takes.
fn at_work(between: &Between) -> i64 {
    let way = between.ways().map_or(0, |(_, acceptor)| scaled(acceptor, between.waited.operations));
    between.time(Class::WaitingResponse).saturating_sub(way).max(0)
}

fn slow_responses(between: &Between) -> Option<FindingRecord> {
    let time = at_work(between);
    is_much(between, time).then(|| {
        let by_command = between.waited.responses.iter().map(|(command, samples)| {
            let middle = samples.quantile(0.5).unwrap_or(0);
            let most = samples.quantile(1.0).unwrap_or(0);
            format!("{} {}, median {}, longest {}", samples.count(), operation_name(*command), seconds(middle), seconds(most))
        });
        let by_command: Vec<_> = by_command.collect();
        let way = match between.ways() {
            Some((_, acceptor)) if acceptor > 0 => format!("; the way to it and back ({} each) is taken off", seconds(acceptor)),
            _ => String::new(),
        };
        finding(between, &codes::SLOW_RESPONSES, time, &format!("the acceptor was at work on requests{way}; {}", by_command.join("; ")))
    })
}

/// A round trip for each operation: the path, not a host.
fn latency_bound(between: &Between) -> Option<FindingRecord> {
    let (requestor, acceptor) = between.ways()?;
    let round_trip = requestor.saturating_add(acceptor);
    let waiting = between.time(Class::WaitingResponse).saturating_add(between.time(Class::Idle));
    let time = scaled(round_trip, between.waited.operations).min(waiting);
    is_much(between, time).then(|| {
        let told = format!(
            "the path itself, {} one after the other, each a round trip of {}",
            count(between.waited.operations, "operation"),
            seconds(round_trip)
        );
        finding(between, &codes::LATENCY_BOUND, time, &told)
    })
}

/// "12 times window-full (3.200 s, longest 0.300 s)".
fn waits(between: &Between, causes: &[Cause]) -> String {
    let told = causes.iter().filter_map(|cause| {
        let Waits { count, time, longest } = between.waited.of(*cause);
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        (count > 0).then(|| format!("{times} {} ({}, longest {})", cause.name(), seconds(time), seconds(longest)))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// A finding over stalls of one class, with the causes that make it up.
fn stalled(between: &Between, code: &'static Code, time: i64, causes: &[Cause], why: &str) -> Option<FindingRecord> {
    is_much(between, time).then(|| {
        let waits = waits(between, causes);
        let told = if waits.is_empty() { why.to_owned() } else { format!("{why}: {waits}") };
        finding(between, code, time, &told)
    })
}

fn window_bound(between: &Between) -> Option<FindingRecord> {
    let causes = [Cause::WindowClosed, Cause::WindowFull];
    stalled(between, &codes::WINDOW_BOUND, between.time(Class::StalledWindow), &causes, "messages stood still for the receiver's window")
}

fn loss_bound(between: &Between) -> Option<FindingRecord> {
    let causes = [Cause::RetransmissionTimeout, Cause::FastRecovery];
    stalled(between, &codes::LOSS_BOUND, between.time(Class::StalledLoss), &causes, "messages stood still until lost bytes were sent again")
}

fn delayed_ack_bound(between: &Between) -> Option<FindingRecord> {
    let time = between.waited.of(Cause::NagleDelayedAck).time;
    let why = "small segments were kept back until a delayed acknowledgement";
    stalled(between, &codes::DELAYED_ACK_BOUND, time, &[Cause::NagleDelayedAck], why)
}

fn congestion_window_bound(between: &Between) -> Option<FindingRecord> {
    let time = between.waited.of(Cause::CongestionWindow).time;
    let why = "the sender waited for acknowledgements though the receiver's window had room";
    stalled(between, &codes::CONGESTION_WINDOW_BOUND, time, &[Cause::CongestionWindow], why)
}

fn sender_bound(between: &Between) -> Option<FindingRecord> {
    let why = "the sender of a message did not send, and nothing kept it from sending";
    stalled(between, &codes::SENDER_BOUND, between.time(Class::StalledSender), &[Cause::SenderIdle], why)
}

fn negotiation_bound(between: &Between) -> Option<FindingRecord> {
    let time = between.time(Class::Negotiating);
    is_much(between, time).then(|| {
        let operations = count(between.waited.operations, "operation");
        finding(between, &codes::NEGOTIATION_BOUND, time, &format!("opening and releasing associations, for {operations}"))
    })
}

fn invoker_idle(between: &Between) -> Option<FindingRecord> {
    let way = between.ways().map_or(0, |(requestor, _)| scaled(requestor, between.waited.operations));
    let time = between.time(Class::Idle).saturating_sub(way).max(0);
    (is_much(between, time) && time >= LEAST_IDLE && between.waited.operations > 1).then(|| {
        let told = format!("no operation was open, with {}", count(between.waited.operations, "operation"));
        finding(between, &codes::INVOKER_IDLE, time, &told)
    })
}

fn capture_gaps(between: &Between) -> Option<FindingRecord> {
    let time = between.time(Class::Unknown);
    let told = "it cannot be judged, since bytes are missing in the capture, or its times go back";
    is_much(between, time).then(|| finding(between, &codes::CAPTURE_GAPS, time, told))
}
