//! The accounts of a live run, counted by the capturing thread and read by any. Knows numbers only.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of a run on one or more interfaces, in packets.
#[derive(Debug, Default)]
pub struct LiveCounters {
    received: AtomicU64,
    dropped: AtomicU64,
    interface_dropped: AtomicU64,
    delivered: AtomicU64,
}

/// Their values at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCounts {
    /// Passed the kernel's filter, dropped ones included (packet(7), `tp_packets`).
    pub received: u64,
    /// Found no room in the kernel's ring.
    pub dropped: u64,
    /// Dropped by the interface or its driver, before any filter.
    pub interface_dropped: u64,
    /// Read out of the ring.
    pub delivered: u64,
}

impl LiveCounters {
    pub(super) fn set(&self, counts: LiveCounts) {
        self.received.store(counts.received, Ordering::Relaxed);
        self.dropped.store(counts.dropped, Ordering::Relaxed);
        self.interface_dropped.store(counts.interface_dropped, Ordering::Relaxed);
        self.delivered.store(counts.delivered, Ordering::Relaxed);
    }

    pub fn get(&self) -> LiveCounts {
        LiveCounts {
            received: self.received.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            interface_dropped: self.interface_dropped.load(Ordering::Relaxed),
            delivered: self.delivered.load(Ordering::Relaxed),
        }
    }
}
