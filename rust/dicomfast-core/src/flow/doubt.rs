//! SYNs that ask for another beginning than the one a direction has: which of them counts is told by what comes after them, not by
//! their order (RFC 9293 section 3.5, RFC 5961 section 4). Bounded by `limits.syns`.

use super::connection::{Connection, EARLIER};
use super::consumer::{Consumer, End};
use super::held::Held;
use super::seq::{Reference, advance, distance};
use super::stream::Stage;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::Stamp;
use crate::net::segment::{Batch, Segment, flags};
use crate::net::tcp::options;

type Conn<C> = Connection<<C as Consumer>::State>;

/// What is needed of a SYN or SYN-ACK to begin with it later on.
#[derive(Clone, Copy, Debug)]
pub struct Syn {
    pub sequence: u32,
    acknowledgment: u32,
    pub window: u16,
    flags: u8,
    pub stamp: Stamp,
    pub mss: Option<u16>,
    pub window_scale: Option<u8>,
    pub sack_permitted: bool,
    /// How often it came, and whether the connection's packets include these.
    times: u32,
    counted: bool,
    /// It was called ignored.
    told: bool,
}

impl Syn {
    pub fn new(batch: &Batch, segment: &Segment) -> Self {
        let given = options(batch.header(segment));
        Self {
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            window: segment.window,
            flags: segment.flags,
            stamp: segment.stamp(),
            mss: given.mss,
            window_scale: given.window_scale,
            sack_permitted: given.sack_permitted,
            times: 1,
            counted: false,
            told: false,
        }
    }

    /// Sequence number of the first byte after it.
    pub fn first(&self) -> u32 {
        advance(self.sequence, 1)
    }

    /// Of a SYN-ACK: what it answers.
    pub fn answers(&self) -> Option<u32> {
        (self.flags & flags::ACK != 0).then_some(self.acknowledgment)
    }

    /// The segment it was, without payload; `like` is one of the same connection.
    pub fn segment(&self, like: &Segment, same_sender: bool) -> Segment {
        let (source, destination) = if same_sender { (like.source, like.destination) } else { (like.destination, like.source) };
        Segment {
            time: self.stamp.time,
            packet: self.stamp.packet,
            source,
            destination,
            sequence: self.sequence,
            acknowledgment: self.acknowledgment,
            window: self.window,
            flags: self.flags,
            header_length: 0,
            captured: 0,
            length: 0,
            ..*like
        }
    }
}

/// What a SYN is to a connection on its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The beginning of its direction.
    First,
    /// The same once more.
    Again,
    /// The connection is over: this one opens the next.
    Next,
    /// Nobody has answered the one before: another try, which is a connection of its own.
    Retry,
    /// Inside a live connection: what comes next tells.
    Doubtful,
}

impl Verdict {
    fn of_another(over: bool) -> Self {
        if over { Self::Next } else { Self::Doubtful }
    }
}

impl<S> Connection<S> {
    /// Judges a SYN or SYN-ACK (RFC 9293 section 3.5.1, RFC 5961 section 4, RFC 6191).
    pub fn judge(&self, end: End, segment: &Segment) -> Verdict {
        let half = self.halves.get(end);
        let Some(reference) = half.reference else { return Verdict::First };
        let over = self.reset || self.ended || half.fin.is_some();
        let Some(syn) = &half.syn else {
            // Something was seen before this SYN: it belongs to it (packets out of order), or it is of another connection.
            let first = reference.position(advance(segment.sequence, 1));
            let held = half.held.as_deref().and_then(Held::first);
            // In a split handshake an acknowledgement stands where the SYN will.
            let seen = if half.next.is_some() { half.start } else { held.unwrap_or(reference.position + 1) };
            let belongs = first <= seen && seen - first < EARLIER;
            return if belongs { Verdict::First } else { Verdict::of_another(over) };
        };
        let unanswered = !segment.has(flags::ACK) && self.halves.get(end.other()).counts.packets == 0 && half.reached() <= half.start;
        if syn.sequence == segment.sequence {
            Verdict::Again
        } else if unanswered && !over {
            Verdict::Retry
        } else {
            Verdict::of_another(over)
        }
    }

    /// The doubtful SYN that this segment shows to have opened a new connection, and who sent it.
    pub fn reopened_by(&mut self, end: End, segment: &Segment) -> Option<(End, Syn)> {
        if segment.has(flags::SYN) && segment.has(flags::FIN | flags::RST) {
            return None;
        }
        let peer = end.other();
        let number = segment.has(flags::ACK).then_some(segment.acknowledgment);
        let (from, at) = if segment.has(flags::SYN | flags::RST) {
            (peer, self.halves.get(peer).others.iter().position(|syn| self.is_answered(peer, end, syn, segment))?)
        } else if self.is_near(end, segment.sequence) && number.is_none_or(|number| self.is_near(peer, number)) {
            return None;
        } else if let Some(at) = number.and_then(|number| self.leads_to(peer, number)) {
            (peer, at)
        } else {
            (end, self.leads_to(end, segment.sequence)?)
        };
        Some((from, self.halves.get_mut(from).others.remove(at)))
    }

    /// Whether a SYN or RST and a doubtful SYN of the other side are request and answer.
    fn is_answered(&self, peer: End, end: End, syn: &Syn, segment: &Segment) -> bool {
        if segment.has(flags::ACK) {
            return segment.acknowledgment == syn.first() && !self.is_unsettled(peer);
        }
        // The answer stands before the request in the capture.
        segment.has(flags::SYN) && syn.answers() == Some(advance(segment.sequence, 1)) && self.judge(end, segment) == Verdict::Doubtful
    }

    /// The doubtful SYN of this end that a sequence number follows.
    fn leads_to(&self, end: End, number: u32) -> Option<usize> {
        let follows = |syn: &Syn| u64::try_from(distance(syn.first(), number)).is_ok_and(|from| from < EARLIER);
        self.halves.get(end).others.iter().position(follows).filter(|_| !self.is_unsettled(end))
    }

    /// Whether a SYN was seen whose answer was not: another one may still be the one that counts.
    fn is_unsettled(&self, end: End) -> bool {
        let half = self.halves.get(end);
        half.syn.is_some() && half.next == Some(half.start) && half.acknowledged.is_none_or(|position| position < half.start)
    }

    /// Whether a sequence number is one that this connection may have come to, or was at lately.
    fn is_near(&self, end: End, sequence: u32) -> bool {
        let half = self.halves.get(end);
        let Some(reference) = half.reference else { return true };
        let seen = half.next.or_else(|| half.held.as_deref().and_then(Held::first)).unwrap_or(reference.position);
        let low = seen.min(half.acknowledged.unwrap_or(u64::MAX)).saturating_sub(EARLIER);
        (low..=half.reached().saturating_add(self.window(end))).contains(&reference.position(sequence))
    }

    /// The direction begins with another SYN than the one that came first.
    fn adopt(&mut self, end: End, at: usize) {
        let half = self.halves.get_mut(end);
        let syn = half.others.remove(at);
        let position = half.position(syn.first());
        half.counts.packets += u64::from(if syn.counted { 0 } else { syn.times });
        if let Some(syn) = half.syn.replace(syn) {
            half.others.insert(0, Syn { counted: true, ..syn });
        }
        half.begin(position, true);
        half.reference = Some(Reference { sequence: syn.first(), position });
        half.highest = half.held.as_deref().and_then(Held::end).unwrap_or(position).max(position);
        half.acknowledged = None;
        half.counts.mss = syn.mss;
        half.counts.window_scale = syn.window_scale;
        *self.sack_permitted.get_mut(end) = Some(syn.sack_permitted);
        if syn.answers().is_none() {
            self.syn_time = syn.stamp.time;
        }
        self.note_starts();
    }

    /// A SYN that was counted here is the next connection's.
    pub fn give_back(&mut self, end: End, syn: &Syn) {
        let counts = &mut self.halves.get_mut(end).counts;
        counts.packets = counts.packets.saturating_sub(u64::from(if syn.counted { syn.times } else { 0 }));
    }

    /// The tries before this one, which may still be answered.
    pub fn inherit(&mut self, tries: Vec<Syn>) {
        self.doubtful = !tries.is_empty();
        self.halves.first.others = tries;
    }

    /// What the next try inherits: the last ones of those before it.
    pub fn tries(&mut self, end: End, limit: usize) -> Vec<Syn> {
        let half = self.halves.get_mut(end);
        let mut tries = std::mem::take(&mut half.others);
        tries.extend(half.syn);
        tries.drain(..tries.len().saturating_sub(limit));
        for syn in &mut tries {
            // They count where they came.
            (syn.times, syn.counted, syn.told) = (0, true, true);
        }
        tries
    }
}

impl<C: Consumer> Stage<'_, C> {
    /// Keeps a SYN inside a live connection until its answer tells what it was.
    pub fn doubt(&mut self, connection: &mut Conn<C>, end: End, batch: &Batch, segment: &Segment) {
        let half = connection.halves.get_mut(end);
        if half.recent.is_copy(segment) {
            half.counts.packets += 1;
            half.counts.duplicate_packets += 1;
            return;
        }
        if !self.checksum(connection, end, batch, segment) {
            return;
        }
        connection.doubtful = true;
        let half = connection.halves.get_mut(end);
        if let Some(known) = half.others.iter_mut().find(|syn| syn.sequence == segment.sequence) {
            known.times += 1;
            half.counts.packets += u64::from(known.counted);
            return;
        }
        half.others.push(Syn::new(batch, segment));
        if half.others.len() > self.limits.syns {
            self.tell(connection);
            connection.halves.get_mut(end).others.remove(0);
        }
    }

    /// A segment of a connection with doubtful SYNs: it may tell with which of them a direction begins; if not, the connection that
    /// is followed goes on.
    pub fn resolve(&mut self, connection: &mut Conn<C>, end: End, segment: &Segment) {
        let peer = end.other();
        let named = |connection: &Conn<C>, end: End, number: u32| {
            let at = connection.halves.get(end).others.iter().position(|syn| syn.first() == number);
            at.filter(|_| connection.is_unsettled(end))
        };
        if segment.has(flags::ACK)
            && let Some(at) = named(connection, peer, segment.acknowledgment)
        {
            connection.adopt(peer, at);
        }
        if segment.has(flags::SYN) {
            return;
        }
        if let Some(at) = named(connection, end, segment.sequence) {
            connection.adopt(end, at);
        }
        self.tell(connection);
    }

    /// Calls the doubtful SYNs ignored that were not called so before.
    pub fn tell(&mut self, connection: &mut Conn<C>) {
        for end in [End::First, End::Second] {
            for at in 0..connection.halves.get(end).others.len() {
                let half = connection.halves.get_mut(end);
                let Some(syn) = half.others.get_mut(at).filter(|syn| !syn.told) else { continue };
                let stamp = syn.stamp;
                half.counts.packets += u64::from(if syn.counted { 0 } else { syn.times });
                (syn.counted, syn.told) = (true, true);
                if stamp.packet > connection.last.packet {
                    connection.last = stamp;
                }
                self.note(
                    connection,
                    stamp,
                    Anomaly::new(AnomalyKind::SynOnLiveConnection, "SYN inside a live connection, ignored (RFC 5961)"),
                );
            }
        }
    }

    /// A new connection begins with a SYN that was doubtful in the one before.
    pub fn replay(&mut self, connection: &mut Conn<C>, syn: &Syn, segment: &Segment) {
        let counts = &mut connection.halves.first.counts;
        counts.packets += u64::from(syn.times.max(1));
        counts.retransmissions += u64::from(syn.times.saturating_sub(1));
        self.begin(connection, End::First, syn);
        if segment.has(flags::ACK) {
            let position = connection.halves.first.position(segment.sequence);
            Self::acknowledge(connection, End::First, segment, position);
        }
    }
}
