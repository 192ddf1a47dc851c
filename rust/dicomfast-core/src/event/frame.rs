//! What is told of a captured frame, TCP or not: its headers as they were sent.

use std::fmt;
use std::net::IpAddr;

use super::Stamp;

/// A row of `frames`, with the headers around its innermost ones.
#[derive(Clone, Debug)]
pub struct FrameRecord {
    pub stamp: Stamp,
    /// Index of the input.
    pub capture: u32,
    /// Bytes on the wire, and in the capture.
    pub length: u32,
    pub captured: u32,
    /// The protocols in it, outermost first, as Wireshark's `frame.protocols` without those that TCP and UDP carry.
    pub protocols: String,
    /// The innermost headers: those of the segment, where there is one.
    pub headers: HeadersRecord,
    /// What stands around them (tunnels, more tags), outermost first.
    pub outer: Vec<HeadersRecord>,
    pub tcp: Option<TcpRecord>,
    pub udp: Option<UdpRecord>,
}

/// A MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [o0, o1, o2, n0, n1, n2] = self.0;
        write!(out, "{o0:02x}:{o1:02x}:{o2:02x}:{n0:02x}:{n1:02x}:{n2:02x}")
    }
}

/// At most one header of each kind, in the order Ethernet, tag, IP.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadersRecord {
    pub ethernet: Option<EthernetRecord>,
    pub tag: Option<TagRecord>,
    pub ip: Option<IpRecord>,
}

/// An Ethernet header.
#[derive(Clone, Copy, Debug)]
pub struct EthernetRecord {
    pub destination: Mac,
    pub source: Mac,
    /// The type or length field.
    pub ether_type: u16,
}

/// An 802.1Q or 802.1ad tag.
#[derive(Clone, Copy, Debug)]
pub struct TagRecord {
    /// Tag protocol identifier.
    pub protocol: u16,
    /// Tag control information: priority, drop eligible indicator, VLAN identifier.
    pub control: u16,
    /// The type field after it.
    pub ether_type: u16,
}

/// An IPv4 or IPv6 header.
#[derive(Clone, Copy, Debug)]
pub struct IpRecord {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// IPv4 header length in bytes, options included; 40 for IPv6.
    pub header_length: u8,
    /// DSCP and ECN (RFC 2474, RFC 3168): IPv4 type of service, IPv6 traffic class.
    pub traffic_class: u8,
    /// IPv4 total length, IPv6 payload length.
    pub length: u16,
    /// IPv4 identification.
    pub id: Option<u16>,
    /// IPv4 flags (3 bits) and fragment offset in bytes.
    pub flags: Option<u8>,
    pub fragment_offset: Option<u16>,
    /// IPv4 time to live, IPv6 hop limit.
    pub ttl: u8,
    /// IPv4 protocol, IPv6 next header.
    pub protocol: u8,
    /// IPv4 header checksum.
    pub checksum: Option<u16>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
    /// IPv6 fragment header.
    pub fragment: Option<FragmentRecord>,
}

/// The fragment header of IPv6 (RFC 8200 section 4.5).
#[derive(Clone, Copy, Debug)]
pub struct FragmentRecord {
    pub id: u32,
    /// In bytes.
    pub offset: u16,
    /// There are more fragments after it.
    pub more: bool,
}

/// A TCP header.
#[derive(Clone, Copy, Debug)]
pub struct TcpRecord {
    pub source_port: u16,
    pub destination_port: u16,
    /// As in the header.
    pub sequence: u32,
    pub acknowledgment: u32,
    /// Data offset in bytes.
    pub header_length: u8,
    /// The 12 bits after the data offset.
    pub flags: u16,
    /// As in the header.
    pub window: u16,
    pub checksum: u16,
    pub urgent_pointer: u16,
    /// Bytes of payload, on the wire.
    pub length: u32,
    pub mss: Option<u16>,
    pub window_scale: Option<u8>,
    pub sack_permitted: bool,
    /// `TSval` and `TSecr`.
    pub timestamps: Option<(u32, u32)>,
}

/// A UDP header.
#[derive(Clone, Copy, Debug)]
pub struct UdpRecord {
    pub source_port: u16,
    pub destination_port: u16,
    pub length: u16,
}
