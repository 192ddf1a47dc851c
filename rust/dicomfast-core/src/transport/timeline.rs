//! How the time of one connection was spent, class by class. Knows neither packets nor what the classes mean.

use std::collections::VecDeque;

use crate::event::{Class, NO_TIME, Spent, Time};

/// Runs of one class that are remembered, to look up moments before the last one: bytes that came out of order are understood late.
const RUNS: usize = 32;

/// Moments with what was spent until then. Of a moment that is not remembered any more, the time since is unknown.
#[derive(Debug)]
pub struct Timeline {
    spent: Spent,
    until: Time,
    /// When the last runs began, and their class.
    runs: VecDeque<(Time, Class)>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { spent: Spent::default(), until: NO_TIME, runs: VecDeque::new() }
    }
}

impl Timeline {
    /// How far it goes; [`NO_TIME`] before its beginning.
    pub fn until(&self) -> Time {
        self.until
    }

    /// The time from where it ends until this moment belongs to a class. The first moment begins it; one that is earlier changes nothing.
    #[inline]
    pub fn spend(&mut self, class: Class, until: Time) {
        if self.until == NO_TIME {
            self.until = until;
        } else if until > self.until {
            self.spent.add(class, until.saturating_sub(self.until));
            if self.runs.back().is_none_or(|(_, last)| *last != class) {
                self.begin_run(class);
            }
            self.until = until;
        }
    }

    fn begin_run(&mut self, class: Class) {
        if self.runs.len() >= RUNS {
            self.runs.pop_front();
        }
        self.runs.push_back((self.until, class));
    }

    /// What was spent until a moment.
    pub fn at(&self, moment: Time) -> Spent {
        let mut spent = self.spent;
        let mut end = self.until;
        if end == NO_TIME {
            end = 0;
        } else if moment < end {
            for (begin, class) in self.runs.iter().rev() {
                let from = moment.max(*begin);
                spent.add(*class, from.saturating_sub(end));
                end = from;
                if from == moment {
                    return spent;
                }
            }
        }
        spent.add(Class::Unknown, moment.saturating_sub(end));
        spent
    }
}

#[cfg(test)]
mod tests {
    use super::{RUNS, Timeline};
    use crate::event::Class;

    fn timeline() -> Timeline {
        let mut timeline = Timeline::default();
        timeline.spend(Class::Outside, 100);
        timeline.spend(Class::Negotiating, 110);
        timeline.spend(Class::Sending, 130);
        timeline.spend(Class::Sending, 150);
        timeline.spend(Class::Sending, 140);
        timeline.spend(Class::Idle, 170);
        timeline
    }

    #[test]
    fn moments_of_the_past() {
        let timeline = timeline();
        let budget = timeline.at(160).since(&timeline.at(105), 55);
        assert_eq!(
            (budget.get(Class::Negotiating), budget.get(Class::Sending), budget.get(Class::Idle), budget.get(Class::Unknown)),
            (5, 40, 10, 0)
        );
    }

    #[test]
    fn any_two_moments_are_as_far_apart_as_their_classes_add_up_to() {
        let mut timeline = timeline();
        for step in 0..3 * RUNS as i64 {
            timeline.spend(if step % 2 == 0 { Class::Sending } else { Class::StalledLoss }, 180 + 10 * step);
        }
        for (from, to) in [(50, 90), (50, 120), (120, 1_130), (1_000, 1_001), (1_000, 2_000), (2_000, 3_000)] {
            let budget = timeline.at(to).since(&timeline.at(from), to - from);
            assert_eq!(budget.sum(&Class::ALL), to - from);
        }
        let remembered = timeline.at(1_120).since(&timeline.at(1_100), 20);
        assert_eq!(remembered.get(Class::Unknown), 0);
        let forgotten = timeline.at(120).since(&timeline.at(110), 10);
        assert_eq!(forgotten.get(Class::Unknown), 10);
    }
}
