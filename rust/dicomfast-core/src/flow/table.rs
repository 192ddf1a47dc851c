//! All connections: finds the one a segment belongs to, opens and closes them (RFC 9293 section 3.5, RFC 5961, RFC 6191), and
//! forgets those that are over or silent. Bounded by `limits.connections`.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use super::clock::{Clock, elapsed};
use super::connection::Connection;
use super::consumer::{Consumer, End};
use super::history::History;
use super::seq::advance;
use super::stream::Stage;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Closed, NO_TIME, Time};
use crate::limits::Limits;
use crate::net::segment::{Address, Batch, NO_TUNNEL, NO_VLAN, Segment, flags};
use crate::net::tcp::options;

/// Segments between two looks at the connections that may be over.
const SWEEP_EVERY: u64 = 256;
/// Connections that one such look visits.
const SWEEP: usize = 8;
/// Bytes that a SYN, or the first segments, may stand before the first ones seen and still belong to them: packets out of order.
const EARLIER: u64 = 1 << 20;
/// Connections that are compared when one has to give way.
const EVICTION_SAMPLE: usize = 64;

type Conn<C> = Connection<<C as Consumer>::State>;

/// The same for both directions; seeded, so that nobody can choose addresses that collide.
fn pair_hash(hasher: &foldhash::fast::RandomState, a: Address, b: Address) -> u64 {
    hasher.hash_one((a.min(b), a.max(b)))
}

/// The connections and the one consumer of their streams.
pub struct FlowTable<C: Consumer> {
    pub consumer: C,
    slots: Vec<Option<Box<Conn<C>>>>,
    free: Vec<usize>,
    index: HashTable<usize>,
    hasher: foldhash::fast::RandomState,
    /// Slot of the last segment: bulk transfers stay on one connection.
    hot: usize,
    closing: VecDeque<(usize, u64, Time)>,
    history: History,
    held_bytes: usize,
    limits: Limits,
    clock: Clock,
    segments: u64,
    hand: usize,
    next_connection: u64,
}

impl<C: Consumer> FlowTable<C> {
    pub fn new(consumer: C, limits: &Limits) -> Self {
        Self {
            consumer,
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: foldhash::fast::RandomState::default(),
            hot: usize::MAX,
            closing: VecDeque::new(),
            history: History::new(limits.history_segments),
            held_bytes: 0,
            limits: limits.clone(),
            clock: Clock::default(),
            segments: 0,
            hand: 0,
            next_connection: 0,
        }
    }

    /// Connections that are tracked now.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the segments of a batch, with the anomalies of the earlier stages in the order of their packets.
    pub fn process(&mut self, batch: &Batch, mut anomaly: impl FnMut(&mut C, &Anomaly)) {
        self.history.begin(batch);
        let mut notes = batch.anomalies.iter().peekable();
        for segment in &batch.segments {
            while let Some(note) = notes.next_if(|note| note.packet.is_none_or(|packet| packet <= segment.packet)) {
                anomaly(&mut self.consumer, note);
            }
            self.segment(batch, segment);
        }
        for note in notes {
            anomaly(&mut self.consumer, note);
        }
    }

    /// The input is over: every connection ends as it stands.
    pub fn finish(&mut self) {
        while let Some((slot, number, _)) = self.closing.pop_front() {
            self.remove_if(slot, number);
        }
        let mut rest: Vec<(u64, usize)> = self
            .slots
            .iter()
            .enumerate()
            .filter_map(|(slot, connection)| connection.as_ref().map(|connection| (connection.info.connection, slot)))
            .collect();
        rest.sort_unstable();
        for (_, slot) in rest {
            self.remove(slot, None);
        }
    }

    #[inline]
    fn segment(&mut self, batch: &Batch, segment: &Segment) {
        self.clock.tick(segment.time);
        self.segments += 1;
        if self.segments.is_multiple_of(SWEEP_EVERY) {
            self.sweep();
        }
        let hot = self.slots.get(self.hot).and_then(Option::as_ref);
        let hot = hot.and_then(|connection| connection.sender(&segment.source, &segment.destination));
        let (slot, end) = match hot {
            Some(end) => (self.hot, end),
            None => self.find_or_open(batch, segment),
        };
        let reopened = match self.slots.get(slot) {
            Some(Some(connection)) if segment.has(flags::SYN) => connection.reopens(end, segment),
            Some(Some(connection)) if segment.length > 0 && connection.is_elsewhere(end, segment) => {
                self.consumer.begins_anew(batch.payload(segment))
            }
            _ => false,
        };
        let (slot, end) = if reopened { self.reopen(batch, segment, slot) } else { (slot, end) };
        self.hot = slot;
        let Some(Some(connection)) = self.slots.get_mut(slot) else { return };
        let mut stage = Stage {
            consumer: &mut self.consumer,
            history: &mut self.history,
            limits: &self.limits,
            held_bytes: &mut self.held_bytes,
            now: self.clock.now(),
        };
        stage.segment(connection, end, batch, segment);
        if (connection.reset || connection.halves.first.fin.is_some() && connection.halves.second.fin.is_some()) && !connection.closing {
            connection.closing = true;
            self.closing.push_back((slot, connection.info.connection, segment.time));
            if self.closing.len() > self.limits.closing_connections
                && let Some((slot, number, _)) = self.closing.pop_front()
            {
                self.remove_if(slot, number);
            }
        }
    }

    fn find_or_open(&mut self, batch: &Batch, segment: &Segment) -> (usize, End) {
        let hash = pair_hash(&self.hasher, segment.source, segment.destination);
        let slots = &self.slots;
        let sender = |slot: usize| slots.get(slot).and_then(Option::as_ref)?.sender(&segment.source, &segment.destination);
        if let Some(&slot) = self.index.find(hash, |&slot| sender(slot).is_some()) {
            return (slot, sender(slot).unwrap_or(End::First));
        }
        if self.len() >= self.limits.connections {
            self.evict(segment);
        }
        (self.open(batch, segment), End::First)
    }

    fn open(&mut self, batch: &Batch, segment: &Segment) -> usize {
        let tunnel = if segment.tunnel == NO_TUNNEL { None } else { batch.tunnels.get(usize::from(segment.tunnel)).cloned() };
        let connection = Box::new(Connection::new(self.next_connection, segment, tunnel));
        self.next_connection += 1;
        let slot = self.free.pop().unwrap_or(self.slots.len());
        match self.slots.get_mut(slot) {
            Some(place) => *place = Some(connection),
            None => self.slots.push(Some(connection)),
        }
        let hash = pair_hash(&self.hasher, segment.source, segment.destination);
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index.insert_unique(hash, slot, |&slot| {
            let addresses = slots.get(slot).and_then(Option::as_ref).map(|connection| connection.info.addresses);
            addresses.map_or(0, |ends| pair_hash(hasher, ends.first, ends.second))
        });
        slot
    }

    /// The next connection on the same addresses takes the place of this one.
    fn reopen(&mut self, batch: &Batch, segment: &Segment, slot: usize) -> (usize, End) {
        if let Some(Some(connection)) = self.slots.get_mut(slot)
            && connection.how_closed() == Closed::Open
        {
            let anomaly = Anomaly::new(AnomalyKind::TupleReused, "the same addresses and ports were used again without a close");
            self.consumer.anomaly(&mut connection.state, anomaly.at(segment.stamp()).on(connection.info.connection));
        }
        self.remove(slot, Some(Closed::TupleReused));
        (self.open(batch, segment), End::First)
    }

    fn remove_if(&mut self, slot: usize, number: u64) {
        if self.slots.get(slot).and_then(Option::as_ref).is_some_and(|connection| connection.info.connection == number) {
            self.remove(slot, None);
        }
    }

    /// Ends a connection, makes its row and forgets it. `reused`: how it ended where a new one took its place.
    fn remove(&mut self, slot: usize, reused: Option<Closed>) {
        let Some(mut connection) = self.slots.get_mut(slot).and_then(Option::take) else { return };
        let addresses = connection.info.addresses;
        let hash = pair_hash(&self.hasher, addresses.first, addresses.second);
        if let Ok(entry) = self.index.find_entry(hash, |&held| held == slot) {
            entry.remove();
        }
        self.free.push(slot);
        let closed = match (connection.how_closed(), reused) {
            (Closed::Open, Some(reused)) => reused,
            (closed, _) => closed,
        };
        let mut stage = Stage {
            consumer: &mut self.consumer,
            history: &mut self.history,
            limits: &self.limits,
            held_bytes: &mut self.held_bytes,
            now: self.clock.now(),
        };
        stage.end(&mut connection, closed);
        let record = connection.record(closed);
        self.consumer.record(&mut connection.state, record);
    }

    fn sweep(&mut self) {
        let now = self.clock.now();
        if now == NO_TIME {
            return;
        }
        while let Some(&(slot, number, since)) = self.closing.front()
            && elapsed(since, now) > self.limits.idle_closed
        {
            self.closing.pop_front();
            match self.slots.get(slot) {
                // Its last bytes may still be on their way again.
                Some(Some(connection)) if connection.info.connection == number && !connection.ended && connection.last.time > since => {
                    self.closing.push_back((slot, number, connection.last.time));
                }
                _ => self.remove_if(slot, number),
            }
        }
        for _ in 0..SWEEP.min(self.slots.len()) {
            self.hand = (self.hand + 1) % self.slots.len();
            let Some(Some(connection)) = self.slots.get_mut(self.hand) else { continue };
            if connection.expired(now, &self.consumer, &self.limits) {
                self.remove(self.hand, None);
                continue;
            }
            if connection.halves.first.is_holding() || connection.halves.second.is_holding() {
                let mut stage = Stage {
                    consumer: &mut self.consumer,
                    history: &mut self.history,
                    limits: &self.limits,
                    held_bytes: &mut self.held_bytes,
                    now,
                };
                stage.settle(connection, End::First);
                stage.settle(connection, End::Second);
            }
        }
    }

    /// Makes room: of some connections the one that has been silent longest.
    fn evict(&mut self, segment: &Segment) {
        let mut oldest: Option<(Time, usize)> = None;
        for _ in 0..EVICTION_SAMPLE.min(self.slots.len()) {
            self.hand = (self.hand + 1) % self.slots.len();
            if let Some(Some(connection)) = self.slots.get(self.hand)
                && oldest.is_none_or(|(time, _)| connection.last.time < time)
            {
                oldest = Some((connection.last.time, self.hand));
            }
        }
        let Some((_, slot)) = oldest else { return };
        if let Some(Some(connection)) = self.slots.get_mut(slot) {
            let anomaly =
                Anomaly::new(AnomalyKind::ConnectionLimit, "too many connections at once: the longest silent one was closed early");
            self.consumer.anomaly(&mut connection.state, anomaly.at(segment.stamp()).on(connection.info.connection));
        }
        self.remove(slot, None);
    }
}

impl<S> Connection<S> {
    /// Whether this SYN opens a new connection on the same addresses (RFC 9293 section 3.5.1, RFC 5961 section 4, RFC 6191).
    fn reopens(&self, end: End, segment: &Segment) -> bool {
        let half = self.halves.get(end);
        let Some(reference) = half.reference else { return false };
        let first = reference.position(advance(segment.sequence, 1));
        let over = self.reset || self.ended || half.fin.is_some();
        match half.syn {
            Some(syn) if syn == segment.sequence => false,
            Some(_) if segment.has(flags::ACK) => over,
            Some(_) => {
                let silent = |end: End| self.halves.get(end).reached() <= self.halves.get(end).start;
                over || silent(End::First) && silent(End::Second) || !self.within_window(end, first)
            }
            // Something was seen before this SYN: it belongs to it (packets out of order), or this is a new connection.
            None => {
                let held = half.held.as_deref().and_then(super::held::Held::first);
                let seen = if half.next.is_some() { half.start } else { held.unwrap_or(reference.position) };
                !(first <= seen && seen - first < EARLIER)
            }
        }
    }

    /// Whether a position is one that the peer might have accepted.
    fn within_window(&self, end: End, position: u64) -> bool {
        let half = self.halves.get(end);
        let window = self.halves.get(end.other()).counts.max_window.unwrap_or(0).max(65_535);
        let low = half.next.unwrap_or(0).min(half.acknowledged.unwrap_or(u64::MAX)).saturating_sub(1);
        (low..=half.reached().saturating_add(window)).contains(&position)
    }

    /// Whether payload stands where none of this connection can.
    #[inline]
    fn is_elsewhere(&self, end: End, segment: &Segment) -> bool {
        let half = self.halves.get(end);
        let (Some(reference), Some(next)) = (half.reference, half.next) else { return false };
        let position = reference.position(segment.sequence);
        if position == next && !self.ended {
            return false;
        }
        let low = half.start - if half.from_start { 0 } else { EARLIER };
        position < low || (self.ended && position >= next) || (position > half.reached() + EARLIER && !self.within_window(end, position))
    }
}

impl<C: Consumer> Stage<'_, C> {
    #[inline]
    fn segment(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) {
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
        if half.next.is_none() && half.lowest.is_none_or(|(lowest, _)| position < lowest) {
            half.lowest = Some((position, segment.acknowledgment));
        }
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
        if !Self::learn_checksum(connection, end, batch, segment) {
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
            return false;
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
        let begun = half.next.is_some_and(|next| next > half.start);
        if half.syn.is_some() || (begun && position > half.start) {
            self.note(
                connection,
                segment.stamp(),
                Anomaly::new(AnomalyKind::SynOnLiveConnection, "SYN inside a live connection, ignored (RFC 5961)"),
            );
            return false;
        }
        half.syn = Some(segment.sequence);
        if begun {
            // It came after its bytes.
            half.from_start = position == half.start;
        } else {
            half.begin(position, true);
        }
        half.highest = half.highest.max(position);
        let given = options(batch.header(segment));
        half.counts.mss = given.mss;
        half.counts.window_scale = given.window_scale;
        *connection.sack_permitted.get_mut(end) = Some(given.sack_permitted);
        connection.handshake = true;
        if segment.has(flags::ACK) {
            connection.info.client = end.other();
        } else if connection.halves.get(end.other()).syn.is_none() {
            connection.info.client = end;
            connection.syn_time = segment.time;
        }
        let handshake = connection.halves.get(end).lowest.filter(|(lowest, _)| *lowest == position);
        let acknowledged = if segment.has(flags::ACK) { Some(segment.acknowledgment) } else { handshake.map(|(_, number)| number) };
        let peer = connection.halves.get_mut(end.other());
        if peer.next.is_none()
            && let Some(number) = acknowledged
        {
            let position = peer.position(number);
            peer.begin(position, true);
        }
        connection.note_starts();
        self.settle(connection, end);
        true
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
    fn end(&mut self, connection: &mut Conn<C>, closed: Closed) {
        if connection.ended {
            return;
        }
        connection.ended = true;
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
