//! The segments delivered last, by reference to the windows they lie in: what a retransmission is compared with. Bounded by a
//! number of segments and of windows; what has left it can no longer be compared.

use std::collections::VecDeque;
use std::sync::Arc;

use super::consumer::End;
use crate::capture::Window;
use crate::net::segment::{ARENA, Batch, Segment};

/// Windows kept alive for comparison, at most.
const WINDOWS: usize = 4;
/// Entries of one direction that are looked at for one retransmission.
const STEPS: usize = 1_024;

#[derive(Clone, Copy, Debug)]
pub struct Entry {
    connection: u64,
    position: u64,
    window: u64,
    offset: u32,
    length: u32,
    /// The entry before it of the same direction (its number), or `NONE`.
    previous: u64,
    pub ip_id: u16,
    end: End,
}

pub const NONE: u64 = u64::MAX;

#[derive(Debug)]
pub struct History {
    ring: Vec<Entry>,
    /// A power of two.
    capacity: usize,
    /// Number of the next entry; entry `n` stands at `n` modulo the capacity.
    next: u64,
    windows: VecDeque<(u64, Arc<Window>)>,
    next_window: u64,
    /// The window number of each slot of the current batch.
    slots: Vec<u64>,
}

/// What became of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same bytes in the same IP packet: a copy made by the capture.
    Copy,
    Equal,
    Different,
    /// Not remembered (any more).
    Unknown,
}

impl History {
    pub fn new(capacity: usize) -> Self {
        Self {
            ring: Vec::with_capacity(capacity.next_power_of_two()),
            capacity: capacity.next_power_of_two(),
            next: 0,
            windows: VecDeque::with_capacity(WINDOWS + 1),
            next_window: 0,
            slots: Vec::new(),
        }
    }

    /// Makes the windows of a batch known; before its first segment.
    pub fn begin(&mut self, batch: &Batch) {
        self.slots.clear();
        for window in &batch.windows {
            let known = self.windows.iter().rev().find(|(_, held)| Arc::ptr_eq(held, window)).map(|(number, _)| *number);
            let number = known.unwrap_or_else(|| {
                self.windows.push_back((self.next_window, Arc::clone(window)));
                self.next_window += 1;
                self.next_window - 1
            });
            self.slots.push(number);
        }
        while self.windows.len() > WINDOWS.max(batch.windows.len()) {
            self.windows.pop_front();
        }
        // Windows that only forgotten entries refer to.
        let oldest = self.ring.get(self.slot(self.next)).map_or(0, |entry| entry.window);
        while self.windows.len() > batch.windows.len() && self.windows.front().is_some_and(|(number, _)| *number < oldest) {
            self.windows.pop_front();
        }
    }

    /// Remembers a delivered segment. Returns its number, for the next entry's `previous`.
    #[inline]
    pub fn push(&mut self, connection: u64, end: End, position: u64, segment: &Segment, previous: u64) -> u64 {
        if segment.slot == ARENA {
            return previous;
        }
        let Some(&window) = self.slots.get(usize::from(segment.slot)) else { return previous };
        let entry =
            Entry { connection, position, window, offset: segment.payload, length: segment.captured, previous, ip_id: segment.ip_id, end };
        let number = self.next;
        let slot = self.slot(number);
        match self.ring.get_mut(slot) {
            Some(place) => *place = entry,
            None => self.ring.push(entry),
        }
        self.next += 1;
        number
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        let alive = number < self.next && self.next - number <= self.capacity as u64;
        if alive { self.ring.get(self.slot(number)) } else { None }
    }

    #[inline]
    fn slot(&self, number: u64) -> usize {
        number as usize & (self.capacity - 1)
    }

    /// Compares retransmitted `bytes` at `position` with what was delivered there first. `latest` is the direction's last entry.
    pub fn compare(&self, connection: u64, end: End, latest: u64, position: u64, bytes: &[u8], ip_id: u16) -> Comparison {
        let until = position.saturating_add(bytes.len() as u64);
        let mut number = latest;
        let mut found = Comparison::Unknown;
        for _ in 0..STEPS {
            let Some(entry) = self.entry(number) else { break };
            if entry.connection != connection || entry.end != end {
                break;
            }
            let entry_until = entry.position.saturating_add(u64::from(entry.length));
            let (from, to) = (position.max(entry.position), until.min(entry_until));
            if from < to {
                let Some(old) = self.bytes(entry) else { break };
                let old = old.get((from - entry.position) as usize..(to - entry.position) as usize);
                let new = bytes.get((from - position) as usize..(to - position) as usize);
                if old != new {
                    return Comparison::Different;
                }
                if (entry.position, entry.length as usize) == (position, bytes.len()) {
                    let copy = entry.ip_id == ip_id && ip_id != 0;
                    return if copy { Comparison::Copy } else { Comparison::Equal };
                }
                found = Comparison::Equal;
            }
            if entry_until <= position {
                break;
            }
            number = entry.previous;
        }
        found
    }

    fn bytes(&self, entry: &Entry) -> Option<&[u8]> {
        let (_, window) = self.windows.iter().find(|(number, _)| *number == entry.window)?;
        window.bytes().get(entry.offset as usize..(entry.offset + entry.length) as usize)
    }
}
