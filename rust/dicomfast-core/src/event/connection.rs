//! What is told of a TCP connection when it ends (RFC 9293).

use super::{Endpoint, Stamp};

/// What a connection carries (`connections.protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Dicom,
    DicomTls,
    Tls,
    Other,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dicom => "dicom",
            Self::DicomTls => "dicom-tls",
            Self::Tls => "tls",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    Handshake,
    Midstream,
}

impl Opened {
    pub fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Midstream => "midstream",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    Fin,
    Rst,
    Open,
    TupleReused,
}

impl Closed {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Open => "open",
            Self::TupleReused => "tuple_reused",
        }
    }
}

/// One side's counters of a connection. Durations in nanoseconds; `None` where it cannot be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideCounts {
    pub mss: Option<u16>,
    pub window_scale: Option<u8>,
    pub packets: u64,
    pub payload_bytes: u64,
    pub retransmitted_bytes: u64,
    pub retransmissions: u64,
    pub fast_retransmissions: u64,
    pub spurious_retransmissions: u64,
    pub out_of_order: u64,
    pub duplicate_acks: u64,
    /// Copies of a packet that the capture holds twice (same sequence number, length and IP identification).
    pub duplicate_packets: u64,
    pub lost_bytes: u64,
    pub not_captured_bytes: u64,
    pub bad_checksums: u64,
    pub zero_windows: u64,
    pub zero_window_time: i64,
    pub window_full: u64,
    pub rtt_min: Option<i64>,
    pub rtt_median: Option<i64>,
    pub rtt_p95: Option<i64>,
    pub max_bytes_in_flight: Option<u64>,
    pub max_window: Option<u64>,
}

/// Where the packets were captured, seen from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tap {
    Client,
    Server,
    Between,
}

impl Tap {
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Between => "between",
        }
    }

    /// From the two halves of the handshake's round-trip time: at an end where the way to it takes less than a tenth of the whole.
    /// On a path shorter than a millisecond the hosts themselves take longer than the way, and nothing can be told.
    pub fn of(client_way: Option<i64>, server_way: Option<i64>) -> Option<Self> {
        const SHORT: i64 = 1_000_000;
        let (client, server) = (client_way?, server_way?);
        let whole = client.checked_add(server)?;
        Some(match () {
            () if whole < SHORT => return None,
            () if client < whole / 10 => Self::Client,
            () if server < whole / 10 => Self::Server,
            () => Self::Between,
        })
    }
}

/// A row of `connections`, made when the connection ends (or the input does).
#[derive(Clone, Debug)]
pub struct ConnectionRecord {
    pub connection: u64,
    pub client: Endpoint,
    pub server: Endpoint,
    pub vlan: Option<u16>,
    /// The headers around the IP packet, outermost first, for example "gre" or "vxlan 4711".
    pub tunnel: Option<String>,
    pub protocol: Protocol,
    pub first: Stamp,
    pub last: Stamp,
    pub opened: Opened,
    pub closed: Closed,
    /// SYN to the client's first acknowledgement of the SYN-ACK.
    pub syn_rtt: Option<i64>,
    /// The two halves of it: from the SYN-ACK to the acknowledgement of it (the way from the capture point to the client and back), and from
    /// the SYN to the SYN-ACK (to the server and back).
    pub client_way: Option<i64>,
    pub server_way: Option<i64>,
    pub sack_permitted: Option<bool>,
    pub client_counts: SideCounts,
    pub server_counts: SideCounts,
    pub associations: u64,
}
