//! Why an end sent nothing new for a while in the middle of a message: one function a rule, asked in order. A rule sees the wait as the
//! capture point saw it, corrected by the way to the sender. docs/stalls.md tells the same in other words.
//!
//! Sources: RFC 9293 (windows, 3.8.6), RFC 5681, 6298 and 6675 (congestion window, retransmission timer, recovery), RFC 896 with RFC 1122 section
//! 4.2.3.2 (Nagle's algorithm, delayed acknowledgements); Zhang, Breslau, Paxson and Shenker, "On the characteristics and origins of Internet
//! flow rates" (SIGCOMM 2002), and Siekkinen, Urvoy-Keller, Biersack and Collange, "A root cause analysis toolkit for TCP" (Computer
//! Networks 2008), for what limits a flow; Zhou et al., "Demystifying and mitigating TCP stalls at the server side" (CoNEXT 2015), for stalls.

use super::quiet::Quiet;
use crate::event::{Cause, Confidence, NO_TIME, Time};

/// The least retransmission timer of common systems (Linux 200 ms; RFC 6298 asks for 1 s).
const LEAST_TIMER: i64 = 200_000_000;
/// How long an acknowledgement is held back at least where it is (Linux 40 ms, Windows 40 to 200 ms; RFC 1122: below 500 ms), less what the
/// packets before it may have taken.
const HELD_BACK: i64 = 25_000_000;
/// How soon a sender that was only kept from sending sends, after what kept it has gone: its host has other work, too.
const PROMPT: i64 = 4_000_000;
/// Segments that a sender may have in flight and still be one that sends little at a time.
const LITTLE: i64 = 2;
/// Segments in flight of which a receiver acknowledges some at once: every second one (RFC 5681 section 4.2), or what an offload joined.
const MANY: i64 = 4;
/// Missing bytes, in segments, from which on a hole is the capture's and not the network's: those are lost one by one.
const HOLE: i64 = 8;

/// A wait that is over, or will not be.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    pub(super) quiet: &'a Quiet,
    /// When it ended; or when the connection did.
    pub(super) until: Time,
    /// The first new bytes after it: how many were not seen before them, how many they are, and packets of their sender that were not seen.
    /// `None`: none came.
    pub(super) next: Option<Next>,
    /// In flight, and room in the window, when it began, in the eyes of the sender.
    pub(super) in_flight: i64,
    pub(super) room: Option<i64>,
    /// When what made the sender go on passed the capture point: an acknowledgement, or a window with room.
    pub(super) acknowledged: Time,
    pub(super) opened: Time,
    /// Payload of a full segment.
    pub(super) full: i64,
    /// From the capture point to the sender and back, and to the receiver and back.
    pub(super) way: i64,
    pub(super) other_way: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) ahead: i64,
    pub(super) length: i64,
    /// By the IP identification, where the sender counts it up (RFC 6864 does not ask for it).
    pub(super) unseen_packets: u16,
}

/// What a rule found: the cause until a moment, from which on nothing kept the sender any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) cause: Cause,
    pub(super) confidence: Confidence,
    pub(super) until: Time,
}

pub(super) const RULES: &[fn(&Wait<'_>) -> Option<Found>] = &[
    capture_gap,
    reopened_window,
    retransmission,
    closed_window,
    full_window,
    unheard,
    held_acknowledgement,
    congestion_window,
    lost_before_the_tap,
];

impl Wait<'_> {
    fn length(&self) -> i64 {
        self.until.saturating_sub(self.quiet.since.time)
    }

    fn found(&self, cause: Cause, confidence: Confidence) -> Found {
        Found { cause, confidence, until: self.until }
    }

    /// When the sender could act on what passed the capture point at a moment of the wait, if that is when it did; `None` where it sent
    /// before it could know, or where nothing passed.
    fn released(&self, moment: Time) -> Option<Time> {
        let heard =
            (moment != NO_TIME && moment >= self.quiet.since.time.saturating_sub(self.way)).then(|| moment.saturating_add(self.way))?;
        (heard <= self.until.saturating_add(PROMPT + self.way / 8)).then(|| heard.min(self.until))
    }

    /// Whether the sender sent as soon as it could act on what passed at this moment.
    fn prompt(&self, moment: Time) -> bool {
        self.released(moment).is_some_and(|heard| self.until.saturating_sub(heard) <= PROMPT + self.way / 4)
    }
}

/// Bytes were acknowledged that nobody saw, or many are missing before the next ones.
fn capture_gap(wait: &Wait<'_>) -> Option<Found> {
    let hole = wait.next.is_some_and(|next| next.ahead > HOLE * wait.full);
    let confidence = if wait.quiet.unseen { Confidence::High } else { Confidence::Medium };
    (wait.quiet.unseen || hole).then(|| wait.found(Cause::CaptureGap, confidence))
}

/// The sender sent again, or what was lost before the capture point came late; or the receiver told of a hole that is not filled yet.
fn retransmission(wait: &Wait<'_>) -> Option<Found> {
    let quiet = wait.quiet;
    let cause =
        if quiet.again != NO_TIME && !quiet.asked && !quiet.recovering { Cause::RetransmissionTimeout } else { Cause::FastRecovery };
    (quiet.again != NO_TIME || quiet.recovering).then(|| wait.found(cause, Confidence::High))
}

/// The receiver's window was closed, and the sender went on when it opened; what it sent again meanwhile were probes.
fn reopened_window(wait: &Wait<'_>) -> Option<Found> {
    closed_window(wait).filter(|_| wait.opened != NO_TIME && wait.prompt(wait.opened))
}

/// The receiver's window was too small for a segment, whatever was in flight: its program did not read.
fn closed_window(wait: &Wait<'_>) -> Option<Found> {
    let quiet = wait.quiet;
    let closed = quiet.was_tight && i64::try_from(quiet.least_window).is_ok_and(|window| window < wait.full);
    closed.then(|| window(wait, Cause::WindowClosed))
}

/// As much was in flight as the window takes.
fn full_window(wait: &Wait<'_>) -> Option<Found> {
    let full = wait.in_flight > 0 && wait.room.is_some_and(|room| room < wait.full);
    full.then(|| window(wait, Cause::WindowFull))
}

/// Until the window had room again; what comes after that is the sender's own.
fn window(wait: &Wait<'_>, cause: Cause) -> Found {
    let opened = if wait.opened == NO_TIME { wait.acknowledged } else { wait.opened };
    if wait.quiet.is_tight() || wait.prompt(opened) {
        return wait.found(cause, Confidence::High);
    }
    // What freed the sender was not seen, where nothing can be told of when.
    let freed = wait.released(opened).map(|until| Found { cause, confidence: Confidence::High, until });
    freed.unwrap_or_else(|| wait.found(cause, Confidence::Medium))
}

/// Many segments were in flight, and none of them was acknowledged for far longer than a receiver may hold an acknowledgement back: it had
/// received no more of them.
fn unheard(wait: &Wait<'_>) -> Option<Found> {
    let quiet = wait.quiet;
    let silent = quiet.unheard.saturating_sub(wait.other_way) >= HELD_BACK;
    let near = wait.acknowledged == quiet.acknowledged && wait.prompt(wait.acknowledged);
    (near && silent && quiet.in_flight_before > MANY * wait.full).then(|| wait.found(Cause::RetransmissionTimeout, Confidence::Medium))
}

/// A small segment was kept back until the receiver acknowledged, and the receiver held its acknowledgement back.
fn held_acknowledgement(wait: &Wait<'_>) -> Option<Found> {
    let quiet = wait.quiet;
    let held = wait.acknowledged.saturating_sub(quiet.since.time).saturating_sub(wait.other_way) >= HELD_BACK;
    let small = wait.next.is_some_and(|next| next.length < wait.full) || i64::from(quiet.length) < wait.full;
    (wait.in_flight > 0 && wait.prompt(wait.acknowledged) && held && small).then(|| {
        let little = wait.in_flight <= LITTLE * wait.full;
        wait.found(Cause::NagleDelayedAck, if little { Confidence::High } else { Confidence::Medium })
    })
}

/// The next segment waited for an acknowledgement, though the window had room.
fn congestion_window(wait: &Wait<'_>) -> Option<Found> {
    (wait.in_flight > 0 && wait.prompt(wait.acknowledged)).then(|| {
        let filled = i64::from(wait.quiet.length) >= wait.full;
        wait.found(Cause::CongestionWindow, if filled { Confidence::High } else { Confidence::Medium })
    })
}

/// The sender had more to send (its last segment was full, and not pushed) and was silent for as long as its timer runs: all it sent was lost
/// before the capture point. Packets that it numbered and nobody saw say the same.
fn lost_before_the_tap(wait: &Wait<'_>) -> Option<Found> {
    let next = wait.next?;
    let more = !wait.quiet.pushed && i64::from(wait.quiet.length) >= wait.full;
    let numbered = (1..=1_000).contains(&next.unseen_packets);
    (wait.length() >= LEAST_TIMER && (more || numbered)).then(|| {
        let confidence = if more && numbered { Confidence::High } else { Confidence::Medium };
        wait.found(Cause::RetransmissionTimeout, confidence)
    })
}

#[cfg(test)]
mod tests;
