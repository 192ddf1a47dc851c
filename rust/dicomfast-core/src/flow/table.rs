//! All connections: finds the one a segment belongs to, opens and closes them (RFC 9293 section 3.5, RFC 5961, RFC 6191), and
//! forgets those that are over or silent. Bounded by `limits.connections`.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use super::clock::{Clock, elapsed};
use super::connection::Connection;
use super::consumer::{Consumer, End, Seen};
use super::doubt::{Syn, Verdict};
use super::history::History;
use super::stream::Stage;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{Closed, NO_TIME, Time};
use crate::limits::Limits;
use crate::net::segment::{Address, Batch, NO_TUNNEL, Segment, flags};

/// Segments between two looks at the connections that may be over.
const SWEEP_EVERY: u64 = 256;
/// Connections that one such look visits.
const SWEEP: usize = 8;
/// Connections that are compared when one has to give way.
const EVICTION_SAMPLE: usize = 64;

type Conn<C> = Connection<<C as Consumer>::State>;

/// The rules' view of a table. A macro, since it borrows some fields while the connection is borrowed from another.
macro_rules! stage {
    ($table:expr) => {
        Stage {
            consumer: &mut $table.consumer,
            history: &mut $table.history,
            limits: &$table.limits,
            held_bytes: &mut $table.held_bytes,
            now: $table.clock.now(),
        }
    };
}

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

    /// Out-of-order bytes that are held now.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    #[cfg(test)]
    pub fn doubtful_syns(&self) -> usize {
        let kept = |connection: &Conn<C>| connection.halves.first.others.len() + connection.halves.second.others.len();
        self.slots.iter().flatten().map(|connection| kept(connection)).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the segments of a batch, with the anomalies of the earlier stages in the order of their packets.
    pub fn process(&mut self, batch: &Batch, mut anomaly: impl FnMut(&mut C, &Anomaly)) {
        self.history.begin(batch);
        let mut notes = batch.anomalies.iter().peekable();
        // The packet that the next of them belongs to.
        let due = |note: Option<&&Anomaly>| note.map_or(u64::MAX, |note| note.packet.unwrap_or(0));
        let mut next = due(notes.peek());
        for segment in &batch.segments {
            if next <= segment.packet {
                while let Some(note) = notes.next_if(|note| note.packet.is_none_or(|packet| packet <= segment.packet)) {
                    anomaly(&mut self.consumer, note);
                }
                next = due(notes.peek());
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
        let Some(Some(connection)) = self.slots.get_mut(slot) else { return };
        if connection.calm {
            if stage!(self).passes(connection, end, segment) {
                self.hot = slot;
                return;
            }
            connection.calm = false;
        }
        let doubtful = if connection.doubtful { connection.reopened_by(end, segment) } else { None };
        let reopened = if doubtful.is_some() {
            true
        } else if segment.flags & (flags::SYN | flags::FIN | flags::RST) == flags::SYN {
            match connection.judge(end, segment) {
                Verdict::First | Verdict::Again => false,
                Verdict::Next | Verdict::Retry => true,
                Verdict::Doubtful => return stage!(self).doubt(connection, end, batch, segment),
            }
        } else {
            segment.length > 0 && connection.is_elsewhere(end, segment) && self.consumer.begins_anew(batch.payload(segment))
        };
        let (slot, end) = if reopened { self.reopen(batch, segment, (slot, end), doubtful) } else { (slot, end) };
        self.hot = slot;
        let Some(Some(connection)) = self.slots.get_mut(slot) else { return };
        if segment.length > 0 {
            self.consumer.arrive(&mut connection.state, &connection.info, end, segment);
        }
        let copies = connection.halves.get(end).counts.duplicate_packets;
        let mut stage = stage!(self);
        stage.segment(connection, end, batch, segment);
        let seen = Seen { segment, batch, copy: connection.halves.get(end).counts.duplicate_packets > copies };
        self.consumer.segment(&mut connection.state, &connection.info, end, &seen);
        connection.calm = connection.is_calm();
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
        let mut connection = Box::new(Connection::new(self.next_connection, segment, tunnel));
        connection.info.held = self.consumer.holds(&connection.info);
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

    /// The next connection on the same addresses takes the place of this one. It begins with this segment, or with an earlier SYN
    /// and who sent it.
    fn reopen(&mut self, batch: &Batch, segment: &Segment, (slot, end): (usize, End), syn: Option<(End, Syn)>) -> (usize, End) {
        let Some(Some(connection)) = self.slots.get_mut(slot) else { return (slot, end) };
        let first = syn.map_or(*segment, |(from, syn)| syn.segment(segment, from == end));
        let retried = first.has(flags::SYN) && connection.judge(end, &first) == Verdict::Retry;
        let tries = if retried { connection.tries(end, self.limits.syns) } else { Vec::new() };
        if let Some((from, syn)) = &syn {
            connection.give_back(*from, syn);
        }
        if connection.how_closed() == Closed::Open {
            let anomaly = Anomaly::new(AnomalyKind::TupleReused, "the same addresses and ports were used again without a close");
            self.consumer.anomaly(&mut connection.state, anomaly.at(first.stamp()).on(connection.info.connection));
        }
        self.remove(slot, Some(Closed::TupleReused));
        let slot = self.open(batch, &first);
        if let Some(Some(connection)) = self.slots.get_mut(slot) {
            connection.info.reused = true;
            connection.inherit(tries);
            if let Some((_, syn)) = &syn {
                stage!(self).replay(connection, syn, &first);
            }
        }
        (slot, if syn.is_some_and(|(from, _)| from != end) { End::Second } else { End::First })
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
        let mut stage = stage!(self);
        stage.end(&mut connection, closed);
        let record = connection.record(closed);
        self.consumer.record(&mut connection.state, &connection.info, record);
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
                let mut stage = stage!(self);
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
