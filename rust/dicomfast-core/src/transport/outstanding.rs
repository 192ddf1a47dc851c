//! The segments of one direction that are not acknowledged yet, and when they were sent.

use std::collections::VecDeque;

use crate::event::Time;
use crate::flow::seq::distance;

/// Segments kept of one direction, as in Wireshark: what is sent beyond them while no acknowledgement is seen is not timed.
const MOST: usize = 1_000;

/// Room for as many at once, for most connections never need more.
const USUAL: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Sent {
    first: u32,
    /// Sequence number after the last byte.
    next: u32,
    time: Time,
    /// Bytes of it had been sent before: who times its acknowledgement cannot know which of them was acknowledged (Karn).
    again: bool,
}

/// In the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    sent: VecDeque<Sent>,
    /// The sequence numbers do not rise from first to last.
    disordered: bool,
}

/// When the segment was sent that an acknowledgement ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    pub time: Time,
    pub ambiguous: bool,
}

impl Outstanding {
    #[inline]
    pub(super) fn push(&mut self, first: u32, next: u32, time: Time, again: bool) {
        if self.sent.len() >= MOST {
            return;
        }
        if self.sent.capacity() == 0 {
            self.sent.reserve(USUAL);
        }
        self.disordered |= self.sent.back().is_some_and(|last| distance(last.next, first) < 0);
        self.sent.push_back(Sent { first, next, time, again });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Everything before `number` has arrived.
    #[inline]
    pub(super) fn acknowledge(&mut self, number: u32) -> Option<Matched> {
        let mut matched: Option<Matched> = None;
        let mut meet = |sent: &Sent| {
            if sent.next == number {
                // The first of several that end here is the one that is timed.
                let first = *matched.get_or_insert(Matched { time: sent.time, ambiguous: false });
                matched = Some(Matched { ambiguous: first.ambiguous || sent.again, ..first });
            }
        };
        if self.disordered {
            self.sent.retain(|sent| {
                meet(sent);
                distance(number, sent.next) > 0
            });
            self.disordered = !self.sent.is_empty();
        } else {
            while let Some(sent) = self.sent.front().filter(|sent| distance(number, sent.next) <= 0) {
                meet(sent);
                self.sent.pop_front();
            }
        }
        for sent in self.sent.iter_mut().take(if self.disordered { MOST } else { 1 }) {
            if distance(sent.first, number) > 0 && distance(number, sent.next) >= 0 {
                sent.first = number;
            }
        }
        matched
    }

    /// From the first byte to the last of what is outstanding.
    #[inline]
    pub(super) fn bytes(&self) -> Option<u64> {
        let (first, last) = (self.sent.front()?, self.sent.back()?);
        let (mut low, mut high) = (first.first, last.next);
        if self.disordered {
            for sent in &self.sent {
                low = if distance(sent.first, low) > 0 { sent.first } else { low };
                high = if distance(high, sent.next) > 0 { sent.next } else { high };
            }
        }
        u64::try_from(distance(low, high)).ok().filter(|bytes| *bytes > 0)
    }
}
