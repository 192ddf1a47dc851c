//! How to capture. Knows values only.

use std::path::PathBuf;

/// Half a second of a gigabit link. libpcap's own default, 2 MiB, is the main cause of drops.
const RING_BYTES: u64 = 64 << 20;

/// How to capture on one or more interfaces.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// A capture filter in libpcap's language (pcap-filter(7)); empty: everything.
    pub filter: String,
    /// Bytes kept of each packet.
    pub snap_length: u32,
    pub promiscuous: Promiscuous,
    /// Bytes of the kernel's ring for each interface.
    pub ring_bytes: u64,
    /// libpcap's name of a time stamp type ("host", "adapter" ...); `None`: the interface's own.
    pub timestamp_type: Option<String>,
    /// Milliseconds that the kernel may hold packets back to hand over more of them at once.
    pub hold_milliseconds: u32,
    /// Where else to look for libpcap.
    pub libraries: Vec<PathBuf>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            filter: String::new(),
            snap_length: 262_144,
            promiscuous: Promiscuous::Yes,
            ring_bytes: RING_BYTES,
            timestamp_type: None,
            hold_milliseconds: 10,
            libraries: Vec::new(),
        }
    }
}

/// Whether frames for other stations are taken as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promiscuous {
    Yes,
    No,
}
