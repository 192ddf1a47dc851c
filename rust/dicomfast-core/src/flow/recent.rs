//! What comes again: packets that were sent again, and copies that the capture made. Payload that came in order is remembered by
//! `history`, with its bytes; the other segments that came last are remembered here.

use super::connection::Connection;
use super::consumer::{Consumer, End};
use super::history::Comparison;
use super::stream::Stage;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{NO_TIME, Time};
use crate::net::segment::{Batch, Segment, flags};

type Conn<C> = Connection<<C as Consumer>::State>;

/// Segments that are remembered.
const KEPT: usize = 8;
/// Copies come within this time: the same packet at two ports of a switch, before and behind a router. RFC 6298 makes no sender
/// wait less than a second for what it sends again (Linux 200 ms).
const APART: i64 = 100_000_000;

#[derive(Clone, Copy, Debug)]
struct Seen {
    time: Time,
    /// Its lowest bits.
    packet: u32,
    sequence: u32,
    acknowledgment: u32,
    length: u32,
    window: u16,
    ip_id: u16,
    flags: u8,
}

const NOTHING: Seen = Seen { time: NO_TIME, packet: 0, sequence: 0, acknowledgment: 0, length: 0, window: 0, ip_id: 0, flags: 0 };

impl Seen {
    fn new(segment: &Segment) -> Self {
        Self {
            time: segment.time,
            packet: segment.packet as u32,
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            length: segment.length,
            window: segment.window,
            ip_id: segment.ip_id,
            flags: segment.flags,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.ip_id == other.ip_id
            && self.sequence == other.sequence
            && (self.acknowledgment, self.length) == (other.acknowledgment, other.length)
            && (self.flags, self.window) == (other.flags, other.window)
    }

    fn apart(&self, other: &Self) -> i64 {
        if self.time == NO_TIME || other.time == NO_TIME { 0 } else { other.time.saturating_sub(self.time).saturating_abs() }
    }
}

#[derive(Debug)]
pub struct Recent {
    seen: [Seen; KEPT],
    next: u8,
}

impl Default for Recent {
    fn default() -> Self {
        Self { seen: [NOTHING; KEPT], next: 0 }
    }
}

impl Recent {
    /// Whether this segment is a copy of one of the last; remembers it if it is not.
    #[inline]
    pub fn is_copy(&mut self, segment: &Segment) -> bool {
        // Without an IP identification (IPv6, many a SYN-ACK) an acknowledgement that is repeated looks like a copy; a SYN is
        // not sent again so soon.
        if segment.ip_id == 0 && !segment.has(flags::SYN) {
            return false;
        }
        let segment = Seen::new(segment);
        let known = self.seen.iter().position(|seen| seen.is_like(&segment));
        if let Some(seen) = known.and_then(|at| self.seen.get(at))
            && seen.packet != segment.packet
            && seen.apart(&segment) <= APART
        {
            return true;
        }
        match known.and_then(|at| self.seen.get_mut(at)) {
            Some(place) => *place = segment,
            None => self.remember(segment),
        }
        false
    }

    /// Remembers a segment that is none of the last.
    #[inline]
    pub fn is_none(&mut self, segment: &Segment) {
        if segment.ip_id != 0 {
            self.remember(Seen::new(segment));
        }
    }

    #[inline]
    fn remember(&mut self, segment: Seen) {
        self.next = (self.next + 1) % KEPT as u8;
        if let Some(place) = self.seen.get_mut(usize::from(self.next)) {
            *place = segment;
        }
    }
}

impl<C: Consumer> Stage<'_, C> {
    /// Bytes before the next position have come again.
    pub fn old(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment, bytes: &[u8], position: u64) {
        let half = connection.halves.get(end);
        let until = position + u64::from(segment.length);
        let next = half.next.unwrap_or(until);
        let again = next.min(until) - position;
        let compared = bytes.get(..(again as usize).min(bytes.len())).unwrap_or_default();
        let comparison = self.history.compare(connection.info.connection, end, half.latest, position, compared, segment.ip_id);
        let offset = half.offset(position);
        let half = connection.halves.get_mut(end);
        // The byte of a keep-alive is any byte.
        let keep_alive = segment.length <= 1 && until == next;
        let believed = segment.length <= 1 || comparison != Comparison::Different;
        if comparison == Comparison::Copy || (half.recent.is_copy(segment) && believed) {
            half.counts.duplicate_packets += 1;
            return;
        }
        if keep_alive {
            return;
        }
        half.counts.retransmissions += 1;
        half.counts.retransmitted_bytes += again;
        if comparison == Comparison::Different {
            let anomaly =
                Anomaly::new(AnomalyKind::OverlapConflict, "retransmitted bytes differ from those that came first").spanning(offset, again);
            self.note(connection, segment.stamp(), anomaly);
        }
    }

    /// Payload after the end is nobody's, but it may be a copy.
    pub fn late_copy(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment, position: u64) {
        let half = connection.halves.get_mut(end);
        let known = segment.length > 0 && {
            let bytes = batch.payload(segment);
            let comparison = self.history.compare(connection.info.connection, end, half.latest, position, bytes, segment.ip_id);
            comparison == Comparison::Copy || half.recent.is_copy(segment)
        };
        half.counts.duplicate_packets += u64::from(known);
    }
}
