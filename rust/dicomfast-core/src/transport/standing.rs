//! Where a connection stands, as the analysis knows it: what the rules over waits ask. Changes nothing.

use super::analysis::{Analysis, Scale, after};
use crate::flow::End;
use crate::flow::seq::{advance, distance};
use crate::net::segment::Segment;

impl Analysis {
    /// The sequence number after the last byte that an end sent.
    pub(super) fn next(&self, end: End) -> Option<u32> {
        self.ends.get(end).next
    }

    /// How far beyond that a segment begins: more than 0 where bytes before it were not seen.
    pub(super) fn ahead(&self, end: End, segment: &Segment) -> i32 {
        self.ends.get(end).next.map_or(0, |next| distance(next, segment.sequence))
    }

    /// Whether a segment brings bytes that its end had not sent before.
    #[inline]
    pub(super) fn is_new(&self, end: End, segment: &Segment) -> bool {
        self.ends.get(end).next.is_none_or(|next| after(advance(segment.sequence, segment.length), next))
    }

    /// Whether a segment brings nothing but a question: a keep-alive with the byte before the next one, or the next byte alone where the
    /// window is closed (RFC 9293 sections 3.8.4 and 3.8.6.1).
    #[inline]
    pub(super) fn only_asks(&self, end: End, segment: &Segment) -> bool {
        segment.length == 1 && (self.ahead(end, segment) == -1 || self.window_for(end) == Some(0))
    }

    /// What the other end has acknowledged.
    pub(super) fn acknowledged(&self, end: End) -> Option<u32> {
        self.ends.get(end.other()).acknowledgment
    }

    /// Bytes that an end has sent and that are not acknowledged.
    pub(super) fn in_flight(&self, end: End) -> Option<i64> {
        Some(i64::from(distance(self.acknowledged(end)?, self.next(end)?)))
    }

    /// The window in which an end may send, in bytes; `None` where its scale is not known.
    #[inline]
    pub(super) fn window_for(&self, end: End) -> Option<u64> {
        let receiver = self.ends.get(end.other());
        let window = receiver.window?;
        let known = receiver.scale != Scale::Unknown || window == 0;
        known.then(|| receiver.scaled(window, !receiver.scaling))
    }

    /// Bytes that an end may still send into the window.
    #[inline]
    pub(super) fn room(&self, end: End) -> Option<i64> {
        Some(i64::try_from(self.window_for(end)?).unwrap_or(i64::MAX) - self.in_flight(end)?)
    }

    /// Acknowledgements that an end has heard again and again; and whether the last one told of a hole (SACK).
    pub(super) fn complaints(&self, end: End) -> (u32, bool) {
        let receiver = self.ends.get(end.other());
        (receiver.duplicate_acks, receiver.sack_count > 0)
    }

    /// From the capture point to an end and back, as the handshake shows; 0 where it does not.
    #[inline]
    pub(super) fn way(&self, end: End) -> i64 {
        *self.handshake.ways.get(end)
    }

    /// The usual time from new bytes of an end to their acknowledgement, as that end sees it.
    pub(super) fn round_trip(&self, end: End) -> Option<i64> {
        Some(self.ends.get(end).side.rtt.quantile(0.5)?.saturating_add(self.way(end)))
    }

    /// The shortest round trip: that of the handshake, else of what was acknowledged.
    pub(super) fn least_round_trip(&self, end: End) -> Option<i64> {
        self.handshake.round_trip.or_else(|| self.ends.get(end).side.rtt.least())
    }

    /// Payload of the fullest segment that an end sends.
    #[inline]
    pub(super) fn full_segment(&self, end: End) -> u32 {
        self.ends.get(end).full
    }
}
