//! Says when rows have waited long enough. The only thing of an engine that knows a clock, and nothing that a row holds depends on it.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Ticker {
    every: Duration,
    last: Instant,
}

impl Ticker {
    pub(super) fn every(every: Duration) -> Self {
        Self { every, last: now() }
    }

    /// Whether it is time again.
    pub(super) fn is_due(&mut self) -> bool {
        let now = now();
        let due = now.duration_since(self.last) >= self.every;
        if due {
            self.last = now;
        }
        due
    }
}

#[expect(clippy::disallowed_methods, reason = "when rows are handed out changes none of them")]
fn now() -> Instant {
    Instant::now()
}
