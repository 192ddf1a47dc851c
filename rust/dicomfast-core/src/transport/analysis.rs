//! The flags of Wireshark's sequence analysis (`tcp.analysis.*`), by the rules its user's guide gives ("TCP Analysis"): each packet is
//! judged once, in the order of the capture, by what its own and the other direction showed before it.

use super::handshake::Handshake;
use super::outstanding::Outstanding;
use super::side::Side;
use crate::event::analysis::{
    ACK_LOST_SEGMENT, DUPLICATE_ACK, FAST_RETRANSMISSION, KEEP_ALIVE, KEEP_ALIVE_ACK, LOST_SEGMENT, OUT_OF_ORDER, RETRANSMISSION,
    SENT_AGAIN, SPURIOUS_RETRANSMISSION, WINDOW_FULL, WINDOW_UPDATE, ZERO_WINDOW, ZERO_WINDOW_PROBE, ZERO_WINDOW_PROBE_ACK,
};
use crate::event::{ConnectionRecord, NO_TIME, Sack, Time};
use crate::flow::seq::{Reference, advance, before, distance};
use crate::flow::{End, Ends, Seen};
use crate::net::segment::Segment;
use crate::net::segment::flags::{ACK, FIN, RST, SYN};
use crate::net::tcp::options;

/// A retransmission so soon after the last acknowledgement is a fast one.
const FAST: i64 = 20_000_000;
/// A segment so soon after the one with the highest sequence number was overtaken, where the connection's round-trip time is not known.
const REORDERING: i64 = 3_000_000;

/// Payload of a full segment where no SYN tells: Ethernet, IPv4, timestamps (RFC 9293 section 3.7.1, RFC 6691).
const USUAL_SEGMENT: u32 = 1_448;
/// What timestamps and SACK blocks take of the segment size that a SYN announces.
const OPTIONS: u32 = 40;

/// Least length of a header with one SACK block, without and with timestamps.
const SACK: u8 = 20 + 12;
const SACK_AND_TIMESTAMPS: u8 = 20 + 12 + 12;

/// What a direction is known to scale its windows with (RFC 7323 section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scale {
    #[default]
    Unknown,
    /// The handshake shows that it is not used.
    None,
    Shift(u8),
}

impl Scale {
    fn shift(self) -> u8 {
        match self {
            Self::Shift(shift) => shift.min(14),
            Self::Unknown | Self::None => 0,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Direction {
    /// The initial sequence number, or what stands for it where the capture begins later.
    pub(super) first: Option<u32>,
    /// Turns sequence numbers into relative ones.
    relative: Option<Reference>,
    /// The highest sequence number that was sent, one beyond, and when.
    pub(super) next: Option<u32>,
    pub(super) next_time: Time,
    /// End of the bytes that were seen without a hole.
    pub(super) seen: Option<u32>,
    pub(super) acknowledgment: Option<u32>,
    pub(super) acknowledgment_time: Time,
    /// As in the header; `None` before the first segment.
    pub(super) window: Option<u16>,
    pub(super) scale: Scale,
    /// A segment with ACK and without SYN was seen: from then on windows are scaled.
    pub(super) scaling: bool,
    pub(super) duplicate_acks: u32,
    pub(super) analysis: u16,
    pub(super) outstanding: Outstanding,
    /// Bytes before those outstanding may be outstanding too, unseen.
    pub(super) torn: bool,
    /// Its headers carry timestamps.
    timestamps: bool,
    sack: [(u32, u32); 4],
    pub(super) sack_count: u8,
    /// The segment size that its SYN announces, and the most payload it sent in one segment.
    announced: Option<u16>,
    pub(super) longest: u32,
    /// Payload of the fullest segment that it can be expected to send.
    pub(super) full: u32,
    pub(super) side: Side,
}

/// Sequence number zero of a direction stands at this position, so that those before the first one seen stay positive.
const BASE: u64 = 1 << 40;

impl Direction {
    /// A sequence number of this direction, unwrapped, with the initial one as zero. To be called for each that comes.
    fn relative(&mut self, number: u32) -> i64 {
        let reference = *self.relative.get_or_insert(Reference { sequence: self.first.unwrap_or(number), position: BASE });
        let position = reference.position(number);
        if let Some(reference) = &mut self.relative {
            reference.forward(position);
        }
        position as i64 - BASE as i64
    }

    /// Takes the SACK blocks of a segment of this direction, if it has any. Nearly none has: their options are not even looked at.
    #[inline]
    fn selective(&mut self, seen: &Seen<'_>) {
        self.sack_count = 0;
        if self.has_room(seen.segment) {
            let given = options(seen.header());
            self.timestamps = given.timestamps.is_some();
            (self.sack, self.sack_count) = (given.sack, given.sack_count);
        }
    }

    /// Its bytes before `number` are acknowledged; the time that took.
    #[inline]
    pub(super) fn arrived(&mut self, number: u32, now: Time) -> Option<i64> {
        let matched = self.outstanding.acknowledge(number).filter(|matched| now != NO_TIME && matched.time != NO_TIME)?;
        let rtt = now.saturating_sub(matched.time);
        if !matched.ambiguous {
            self.side.rtt.add(rtt);
        }
        Some(rtt)
    }

    fn blocks(&self) -> &[(u32, u32)] {
        self.sack.get(..usize::from(self.sack_count)).unwrap_or_default()
    }

    /// Whether its window ends with the bytes that the other direction sends until here.
    #[inline]
    pub(super) fn is_filled(&self, until: u32) -> bool {
        let (Some(acknowledged), Some(window)) = (self.acknowledgment, self.window) else { return false };
        self.scale != Scale::Unknown && distance(acknowledged, until) as i64 == self.scaled(window, !self.scaling) as i64
    }

    /// Whether a segment has room for SACK blocks.
    #[inline]
    pub(super) fn has_room(&self, segment: &Segment) -> bool {
        segment.header_length >= if self.timestamps { SACK_AND_TIMESTAMPS } else { SACK }
    }

    /// The window in bytes that a header's value means.
    pub(super) fn scaled(&self, window: u16, syn: bool) -> u64 {
        if syn { u64::from(window) } else { u64::from(window) << self.scale.shift() }
    }
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Analysis {
    pub(super) ends: Ends<Direction>,
    pub(super) handshake: Handshake,
}

/// What is said of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub analysis: u16,
    pub bytes_in_flight: Option<u64>,
    pub ack_rtt: Option<i64>,
    /// It repeats acknowledgement and window of the one before it.
    pub repeats: bool,
    /// It acknowledges more than the segments before it.
    pub acknowledges_more: bool,
    /// What was in flight in the other direction before it came.
    pub in_flight_before: Option<i64>,
}

/// The numbers of a segment as they are shown: relative and scaled.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub sequence: i64,
    pub acknowledgment: Option<i64>,
    pub window: u64,
    pub sack: Sack,
}

#[inline]
pub(super) fn after(number: u32, than: u32) -> bool {
    distance(than, number) > 0
}

impl Analysis {
    /// Judges the next segment of an end.
    #[inline]
    pub fn segment(&mut self, end: End, seen: &Seen<'_>) -> Verdict {
        let segment = seen.segment;
        let (forward, reverse) = match end {
            End::First => (&mut self.ends.first, &mut self.ends.second),
            End::Second => (&mut self.ends.second, &mut self.ends.first),
        };
        let (sequence, length) = (segment.sequence, segment.length);
        let ack = if segment.has(ACK) { segment.acknowledgment } else { 0 };
        let special = segment.flags & (SYN | FIN | RST);
        let first = *forward.first.get_or_insert(if segment.has(SYN) { sequence } else { before(sequence) });
        if segment.has(ACK) {
            let other = *reverse.first.get_or_insert(before(ack));
            if self.handshake.round_trip.is_none() && !segment.has(SYN) && (distance(first, sequence), distance(other, ack)) == (1, 1) {
                self.handshake.acknowledged(end, segment.time);
            }
        }
        if segment.has(SYN) {
            Self::scales(forward, reverse, segment, seen.header());
            self.handshake.syn(segment.has(ACK), segment.time);
        }
        let mut said = judge(forward, reverse, segment, ack);
        if forward.acknowledgment != Some(ack) {
            forward.duplicate_acks = 0;
        }
        if let Some(seen) = reverse.seen
            && segment.has(ACK)
            && forward.acknowledgment != Some(ack)
            && after(ack, seen)
        {
            said |= ACK_LOST_SEGMENT;
            reverse.seen = reverse.next;
        }
        let mut again = 0;
        if (length > 0 || special & (SYN | FIN) != 0) && said & KEEP_ALIVE == 0 {
            again = sent_again(forward, reverse, segment, self.handshake.round_trip);
            said |= again;
        }
        let next = advance(sequence, length + u32::from(special & (SYN | FIN) != 0));
        if length > forward.longest {
            forward.longest = length;
            forward.full = full(forward, reverse);
        }
        if length > 0 || special & (SYN | FIN) != 0 {
            forward.outstanding.push(sequence, next, segment.time, again & SENT_AGAIN != 0 && !seen.copy);
        }
        if said & ZERO_WINDOW_PROBE == 0 {
            if forward.next.is_none_or(|highest| after(next, highest)) {
                forward.next = Some(next);
                forward.next_time = segment.time;
            }
            if forward.seen.is_none_or(|seen| seen == sequence) {
                forward.seen = forward.next;
            }
        }
        let mut verdict = Verdict { analysis: said, ..Verdict::default() };
        verdict.repeats = forward.acknowledgment == Some(ack) && forward.window == Some(segment.window);
        forward.analysis = said;
        forward.window = Some(segment.window);
        forward.scaling |= segment.flags & (SYN | ACK) == ACK;
        if segment.has(ACK) {
            verdict.acknowledges_more = forward.acknowledgment.is_none_or(|before| after(ack, before));
            verdict.in_flight_before = forward.acknowledgment.zip(reverse.next).map(|(before, next)| distance(before, next).into());
            forward.acknowledgment = Some(ack);
            forward.acknowledgment_time = segment.time;
            forward.selective(seen);
            reverse.torn = false;
            verdict.ack_rtt = reverse.arrived(ack, segment.time);
        }
        if length > 0 && !forward.torn {
            let arrived: u64 = reverse.blocks().iter().map(|(left, right)| u64::try_from(distance(*left, *right)).unwrap_or(0)).sum();
            verdict.bytes_in_flight = forward.outstanding.bytes().and_then(|bytes| bytes.checked_sub(arrived)).filter(|bytes| *bytes > 0);
        }
        let window = (special & (SYN | RST) == 0).then_some(segment.window);
        if !seen.copy {
            forward.side.count(&verdict, segment.time, window);
        }
        verdict
    }

    /// The numbers of a segment that was judged, as they are shown.
    pub fn place(&mut self, end: End, seen: &Seen<'_>) -> Shown {
        let segment = seen.segment;
        let sequence = self.ends.get_mut(end).relative(segment.sequence);
        let forward = self.ends.get(end);
        let window = forward.scaled(segment.window, segment.has(SYN));
        let mut shown = Shown { sequence, acknowledgment: None, window, sack: Sack::default() };
        if segment.has(ACK) {
            let reverse = self.ends.get_mut(end.other());
            shown.acknowledgment = Some(reverse.relative(segment.acknowledgment));
            let given = options(seen.header());
            for (place, (left, right)) in shown.sack.blocks.iter_mut().zip(given.sack_blocks()) {
                *place = (reverse.relative(*left), reverse.relative(*right));
                shown.sack.count += 1;
            }
        }
        shown
    }

    /// The connection is over.
    pub fn finish(&mut self, client: End, record: &mut ConnectionRecord) {
        (record.client_way, record.server_way) = self.handshake.told(client);
        self.ends.get_mut(client).side.finish(record.last.time, &mut record.client_counts);
        self.ends.get_mut(client.other()).side.finish(record.last.time, &mut record.server_counts);
    }

    fn scales(forward: &mut Direction, reverse: &mut Direction, segment: &Segment, header: &[u8]) {
        let given = options(header);
        forward.announced = given.mss;
        if let Some(shift) = given.window_scale {
            forward.scale = Scale::Shift(shift);
        }
        if segment.has(ACK) && forward.scale == Scale::Unknown {
            (forward.scale, reverse.scale) = (Scale::None, Scale::None);
        }
    }
}

/// Payload of the fullest segment that a direction can be expected to send: by what the SYNs announce, else by what is usual; and never more
/// than it has sent in one.
fn full(forward: &Direction, reverse: &Direction) -> u32 {
    let announced = [forward.announced, reverse.announced].into_iter().flatten().min();
    announced.map_or(USUAL_SEGMENT, |announced| u32::from(announced).saturating_sub(OPTIONS)).min(forward.longest).max(1)
}

/// The flags that do not depend on whether bytes are sent again.
#[inline]
fn judge(forward: &mut Direction, reverse: &Direction, segment: &Segment, ack: u32) -> u16 {
    let (sequence, length) = (segment.sequence, segment.length);
    let plain = segment.flags & (SYN | FIN | RST) == 0;
    let expected = forward.next == Some(sequence);
    let mut said = 0;
    if length == 1 && expected && reverse.window == Some(0) {
        return ZERO_WINDOW_PROBE;
    }
    if segment.window == 0 && plain {
        said |= ZERO_WINDOW;
    }
    if let Some(next) = forward.next {
        if after(sequence, next) && !segment.has(RST) {
            said |= LOST_SEGMENT;
            forward.torn = true;
        }
        if length <= 1 && advance(sequence, 1) == next && plain {
            said |= KEEP_ALIVE;
        }
    }
    let same_ack = forward.acknowledgment == Some(ack);
    let same_window = forward.window == Some(segment.window);
    let empty = length == 0 && plain && expected && same_ack;
    if empty && segment.window != 0 && !same_window {
        said |= WINDOW_UPDATE;
    }
    if length > 0 && plain && reverse.is_filled(advance(sequence, length)) {
        said |= WINDOW_FULL;
    }
    if empty && same_window && segment.window != 0 && reverse.analysis & KEEP_ALIVE != 0 {
        return said | KEEP_ALIVE_ACK;
    }
    if empty && same_window && segment.window == 0 && reverse.analysis & ZERO_WINDOW_PROBE != 0 {
        return said | ZERO_WINDOW_PROBE_ACK;
    }
    if empty && same_window && segment.window != 0 {
        forward.duplicate_acks += 1;
        said |= DUPLICATE_ACK;
    }
    said
}

/// What a segment is that does not advance its direction.
#[inline]
fn sent_again(forward: &Direction, reverse: &Direction, segment: &Segment, initial_rtt: Option<i64>) -> u16 {
    let (sequence, length) = (segment.sequence, segment.length);
    let Some(highest) = forward.next else { return 0 };
    let until = advance(sequence, length);
    if length > 0 && reverse.acknowledgment.is_some_and(|acknowledged| !after(until, acknowledged)) {
        return SPURIOUS_RETRANSMISSION;
    }
    // One byte earlier, and more: what a zero-window probe brought is sent again with the rest.
    let probed = length > 1 && advance(sequence, 1) == highest;
    if !after(highest, sequence) || probed {
        return 0;
    }
    let since = |time: Time| segment.time.saturating_sub(time);
    if reverse.duplicate_acks >= 2 && reverse.acknowledgment == Some(sequence) && since(reverse.acknowledgment_time) < FAST {
        return FAST_RETRANSMISSION;
    }
    let next = advance(until, u32::from(segment.flags & (SYN | FIN) != 0));
    if (0..initial_rtt.unwrap_or(REORDERING)).contains(&since(forward.next_time)) && next != highest {
        return OUT_OF_ORDER;
    }
    RETRANSMISSION
}
