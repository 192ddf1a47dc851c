//! What the headers of a frame say, for those who list frames: read again at the places where `walk` found them. Decides nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::segment::Segment;
use super::walk::{End, Layer};
use super::{ip, tcp};
use crate::capture::Frame;
use crate::event::{EthernetRecord, FragmentRecord, FrameRecord, HeadersRecord, IpRecord, Mac, TagRecord, TcpRecord, UdpRecord};

/// A record of a frame whose headers are not known yet.
pub(super) fn frame(frame: &Frame) -> FrameRecord {
    FrameRecord {
        stamp: frame.stamp(),
        capture: frame.capture,
        length: frame.length,
        captured: frame.captured,
        protocols: String::new(),
        headers: HeadersRecord::default(),
        outer: Vec::new(),
        tcp: None,
        udp: None,
    }
}

/// Adds what stands in these bytes along the way.
pub(super) fn read(trail: &[(Layer, usize)], end: &End, bytes: &[u8], record: &mut FrameRecord) {
    for (layer, position) in trail {
        let rest = bytes.get(*position..).unwrap_or_default();
        for name in names(*layer) {
            if !record.protocols.is_empty() {
                record.protocols.push(':');
            }
            record.protocols.push_str(name);
        }
        match layer {
            Layer::Ethernet => ethernet(rest, record),
            Layer::EtherType(protocol) if is_tag(*protocol) => tag(*protocol, rest, record),
            Layer::Ipv4 => set_ip(v4(rest), record),
            Layer::Ipv6 => set_ip(v6(rest), record),
            Layer::Ipv6Fragment(_) => set_fragment(rest, record),
            Layer::Transport(_, UDP) => record.udp = udp(rest),
            _ => {}
        }
    }
    if let End::Segment(segment) = end {
        record.tcp = tcp(segment, bytes);
    }
}

const UDP: u8 = 17;

/// Wireshark's names.
fn names(layer: Layer) -> &'static [&'static str] {
    match layer {
        Layer::Link(link_type) => match link_type.0 {
            0 | 108 => &["null"],
            12 | 14 | 101 | 228 | 229 => &["raw"],
            113 | 276 => &["sll"],
            104 => &["chdlc"],
            51 => &["pppoes"],
            _ => &[],
        },
        Layer::Ethernet => &["eth"],
        Layer::EtherType(0x8100 | 0x9100) => &["ethertype", "vlan"],
        Layer::EtherType(0x88a8) => &["ethertype", "ieee8021ad"],
        Layer::EtherType(0x0806) => &["ethertype", "arp"],
        Layer::EtherType(_) => &["ethertype"],
        Layer::Llc => &["llc"],
        Layer::Ppp => &["ppp"],
        Layer::Mpls => &["mpls"],
        Layer::Ipv4 => &["ip"],
        Layer::Ipv6 => &["ipv6"],
        Layer::Ipv6Fragment(_) => &["ipv6.fraghdr"],
        Layer::Transport(_, ip::TCP) => &["tcp"],
        Layer::Transport(_, UDP) => &["udp"],
        Layer::Transport(_, 1) => &["icmp"],
        Layer::Transport(_, 2) => &["igmp"],
        Layer::Transport(_, 47) => &["gre"],
        Layer::Transport(_, 50) => &["esp"],
        Layer::Transport(_, 58) => &["icmpv6"],
        Layer::Ip | Layer::Transport(..) => &[],
    }
}

fn is_tag(ether_type: u16) -> bool {
    matches!(ether_type, 0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300)
}

/// What was the innermost so far stands around what comes now.
fn enclose(record: &mut FrameRecord) {
    record.outer.push(std::mem::take(&mut record.headers));
}

fn ethernet(bytes: &[u8], record: &mut FrameRecord) {
    let Some(&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, high, low]) = bytes.first_chunk::<14>() else { return };
    let HeadersRecord { ethernet, tag, ip } = record.headers;
    if ethernet.is_some() || tag.is_some() || ip.is_some() {
        enclose(record);
    }
    record.headers.ethernet = Some(EthernetRecord {
        destination: Mac([d0, d1, d2, d3, d4, d5]),
        source: Mac([s0, s1, s2, s3, s4, s5]),
        ether_type: u16::from_be_bytes([high, low]),
    });
}

fn tag(protocol: u16, bytes: &[u8], record: &mut FrameRecord) {
    let Some(&[c0, c1, t0, t1]) = bytes.first_chunk::<4>() else { return };
    let tag = TagRecord { protocol, control: u16::from_be_bytes([c0, c1]), ether_type: u16::from_be_bytes([t0, t1]) };
    if record.headers.ip.is_some() {
        enclose(record);
    } else if let Some(outer) = record.headers.tag.take() {
        // The Ethernet header stays with the innermost tag, so that `frames` has it.
        record.outer.push(HeadersRecord { tag: Some(outer), ..HeadersRecord::default() });
    }
    record.headers.tag = Some(tag);
}

fn set_ip(header: Option<IpRecord>, record: &mut FrameRecord) {
    if header.is_some() {
        if record.headers.ip.is_some() {
            enclose(record);
        }
        record.headers.ip = header;
    }
}

fn v4(bytes: &[u8]) -> Option<IpRecord> {
    let &[first, traffic_class, l0, l1, i0, i1, f0, f1, ttl, protocol, c0, c1, s0, s1, s2, s3, d0, d1, d2, d3] =
        bytes.first_chunk::<20>()?;
    let fragment = u16::from_be_bytes([f0, f1]);
    Some(IpRecord {
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        header_length: (first & 0x0f) * 4,
        traffic_class,
        length: u16::from_be_bytes([l0, l1]),
        id: Some(u16::from_be_bytes([i0, i1])),
        flags: Some((fragment >> 13) as u8),
        fragment_offset: Some((fragment & 0x1fff) * 8),
        ttl,
        protocol,
        checksum: Some(u16::from_be_bytes([c0, c1])),
        flow_label: None,
        fragment: None,
    })
}

fn v6(bytes: &[u8]) -> Option<IpRecord> {
    let (&[v0, v1, v2, v3, l0, l1, protocol, ttl], rest) = bytes.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let destination = rest.first_chunk::<16>()?;
    let head = u32::from_be_bytes([v0, v1, v2, v3]);
    Some(IpRecord {
        source: Ipv6Addr::from(*source).into(),
        destination: Ipv6Addr::from(*destination).into(),
        header_length: 40,
        traffic_class: (head >> 20) as u8,
        length: u16::from_be_bytes([l0, l1]),
        id: None,
        flags: None,
        fragment_offset: None,
        ttl,
        protocol,
        checksum: None,
        flow_label: Some(head & 0x000f_ffff),
        fragment: None,
    })
}

/// RFC 8200 section 4.5. An IP header in several fragment headers has the last of them.
fn set_fragment(bytes: &[u8], record: &mut FrameRecord) {
    let Some(&[_, _, high, low, i0, i1, i2, i3]) = bytes.first_chunk::<8>() else { return };
    if let Some(ip) = &mut record.headers.ip {
        let field = u16::from_be_bytes([high, low]);
        let id = u32::from_be_bytes([i0, i1, i2, i3]);
        ip.fragment = Some(FragmentRecord { id, offset: field & 0xfff8, more: field & 1 != 0 });
    }
}

fn udp(bytes: &[u8]) -> Option<UdpRecord> {
    let &[s0, s1, d0, d1, l0, l1, _, _] = bytes.first_chunk::<8>()?;
    let number = |high, low| u16::from_be_bytes([high, low]);
    Some(UdpRecord { source_port: number(s0, s1), destination_port: number(d0, d1), length: number(l0, l1) })
}

/// `segment` has positions in these bytes.
fn tcp(segment: &Segment, bytes: &[u8]) -> Option<TcpRecord> {
    let start = segment.header as usize;
    let header = bytes.get(start..start + usize::from(segment.header_length))?;
    let fixed = header.first_chunk::<{ tcp::FIXED }>()?;
    let number = |high, low| u16::from_be_bytes([high, low]);
    let options = tcp::options(header);
    Some(TcpRecord {
        source_port: segment.source.port,
        destination_port: segment.destination.port,
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment,
        header_length: tcp::header_length(fixed) as u8,
        flags: number(fixed[12] & 0x0f, fixed[13]),
        window: segment.window,
        checksum: number(fixed[16], fixed[17]),
        urgent_pointer: number(fixed[18], fixed[19]),
        length: segment.length,
        mss: options.mss,
        window_scale: options.window_scale,
        sack_permitted: options.sack_permitted,
        timestamps: options.timestamps,
    })
}
