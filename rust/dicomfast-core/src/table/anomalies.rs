//! `anomalies`: one row per broken rule or damaged byte range, up to a limit for each kind; the rest is counted.

use super::column::columns;
use crate::anomaly::{Anomaly, AnomalyKind};

columns! {
    Anomaly as row;
    /// What it is; stable, for programs.
    kind: Word = row.kind.name();
    /// "capture", "link", "ip", "tcp", "upper-layer" or "dimse".
    layer: Word = row.kind.layer();
    /// TCP connection, as in `connections`.
    connection: U64 = row.connection;
    /// Association, as in `associations`.
    association: U64 = row.association;
    /// Packet in which it was noticed.
    packet: U64 = row.packet;
    /// Time of that packet.
    time: Time = row.time;
    /// Where it concerns a stretch of time that ends at `time`, its beginning: packets that a live capture lost.
    since: Time = row.since;
    /// Where the bytes concerned begin, in their direction of the connection.
    stream_offset: U64 = row.stream_offset;
    /// How many bytes are concerned.
    length: U64 = row.length;
    /// The numbers.
    detail: Text = &*row.detail;
}

/// How many of each kind there were, so that a flood of one kind stays bounded and hides no other.
pub(super) struct Quota {
    limit: u64,
    /// By position in [`AnomalyKind::ALL`].
    counts: Vec<u64>,
}

impl Quota {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, counts: vec![0; AnomalyKind::ALL.len()] }
    }

    /// Whether one more of this kind gets a row of its own.
    pub(super) fn admits(&mut self, kind: AnomalyKind) -> bool {
        let Some(count) = self.counts.get_mut(kind as usize) else { return true };
        *count += 1;
        *count <= self.limit
    }

    /// One row for each kind that went beyond the limit; none when asked again.
    pub(super) fn summaries(&mut self) -> Vec<Anomaly> {
        let limit = self.limit;
        let kinds = AnomalyKind::ALL.iter().zip(&mut self.counts);
        kinds
            .filter_map(|(kind, count)| {
                let more = std::mem::take(count).checked_sub(limit).filter(|more| *more > 0)?;
                Some(Anomaly::new(*kind, format!("{more} more of this kind")))
            })
            .collect()
    }
}
