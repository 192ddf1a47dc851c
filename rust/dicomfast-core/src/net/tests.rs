//! The decoder on captures of every link type and tunnel (`tests/cases/links`), against etherparse and against each other; and
//! on frames that are cut or damaged.

use std::path::PathBuf;
use std::sync::Arc;

use etherparse::{EtherType, LaxSlicedPacket, TransportSlice};
use pcap_parser::{LegacyPcapSlice, PcapBlockOwned};

use super::checksum::{Checksum, verify};
use super::segment::{ARENA, Batch, NO_TUNNEL, NO_VLAN, Segment};
use super::{FrameDecoder, fast, link};
use crate::anomaly::AnomalyKind;
use crate::capture::{Frame, LinkType, Window};
use crate::limits::Limits;

struct Capture {
    link: LinkType,
    /// Bytes, and length on the wire.
    frames: Vec<(Vec<u8>, u32)>,
}

fn read(name: &str) -> Capture {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "tests", "cases", "links", name].iter().collect();
    let bytes = std::fs::read(&path).unwrap();
    let capture = LegacyPcapSlice::from_slice(&bytes).unwrap();
    let link = LinkType(capture.header.network.0 as u16);
    let records = capture.filter_map(|block| match block.unwrap() {
        PcapBlockOwned::Legacy(record) => Some((record.data.to_vec(), record.origlen)),
        _ => None,
    });
    let frames = records.collect();
    Capture { link, frames }
}

fn captures() -> Vec<(String, Capture)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "tests", "cases", "links"].iter().collect();
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".pcap"));
    names.sort();
    assert!(names.len() > 15);
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

fn frame(number: u64, link: LinkType, offset: u32, bytes: &[u8], length: u32) -> Frame {
    Frame { number, time: number as i64 * 1_000_000, link, capture: 0, offset, captured: bytes.len() as u32, length }
}

/// Decodes frames that lie in one window with 16 bytes before each, as in a capture file.
fn decode(link: LinkType, frames: &[(Vec<u8>, u32)]) -> (FrameDecoder, Batch) {
    let mut decoder = FrameDecoder::new(&Limits::default());
    let mut batch = Batch::default();
    let mut window = Vec::new();
    for (index, (bytes, length)) in frames.iter().enumerate() {
        window.extend_from_slice(&[0xee; 16]);
        let frame = frame(index as u64 + 1, link, window.len() as u32, bytes, *length);
        window.extend_from_slice(bytes);
        decoder.decode(&frame, bytes, 0, &mut batch);
    }
    batch.windows.push(Arc::new(Window::owned(window)));
    (decoder, batch)
}

/// What must be the same whatever the packet came in.
#[derive(Debug, PartialEq)]
struct Seen {
    ports: (u16, u16),
    sequence: u32,
    acknowledgment: u32,
    window: u16,
    flags: u8,
    header: Vec<u8>,
    payload: Vec<u8>,
}

fn seen(batch: &Batch, segment: &Segment) -> Seen {
    Seen {
        ports: (segment.source.port, segment.destination.port),
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment,
        window: segment.window,
        flags: segment.flags,
        header: batch.header(segment).to_vec(),
        payload: batch.payload(segment).to_vec(),
    }
}

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
