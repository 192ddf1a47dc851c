//! Counts of a run, for progress and for the accounts at its end.

/// What has been done so far. Everything read is counted once: TCP segments, other packets, and packets that could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub packets: u64,
    pub bytes: u64,
    pub segments: u64,
    /// Connections that are tracked at the moment.
    pub connections: u64,
}
