//! IP fragments: cut from a real packet, in every order, with copies, holes and lies.

use super::{decode, ethernet, frame, ipv4, ipv6, join, packet_v4, packet_v6, seen};
use crate::anomaly::AnomalyKind;
use crate::capture::LinkType;
use crate::limits::Limits;
use crate::net::FrameDecoder;
use crate::net::segment::{ARENA, Batch};

const V4: LinkType = LinkType(228);
const V6: LinkType = LinkType(229);
const MORE: u16 = 0x2000;

type Frames = Vec<(Vec<u8>, u32)>;

fn whole(bytes: Vec<u8>) -> (Vec<u8>, u32) {
    let length = bytes.len() as u32;
    (bytes, length)
}

/// One IPv4 fragment of protocol 6; `offset` in bytes.
fn piece(id: u16, offset: usize, more: bool, payload: &[u8]) -> (Vec<u8>, u32) {
    whole(ipv4(6, id, (offset / 8) as u16 | if more { MORE } else { 0 }, payload))
}

/// The TCP segment of the real packet in pieces of 64 bytes.
fn pieces_v4() -> Frames {
    let segment = packet_v4()[20..].to_vec();
    let last = segment.len().div_ceil(64) - 1;
    segment.chunks(64).enumerate().map(|(index, chunk)| piece(7, index * 64, index != last, chunk)).collect()
}

fn piece_v6(offset: usize, more: bool, payload: &[u8]) -> (Vec<u8>, u32) {
    let field = (offset as u16 | u16::from(more)).to_be_bytes();
    whole(ipv6(44, &join(&[&[6, 0], &field, &[0, 0, 0, 9], payload])))
}

fn pieces_v6() -> Frames {
    let segment = packet_v6()[40..].to_vec();
    let last = segment.len().div_ceil(64) - 1;
    segment.chunks(64).enumerate().map(|(index, chunk)| piece_v6(index * 64, index != last, chunk)).collect()
}

fn kinds(batch: &Batch) -> Vec<AnomalyKind> {
    batch.anomalies.iter().map(|anomaly| anomaly.kind).collect()
}

/// The decoder's answer to fragments is the one segment of the real packet, with the stamp of packet `last`.
fn assert_whole(link: LinkType, frames: &[(Vec<u8>, u32)], last: u64) {
    let plain = if link == V4 { packet_v4() } else { packet_v6() };
    let (_, plain) = decode(link, &[whole(plain)]);
    let (decoder, batch) = decode(link, frames);
    assert_eq!(batch.segments.len(), 1, "{:?} {:?}", decoder.counts(), batch.anomalies);
    let segment = &batch.segments[0];
    assert_eq!(seen(&batch, segment), seen(&plain, &plain.segments[0]));
    assert_eq!((segment.slot, segment.packet, segment.time), (ARENA, last, last as i64 * 1_000_000));
    assert_eq!(kinds(&batch), []);
    assert_eq!(decoder.counts().fragments, frames.len() as u64 - 1);
}

fn assert_nothing(link: LinkType, frames: &[(Vec<u8>, u32)], expected: &[AnomalyKind]) {
    let (mut decoder, mut batch) = decode(link, frames);
    assert_eq!(batch.segments.len(), 0);
    decoder.finish(&mut batch);
    batch.anomalies.retain(|anomaly| anomaly.kind != AnomalyKind::CutPacket);
    assert_eq!(kinds(&batch), expected);
}

#[test]
fn in_every_order_and_with_copies() {
    for (link, pieces) in [(V4, pieces_v4()), (V6, pieces_v6())] {
        let count = pieces.len() as u64;
        assert!(count >= 4);
        assert_whole(link, &pieces, count);
        assert_whole(link, &pieces.iter().rev().cloned().collect::<Frames>(), count);
        for shift in 1..pieces.len() {
            let mut turned = pieces.clone();
            turned.rotate_left(shift);
            turned.swap(0, 1);
            assert_whole(link, &turned, count);
        }
        // A mirror port that copies both ways: each fragment twice. The last copy comes after the end and begins nothing.
        let twice: Frames = pieces.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
        assert_whole(link, &twice, count * 2 - 1);
    }
}

#[test]
fn the_next_datagram_may_have_the_same_id() {
    let (_, batch) = decode(V4, &[pieces_v4(), pieces_v4()].concat());
    assert_eq!(batch.segments.len(), 2);
    assert_eq!(batch.payload(&batch.segments[0]), batch.payload(&batch.segments[1]));
}

#[test]
fn never_whole_with_a_hole() {
    for missing in 0..pieces_v4().len() {
        let mut pieces = pieces_v4();
        pieces.remove(missing);
        assert_nothing(V4, &pieces, &[AnomalyKind::FragmentTimeout]);
    }
}

#[test]
fn overlaps() {
    let segment = packet_v4()[20..].to_vec();
    let all = segment.len();
    // The same bytes again, over two pieces and beyond their end: harmless in IPv4.
    let mut pieces = vec![piece(7, 0, true, &segment[..64]), piece(7, 128, true, &segment[128..192])];
    pieces.push(piece(7, 32, true, &segment[32..200]));
    pieces.push(piece(7, 200, false, &segment[200..all]));
    assert_whole(V4, &pieces, 4);
    // Other bytes (teardrop, the start of the header again): the datagram is dropped, and so is what still comes of it.
    let mut pieces = pieces_v4();
    let mut lie = segment[64..128].to_vec();
    lie[10] ^= 1;
    pieces.insert(2, piece(7, 64, true, &lie));
    assert_nothing(V4, &pieces, &[AnomalyKind::FragmentOverlap]);
    // IPv6: any overlap (RFC 5722), even of the same bytes, and the first fragment again does not help.
    let segment = packet_v6()[40..].to_vec();
    let mut pieces = pieces_v6();
    pieces.insert(1, piece_v6(32, true, &segment[32..64]));
    pieces.extend(pieces_v6());
    assert_nothing(V6, &pieces, &[AnomalyKind::FragmentOverlap]);
}

#[test]
fn fragments_that_cannot_be() {
    let segment = packet_v4()[20..].to_vec();
    for bad in [
        piece(7, 65_528, false, &[0; 8]),     // ping of death
        piece(7, 64, true, &segment[64..71]), // no multiple of 8
        piece(7, 64, true, &[]),
        (ipv4(6, 7, 8 | MORE, &[0; 16])[..30].to_vec(), 36), // cut, and not the last
    ] {
        let mut pieces = pieces_v4();
        pieces[1] = bad;
        assert_nothing(V4, &pieces, &[AnomalyKind::BadFragment]);
    }
    // Two ends, and a piece beyond the end.
    let mut pieces = pieces_v4();
    pieces[0] = piece(7, 640, false, &[0; 8]);
    assert_nothing(V4, &pieces, &[AnomalyKind::BadFragment]);
    pieces[0] = piece(7, 64, false, &[0; 8]);
    assert_nothing(V4, &pieces, &[AnomalyKind::BadFragment]);
}

#[test]
fn a_cut_at_the_end_leaves_what_was_captured() {
    let mut pieces = pieces_v4();
    let (bytes, _) = pieces.last_mut().unwrap();
    bytes.truncate(30);
    let (_, batch) = decode(V4, &pieces);
    let (_, plain) = decode(V4, &[whole(packet_v4())]);
    let (cut, plain_segment) = (&batch.segments[0], &plain.segments[0]);
    assert_eq!(cut.length, plain_segment.length);
    assert!(cut.captured < cut.length && plain.payload(plain_segment).starts_with(batch.payload(cut)));
    assert_eq!(batch.payload(cut).len(), cut.captured as usize);
}

#[test]
fn a_first_fragment_too_small_for_the_tcp_header_waits_for_the_rest() {
    let segment = packet_v4()[20..].to_vec();
    assert_whole(V4, &[piece(7, 0, true, &segment[..8]), piece(7, 8, false, &segment[8..])], 2);
}

#[test]
fn fragments_in_tunnels_and_tunnels_in_fragments() {
    let inside: Frames = pieces_v4().into_iter().map(|(bytes, _)| whole(ethernet(0x0800, &[&ipv4(4, 1, 0, &bytes)]))).collect();
    let outer = join(&[&[0, 0, 0x08, 0], &packet_v4()]);
    let outside: Frames = [(0, true, &outer[..200]), (200, false, &outer[200..])]
        .map(|(offset, more, part)| {
            whole(ethernet(0x8100, &[&[0, 5, 8, 0], &ipv4(47, 3, (offset / 8) | if more { MORE } else { 0 }, part)]))
        })
        .to_vec();
    let (_, plain) = decode(V4, &[whole(packet_v4())]);
    for (frames, tunnel) in [(inside, "ipip"), (outside, "gre")] {
        let (_, batch) = decode(LinkType(1), &frames);
        assert_eq!(seen(&batch, &batch.segments[0]), seen(&plain, &plain.segments[0]));
        assert_eq!(batch.tunnels, [tunnel]);
    }
    // The same addresses and id in another VLAN are another datagram.
    let pieces = pieces_v4();
    let tagged: Frames =
        pieces.iter().enumerate().map(|(index, (bytes, _))| whole(ethernet(0x8100, &[&[0, index as u8 + 1, 8, 0], bytes]))).collect();
    assert_eq!(decode(LinkType(1), &tagged).1.segments.len(), 0);
}

#[test]
fn time_and_memory_have_limits() {
    let limits = Limits { fragment_datagrams: 4, fragment_timeout: 5_000_000, fragment_bytes: 4_096, ..Limits::default() };
    let mut decoder = FrameDecoder::new(&limits);
    let mut batch = Batch::default();
    let mut number = 0;
    let mut add = |decoder: &mut FrameDecoder, batch: &mut Batch, (bytes, length): &(Vec<u8>, u32)| {
        number += 1;
        decoder.decode(&frame(number, V4, 0, bytes, *length), bytes, 0, batch);
    };
    // Five begun: the oldest gives way. One whose rest comes in time is whole.
    for id in 1..=5 {
        add(&mut decoder, &mut batch, &piece(id, 0, true, &[0; 64]));
    }
    assert_eq!(kinds(&batch), [AnomalyKind::FragmentLimit]);
    assert_eq!(batch.anomalies[0].packet, Some(1));
    // 30 packets of 1 ms each later, the others have run out of time.
    for _ in 0..30 {
        add(&mut decoder, &mut batch, &piece(5, 0, true, &[0; 64]));
    }
    let timeouts = kinds(&batch).iter().filter(|kind| **kind == AnomalyKind::FragmentTimeout).count();
    assert!((4..=10).contains(&timeouts), "{timeouts}");
    // A datagram larger than the memory for all of them does not come to be.
    batch.clear();
    decoder = FrameDecoder::new(&Limits { fragment_timeout: 1_000_000_000, ..limits });
    for index in 0..100 {
        add(&mut decoder, &mut batch, &piece(9, index * 64, index != 99, &[0; 64]));
    }
    assert_eq!(kinds(&batch), [AnomalyKind::FragmentLimit]);
    assert_eq!(batch.segments.len(), 0);
}
