//! Reassembly of IPv4 (RFC 791, RFC 815) and IPv6 (RFC 8200 section 4.5) fragments. Knows nothing of what a datagram carries.
//!
//! A datagram is handed out when every byte of it was seen, and only then. Overlaps: the same bytes again are harmless in IPv4,
//! other bytes drop the datagram; in IPv6 any overlap but an exact copy drops it (RFC 5722). Time is the latest of the capture.

use std::collections::{BTreeMap, HashMap};

use super::ip::Ip;
use super::tunnel::Tunnel;
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::event::{NO_TIME, Stamp, Time};
use crate::limits::Limits;

/// The largest datagram (RFC 791: total length; RFC 8200: payload length).
const LARGEST: usize = 65_535;
/// What a piece and a datagram cost besides their bytes.
const PIECE_COST: usize = 64;
const DATAGRAM_COST: usize = 256;

/// A fragment as its header describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub(super) ip: Ip,
    pub(super) id: u32,
    /// Of the payload. In IPv6 the first fragment's counts.
    pub(super) protocol: u8,
    pub(super) offset: usize,
    pub(super) more: bool,
}

/// A datagram put together. `bytes` is shorter than `length` where the snap length cut its end.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) first: Fragment,
    pub(super) bytes: Vec<u8>,
    pub(super) length: usize,
}

/// Fragments of one datagram have this in common (RFC 791, RFC 8200), and the way they came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: [u8; 16],
    destination: [u8; 16],
    id: u32,
    /// `None` for IPv6, where fragments may differ in it.
    protocol: Option<u8>,
    vlan: u16,
    path: Vec<Tunnel>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Handed out. What comes late is a copy.
    Complete,
    /// Given up; what else comes of it is dropped too.
    Dropped,
}

#[derive(Debug)]
struct Waiting {
    key: Key,
    state: State,
    since: Time,
    stamp: Stamp,
    first: Option<Fragment>,
    /// Disjoint, by offset.
    pieces: BTreeMap<usize, Vec<u8>>,
    /// Bytes in `pieces`, and what is counted against the limit.
    covered: usize,
    cost: usize,
    /// Length of the datagram and how much of it can be had, once its last fragment was seen.
    last: Option<(usize, usize)>,
}

/// Datagrams being put together, oldest first.
#[derive(Debug)]
pub(super) struct Fragments {
    most_datagrams: usize,
    most_bytes: usize,
    timeout: Time,
    clock: Time,
    next: u64,
    cost: usize,
    waiting: BTreeMap<u64, Waiting>,
    numbers: HashMap<Key, u64>,
}

impl Fragments {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            most_datagrams: limits.fragment_datagrams.max(1),
            most_bytes: limits.fragment_bytes,
            timeout: limits.fragment_timeout,
            clock: NO_TIME,
            next: 0,
            cost: 0,
            waiting: BTreeMap::new(),
            numbers: HashMap::new(),
        }
    }

    /// Takes one fragment: its captured payload, and the payload's length on the wire. Gives the datagram it completes.
    pub(super) fn add(
        &mut self,
        fragment: Fragment,
        way: (u16, &[Tunnel]),
        (payload, length): (&[u8], usize),
        stamp: Stamp,
        anomalies: &mut Vec<Anomaly>,
    ) -> Option<Datagram> {
        self.clock = self.clock.max(stamp.time);
        self.expire(anomalies);
        let number = self.number(&fragment, way, stamp);
        let fits = self.make_room(number, payload.len() + PIECE_COST, anomalies);
        let waiting = self.waiting.get_mut(&number)?;
        if waiting.state != State::Open {
            return None;
        }
        let before = waiting.cost;
        let outcome = match fault(&fragment, payload.len(), length) {
            Some(fault) => Err((AnomalyKind::BadFragment, fault)),
            None if !fits => Err((AnomalyKind::FragmentLimit, "a datagram is larger than the memory for fragments")),
            None => waiting.add(fragment, payload, length),
        };
        if let Err((kind, detail)) = outcome {
            anomalies.push(Anomaly::new(kind, detail).at(stamp).long(length as u64));
            waiting.close(State::Dropped);
        }
        let datagram = waiting.complete();
        let after = waiting.cost;
        self.cost = (self.cost + after).saturating_sub(before);
        datagram
    }

    /// Reports what never became whole.
    pub(super) fn finish(&mut self, anomalies: &mut Vec<Anomaly>) {
        for waiting in self.waiting.values() {
            waiting.report(AnomalyKind::FragmentTimeout, "fragments of a datagram are missing at the end of the capture", anomalies);
        }
        self.waiting.clear();
        self.numbers.clear();
        self.cost = 0;
    }

    /// Finds the datagram, or begins one. A first fragment after the end of a datagram is another one with the same id
    /// (RFC 4963), but not where RFC 5722 wants the rest of a dropped one discarded.
    fn number(&mut self, fragment: &Fragment, (vlan, path): (u16, &[Tunnel]), stamp: Stamp) -> u64 {
        let key = Key {
            source: fragment.ip.source,
            destination: fragment.ip.destination,
            id: fragment.id,
            protocol: (!fragment.ip.v6).then_some(fragment.protocol),
            vlan,
            path: path.to_vec(),
        };
        if let Some(&number) = self.numbers.get(&key) {
            let again = self.waiting.get(&number).is_some_and(|waiting| match waiting.state {
                State::Open => false,
                State::Complete => fragment.offset == 0,
                State::Dropped => fragment.offset == 0 && !fragment.ip.v6,
            });
            if !again {
                return number;
            }
            self.remove(number);
        }
        let number = self.next;
        self.next += 1;
        self.numbers.insert(key.clone(), number);
        self.cost += DATAGRAM_COST;
        self.waiting.insert(number, Waiting::new(key, self.clock, stamp));
        number
    }

    /// The oldest give way, but for the one that is being added to. Says whether that was enough.
    fn make_room(&mut self, keep: u64, more: usize, anomalies: &mut Vec<Anomaly>) -> bool {
        while self.waiting.len() > self.most_datagrams || self.cost + more > self.most_bytes {
            let Some(oldest) = self.waiting.keys().copied().find(|number| *number != keep) else { return false };
            if let Some(waiting) = self.remove(oldest) {
                waiting.report(AnomalyKind::FragmentLimit, "an incomplete datagram gave way to newer ones", anomalies);
            }
        }
        true
    }

    fn expire(&mut self, anomalies: &mut Vec<Anomaly>) {
        while let Some((&number, waiting)) = self.waiting.first_key_value() {
            if self.clock.saturating_sub(waiting.since) <= self.timeout {
                return;
            }
            if let Some(waiting) = self.remove(number) {
                waiting.report(AnomalyKind::FragmentTimeout, "fragments of a datagram did not come in time", anomalies);
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&number)?;
        self.numbers.remove(&waiting.key);
        self.cost = self.cost.saturating_sub(waiting.cost);
        Some(waiting)
    }
}

/// What is wrong with a fragment by itself.
fn fault(fragment: &Fragment, captured: usize, length: usize) -> Option<&'static str> {
    if length == 0 {
        Some("fragment without payload")
    } else if fragment.more && !length.is_multiple_of(8) {
        Some("length of a fragment that is not the last is no multiple of 8")
    } else if fragment.offset + length > LARGEST {
        Some("fragment reaches beyond the largest datagram")
    } else if fragment.more && captured < length {
        Some("the snap length cut a fragment that is not the last")
    } else {
        None
    }
}

impl Waiting {
    fn new(key: Key, since: Time, stamp: Stamp) -> Self {
        let pieces = BTreeMap::new();
        Self { key, state: State::Open, since, stamp, first: None, pieces, covered: 0, cost: DATAGRAM_COST, last: None }
    }

    fn add(&mut self, fragment: Fragment, payload: &[u8], length: usize) -> Result<(), (AnomalyKind, &'static str)> {
        let end = fragment.offset + length;
        match self.last {
            Some((total, _)) if end > total || (!fragment.more && end != total) => {
                return Err((AnomalyKind::BadFragment, "fragment beyond the end of its datagram"));
            }
            None if !fragment.more => {
                if self.pieces.last_key_value().is_some_and(|(start, piece)| start + piece.len() > end) {
                    return Err((AnomalyKind::BadFragment, "datagram ends before fragments that were already seen"));
                }
                self.last = Some((end, fragment.offset + payload.len()));
            }
            _ => {}
        }
        if fragment.offset == 0 && self.first.is_none() {
            self.first = Some(fragment);
        }
        self.insert(fragment.offset, payload, fragment.ip.v6)
    }

    /// Keeps what is new of a piece; what was there before stays.
    fn insert(&mut self, offset: usize, payload: &[u8], v6: bool) -> Result<(), (AnomalyKind, &'static str)> {
        let end = offset + payload.len();
        let from = self.pieces.range(..=offset).next_back().map_or(offset, |(start, _)| *start);
        let mut gaps = Vec::new();
        let mut next = offset;
        for (&start, piece) in self.pieces.range(from..end) {
            let stop = start + piece.len();
            if stop <= offset {
                continue;
            }
            let (left, right) = (start.max(offset), stop.min(end));
            if payload.get(left - offset..right - offset) != piece.get(left - start..right - start) {
                return Err((AnomalyKind::FragmentOverlap, "fragments overlap with different bytes; datagram dropped"));
            }
            if v6 && (start, stop) != (offset, end) {
                return Err((AnomalyKind::FragmentOverlap, "IPv6 fragments overlap; datagram dropped (RFC 5722)"));
            }
            gaps.push(next..left);
            next = right;
        }
        gaps.push(next..end);
        for gap in gaps {
            if let Some(bytes) = payload.get(gap.start - offset..gap.end - offset).filter(|bytes| !bytes.is_empty()) {
                self.covered += bytes.len();
                self.cost += bytes.len() + PIECE_COST;
                self.pieces.insert(gap.start, bytes.to_vec());
            }
        }
        Ok(())
    }

    /// The datagram, when nothing of what can be had is missing.
    fn complete(&mut self) -> Option<Datagram> {
        let (length, available) = self.last?;
        let first = self.first?;
        if self.covered < available {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.covered);
        for (start, piece) in &self.pieces {
            if *start != bytes.len() {
                break;
            }
            bytes.extend_from_slice(piece);
        }
        if bytes.len() < available {
            return None;
        }
        self.close(State::Complete);
        Some(Datagram { first, bytes, length })
    }

    fn close(&mut self, state: State) {
        self.state = state;
        self.pieces = BTreeMap::new();
        self.first = None;
        self.last = None;
        self.covered = 0;
        self.cost = DATAGRAM_COST;
    }

    fn report(&self, kind: AnomalyKind, detail: &'static str, anomalies: &mut Vec<Anomaly>) {
        if self.state == State::Open {
            anomalies.push(Anomaly::new(kind, detail).at(self.stamp).long(self.covered as u64));
        }
    }
}
