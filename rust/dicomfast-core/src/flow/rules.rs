//! What a segment does to its connection: acknowledgements, SYN, FIN and RST, and what neither carries bytes nor ends anything
//! (RFC 9293 section 3.10, RFC 5961; passive). The bytes themselves are `stream`'s.

use super::connection::Connection;
use super::consumer::{Consumer, End};
use super::doubt::Syn;
use super::stream::Stage;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Closed, NO_TIME};
use crate::net::segment::{Batch, NO_VLAN, Segment, flags};

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
        let copy = (special != 0 || segment.length == 0) && half.recent.is_copy(segment);
        if copy && segment.length == 0 {
            half.counts.duplicate_packets += 1;
            return;
        }
        if special != 0 && !self.special(connection, end, batch, segment, copy) {
            return;
        }
        if connection.doubtful {
            self.resolve(connection, end, segment);
        }
        let position = connection.halves.get_mut(end).position(segment.sequence);
        if segment.has(flags::ACK) {
            Self::acknowledge(connection, end, segment, position);
        }
        if connection.ended {
            self.late_copy(connection, end, batch, segment, position);
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
    pub fn acknowledge(connection: &mut Conn<C>, end: End, segment: &Segment, position: u64) {
        let half = connection.halves.get_mut(end);
        let handshake_ack = half.from_start && position == half.start;
        if half.next.is_none() && half.lowest.is_none_or(|(lowest, _)| position < lowest) {
            half.lowest = Some((position, segment.acknowledgment));
        }
        half.note_window(segment);
        let peer = connection.halves.get_mut(end.other());
        peer.acknowledge(segment.acknowledgment);
        if peer.next.is_none() && handshake_ack {
            // The first acknowledgement after a SYN tells where the other direction begins, whether its SYN was seen or not.
            let position = peer.position(segment.acknowledgment);
            peer.begin(position, true);
            connection.note_starts();
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
        if !segment.has(flags::SYN) {
            half.edge(position);
        }
        if half.held.is_some() {
            self.settle(connection, end);
        }
    }

    /// SYN, FIN, RST and URG. Returns false where the rest of the segment must not count.
    fn special(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment, copy: bool) -> bool {
        let all = segment.flags & (flags::SYN | flags::FIN | flags::RST);
        if segment.has(flags::SYN) && all != flags::SYN {
            self.note(connection, segment.stamp(), Anomaly::new(AnomalyKind::BadTcpFlags, "SYN together with FIN or RST"));
            return false;
        }
        if !self.checksum(connection, end, batch, segment) {
            return false;
        }
        if segment.has(flags::SYN) {
            self.syn(connection, end, batch, segment, copy);
            return true;
        }
        if segment.has(flags::RST) {
            self.reset(connection, end, segment);
            return false;
        }
        let half = connection.halves.get_mut(end);
        if segment.has(flags::FIN) {
            let fin = half.position(segment.sequence) + u64::from(segment.length);
            if half.fin.is_none() && half.next.is_none_or(|next| fin >= next) {
                half.fin = Some(fin);
            }
        }
        if segment.has(flags::URG) && segment.length > 0 && !copy {
            self.note(connection, segment.stamp(), Anomaly::new(AnomalyKind::UrgentData, "urgent data, kept in the stream (RFC 6093)"));
        }
        true
    }

    /// Whether a segment with SYN, FIN or RST may be believed.
    pub fn checksum(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) -> bool {
        let good = Self::learn_checksum(connection, end, batch, segment);
        if !good {
            connection.halves.get_mut(end).counts.bad_checksums += 1;
            self.note(
                connection,
                segment.stamp(),
                Anomaly::new(AnomalyKind::BadChecksum, "wrong TCP checksum on a segment with SYN, FIN or RST"),
            );
        }
        good
    }

    fn syn(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment, copy: bool) {
        let half = connection.halves.get_mut(end);
        if half.syn.is_some_and(|syn| syn.sequence == segment.sequence) {
            half.counts.retransmissions += u64::from(!copy);
        } else {
            self.begin(connection, end, &Syn::new(batch, segment));
        }
    }

    /// A direction begins with this SYN.
    pub fn begin(&mut self, connection: &mut Conn<C>, end: End, syn: &Syn) {
        let half = connection.halves.get_mut(end);
        let position = half.position(syn.first());
        half.syn = Some(*syn);
        if half.next.is_some_and(|next| next > half.start) {
            // It came after its bytes.
            half.from_start = position == half.start;
        } else {
            half.begin(position, true);
        }
        half.highest = half.highest.max(position);
        half.counts.mss = syn.mss;
        half.counts.window_scale = syn.window_scale;
        *connection.sack_permitted.get_mut(end) = Some(syn.sack_permitted);
        connection.handshake = true;
        if syn.answers().is_some() {
            connection.info.client = end.other();
        } else if connection.halves.get(end.other()).syn.is_none() {
            connection.info.client = end;
            connection.syn_time = syn.stamp.time;
        }
        let handshake = connection.halves.get(end).lowest.filter(|(lowest, _)| *lowest == position);
        let acknowledged = syn.answers().or(handshake.map(|(_, number)| number));
        let peer = connection.halves.get_mut(end.other());
        if peer.next.is_none()
            && let Some(number) = acknowledged
        {
            let position = peer.position(number);
            peer.begin(position, true);
        }
        connection.note_starts();
        self.settle(connection, end);
    }

    /// RFC 5961 section 3: a reset counts where its sequence number is one that the peer could accept.
    fn reset(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment) {
        let half = connection.halves.get(end);
        // Where the direction's beginning is not known, nothing can be judged; a refused connection is such a case.
        let plausible = half.next.is_none()
            || half.reference.is_none_or(|reference| connection.within_window(end, reference.position(segment.sequence)));
        if plausible {
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
        self.tell(connection);
        self.close_out(connection);
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
