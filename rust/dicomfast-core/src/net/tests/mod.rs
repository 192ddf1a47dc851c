//! What the tests of the decoder share: frames from captures, frames made around a real packet, and a decoder's answer.

mod captures;
mod fragments;
mod hostile;
mod layers;
mod records;

use std::path::PathBuf;
use std::sync::Arc;

use pcap_parser::{LegacyPcapSlice, PcapBlockOwned};

use super::FrameDecoder;
use super::segment::{Batch, Segment};
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

fn captures() -> Vec<(String, Capture)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "tests", "cases", "links"].iter().collect();
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "README.md");
    names.sort();
    assert!(names.len() > 15);
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
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

/// A real IPv4 packet with a TCP segment of 302 bytes, without its Ethernet header.
fn packet_v4() -> Vec<u8> {
    read("a50_tunnels.pcap").frames[3].0[14..].to_vec()
}

/// A real IPv6 packet with a TCP segment that carries data.
fn packet_v6() -> Vec<u8> {
    let frames = read("a26_ipv6.pcap").frames;
    let with_data = frames.iter().find(|(bytes, _)| bytes[12..14] == [0x86, 0xdd] && bytes[20] == 6 && bytes.len() > 150);
    with_data.unwrap().0[14..].to_vec()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// An Ethernet II frame; the addresses are those of a MAC that begins like IP.
fn ethernet(ether_type: u16, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0, 0, 0, 0, 1, 0x60, 0, 0, 0, 0, 2];
    bytes.extend_from_slice(&ether_type.to_be_bytes());
    bytes.extend_from_slice(&parts.concat());
    bytes
}

/// An IPv4 header (no options) around something.
fn ipv4(protocol: u8, id: u16, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend_from_slice(&(20 + payload.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(&fragment.to_be_bytes());
    bytes.extend_from_slice(&[64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    bytes.extend_from_slice(payload);
    bytes
}

/// An IPv6 header around something.
fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend_from_slice(&u16::try_from(payload.len()).unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(&[next, 64]);
    bytes.extend_from_slice(&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend_from_slice(&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    bytes.extend_from_slice(payload);
    bytes
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xc0, 0];
    bytes.extend_from_slice(&port.to_be_bytes());
    bytes.extend_from_slice(&(8 + payload.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(payload);
    bytes
}

/// Decodes one frame that was captured whole.
fn decode_one(link: u16, bytes: &[u8]) -> (FrameDecoder, Batch) {
    decode(LinkType(link), &[(bytes.to_vec(), bytes.len() as u32)])
}

/// Frames that have one of each header, with the link type of each; every one holds the TCP segment of [`packet_v4`] or
/// [`packet_v6`].
fn one_of_each() -> Vec<(&'static str, u16, Vec<u8>)> {
    let (v4, v6) = (packet_v4(), packet_v6());
    let inner = ethernet(0x0800, &[&v4]);
    let tagged = ethernet(0x8100, &[&[0, 5, 0x08, 0x00], &v4]);
    let gre = |flags: u8, protocol: u16, rest: &[&[u8]]| {
        ethernet(0x0800, &[&ipv4(47, 1, 0, &join(&[&[flags, 0], &protocol.to_be_bytes(), &rest.concat()]))])
    };
    let vxlan = join(&[&[8, 0, 0, 0, 0, 0x12, 0x67, 0], &inner]);
    let geneve = join(&[&[2, 0, 0x65, 0x58, 0, 0, 9, 0], &[0, 1, 2, 1, 0xff, 0xff, 0xff, 0xff], &inner]);
    let length = (v4.len() as u16 + 8).to_be_bytes();
    let ppp_length = (v4.len() as u16 + 2).to_be_bytes();
    vec![
        ("ethernet", 1, inner.clone()),
        ("ethernet v6", 1, ethernet(0x86dd, &[&v6])),
        ("padding", 1, join(&[&inner, &[0xaa; 20]])),
        ("802.1q", 1, tagged.clone()),
        ("802.1q v6", 1, ethernet(0x8100, &[&[0, 5, 0x86, 0xdd], &v6])),
        ("priority tag", 1, ethernet(0x8100, &[&[0xe0, 0, 0x08, 0x00], &v4])),
        ("three tags", 1, ethernet(0x9100, &[&[0, 7, 0x88, 0xa8, 0, 6, 0x81, 0x00, 0, 5, 0x08, 0x00], &v4])),
        ("llc snap", 1, ethernet(u16::from_be_bytes(length), &[&[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00], &v4, &[0; 3]])),
        ("llc ip", 1, ethernet(v4.len() as u16 + 3, &[&[6, 6, 3], &v4])),
        ("mpls", 1, ethernet(0x8847, &[&[0, 1, 0, 64, 0, 2, 1, 64], &v4])),
        ("mpls v6", 1, ethernet(0x8848, &[&[0, 2, 1, 64], &v6])),
        ("mpls pseudo-wire", 1, ethernet(0x8847, &[&[0, 2, 1, 64], &tagged])),
        ("mpls pseudo-wire, control word", 1, ethernet(0x8847, &[&[0, 2, 1, 64, 0, 0, 0, 0], &tagged])),
        ("pppoe", 1, ethernet(0x8864, &[&[0x11, 0, 0, 1], &ppp_length, &[0, 0x21], &v4, &[0; 4]])),
        ("pppoe link", 51, join(&[&[0x11, 0, 0, 1], &ppp_length, &[0, 0x21], &v4])),
        ("ppp", 9, join(&[&[0, 0x21], &v4])),
        ("ppp compressed", 9, join(&[&[0x21], &v4])),
        ("ppp hdlc", 50, join(&[&[0xff, 3, 0, 0x57], &v6])),
        ("ppp cisco", 50, join(&[&[0x0f, 0, 0x08, 0], &v4])),
        ("cisco hdlc", 104, join(&[&[0x8f, 0, 0x86, 0xdd], &v6])),
        ("sll", 113, join(&[&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 5, 0x08, 0], &v4])),
        ("sll2", 276, join(&[&[0x86, 0xdd, 0, 0, 0, 0, 0, 2, 3, 4, 0, 6], &[0; 8], &v6])),
        ("null", 0, join(&[&[2, 0, 0, 0], &v4])),
        ("null big-endian", 0, join(&[&[0, 0, 0, 2], &v4])),
        ("null macOS v6", 0, join(&[&[30, 0, 0, 0], &v6])),
        ("loop OpenBSD v6", 108, join(&[&[0, 0, 0, 24], &v6])),
        ("raw", 101, v4.clone()),
        ("raw v6", 12, v6.clone()),
        ("ipv4", 228, v4.clone()),
        ("ipv6", 229, v6.clone()),
        ("gre", 1, gre(0xb0, 0x0800, &[&[0; 4], &[0, 0, 0, 42], &[0, 0, 0, 1], &v4])),
        ("gre teb", 1, gre(0, 0x6558, &[&tagged])),
        ("erspan 1", 1, gre(0, 0x88be, &[&inner])),
        ("erspan 2", 1, gre(0x10, 0x88be, &[&[0, 0, 0, 1], &[0x10, 5, 0x18, 7, 0, 0, 0, 1], &inner])),
        ("erspan 3", 1, gre(0x10, 0x22eb, &[&[0, 0, 0, 1], &[0x20, 5, 0x18, 7, 0, 0, 0, 1, 0, 0, 0, 1], &[0; 8], &inner])),
        ("vxlan", 1, ethernet(0x0800, &[&ipv4(17, 1, 0, &udp(4789, &vxlan))])),
        ("geneve", 1, ethernet(0x86dd, &[&ipv6(17, &udp(6081, &geneve))])),
        ("ipip", 1, ethernet(0x0800, &[&ipv4(4, 1, 0, &v4)])),
        ("6in4", 1, ethernet(0x0800, &[&ipv4(41, 1, 0, &v6)])),
        ("4in6", 1, ethernet(0x86dd, &[&ipv6(4, &v4)])),
        ("6in6 in gre", 1, gre(0, 0x86dd, &[&ipv6(41, &v6)])),
        ("v6 extensions", 1, ethernet(0x86dd, &[&with_extensions(&v6)])),
    ]
}

/// Hop-by-hop options, routing, destination options, an atomic fragment and an authentication header before TCP.
fn with_extensions(packet: &[u8]) -> Vec<u8> {
    let chain = [
        &[43_u8, 0, 1, 4, 0, 0, 0, 0][..],
        &[60, 0, 0, 0, 0, 0, 0, 0],
        &[44, 0, 1, 4, 0, 0, 0, 0],
        &[51, 0, 0, 0, 1, 2, 3, 4],
        &[6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1],
    ];
    ipv6(0, &join(&[&chain.concat(), &packet[40..]]))
}
