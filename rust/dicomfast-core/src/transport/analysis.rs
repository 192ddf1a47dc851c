//! The flags of Wireshark's sequence analysis (`tcp.analysis.*`), by the rules its user's guide gives ("TCP Analysis"): each packet is
//! judged once, in the order of the capture, by what its own and the other direction showed before it.

use super::outstanding::Outstanding;
use super::side::Side;
use crate::event::analysis::{
    ACK_LOST_SEGMENT, DUPLICATE_ACK, FAST_RETRANSMISSION, KEEP_ALIVE, KEEP_ALIVE_ACK, LOST_SEGMENT, OUT_OF_ORDER, RETRANSMISSION,
    SENT_AGAIN, SPURIOUS_RETRANSMISSION, WINDOW_FULL, WINDOW_UPDATE, ZERO_WINDOW, ZERO_WINDOW_PROBE, ZERO_WINDOW_PROBE_ACK,
};
use crate::event::{NO_TIME, Time};
use crate::flow::seq::{Reference, advance, distance};
use crate::flow::{End, Ends};
use crate::net::segment::flags::{ACK, FIN, RST, SYN};
use crate::net::segment::{Segment, flags};
use crate::net::tcp::options;

/// A retransmission so soon after the last acknowledgement is a fast one.
const FAST: i64 = 20_000_000;
/// A segment so soon after the one with the highest sequence number was overtaken, where the connection's round-trip time is not known.
const REORDERING: i64 = 3_000_000;

/// What a direction is known to scale its windows with (RFC 7323 section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scale {
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
struct Direction {
    /// Turns sequence numbers into relative ones.
    relative: Option<Reference>,
    /// The highest sequence number that was sent, one beyond, and when.
    next: Option<u32>,
    next_time: Time,
    /// End of the bytes that were seen without a hole.
    seen: Option<u32>,
    acknowledgment: Option<u32>,
    acknowledgment_time: Time,
    /// As in the header; `None` before the first segment.
    window: Option<u16>,
    scale: Scale,
    /// A segment with ACK and without SYN was seen: from then on windows are scaled.
    scaling: bool,
    duplicate_acks: u32,
    analysis: u16,
    outstanding: Outstanding,
    /// Bytes before those outstanding may be outstanding too, unseen.
    torn: bool,
    sack: [(u32, u32); 4],
    sack_count: u8,
    side: Side,
}

/// Sequence number zero of a direction stands at this position, so that those before the first one seen stay positive.
const BASE: u64 = 1 << 40;

impl Direction {
    fn relative(&mut self, number: u32, otherwise: u32) -> i64 {
        let reference = *self.relative.get_or_insert(Reference { sequence: otherwise, position: BASE });
        let position = reference.position(number);
        if let Some(reference) = &mut self.relative {
            reference.forward(position);
        }
        position as i64 - BASE as i64
    }

    /// The window in bytes that a header's value means.
    fn scaled(&self, window: u16, syn: bool) -> u64 {
        if syn { u64::from(window) } else { u64::from(window) << self.scale.shift() }
    }
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Analysis {
    ends: Ends<Direction>,
    syn_time: Option<Time>,
    /// From the SYN to the client's first acknowledgement.
    initial_rtt: Option<i64>,
}

/// What is said of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub analysis: u16,
    pub bytes_in_flight: Option<u64>,
    pub ack_rtt: Option<i64>,
}

#[inline]
fn after(number: u32, than: u32) -> bool {
    distance(than, number) > 0
}

impl Analysis {
    /// Judges the next segment of an end.
    #[inline]
    pub fn segment(&mut self, end: End, segment: &Segment, header: impl Fn() -> &[u8]) -> Verdict {
        let (forward, reverse) = match end {
            End::First => (&mut self.ends.first, &mut self.ends.second),
            End::Second => (&mut self.ends.second, &mut self.ends.first),
        };
        let (sequence, length) = (segment.sequence, segment.length);
        let ack = if segment.has(ACK) { segment.acknowledgment } else { 0 };
        let special = segment.flags & (SYN | FIN | RST);
        if segment.has(SYN) {
            Self::scales(forward, reverse, segment, header());
            self.syn_time = if segment.has(ACK) { self.syn_time } else { Some(segment.time) };
        }
        let mut said = judge(forward, reverse, segment, ack);
        if forward.acknowledgment != Some(ack) {
            forward.duplicate_acks = 0;
        }
        if let Some(seen) = reverse.seen
            && segment.has(ACK)
            && after(ack, seen)
        {
            said |= ACK_LOST_SEGMENT;
            reverse.seen = reverse.next;
        }
        let mut again = 0;
        if (length > 0 || special & (SYN | FIN) != 0) && said & KEEP_ALIVE == 0 {
            again = sent_again(forward, reverse, segment, self.initial_rtt);
            said |= again;
        }
        let next = advance(sequence, length + u32::from(special & (SYN | FIN) != 0));
        if length > 0 || special & (SYN | FIN) != 0 {
            forward.outstanding.push(sequence, next, segment.time, again & SENT_AGAIN != 0);
        }
        if said & ZERO_WINDOW_PROBE == 0 {
            if forward.next.is_none_or(|highest| after(next, highest)) {
                forward.next = Some(next);
                forward.next_time = segment.time;
            }
            if forward.seen.is_none_or(|seen| seen == sequence) {
                forward.seen = Some(next);
            }
        }
        let mut verdict = Verdict { analysis: said, ..Verdict::default() };
        forward.analysis = said;
        forward.window = Some(segment.window);
        forward.scaling |= segment.flags & (SYN | ACK) == ACK;
        if segment.has(ACK) {
            forward.acknowledgment = Some(ack);
            forward.acknowledgment_time = segment.time;
            forward.sack_count = 0;
            if forward.duplicate_acks > 0 {
                let given = options(header());
                (forward.sack, forward.sack_count) = (given.sack, given.sack_count);
            }
            reverse.torn = false;
            if let Some(matched) = reverse.outstanding.acknowledge(ack)
                && segment.time != NO_TIME
                && matched.time != NO_TIME
            {
                let rtt = segment.time.saturating_sub(matched.time);
                verdict.ack_rtt = Some(rtt);
                if !matched.ambiguous {
                    reverse.side.rtt.add(rtt);
                }
            }
        }
        if length > 0 && !forward.torn {
            verdict.bytes_in_flight = forward.outstanding.bytes();
        }
        verdict
    }

    fn scales(forward: &mut Direction, reverse: &mut Direction, segment: &Segment, header: &[u8]) {
        if let Some(shift) = options(header).window_scale {
            forward.scale = Scale::Shift(shift);
        }
        if segment.has(ACK) && (forward.scale == Scale::Unknown || reverse.scale == Scale::Unknown) {
            (forward.scale, reverse.scale) = (Scale::None, Scale::None);
        }
    }
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
    if length > 0
        && plain
        && reverse.scale != Scale::Unknown
        && let (Some(acknowledged), Some(window)) = (reverse.acknowledgment, reverse.window)
        && distance(acknowledged, advance(sequence, length)) as i64 == reverse.scaled(window, !reverse.scaling) as i64
    {
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
    if reverse.duplicate_acks >= 2 && since(reverse.acknowledgment_time) < FAST {
        let asked = reverse.acknowledgment == Some(sequence);
        let blocks = reverse.sack.get(..usize::from(reverse.sack_count)).unwrap_or_default();
        let held = blocks.iter().any(|(left, right)| distance(*left, sequence) >= 0 && distance(until, *right) >= 0);
        if asked || (!blocks.is_empty() && !held) {
            return FAST_RETRANSMISSION;
        }
    }
    if since(forward.next_time) < initial_rtt.unwrap_or(REORDERING) && until != highest {
        return OUT_OF_ORDER;
    }
    RETRANSMISSION
}
