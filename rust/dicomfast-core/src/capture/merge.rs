//! Several inputs as one capture: which of them has the next frame. Knows times and the order of the inputs only.

use std::cmp::Ordering;
use std::path::PathBuf;

use super::track::Track;
use crate::event::Time;

/// An input that has frames left, by the time of the next one.
pub(super) struct Entry {
    /// [`NO_TIME`](crate::event::NO_TIME), before every other, where the next frame has none or is not known yet.
    pub(super) time: Time,
    pub(super) index: u32,
    pub(super) state: State,
}

pub(super) enum State {
    /// A regular file that was looked at, and is opened again when its turn comes: a set may have more files than can be open.
    Closed(PathBuf),
    Open(Box<Track>),
}

impl Entry {
    /// The last time up to which this input's frames come before the next frame of `other`: ties go in the order of the input.
    pub(super) fn until(&self, other: Option<&Self>) -> Time {
        match other {
            None => Time::MAX,
            Some(other) if self.index < other.index => other.time,
            Some(other) => other.time.saturating_sub(1),
        }
    }
}

/// The earliest is the greatest, as the heap wants it.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.index).cmp(&(self.time, self.index))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use std::collections::BinaryHeap;
    use std::path::PathBuf;

    use super::{Entry, State};
    use crate::event::Time;

    fn entry(time: Time, index: u32) -> Entry {
        Entry { time, index, state: State::Closed(PathBuf::new()) }
    }

    #[test]
    fn earliest_first_and_ties_in_input_order() {
        let mut heap = BinaryHeap::from([entry(5, 0), entry(3, 2), entry(3, 1)]);
        let order: Vec<_> = std::iter::from_fn(|| heap.pop()).map(|entry| (entry.time, entry.index)).collect();
        assert_eq!(order, [(3, 1), (3, 2), (5, 0)]);
        assert_eq!(entry(3, 1).until(Some(&entry(7, 2))), 7);
        assert_eq!(entry(3, 2).until(Some(&entry(7, 1))), 6);
        assert_eq!(entry(3, 2).until(None), Time::MAX);
    }
}
