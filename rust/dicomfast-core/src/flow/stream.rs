//! The rules of one direction: what is new, what is old, what waits, and when a hole is given up (RFC 9293 section 3.10,
//! passive). Every hole that is given up goes through [`Stage::give_up`].

use super::clock::elapsed;
use super::connection::Connection;
use super::consumer::{Consumer, End, Missing, Place};
use super::half::Half;
use super::held::{Content, Held, Piece};
use super::history::History;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Stamp, Time};
use crate::limits::Limits;
use crate::net::checksum::{Checksum, verify};
use crate::net::segment::{Batch, Segment, flags};

/// What the rules need besides the connection.
pub struct Stage<'a, C> {
    pub consumer: &'a mut C,
    pub history: &'a mut History,
    pub limits: &'a Limits,
    /// Out-of-order bytes held for all connections.
    pub held_bytes: &'a mut usize,
    pub now: Time,
}

type Conn<C> = Connection<<C as Consumer>::State>;

impl<C: Consumer> Stage<'_, C> {
    /// A segment with payload at `position`.
    #[inline]
    pub fn payload(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment, position: u64) {
        let half = connection.halves.get_mut(end);
        let length = u64::from(segment.length);
        let until = position + length;
        // It was overtaken by a later one.
        let late = position < half.highest;
        half.highest = half.highest.max(until);
        let unread = self.consumer.unread(&connection.state, end);
        if length > unread && !Self::checksum_holds(half_checksum(half), batch, segment) {
            if half.recent.is_copy(segment) {
                half.counts.duplicate_packets += 1;
                return;
            }
            half.counts.bad_checksums += 1;
            let offset = half.offset(position);
            self.note(
                connection,
                segment.stamp(),
                Anomaly::new(AnomalyKind::BadChecksum, "wrong TCP checksum: not part of the stream").spanning(offset, length),
            );
            return;
        }
        let half = connection.halves.get_mut(end);
        let in_order = half.next == Some(position) && half.held.is_none() && half.fin.is_none_or(|fin| until <= fin);
        if in_order && segment.captured == segment.length {
            half.forward(until);
            half.latest = self.history.push(connection.info.connection, end, position, segment, half.latest);
            let place = Place { stamp: segment.stamp(), offset: position - half.start, received: received(connection, end, segment) };
            self.consumer.data(&mut connection.state, &connection.info, end, place, batch.payload(segment));
            return;
        }
        self.unordered(connection, end, batch, segment, position, late);
    }

    fn checksum_holds(good: &mut bool, batch: &Batch, segment: &Segment) -> bool {
        match verify(segment, batch.header(segment), batch.payload(segment)) {
            Checksum::Good => {
                *good = true;
                true
            }
            // Without one good checksum from this side, the capture stands before the network card that fills them in.
            Checksum::Bad => !*good,
            Checksum::Partial | Checksum::Unknown => true,
        }
    }

    /// Learns from a segment without payload whether this side's checksums can be trusted.
    pub fn learn_checksum(connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) -> bool {
        Self::checksum_holds(half_checksum(connection.halves.get_mut(end)), batch, segment)
    }

    fn unordered(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment, position: u64, late: bool) {
        let half = connection.halves.get_mut(end);
        let until = position + u64::from(segment.length);
        let bytes = batch.payload(segment);
        let Some(next) = half.next else {
            self.hold(connection, end, segment, bytes, position, late);
            self.settle(connection, end);
            return;
        };
        if position < next {
            self.old(connection, end, segment, bytes, position);
            if until <= next {
                return;
            }
        }
        if half_beyond_fin(connection, end, until) {
            let half = connection.halves.get_mut(end);
            if half.recent.is_copy(segment) {
                half.counts.duplicate_packets += 1;
            } else {
                self.note(connection, segment.stamp(), Anomaly::new(AnomalyKind::DataAfterFin, "payload beyond the FIN"));
            }
            return;
        }
        if position <= next && connection.halves.get(end).held.is_none() {
            let skipped = (next - position) as usize;
            let half = connection.halves.get_mut(end);
            half.latest = self.history.push(connection.info.connection, end, position, segment, half.latest);
            self.deliver(connection, end, segment, bytes.get(skipped..).unwrap_or_default(), next, until);
            return;
        }
        self.hold(connection, end, segment, bytes, position, late);
        self.settle(connection, end);
    }

    /// In-order bytes `[from, until)`, of which `bytes` are captured.
    fn deliver(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment, bytes: &[u8], from: u64, until: u64) {
        let place =
            Place { stamp: segment.stamp(), offset: connection.halves.get(end).offset(from), received: received(connection, end, segment) };
        connection.halves.get_mut(end).forward(until);
        if !bytes.is_empty() {
            self.consumer.data(&mut connection.state, &connection.info, end, place, bytes);
        }
        let cut = (until - from).saturating_sub(bytes.len() as u64);
        if cut > 0 {
            self.cut(connection, end, Place { offset: place.offset + bytes.len() as u64, ..place }, cut);
        }
    }

    /// Bytes that the snap length cut off.
    fn cut(&mut self, connection: &mut Conn<C>, end: End, place: Place, length: u64) {
        connection.halves.get_mut(end).counts.not_captured_bytes += length;
        self.note(
            connection,
            place.stamp,
            Anomaly::new(AnomalyKind::NotCaptured, "cut off by the snap length").spanning(place.offset, length),
        );
        self.consumer.gap(&mut connection.state, &connection.info, end, place, length, Missing::NotCaptured);
    }

    /// Keeps what is not held yet of a segment beyond a hole.
    fn hold(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment, bytes: &[u8], position: u64, late: bool) {
        let unread = self.consumer.unread(&connection.state, end);
        let peer = connection.halves.get_mut(end.other());
        let acknowledged = segment.has(flags::ACK).then(|| peer.position(segment.acknowledgment));
        let half = connection.halves.get_mut(end);
        let copy = half.recent.is_copy(segment);
        let from = position.max(half.next.unwrap_or(0));
        let until = position + u64::from(segment.length);
        let captured_until = position + bytes.len() as u64;
        let known = half.next.is_some_and(|next| until <= next.saturating_add(unread));
        let held = half.held.get_or_insert_default();
        if held.is_empty() {
            held.since = self.now;
            held.passed = None;
        }
        if let Some((segments, _)) = &mut held.passed {
            *segments += u32::from(!copy);
        }
        // Nearly all come one after the other.
        let last = held.end().is_none_or(|end| end <= position);
        let conflict = !last && held.conflicts(position, bytes);
        let whole = [(from, until)];
        let parts: Vec<(u64, u64)>;
        let ranges = if last && from < until {
            whole.as_slice()
        } else {
            parts = held.uncovered(from, until).collect();
            parts.as_slice()
        };
        if ranges.is_empty() && copy && !conflict {
            half.counts.duplicate_packets += 1;
        } else if ranges.is_empty() {
            half.counts.retransmissions += 1;
            half.counts.retransmitted_bytes += u64::from(segment.length);
        } else if late {
            half.counts.out_of_order += 1;
        }
        let mut keep = |from: u64, content: Content| {
            if content.length() > 0 {
                *self.held_bytes += content.cost();
                held.insert(from, Piece { content, stamp: segment.stamp(), acknowledged });
            }
        };
        for &(from, to) in ranges {
            let captured = to.min(captured_until.max(from));
            let content = if known {
                Content::Passed(captured - from)
            } else {
                let range = (from - position) as usize..(captured - position) as usize;
                Content::Bytes(bytes.get(range).unwrap_or_default().into())
            };
            keep(from, content);
            keep(captured, Content::NotCaptured(to - captured));
        }
        if conflict {
            let offset = connection.halves.get(end).offset(position);
            let anomaly = Anomaly::new(AnomalyKind::OverlapConflict, "overlapping bytes differ from those that came first")
                .spanning(offset, u64::from(segment.length));
            self.note(connection, segment.stamp(), anomaly);
        }
    }

    /// Decides what held pieces wait for, after anything has changed; hands on what can be handed on.
    pub fn settle(&mut self, connection: &mut Conn<C>, end: End) {
        self.drain(connection, end);
        loop {
            let half = connection.halves.get_mut(end);
            let Some(held) = half.held.as_deref_mut() else { return };
            let Some(first) = held.first() else {
                half.held = None;
                return;
            };
            let age = elapsed(held.since, self.now);
            let Some(next) = half.next else {
                if held.len() >= self.limits.start_segments || age > self.limits.start_wait || *self.held_bytes > self.limits.held_bytes {
                    connection.begin_both();
                    self.drain_both(connection);
                    continue;
                }
                return;
            };
            // How long the hole has been there does not matter: an acknowledgement may stand before what it acknowledges.
            let passed = half.acknowledged.is_some_and(|position| position >= first);
            held.passed = if passed { held.passed.or(Some((0, self.now))) } else { None };
            let acknowledged = held.passed.is_some_and(|(segments, since)| {
                let wide = first.saturating_sub(next) > self.limits.wide_hole;
                wide || segments > self.limits.acknowledged_wait_segments || elapsed(since, self.now) > self.limits.acknowledged_wait_time
            });
            let span = held.end().unwrap_or(next) - next;
            let unheard = half.acknowledged.is_none() && (span > self.limits.unacknowledged_bytes || age > self.limits.hole_timeout);
            let over_budget = *self.held_bytes > self.limits.held_bytes || held.len() > self.limits.held_pieces;
            if !(acknowledged || unheard || over_budget) {
                return;
            }
            if over_budget && !(acknowledged || unheard) {
                let stamp = connection.last;
                self.note(
                    connection,
                    stamp,
                    Anomaly::new(AnomalyKind::HeldBytesLimit, "too many out-of-order bytes: a hole was given up early"),
                );
            }
            self.skip_to(connection, end, first);
        }
    }

    /// Gives up the bytes before `position`, and hands on what stands behind them.
    fn skip_to(&mut self, connection: &mut Conn<C>, end: End, position: u64) {
        self.give_up(connection, end, position);
        self.drain(connection, end);
    }

    /// The only way in which a hole becomes a gap.
    fn give_up(&mut self, connection: &mut Conn<C>, end: End, position: u64) {
        let stamp = connection.last;
        let half = connection.halves.get_mut(end);
        let next = half.next.unwrap_or(position);
        let position = position.max(next);
        let length = position - next;
        let place = Place { stamp, offset: half.offset(next), received: None };
        half.counts.lost_bytes += length;
        half.forward(position);
        if length > 0 {
            self.note(
                connection,
                stamp,
                Anomaly::new(AnomalyKind::LostBytes, "sent, but not in the capture").spanning(place.offset, length),
            );
            self.consumer.gap(&mut connection.state, &connection.info, end, place, length, Missing::Lost);
        }
    }

    /// Hands on the held pieces that have become next in order.
    fn drain(&mut self, connection: &mut Conn<C>, end: End) {
        while connection.halves.get(end).ready().is_some() {
            self.hand_on(connection, end);
        }
    }

    /// The same for both directions, in the order in which the pieces came.
    fn drain_both(&mut self, connection: &mut Conn<C>) {
        while let Some(end) = connection.earlier(Half::ready) {
            self.hand_on(connection, end);
        }
    }

    /// Hands on the first held piece, which begins at or before the next position.
    fn hand_on(&mut self, connection: &mut Conn<C>, end: End) {
        let half = connection.halves.get_mut(end);
        let Some(next) = half.next else { return };
        let Some(held) = half.held.as_deref_mut() else { return };
        let Some((at, piece)) = held.take_at(next) else { return };
        held.passed = None;
        held.since = self.now;
        *self.held_bytes = self.held_bytes.saturating_sub(piece.content.cost());
        let until = at + piece.content.length();
        if until <= next {
            return;
        }
        let skipped = next - at;
        let mut place = Place { stamp: piece.stamp, offset: half.offset(next), received: None };
        half.forward(until);
        let peer = connection.halves.get(end.other());
        place.received = piece.acknowledged.map(|position| peer.received(position));
        match piece.content {
            Content::Bytes(bytes) => {
                let rest = bytes.get(skipped as usize..).unwrap_or_default();
                self.consumer.data(&mut connection.state, &connection.info, end, place, rest);
            }
            Content::Passed(length) => self.consumer.passed(&mut connection.state, &connection.info, end, place, length - skipped),
            Content::NotCaptured(length) => self.cut(connection, end, place, length - skipped),
        }
    }

    /// No more packets come: every hole becomes a gap, and so does what the peer acknowledged but the capture does not have.
    pub fn close_out(&mut self, connection: &mut Conn<C>) {
        connection.begin_both();
        while let Some(end) = connection.earlier(Half::first_held) {
            let Some(first) = connection.halves.get(end).held.as_deref().and_then(Held::first) else { break };
            self.give_up(connection, end, first);
            self.hand_on(connection, end);
        }
        self.close_tail(connection, End::First);
        self.close_tail(connection, End::Second);
    }

    fn close_tail(&mut self, connection: &mut Conn<C>, end: End) {
        let half = connection.halves.get_mut(end);
        half.held = None;
        let Some(next) = half.next else { return };
        let Some(sent) = half.sent() else { return };
        if sent > next && sent - next < u64::from(u32::MAX >> 1) {
            self.skip_to(connection, end, sent);
        }
    }

    pub fn note(&mut self, connection: &mut Conn<C>, stamp: Stamp, anomaly: Anomaly) {
        let anomaly = anomaly.at(stamp).on(connection.info.connection);
        self.consumer.anomaly(&mut connection.state, anomaly);
    }
}

fn half_checksum(half: &mut Half) -> &mut bool {
    &mut half.checksum_good
}

fn half_beyond_fin<S>(connection: &Connection<S>, end: End, until: u64) -> bool {
    connection.halves.get(end).fin.is_some_and(|fin| until > fin)
}

/// How much of the other direction the sender had received when it sent this.
#[inline]
fn received<S>(connection: &mut Connection<S>, end: End, segment: &Segment) -> Option<u64> {
    if !segment.has(flags::ACK) {
        return None;
    }
    let peer = connection.halves.get_mut(end.other());
    let position = peer.position(segment.acknowledgment);
    Some(peer.received(position))
}
