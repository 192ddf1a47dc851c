//! When a live capture lost packets, so that the associations of that time can be marked. Knows times only.

use std::collections::VecDeque;

use crate::event::Time;

/// Stretches of time kept; older ones are taken together.
const MOST: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Losses(VecDeque<(Time, Time)>);

impl Losses {
    pub(super) fn add(&mut self, since: Time, until: Time) {
        match self.0.back_mut() {
            Some(last) if since <= last.1 => last.1 = last.1.max(until),
            _ => self.0.push_back((since, until)),
        }
        if self.0.len() > MOST
            && let (Some(oldest), Some(next)) = (self.0.pop_front(), self.0.front_mut())
        {
            next.0 = oldest.0.min(next.0);
        }
    }

    /// Whether packets were lost between the two.
    pub(super) fn between(&self, first: Time, last: Time) -> bool {
        self.0.iter().any(|(since, until)| *since <= last && *until >= first)
    }
}

#[cfg(test)]
mod tests {
    use super::{Losses, MOST};

    #[test]
    fn marks_what_overlaps_and_stays_bounded() {
        let mut losses = Losses::default();
        losses.add(10, 20);
        assert!(losses.between(0, 10) && losses.between(15, 16) && losses.between(20, 30));
        assert!(!losses.between(0, 9) && !losses.between(21, 30));
        for step in 1..2_000 {
            losses.add(step * 100, step * 100 + 1);
        }
        assert_eq!(losses.0.len(), MOST);
        assert!(losses.between(0, 10), "the oldest were taken together");
        assert!(!losses.between(199_902, 300_000));
    }
}
