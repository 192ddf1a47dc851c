//! The segments that a bulk transfer is made of: the next bytes of a stretch that nobody reads, and acknowledgements of more. What they change
//! is little, and is done here in one step. Every other segment, and every one of which anything is not as usual, is for `rules`, which
//! does the same for these.

use super::connection::Connection;
use super::consumer::{Consumer, End, Place};
use super::half::Half;
use super::stream::Stage;
use crate::net::segment::{NO_VLAN, Segment, flags};

impl<C: Consumer> Stage<'_, C> {
    /// Takes a segment of a connection that is calm; `false` where it is none of these, and nothing was done.
    #[inline]
    pub fn passes(&mut self, connection: &mut Connection<C::State>, end: End, segment: &Segment) -> bool {
        if segment.flags & !flags::PSH != flags::ACK {
            return false;
        }
        let Connection { info, halves, state, .. } = connection;
        let (half, peer) = match end {
            End::First => (&mut halves.first, &mut halves.second),
            End::Second => (&mut halves.second, &mut halves.first),
        };
        let (Some(next), Some(reference), Some(other)) = (half.next, half.reference, peer.reference) else { return false };
        if (reference.sequence, reference.position) != (segment.sequence, next) {
            return false;
        }
        let acknowledged = other.position(segment.acknowledgment);
        let more = peer.acknowledged.is_none_or(|seen| acknowledged > seen);
        if segment.length == 0 {
            // What acknowledges more than all before is a copy of none of them.
            let usual = more && half.is_edge_known(next) && segment.flags == flags::ACK;
            if !usual || !self.consumer.acknowledges(state, info, end, segment) {
                return false;
            }
            half.recent.is_none(segment);
            peer.acknowledged = Some(acknowledged);
            peer.edge(acknowledged);
        } else {
            let received = Some(peer.received(acknowledged));
            let place = Place { stamp: segment.stamp(), offset: next - half.start, received };
            if more || segment.captured != segment.length || !self.consumer.passes(state, info, end, segment, place) {
                return false;
            }
            let until = next + u64::from(segment.length);
            half.highest = half.highest.max(until);
            half.counts.payload_bytes += u64::from(segment.length);
            half.forward(until);
            half.latest = self.history.push(info.connection, end, next, segment, half.latest);
        }
        half.counts.packets += 1;
        half.note_window(segment);
        connection.last = segment.stamp();
        if connection.vlan == NO_VLAN {
            connection.vlan = segment.vlan;
        }
        true
    }
}

impl Half {
    /// The largest window that this end announced.
    #[inline]
    pub fn note_window(&mut self, segment: &Segment) {
        let scale = match self.counts.window_scale {
            Some(scale) if !segment.has(flags::SYN) => scale.min(14),
            _ => 0,
        };
        let window = u64::from(segment.window) << scale;
        if self.counts.max_window.is_none_or(|max| window > max) && !segment.has(flags::RST) {
            self.counts.max_window = Some(window);
        }
    }
}
