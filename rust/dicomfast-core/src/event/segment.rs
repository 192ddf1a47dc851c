//! What is told of a TCP segment: where it stands, and what Wireshark's analysis calls it.

use super::{Side, Stamp};

/// Wireshark's `tcp.analysis.*` flags, as bits.
pub mod analysis {
    pub const RETRANSMISSION: u16 = 1 << 0;
    pub const FAST_RETRANSMISSION: u16 = 1 << 1;
    pub const SPURIOUS_RETRANSMISSION: u16 = 1 << 2;
    pub const OUT_OF_ORDER: u16 = 1 << 3;
    pub const LOST_SEGMENT: u16 = 1 << 4;
    pub const ACK_LOST_SEGMENT: u16 = 1 << 5;
    pub const DUPLICATE_ACK: u16 = 1 << 6;
    pub const ZERO_WINDOW: u16 = 1 << 7;
    pub const ZERO_WINDOW_PROBE: u16 = 1 << 8;
    pub const ZERO_WINDOW_PROBE_ACK: u16 = 1 << 9;
    pub const WINDOW_FULL: u16 = 1 << 10;
    pub const WINDOW_UPDATE: u16 = 1 << 11;
    pub const KEEP_ALIVE: u16 = 1 << 12;
    pub const KEEP_ALIVE_ACK: u16 = 1 << 13;
    pub const REUSED_PORTS: u16 = 1 << 14;
    /// Any of the flags that mean: these bytes were sent before.
    pub const SENT_AGAIN: u16 = RETRANSMISSION | FAST_RETRANSMISSION | SPURIOUS_RETRANSMISSION;
}

/// A row of `segments`.
#[derive(Clone, Debug)]
pub struct SegmentRecord {
    pub connection: u64,
    pub stamp: Stamp,
    pub sender: Side,
    /// Relative to the sender's initial sequence number, and unwrapped: the first byte of a captured handshake has 1, as in Wireshark.
    pub sequence: i64,
    /// Relative to the other side's initial sequence number; `None` without the ACK flag.
    pub acknowledgment: Option<i64>,
    pub length: u32,
    /// The receive window the sender announces, scaled where the scale is known.
    pub window: u64,
    /// TCP flags as in the header.
    pub flags: u8,
    /// Left and right edges of the SACK blocks (RFC 2018), relative as `acknowledgment`.
    pub sack: Sack,
    pub analysis: u16,
    pub bytes_in_flight: Option<u64>,
    /// From the segment that this one acknowledges to this one.
    pub ack_rtt: Option<i64>,
}

/// The SACK blocks of a segment: at most four fit a header.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sack {
    pub blocks: [(i64, i64); 4],
    pub count: u8,
}

impl Sack {
    pub fn blocks(&self) -> &[(i64, i64)] {
        self.blocks.get(..usize::from(self.count)).unwrap_or_default()
    }
}
