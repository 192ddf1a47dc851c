//! Watches one connection for time in which nothing moves: gives each stretch of time its class, and makes the rows of stalls. Knows segments
//! and, as a value, which message is under way; not what is in it.

use super::analysis::{Analysis, Verdict};
use super::cause::{Found, Next, RULES, Wait};
use super::quiet::{FAR, Known, Quiet, Told};
use super::timeline::Timeline;
use crate::event::{Cause, Class, Confidence, NO_TIME, Sender, StallRecord, Stamp, Time};
use crate::flow::seq::advance;
use crate::flow::{End, Ends, Seen};
use crate::net::segment::Segment;
use crate::net::segment::flags::{ACK, RST, SYN};

/// No wait is shorter: what a host may take between two packets of a stream.
pub const LEAST_WAIT: i64 = 5_000_000;
/// And no stall is.
const LEAST_STALL: i64 = 10_000_000;

/// Waits that the movement between two of one row may last.
const BETWEEN: i64 = 4;
/// Rows that may go on at a time: one for each cause, of one message usually.
const OPEN: usize = 16;

/// What is under way on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No association.
    Outside,
    /// Its request or its release is not answered.
    Negotiating,
    /// A message of this end has begun and is not over.
    Moving(End),
    /// A request is over and not answered.
    Waiting,
    /// An association without an open operation.
    Idle,
}

/// The message that is under way, for the row of a stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moving {
    pub connection: u64,
    pub association: u64,
    pub sender: Sender,
    /// Message ID and command field, as soon as its command set is known.
    pub operation: Option<(u16, u16)>,
}

#[derive(Debug)]
pub struct Watch {
    pub(super) quiet: Ends<Quiet>,
    /// Whether the segment that comes brings new bytes, as was found before they were handed on.
    is_new: bool,
    /// Who sent the last new bytes.
    talker: Option<End>,
    pub(super) last: Stamp,
    /// Waits that may go on, a row for each cause.
    open: Vec<StallRecord>,
    /// A message that stood still when the other end sent something. If it does not go on, this is its row.
    standing: Option<(End, Box<StallRecord>)>,
    /// Rows that are finished.
    ready: Vec<StallRecord>,
}

impl Default for Watch {
    fn default() -> Self {
        let last = Stamp { packet: 0, time: NO_TIME };
        Self { quiet: Ends::default(), is_new: false, talker: None, last, open: Vec::new(), standing: None, ready: Vec::new() }
    }
}

impl Watch {
    /// A segment with payload has come, and its bytes are not handed on yet: the time until now belongs to what was under way.
    #[inline]
    pub fn arrive(
        &mut self,
        (end, segment): (End, &Segment),
        analysis: &Analysis,
        (phase, requestor): (Phase, End),
        timeline: &mut Timeline,
        moving: Option<Moving>,
    ) {
        let asks = analysis.only_asks(end, segment);
        self.is_new = !asks && analysis.is_new(end, segment);
        let now = segment.time;
        if now == NO_TIME || asks {
            return;
        }
        if let Some((sender, _)) = self.standing
            && (phase != Phase::Moving(sender) || end == sender && self.is_new)
        {
            let standing = self.standing.take().filter(|_| phase != Phase::Moving(sender));
            self.ready.extend(standing.map(|(_, row)| *row));
        }
        let talks_on = self.talker == Some(end);
        if self.is_new {
            self.talks(end);
        }
        if !self.open.is_empty() {
            self.part(phase);
        }
        let until = timeline.until();
        let passed = if until == NO_TIME { 0 } else { now.saturating_sub(until) };
        let moves = |end: End| if end == requestor { Class::Sending } else { Class::Receiving };
        let class = match phase {
            Phase::Outside => Class::Outside,
            Phase::Moving(sender) if passed < LEAST_WAIT && (sender != end || !self.is_resending(end, now)) => moves(sender),
            Phase::Moving(sender) if sender == end && self.is_new => {
                self.wait((end, segment), analysis, timeline, moves(sender), moving);
                return;
            }
            Phase::Moving(sender) if sender == end => Class::StalledLoss,
            Phase::Moving(sender) => self.stands(sender, segment, analysis, moves(sender), moving),
            Phase::Negotiating | Phase::Waiting | Phase::Idle if passed >= LEAST_WAIT && self.is_torn(end, segment, analysis) => {
                Class::Unknown
            }
            Phase::Negotiating => Class::Negotiating,
            Phase::Waiting if passed >= LEAST_WAIT && !self.is_new => Class::StalledLoss,
            // One response after the other.
            Phase::Waiting if passed < LEAST_WAIT && talks_on && end != requestor => Class::Receiving,
            Phase::Waiting => Class::WaitingResponse,
            Phase::Idle => Class::Idle,
        };
        timeline.spend(class, now);
    }

    /// An end sends new bytes.
    #[inline]
    pub(super) fn talks(&mut self, end: End) {
        self.talker = Some(end);
    }

    /// Whether no row may go on.
    #[inline]
    pub(super) fn is_at_rest(&self) -> bool {
        self.standing.is_none() && self.open.is_empty()
    }

    /// The other end sends something while a message stands still: the class of the time until now.
    fn stands(&mut self, sender: End, segment: &Segment, analysis: &Analysis, moves: Class, moving: Option<Moving>) -> Class {
        let since = self.quiet.get(sender).since;
        let length = segment.time.saturating_sub(since.time);
        if since.time == NO_TIME || length < LEAST_WAIT.max(rest(sender, analysis)) {
            return moves;
        }
        let (found, in_flight) = self.judge(sender, analysis, segment.time, None);
        if let Some(moving) = moving {
            let row = self.row(moving, found, (since, segment.stamp()), (in_flight, analysis, sender));
            self.standing = Some((sender, Box::new(StallRecord { resumed: false, ..row }))).filter(|(_, row)| is_stall(row));
        }
        found.cause.class()
    }

    /// Whether an end has sent for a while only what it had sent before, or nothing.
    #[inline]
    fn is_resending(&self, end: End, now: Time) -> bool {
        let quiet = self.quiet.get(end);
        quiet.is_repairing() && now.saturating_sub(quiet.since.time) >= LEAST_WAIT
    }

    /// Whether bytes are missing before a segment, or were acknowledged that nobody saw.
    fn is_torn(&self, end: End, segment: &Segment, analysis: &Analysis) -> bool {
        analysis.ahead(end, segment) > 0 || self.quiet.first.unseen || self.quiet.second.unseen
    }

    /// An end sends new bytes of a message after a while.
    fn wait(
        &mut self,
        (end, segment): (End, &Segment),
        analysis: &Analysis,
        timeline: &mut Timeline,
        moves: Class,
        moving: Option<Moving>,
    ) {
        let since = self.quiet.get(end).since;
        let length = segment.time.saturating_sub(since.time);
        if since.time == NO_TIME || length < rest(end, analysis) && !self.quiet.get(end).is_repairing() {
            timeline.spend(moves, segment.time);
            return;
        }
        let next = Next {
            ahead: i64::from(analysis.ahead(end, segment)),
            length: i64::from(segment.length),
            unseen_packets: segment.ip_id.wrapping_sub(self.quiet.get(end).ip_id).saturating_sub(1),
        };
        let (found, in_flight) = self.judge(end, analysis, segment.time, Some(next));
        timeline.spend(found.cause.class(), found.until);
        timeline.spend(Cause::SenderIdle.class(), segment.time);
        if let Some(moving) = moving {
            let own = segment.time.saturating_sub(found.until);
            let split = own >= LEAST_WAIT && found.until > since.time;
            let after = if split { Stamp { packet: segment.packet, time: found.until } } else { segment.stamp() };
            self.stall(moving, found, (since, after), (in_flight, analysis, end));
            if split {
                let rest = Found { cause: Cause::SenderIdle, confidence: Confidence::Medium, until: segment.time };
                self.stall(moving, rest, (Stamp { packet: since.packet, time: found.until }, segment.stamp()), (in_flight, analysis, end));
            }
        }
    }

    /// Asks the rules.
    fn judge(&self, end: End, analysis: &Analysis, until: Time, next: Option<Next>) -> (Found, i64) {
        let quiet = self.quiet.get(end);
        let way = analysis.way(end);
        let sent = analysis.next(end).unwrap_or(0);
        let far = if way >= FAR { quiet.in_its_eyes(sent, until, way) } else { None };
        let Known { in_flight, room, acknowledged } = far.unwrap_or_else(|| quiet.at_hand());
        let wait = Wait {
            quiet,
            until,
            next,
            in_flight,
            room,
            acknowledged,
            opened: quiet.opened,
            full: i64::from(analysis.full_segment(end)),
            way,
            other_way: analysis.way(end.other()),
        };
        let idle = Found { cause: Cause::SenderIdle, confidence: if quiet.pushed { Confidence::High } else { Confidence::Medium }, until };
        (RULES.iter().find_map(|rule| rule(&wait)).unwrap_or(idle), in_flight)
    }

    /// A wait becomes a row of its own, or one more wait of the row before.
    fn stall(&mut self, moving: Moving, found: Found, (before, after): (Stamp, Stamp), of: (i64, &Analysis, End)) {
        let (in_flight, _, end) = of;
        let waited = after.time.saturating_sub(before.time);
        let same = |open: &&mut StallRecord| {
            let of_it = (open.association, open.operation, open.sender) == (moving.association, moving.operation, moving.sender);
            open.cause == found.cause && of_it
        };
        if let Some(open) = self.open.iter_mut().find(same) {
            if waited > open.waited / i64::from(open.waits) {
                (open.bytes_in_flight, open.window) = (u64::try_from(in_flight).ok(), self.quiet.get(end).window);
            }
            open.waits = open.waits.saturating_add(1);
            open.waited = open.waited.saturating_add(waited);
            open.after = after;
            open.confidence = open.confidence.max(found.confidence);
            return;
        }
        if self.open.len() >= OPEN {
            self.ready.extend(Some(self.open.remove(0)).filter(is_stall));
        }
        let row = self.row(moving, found, (before, after), of);
        self.open.push(row);
    }

    fn row(&self, moving: Moving, found: Found, (before, after): (Stamp, Stamp), of: (i64, &Analysis, End)) -> StallRecord {
        let (in_flight, analysis, end) = of;
        StallRecord {
            connection: moving.connection,
            association: moving.association,
            operation: moving.operation,
            sender: moving.sender,
            before,
            after,
            resumed: true,
            waits: 1,
            waited: after.time.saturating_sub(before.time),
            cause: found.cause,
            confidence: found.confidence,
            bytes_in_flight: u64::try_from(in_flight).ok(),
            window: self.quiet.get(end).window,
            rtt: analysis.least_round_trip(end),
        }
    }

    /// Waits are not of one row where more is sent between them than [`BETWEEN`] of them, or two round trips, take.
    fn part(&mut self, phase: Phase) {
        let last = self.last.time;
        let is_over = |open: &mut StallRecord| {
            let usual = open.waited / i64::from(open.waits);
            let between = usual.saturating_mul(BETWEEN).max(open.rtt.unwrap_or(0).saturating_mul(2));
            !matches!(phase, Phase::Moving(_)) || last.saturating_sub(open.after.time) > between
        };
        self.ready.extend(self.open.extract_if(.., is_over).filter(is_stall));
    }

    /// A segment was judged and its bytes were handed on.
    #[inline]
    pub fn note(&mut self, end: End, seen: &Seen<'_>, verdict: &Verdict, analysis: &Analysis) {
        let segment = seen.segment;
        self.last = segment.stamp();
        if seen.copy || segment.flags & (SYN | RST) != 0 {
            return;
        }
        if segment.length > 0 {
            if self.is_new {
                self.sends(end, segment, analysis);
            } else {
                let (duplicates, selective) = analysis.complaints(end);
                self.quiet.get_mut(end).sent_again(segment, verdict, duplicates, selective);
            }
        }
        // Nearly all of those with data say nothing new.
        if segment.has(ACK) && !(verdict.repeats && verdict.analysis == 0) {
            self.hears(end.other(), segment, verdict, analysis);
        }
    }

    /// A message may have stood still before its command set was over: then its row waits for what tells its operation.
    #[inline]
    pub fn name(&mut self, operation: impl Fn(&StallRecord) -> Option<(u16, u16)>) {
        for open in self.open.iter_mut().filter(|open| open.operation.is_none()) {
            open.operation = operation(open);
        }
    }

    /// An end sent new bytes.
    #[inline]
    pub(super) fn sends(&mut self, end: End, segment: &Segment, analysis: &Analysis) {
        self.quiet.get_mut(end).sent(segment, (analysis.in_flight(end), analysis.room(end)), analysis.full_segment(end));
    }

    /// An end is told what the other one has received, and how much room it has.
    #[inline]
    pub(super) fn hears(&mut self, end: End, segment: &Segment, verdict: &Verdict, analysis: &Analysis) {
        let window = analysis.window_for(end);
        let (duplicates, selective) = analysis.complaints(end);
        let told = Told {
            more: verdict.acknowledges_more,
            in_flight_before: verdict.in_flight_before,
            hole: duplicates >= 2 || selective,
            next: analysis.next(end),
            window,
            room: analysis.room(end),
            full: analysis.full_segment(end),
            edge: advance(segment.acknowledgment, u32::try_from(window.unwrap_or(0)).unwrap_or(u32::MAX)),
            far: analysis.way(end) >= FAR,
        };
        self.quiet.get_mut(end).heard(segment, verdict, &told);
    }

    /// No more bytes come: a message that is not over has stood still since its last ones.
    pub fn end(&mut self, phase: Phase, analysis: &Analysis, moving: impl FnOnce(End) -> Option<Moving>) {
        if let Phase::Moving(end) = phase
            && self.last.time != NO_TIME
            && self.quiet.get(end).since.time != NO_TIME
            && self.last.time.saturating_sub(self.quiet.get(end).since.time) >= LEAST_WAIT
            && let Some(moving) = moving(end)
        {
            let since = self.quiet.get(end).since;
            let (found, in_flight) = self.judge(end, analysis, self.last.time, None);
            let cause = if found.cause == Cause::SenderIdle && in_flight > 0 { Cause::Unknown } else { found.cause };
            let found = Found { cause, confidence: Confidence::Low, until: self.last.time };
            self.stall(moving, found, (since, self.last), (in_flight, analysis, end));
            if let Some(open) = self.open.iter_mut().find(|open| open.cause == cause && open.after.packet == self.last.packet) {
                open.resumed = false;
            }
        }
        let standing = self.standing.take().filter(|(sender, _)| phase != Phase::Moving(*sender));
        self.ready.extend(self.open.drain(..).filter(is_stall).chain(standing.map(|(_, row)| *row)));
    }

    /// The rows that are finished.
    #[inline]
    pub fn ready(&mut self) -> impl Iterator<Item = StallRecord> {
        self.ready.drain(..)
    }

    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

/// How long an end may rest in a stream that moves. Where the round trip has grown since the handshake, a queue stands somewhere on the
/// path, which is as slow as that; acknowledgements clock the stream, and between two of them it rests.
fn rest(end: End, analysis: &Analysis) -> i64 {
    let (usual, least) = (analysis.round_trip(end).unwrap_or(0), analysis.least_round_trip(end).unwrap_or(0));
    if usual > least.saturating_mul(2) { usual / 2 } else { 0 }
}

/// What is too short is no stall.
fn is_stall(open: &StallRecord) -> bool {
    open.waited >= LEAST_STALL.max(open.rtt.unwrap_or(0).saturating_mul(2))
}
