//! Captures of every link type and tunnel (`tests/cases/links`), against etherparse and against each other.

use std::net::IpAddr;

use etherparse::{EtherType, LaxSlicedPacket, TcpSlice, TransportSlice};

use super::{Seen, captures, decode, read, seen};
use crate::anomaly::AnomalyKind;
use crate::capture::LinkType;
use crate::net::checksum::{Checksum, verify};
use crate::net::segment::{NO_TUNNEL, NO_VLAN};

fn seen_by_etherparse(link: LinkType, bytes: &[u8]) -> Option<Seen> {
    let transport = match link.0 {
        1 => LaxSlicedPacket::from_ethernet(bytes).unwrap().transport,
        113 => LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes([bytes[14], bytes[15]])), &bytes[16..]).transport,
        276 => LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes([bytes[0], bytes[1]])), &bytes[20..]).transport,
        0 | 9 | 108 => LaxSlicedPacket::from_ip(&bytes[4..]).unwrap().transport,
        101 => LaxSlicedPacket::from_ip(bytes).unwrap().transport,
        other => panic!("link type {other}"),
    };
    let Some(TransportSlice::Tcp(tcp)) = transport else { return None };
    Some(Seen {
        ports: (tcp.source_port(), tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledgment: tcp.acknowledgment_number(),
        window: tcp.window_size(),
        flags: tcp.header_slice()[13],
        header: tcp.header_slice().to_vec(),
        payload: tcp.payload().to_vec(),
    })
}

#[test]
fn every_frame_as_etherparse_sees_it() {
    // etherparse does not look into these.
    let beyond = ["vxlan", "erspan", "gre", "ipip", "mpls", "frag"];
    let mut compared = 0;
    for (name, capture) in captures() {
        if beyond.iter().any(|part| name.contains(part)) {
            continue;
        }
        let (_, batch) = decode(capture.link, &capture.frames);
        let mut segments = batch.segments.iter();
        for (index, (bytes, _)) in capture.frames.iter().enumerate() {
            let Some(expected) = seen_by_etherparse(capture.link, bytes) else { continue };
            let segment = segments.next().unwrap_or_else(|| panic!("{name}: no segment for frame {}", index + 1));
            assert_eq!(segment.packet, index as u64 + 1, "{name}");
            assert_eq!(seen(&batch, segment), expected, "{name} frame {}", index + 1);
            compared += 1;
        }
        assert!(segments.next().is_none(), "{name}");
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn tunnels_hold_the_same_segments() {
    let plain = read("a50_tunnels.pcap");
    let (_, plain) = decode(plain.link, &plain.frames);
    let plain: Vec<Seen> = plain.segments.iter().map(|segment| seen(&plain, segment)).collect();
    assert_eq!(plain.len(), 28);
    for (variant, tunnel, vlan) in [
        ("erspan1", Some("erspan 1"), NO_VLAN),
        ("erspan2", Some("erspan 2 session 7"), NO_VLAN),
        ("gre-teb", Some("gre"), NO_VLAN),
        ("gre-ip-key", Some("gre key 12648430"), NO_VLAN),
        ("ipip", Some("ipip"), NO_VLAN),
        ("qinq", None, 31),
        ("mpls2", None, NO_VLAN),
        ("frag576", None, NO_VLAN),
    ] {
        let capture = read(&format!("a50_tunnels.{variant}.pcap"));
        let (decoder, batch) = decode(capture.link, &capture.frames);
        let found: Vec<Seen> = batch.segments.iter().map(|segment| seen(&batch, segment)).collect();
        assert_eq!(found, plain, "{variant}");
        assert_eq!(batch.tunnels, Vec::from_iter(tunnel), "{variant}");
        assert!(batch.segments.iter().all(|segment| (segment.tunnel == NO_TUNNEL) == tunnel.is_none()), "{variant}");
        assert!(batch.segments.iter().all(|segment| segment.vlan == vlan), "{variant}");
        assert!(batch.anomalies.is_empty(), "{variant}: {:?}", batch.anomalies);
        assert_eq!(decoder.counts().tcp, 28, "{variant}");
    }
}

#[test]
fn checksums_as_etherparse_computes_them() {
    let (mut good, mut partial, mut unknown) = (0, 0, 0);
    for (name, capture) in captures() {
        let (_, batch) = decode(capture.link, &capture.frames);
        for segment in &batch.segments {
            let (header, payload) = (batch.header(segment), batch.payload(segment));
            let found = verify(segment, header, payload);
            if segment.captured < segment.length || header.len() < usize::from(header[12] >> 4) * 4 {
                assert_eq!(found, Checksum::Unknown, "{name}");
                unknown += 1;
                continue;
            }
            let tcp = TcpSlice::from_slice(&[header, payload].concat()).unwrap().to_header();
            let expected = match (segment.source.endpoint().ip, segment.destination.endpoint().ip) {
                (IpAddr::V4(from), IpAddr::V4(to)) => tcp.calc_checksum_ipv4_raw(from.octets(), to.octets(), payload),
                (IpAddr::V6(from), IpAddr::V6(to)) => tcp.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload),
                mixed => panic!("{mixed:?}"),
            };
            if expected.unwrap() == tcp.checksum {
                assert_eq!(found, Checksum::Good, "{name} packet {}", segment.packet);
                good += 1;
                // One flipped bit anywhere is seen, unless it looks like offload.
                let mut damaged = payload.to_vec();
                if let Some(byte) = damaged.last_mut() {
                    *byte ^= 0x10;
                    assert_ne!(verify(segment, header, &damaged), Checksum::Good, "{name} packet {}", segment.packet);
                }
            } else {
                assert_eq!(found, Checksum::Partial, "{name} packet {}", segment.packet);
                partial += 1;
            }
        }
    }
    assert!(good > 500 && unknown > 50, "{good} {partial} {unknown}");
}

#[test]
fn cut_frames_are_counted_once_for_a_capture() {
    let capture = read("a45_snaplen96.pcap");
    let (mut decoder, mut batch) = decode(capture.link, &capture.frames);
    decoder.finish(&mut batch);
    let cut = capture.frames.iter().filter(|(bytes, length)| bytes.len() < *length as usize).count();
    let details: Vec<_> = batch.anomalies.iter().map(|anomaly| (anomaly.kind, anomaly.detail.to_string())).collect();
    let text = format!("{cut} frames of input 0 are shorter in the capture than on the wire (snap length)");
    assert_eq!(details, [(AnomalyKind::CutPacket, text)]);
    // tshark -r a45_snaplen96.pcap -Y tcp -T fields -e tcp.len, added up.
    assert_eq!(batch.segments.iter().map(|segment| u64::from(segment.length)).sum::<u64>(), 63105);
}
