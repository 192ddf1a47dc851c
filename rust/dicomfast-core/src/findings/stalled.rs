//! Rules over time in which a message stood still, by its cause (RFC 9293, 5681, 6298, 896, 1122). Knows the stalls; judges no packet.

use super::case::{Case, LEAST_STALL, LEAST_WAIT, Rule, Verdict};
use super::codes::{self, Code};
use super::groups::Place;
use super::text;
use super::timing::Stood;
use crate::event::{Cause, Class};

pub(super) const RULES: &[Rule] = &[sender_bound, window_bound, loss_bound, delayed_ack_bound, congestion_window_bound];

/// A finding that points to the longest of the stalls that took the most time.
fn verdict(case: &Case<'_>, code: &'static Code, time: i64, least: i64, worst: &Stood, told: &str) -> Verdict {
    let longest = text::duration(worst.longest);
    let told = format!("{told}; most at once: {longest}, packets {} to {}", worst.before.packet, worst.after.packet);
    let place = Place { packet: Some(worst.before.packet), time: worst.before.time, ..case.kept.place };
    Verdict { place, ..case.verdict(code, time, least, told) }
}

/// The time of causes that share a class of the budget.
fn time_of(case: &Case<'_>, class: Class, causes: &[Cause]) -> i64 {
    let stood = causes.iter().map(|cause| case.timing.stood(*cause).0).fold(0, i64::saturating_add);
    stood.min(case.spent(class))
}

/// "3.000 s in 12 waits".
fn waits(of: (i64, u64)) -> String {
    format!("{} in {}", text::duration(of.0), text::count(of.1, "wait"))
}

fn sender_bound(case: &Case<'_>) -> Option<Verdict> {
    let time = case.spent(Class::StalledSender);
    let worst = case.timing.worst(&[Cause::SenderIdle]).filter(|_| case.matters(time))?;
    let of = case.timing.stood(Cause::SenderIdle);
    let told = format!("{} in which {} stopped in the middle of a message: {}", case.part(time), case.party(worst.sender), waits(of));
    Some(verdict(case, &codes::SENDER_BOUND, time, LEAST_WAIT, worst, &told))
}

fn window_bound(case: &Case<'_>) -> Option<Verdict> {
    let time = case.spent(Class::StalledWindow);
    let worst = case.timing.worst(&[Cause::WindowClosed, Cause::WindowFull]).filter(|_| case.matters(time))?;
    let receiver = worst.sender.other();
    let (closed, full) = (case.timing.stood(Cause::WindowClosed), case.timing.stood(Cause::WindowFull));
    let mut told = vec![format!("{} in which {} took no more", case.part(time), case.party(receiver))];
    if closed.1 > 0 {
        told.push(format!("window closed, its program did not read: {}", waits(closed)));
    }
    if full.1 > 0 {
        told.push(format!("window full, its buffer is small: {}{}", waits(full), ceiling(case, worst)));
    }
    Some(verdict(case, &codes::WINDOW_BOUND, time, LEAST_STALL, worst, &told.join("; ")))
}

/// RFC 7323 section 1.1: no more than a window goes over in a round trip.
fn ceiling(case: &Case<'_>, worst: &Stood) -> String {
    let full = worst.cause == Cause::WindowFull;
    let Some((window, trip)) = worst.window.filter(|_| full).zip(case.path.whole().or(case.timing.rtt)) else { return String::new() };
    format!(" ({window} bytes a round trip of {} allow {})", text::duration(trip), text::rate(window, trip))
}

fn loss_bound(case: &Case<'_>) -> Option<Verdict> {
    let time = case.spent(Class::StalledLoss);
    let worst = case.timing.worst(&[Cause::RetransmissionTimeout, Cause::FastRecovery]).filter(|_| case.matters(time))?;
    let mut told = vec![format!("{} until lost bytes of {} were sent again", case.part(time), case.party(worst.sender))];
    for (cause, how) in [
        (Cause::RetransmissionTimeout, "after retransmission time-outs"),
        (Cause::FastRecovery, "after duplicate or selective acknowledgements"),
    ] {
        let of = case.timing.stood(cause);
        if of.1 > 0 {
            told.push(format!("{how}: {}", waits(of)));
        }
    }
    told.extend(sent_again(case));
    Some(verdict(case, &codes::LOSS_BOUND, time, LEAST_STALL, worst, &told.join("; ")))
}

/// "connection: 12 of 3000 packets sent again, no selective acknowledgements". None are seen twice that were lost before the capture
/// point.
fn sent_again(case: &Case<'_>) -> Option<String> {
    let connection = case.connection?;
    let (client, server) = (&connection.client_counts, &connection.server_counts);
    let (again, packets) = (client.retransmissions + server.retransmissions, client.packets + server.packets);
    let selective = if connection.sack_permitted == Some(false) { ", no selective acknowledgements (RFC 2018)" } else { "" };
    (again > 0 || !selective.is_empty()).then(|| format!("connection: {again} of {packets} packets sent again{selective}"))
}

fn delayed_ack_bound(case: &Case<'_>) -> Option<Verdict> {
    let time = time_of(case, Class::StalledAck, &[Cause::NagleDelayedAck]);
    let worst = case.timing.worst(&[Cause::NagleDelayedAck]).filter(|_| case.matters(time))?;
    let (waited, count) = case.timing.stood(Cause::NagleDelayedAck);
    let each = text::duration(waited / (count as i64).max(1));
    let told = format!(
        "{} in which {} kept back a small segment until {} acknowledged the one before: {}, {each} each",
        case.part(time),
        case.party(worst.sender),
        case.party(worst.sender.other()),
        text::count(count, "wait"),
    );
    Some(verdict(case, &codes::DELAYED_ACK_BOUND, time, LEAST_STALL, worst, &told))
}

fn congestion_window_bound(case: &Case<'_>) -> Option<Verdict> {
    let time = time_of(case, Class::StalledAck, &[Cause::CongestionWindow]);
    let worst = case.timing.worst(&[Cause::CongestionWindow]).filter(|_| case.matters(time))?;
    let of = case.timing.stood(Cause::CongestionWindow);
    let flight = worst.bytes_in_flight.map(|bytes| format!(" with at most {bytes} bytes in flight")).unwrap_or_default();
    let trip = case.path.whole().or(case.timing.rtt).map(|trip| format!(", round trip {}", text::duration(trip))).unwrap_or_default();
    let told = format!(
        "{} in which {} waited for acknowledgements though the window had room: {}{flight}{trip}",
        case.part(time),
        case.party(worst.sender),
        waits(of),
    );
    Some(verdict(case, &codes::CONGESTION_WINDOW_BOUND, time, LEAST_STALL, worst, &told))
}
