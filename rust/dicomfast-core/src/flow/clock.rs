//! The packet clock: capture time for time-outs. One wrong timestamp must not end every connection.

use crate::event::{NO_TIME, Time};

/// A jump forward that needs a second packet to be believed.
const JUMP: i64 = 3_600_000_000_000;

/// Capture time between two moments; none where one of them is not known.
pub fn elapsed(since: Time, now: Time) -> i64 {
    if since == NO_TIME || now == NO_TIME { 0 } else { now.saturating_sub(since) }
}

#[derive(Debug)]
pub struct Clock {
    now: Time,
    jumped: Time,
}

impl Default for Clock {
    fn default() -> Self {
        Self { now: NO_TIME, jumped: NO_TIME }
    }
}

impl Clock {
    /// The highest time that is believed; [`NO_TIME`] before the first.
    pub fn now(&self) -> Time {
        self.now
    }

    #[inline]
    pub fn tick(&mut self, time: Time) {
        // A step forward, and no jump: nearly always.
        if (time.wrapping_sub(self.now) as u64) < JUMP as u64 && self.now != NO_TIME {
            self.now = time;
        } else {
            self.jump(time);
        }
    }

    #[inline(never)]
    fn jump(&mut self, time: Time) {
        if time <= self.now {
            return;
        }
        if self.now == NO_TIME || time.saturating_sub(self.now) < JUMP {
            self.now = time;
            return;
        }
        let confirmed = self.jumped != NO_TIME && time.saturating_sub(self.jumped).saturating_abs() < JUMP;
        if confirmed {
            self.now = time;
        }
        self.jumped = time;
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn one_wrong_time_is_not_believed() {
        let mut clock = Clock::default();
        clock.tick(1_000);
        clock.tick(i64::MAX - 5);
        clock.tick(2_000);
        assert_eq!(clock.now(), 2_000);
        let later = 2_000 + 5 * super::JUMP;
        clock.tick(later);
        clock.tick(later + 1_000);
        assert_eq!(clock.now(), later + 1_000);
    }
}
