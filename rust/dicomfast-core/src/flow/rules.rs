//! What one segment does to its connection (RFC 9293 section 3.10, passive): opening, acknowledging, closing, resetting. What it does to
//! the stream of its direction is in `stream`.

use super::connection::Connection;
use super::consumer::{Consumer, End, Ends};
use super::stream::Stage;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Closed, NO_TIME};
use crate::net::segment::{Batch, NO_VLAN, Segment, flags};
use crate::net::tcp::options;

type Conn<C> = Connection<<C as Consumer>::State>;

impl<C: Consumer> Stage<'_, C> {
    #[inline]
    pub fn segment(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) {
        connection.last = segment.stamp();
        if connection.vlan == NO_VLAN {
            connection.vlan = segment.vlan;
        }
        let half = connection.halves.get_mut(end);
        half.counts.packets += 1;
        half.counts.payload_bytes += u64::from(segment.length);
        let special = segment.flags & (flags::SYN | flags::FIN | flags::RST | flags::URG);
        if special != 0 && !self.special(connection, end, batch, segment) {
            return;
        }
        let position = connection.halves.get_mut(end).position(segment.sequence);
        if segment.has(flags::ACK) {
            Self::acknowledge(connection, end, segment, position);
        }
        if connection.ended {
            return;
        }
        if segment.length > 0 {
            if special & flags::RST == 0 {
                self.payload(connection, end, batch, segment, position + u64::from(segment.has(flags::SYN)));
            }
        } else {
            self.empty(connection, end, segment, position);
        }
        if connection.halves.get(end.other()).held.is_some() {
            self.settle(connection, end.other());
        }
        if connection.halves.first.fin.is_some() && connection.halves.first.finished() && connection.halves.second.finished() {
            self.end(connection, Closed::Fin);
        }
    }

    #[inline]
    fn acknowledge(connection: &mut Conn<C>, end: End, segment: &Segment, position: u64) {
        let half = connection.halves.get_mut(end);
        let handshake_ack = half.from_start && position == half.start;
        let scale = match half.counts.window_scale {
            Some(scale) if !segment.has(flags::SYN) => scale.min(14),
            _ => 0,
        };
        let window = u64::from(segment.window) << scale;
        if half.counts.max_window.is_none_or(|max| window > max) && !segment.has(flags::RST) {
            half.counts.max_window = Some(window);
        }
        let peer = connection.halves.get_mut(end.other());
        peer.acknowledge(segment.acknowledgment);
        if peer.next.is_none() && handshake_ack {
            // The first acknowledgement after a SYN tells where the other direction begins, whether its SYN was seen or not.
            let position = peer.position(segment.acknowledgment);
            peer.begin(position, true);
            connection.info.from_start = Ends { first: connection.halves.first.from_start, second: connection.halves.second.from_start };
        }
        if connection.syn_rtt.is_none()
            && connection.syn_time != NO_TIME
            && connection.handshake
            && !segment.has(flags::SYN)
            && end == connection.info.client
        {
            connection.syn_rtt = Some(segment.time.saturating_sub(connection.syn_time)).filter(|_| segment.time != NO_TIME);
        }
    }

    /// A segment without payload.
    fn empty(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment, position: u64) {
        let half = connection.halves.get_mut(end);
        if segment.flags & (flags::SYN | flags::FIN | flags::RST) == 0 {
            if segment.window == 0 {
                half.counts.zero_windows += 1;
            }
            let repeated = segment.acknowledgment == half.last_ack
                && segment.window == half.last_window
                && half.next.is_none_or(|next| position >= next);
            let outstanding = {
                let peer = connection.halves.get(end.other());
                peer.acknowledged.is_some_and(|acknowledged| peer.highest > acknowledged)
            };
            if repeated && outstanding {
                connection.halves.get_mut(end).counts.duplicate_acks += 1;
            }
        }
        let half = connection.halves.get_mut(end);
        half.last_ack = segment.acknowledgment;
        half.last_window = segment.window;
        if half.held.is_some() {
            self.settle(connection, end);
        }
    }

    /// SYN, FIN, RST and URG. Returns false where the rest of the segment must not count.
    fn special(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) -> bool {
        let all = segment.flags & (flags::SYN | flags::FIN | flags::RST);
        if segment.has(flags::SYN) && all != flags::SYN {
            self.note(connection, segment.stamp(), Anomaly::new(AnomalyKind::BadTcpFlags, "SYN together with FIN or RST"));
            return false;
        }
        if segment.length == 0 && !Self::learn_checksum(connection, end, batch, segment) {
            connection.halves.get_mut(end).counts.bad_checksums += 1;
            self.note(
                connection,
                segment.stamp(),
                Anomaly::new(AnomalyKind::BadChecksum, "wrong TCP checksum on a segment with SYN, FIN or RST"),
            );
            return false;
        }
        if segment.has(flags::SYN) {
            return self.syn(connection, end, batch, segment);
        }
        if segment.has(flags::RST) {
            self.reset(connection, end, segment);
            return !connection.reset;
        }
        let half = connection.halves.get_mut(end);
        if segment.has(flags::FIN) {
            let fin = half.position(segment.sequence) + u64::from(segment.length);
            if half.fin.is_none() && half.next.is_none_or(|next| fin >= next) {
                half.fin = Some(fin);
            }
        }
        if segment.has(flags::URG) && segment.length > 0 {
            self.note(connection, segment.stamp(), Anomaly::new(AnomalyKind::UrgentData, "urgent data, kept in the stream (RFC 6093)"));
        }
        true
    }

    fn syn(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) -> bool {
        let half = connection.halves.get_mut(end);
        if half.syn == Some(segment.sequence) {
            half.counts.retransmissions += 1;
            return true;
        }
        let first = segment.sequence.wrapping_add(1);
        let position = half.position(first);
        let untouched = half.next.is_none_or(|next| next == half.start);
        if half.syn.is_some() || !(untouched || position == half.start) {
            self.note(
                connection,
                segment.stamp(),
                Anomaly::new(AnomalyKind::SynOnLiveConnection, "SYN inside a live connection, ignored (RFC 5961)"),
            );
            return false;
        }
        half.syn = Some(segment.sequence);
        half.begin(position, true);
        half.highest = half.highest.max(position);
        let given = options(batch.header(segment));
        half.counts.mss = given.mss;
        half.counts.window_scale = given.window_scale;
        *connection.sack_permitted.get_mut(end) = Some(given.sack_permitted);
        connection.info.from_start = Ends { first: connection.halves.first.from_start, second: connection.halves.second.from_start };
        connection.handshake = true;
        if segment.has(flags::ACK) {
            connection.info.client = end.other();
            let peer = connection.halves.get_mut(end.other());
            if peer.next.is_none() {
                let position = peer.position(segment.acknowledgment);
                peer.begin(position, true);
            }
        } else if connection.halves.get(end.other()).syn.is_none() {
            connection.info.client = end;
            connection.syn_time = segment.time;
        }
        self.settle(connection, end);
        true
    }

    /// RFC 5961 section 3: a reset counts where its sequence number is one that the peer could accept.
    fn reset(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment) {
        let half = connection.halves.get_mut(end);
        let plausible = match (half.reference, half.next) {
            (Some(_), Some(next)) => {
                let position = half.position(segment.sequence);
                let low = half.acknowledged.unwrap_or(next).min(next).saturating_sub(1);
                let high = half.highest.max(next) + half.counts.max_window.unwrap_or(0).max(65_535) + 1;
                (low..=high).contains(&position)
            }
            _ => true,
        };
        // A refused connection is answered with sequence number 0 and the SYN acknowledged.
        let refusal = segment.has(flags::ACK) && half.syn.is_none();
        if plausible || refusal {
            connection.reset = true;
        } else {
            self.note(connection, segment.stamp(), Anomaly::new(AnomalyKind::ResetIgnored, "RST outside the window, ignored (RFC 5961)"));
        }
    }

    /// No more bytes come.
    pub fn end(&mut self, connection: &mut Conn<C>, closed: Closed) {
        if connection.ended {
            return;
        }
        connection.ended = true;
        self.close_out(connection, End::First);
        self.close_out(connection, End::Second);
        let silent = |end: End| connection.halves.get(end).counts.packets == 0;
        if silent(End::First) != silent(End::Second)
            && connection.halves.first.counts.payload_bytes + connection.halves.second.counts.payload_bytes > 0
        {
            let stamp = connection.first;
            self.note(connection, stamp, Anomaly::new(AnomalyKind::OneDirection, "only one direction is in the capture"));
        }
        self.consumer.end(&mut connection.state, &connection.info, closed);
    }
}
