//! What is told of the inputs, and what is worth telling a person.

use super::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A row of `findings`: something worth telling a person.
#[derive(Clone, Debug)]
pub struct FindingRecord {
    pub severity: Severity,
    /// Stable, kebab-case.
    pub code: &'static str,
    pub title: &'static str,
    pub association: Option<u64>,
    pub connection: Option<u64>,
    pub message: Option<u64>,
    pub packet: Option<u64>,
    pub time: Time,
    /// The numbers and names.
    pub evidence: String,
    pub advice: &'static str,
}

/// A row of `capture_info`: one input.
#[derive(Clone, Debug, Default)]
pub struct CaptureRecord {
    pub capture: u32,
    /// Path or "-" as given.
    pub name: String,
    /// "pcap" or "pcapng", with the compression around it, for example "pcap (gzip)".
    pub format: String,
    pub link_types: Vec<String>,
    pub snap_length: Option<u32>,
    pub packets: u64,
    /// Captured and original bytes of all packets.
    pub bytes: u64,
    pub original_bytes: u64,
    /// Packets shorter than on the wire.
    pub cut_packets: u64,
    /// Dropped packets as the capturing program reports them (pcapng interface statistics); `None` where not told.
    pub dropped: Option<u64>,
    pub first_time: Option<Time>,
    pub last_time: Option<Time>,
    pub comments: Vec<String>,
    pub hardware: Option<String>,
    pub operating_system: Option<String>,
    pub application: Option<String>,
    /// Whether the input was read to its end without damage.
    pub complete: bool,
}
