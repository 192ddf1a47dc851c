//! What the analysis adds up for one side of a connection. What was sent again or late is counted by the flow stage, which knows the bytes.

use super::analysis::Verdict;
use super::rtt::RttSamples;
use crate::event::analysis::{DUPLICATE_ACK, FAST_RETRANSMISSION, SPURIOUS_RETRANSMISSION, WINDOW_FULL, ZERO_WINDOW};
use crate::event::{NO_TIME, SideCounts, Time};

#[derive(Debug)]
pub(super) struct Side {
    counts: SideCounts,
    pub(super) rtt: RttSamples,
    /// Since when it announces a window of zero.
    closed: Time,
}

impl Default for Side {
    fn default() -> Self {
        Self { counts: SideCounts::default(), rtt: RttSamples::default(), closed: NO_TIME }
    }
}

impl Side {
    /// Counts a segment that this side sent; `window` is `None` where it says nothing (SYN, RST).
    #[inline]
    pub(super) fn count(&mut self, verdict: &Verdict, time: Time, window: Option<u16>) {
        match window {
            Some(0) if self.closed == NO_TIME => self.closed = time,
            Some(1..) if self.closed != NO_TIME => self.open(time),
            _ => {}
        }
        let counts = &mut self.counts;
        counts.max_bytes_in_flight = counts.max_bytes_in_flight.max(verdict.bytes_in_flight);
        let said = verdict.analysis;
        if said == 0 {
            return;
        }
        let one = |flag: u16| u64::from(said & flag != 0);
        counts.fast_retransmissions += one(FAST_RETRANSMISSION);
        counts.spurious_retransmissions += one(SPURIOUS_RETRANSMISSION);
        counts.duplicate_acks += one(DUPLICATE_ACK);
        counts.zero_windows += one(ZERO_WINDOW);
        counts.window_full += one(WINDOW_FULL);
    }

    fn open(&mut self, time: Time) {
        if time != NO_TIME {
            self.counts.zero_window_time += time.saturating_sub(self.closed).max(0);
        }
        self.closed = NO_TIME;
    }

    /// The connection is over: a window that is still closed was so until then.
    pub(super) fn finish(&mut self, last: Time, counts: &mut SideCounts) {
        if self.closed != NO_TIME {
            self.open(last);
        }
        let mine = std::mem::take(&mut self.counts);
        counts.fast_retransmissions = mine.fast_retransmissions;
        counts.spurious_retransmissions = mine.spurious_retransmissions;
        counts.duplicate_acks = mine.duplicate_acks;
        counts.zero_windows = mine.zero_windows;
        counts.zero_window_time = mine.zero_window_time;
        counts.window_full = mine.window_full;
        counts.max_bytes_in_flight = mine.max_bytes_in_flight;
        counts.rtt_min = self.rtt.least();
        counts.rtt_median = self.rtt.quantile(0.5);
        counts.rtt_p95 = self.rtt.quantile(0.95);
    }
}
