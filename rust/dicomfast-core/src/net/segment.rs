//! One TCP segment as a value of fixed size, and the batch that carries many of them from the decoding of frames to the
//! tracking of flows. A segment refers to its bytes; it never holds them.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use crate::anomaly::Anomaly;
use crate::capture::Window;
use crate::event::{Endpoint, FrameRecord, Stamp, Time};

/// No 802.1Q tag.
pub const NO_VLAN: u16 = u16::MAX;
/// Not inside a tunnel.
pub const NO_TUNNEL: u16 = u16::MAX;
/// [`Segment::slot`] of bytes that were put together from IP fragments.
pub const ARENA: u16 = u16::MAX;

/// An address and port. IPv4 addresses stand in IPv6's "v4-mapped" form, so that both have one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    pub ip: [u8; 16],
    pub port: u16,
}

impl Address {
    pub const fn v4(ip: [u8; 4], port: u16) -> Self {
        Self { ip: mapped(ip), port }
    }

    pub fn endpoint(self) -> Endpoint {
        let v6 = Ipv6Addr::from(self.ip);
        let ip = v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4);
        Endpoint { ip, port: self.port }
    }
}

/// An IPv4 address in IPv6's "v4-mapped" form (RFC 4291 section 2.5.5.2).
#[inline]
pub const fn mapped(ip: [u8; 4]) -> [u8; 16] {
    let [a, b, c, d] = ip;
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d]
}

/// TCP flag bits (RFC 9293 section 3.1).
pub mod flags {
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const PSH: u8 = 0x08;
    pub const ACK: u8 = 0x10;
    pub const URG: u8 = 0x20;
}

/// What the flow stage needs of a TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub time: Time,
    pub packet: u64,
    pub source: Address,
    pub destination: Address,
    pub sequence: u32,
    pub acknowledgment: u32,
    /// Unscaled, as in the header.
    pub window: u16,
    pub flags: u8,
    /// IP time to live or hop limit, and IPv4 identification (0 for IPv6): they tell a copy from a retransmission.
    pub ttl: u8,
    pub ip_id: u16,
    /// Innermost 802.1Q tag outside the tunnel, or [`NO_VLAN`].
    pub vlan: u16,
    /// Index into [`Batch::tunnels`], or [`NO_TUNNEL`].
    pub tunnel: u16,
    /// Which bytes `header` and `payload` point into: an index of [`Batch::windows`], or [`ARENA`].
    pub slot: u16,
    /// Where the TCP header begins, and how long it is (options included).
    pub header: u32,
    pub header_length: u8,
    /// Where the payload begins, how many of its bytes are in the capture, and how many were on the wire.
    pub payload: u32,
    pub captured: u32,
    pub length: u32,
    /// Index of the input file.
    pub capture: u32,
}

impl Segment {
    pub fn stamp(&self) -> Stamp {
        Stamp { packet: self.packet, time: self.time }
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Segments in the order of their packets, with the bytes they refer to.
#[derive(Debug, Default)]
pub struct Batch {
    pub segments: Vec<Segment>,
    pub windows: Vec<Arc<Window>>,
    /// Datagrams put together from fragments.
    pub arena: Vec<u8>,
    /// Descriptions of the tunnels in this batch, for example "vxlan 4711".
    pub tunnels: Vec<String>,
    /// Anomalies of the stages before the flow, in order.
    pub anomalies: Vec<Anomaly>,
    /// What is told of each frame, where that is asked for.
    pub records: Vec<FrameRecord>,
    /// Frames read for this batch, TCP or not.
    pub frames: u64,
}

impl Batch {
    pub fn clear(&mut self) {
        self.segments.clear();
        self.windows.clear();
        self.arena.clear();
        self.tunnels.clear();
        self.anomalies.clear();
        self.records.clear();
        self.frames = 0;
    }

    /// The bytes that a segment's `header` and `payload` point into.
    #[inline]
    pub fn bytes(&self, slot: u16) -> &[u8] {
        if slot == ARENA { &self.arena } else { self.windows.get(usize::from(slot)).map_or(&[], |window| window.bytes()) }
    }

    /// The captured part of a segment's payload.
    #[inline]
    pub fn payload(&self, segment: &Segment) -> &[u8] {
        let start = segment.payload as usize;
        self.bytes(segment.slot).get(start..start + segment.captured as usize).unwrap_or_default()
    }

    /// The TCP header with its options.
    pub fn header(&self, segment: &Segment) -> &[u8] {
        let start = segment.header as usize;
        self.bytes(segment.slot).get(start..start + usize::from(segment.header_length)).unwrap_or_default()
    }
}
