//! What the analysis adds up for one side of a connection. What was sent again or late is counted by the flow stage, which knows the bytes.

use super::analysis::Verdict;
use super::rtt::RttSamples;
use crate::event::analysis::{DUPLICATE_ACK, FAST_RETRANSMISSION, SPURIOUS_RETRANSMISSION, WINDOW_FULL, ZERO_WINDOW};
use crate::event::{NO_TIME, SideCounts, Time};

#[derive(Debug)]
pub(super) struct Side {
    pub(super) rtt: RttSamples,
    fast_retransmissions: u32,
    spurious_retransmissions: u32,
    duplicate_acks: u32,
    zero_windows: u32,
    window_full: u32,
    zero_window_time: i64,
    /// Since when it announces a window of zero.
    closed: Time,
    max_bytes_in_flight: Option<u64>,
}

impl Default for Side {
    fn default() -> Self {
        Self {
            rtt: RttSamples::default(),
            fast_retransmissions: 0,
            spurious_retransmissions: 0,
            duplicate_acks: 0,
            zero_windows: 0,
            window_full: 0,
            zero_window_time: 0,
            closed: NO_TIME,
            max_bytes_in_flight: None,
        }
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
        self.in_flight(verdict.bytes_in_flight);
        let said = verdict.analysis;
        if said == 0 {
            return;
        }
        let one = |flag: u16| u32::from(said & flag != 0);
        self.fast_retransmissions += one(FAST_RETRANSMISSION);
        self.spurious_retransmissions += one(SPURIOUS_RETRANSMISSION);
        self.duplicate_acks += one(DUPLICATE_ACK);
        self.zero_windows += one(ZERO_WINDOW);
        self.window_full += one(WINDOW_FULL);
    }

    #[inline]
    pub(super) fn in_flight(&mut self, bytes: Option<u64>) {
        self.max_bytes_in_flight = self.max_bytes_in_flight.max(bytes);
    }

    /// Whether the last window it announced was zero.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.closed != NO_TIME
    }

    fn open(&mut self, time: Time) {
        if time != NO_TIME {
            self.zero_window_time = self.zero_window_time.saturating_add(time.saturating_sub(self.closed).max(0));
        }
        self.closed = NO_TIME;
    }

    /// The connection is over: a window that is still closed was so until then.
    pub(super) fn finish(&mut self, last: Time, counts: &mut SideCounts) {
        if self.closed != NO_TIME {
            self.open(last);
        }
        counts.fast_retransmissions = self.fast_retransmissions.into();
        counts.spurious_retransmissions = self.spurious_retransmissions.into();
        counts.duplicate_acks = self.duplicate_acks.into();
        counts.zero_windows = self.zero_windows.into();
        counts.zero_window_time = self.zero_window_time;
        counts.window_full = self.window_full.into();
        counts.max_bytes_in_flight = self.max_bytes_in_flight;
        counts.rtt_min = self.rtt.least();
        counts.rtt_median = self.rtt.quantile(0.5);
        counts.rtt_p95 = self.rtt.quantile(0.95);
    }
}
