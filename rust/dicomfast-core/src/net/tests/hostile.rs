//! Frames that are cut anywhere or damaged in any byte: no panic, nothing outside of the frame, and the straight way says the
//! same as the long one.

use super::{captures, decode, frame, one_of_each, read};
use crate::capture::LinkType;
use crate::limits::Limits;
use crate::net::segment::{ARENA, Batch};
use crate::net::{FrameDecoder, fast};

const OFFSET: u32 = 1_000;

/// Decodes bytes as a frame and checks what every answer must fulfil.
fn check(decoder: &mut FrameDecoder, batch: &mut Batch, link: LinkType, bytes: &[u8], length: u32) {
    batch.clear();
    let frame = frame(1, link, OFFSET, bytes, length);
    decoder.decode_any(&frame, bytes, 3, batch);
    assert!(batch.segments.len() <= 1);
    for segment in &batch.segments {
        let (start, end) = if segment.slot == ARENA { (0, batch.arena.len()) } else { (OFFSET as usize, OFFSET as usize + bytes.len()) };
        let header_end = segment.header as usize + usize::from(segment.header_length);
        assert!(segment.header as usize >= start && header_end == segment.payload as usize, "{segment:?}");
        assert!(segment.payload as usize + segment.captured as usize <= end && segment.captured <= segment.length, "{segment:?}");
        assert!(segment.header_length >= 20);
    }
    let mut straight = Vec::new();
    if fast::segment(&frame, bytes, 3, &mut straight).is_some() {
        assert_eq!(format!("{straight:?}"), format!("{:?}", batch.segments));
        assert!(batch.anomalies.is_empty());
    }
}

#[test]
fn cut_anywhere() {
    let (mut decoder, mut batch) = (FrameDecoder::new(&Limits::default()), Batch::default());
    for (_, link, bytes) in one_of_each() {
        for end in 0..=bytes.len() {
            check(&mut decoder, &mut batch, LinkType(link), &bytes[..end], bytes.len() as u32);
            check(&mut decoder, &mut batch, LinkType(link), &bytes[..end], end as u32);
        }
    }
    assert!(decoder.counts().tcp > 10_000 && decoder.counts().undecoded > 1_000, "{:?}", decoder.counts());
}

#[test]
fn damaged_in_any_byte() {
    let (mut decoder, mut batch) = (FrameDecoder::new(&Limits::default()), Batch::default());
    for (_, link, mut bytes) in one_of_each() {
        let length = bytes.len() as u32;
        for at in 0..bytes.len().min(180) {
            let original = bytes[at];
            for value in (0..=7).map(|bit| original ^ (1 << bit)).chain([0, 0xff]) {
                bytes[at] = value;
                check(&mut decoder, &mut batch, LinkType(link), &bytes, length);
            }
            bytes[at] = original;
        }
    }
}

#[test]
fn frames_of_captures_as_any_link_type() {
    let (mut decoder, mut batch) = (FrameDecoder::new(&Limits::default()), Batch::default());
    let mut frames = 0;
    for (_, capture) in captures() {
        for (bytes, length) in &capture.frames {
            for link in [0, 1, 9, 12, 50, 51, 101, 104, 108, 113, 228, 229, 276, 105] {
                check(&mut decoder, &mut batch, LinkType(link), bytes, *length);
                frames += 1;
            }
        }
    }
    let counts = decoder.counts();
    assert_eq!(counts.tcp + counts.udp + counts.other + counts.fragments + counts.not_ip + counts.undecoded, frames);
}

#[test]
fn plain_captures_take_the_straight_way() {
    let names = ["a26_ipv6", "a27_vlan", "a45_snaplen96", "a47_formats.null", "a47_formats.loop", "a47_formats.raw", "a48_any_sll.sll"];
    for name in names.into_iter().chain(["a48_any_sll.sll2", "a50_tunnels", "a51_loopback_offload"]) {
        let capture = read(&format!("{name}.pcap"));
        let (_, batch) = decode(capture.link, &capture.frames);
        let straight =
            |bytes: &[u8], length: u32| fast::segment(&frame(1, capture.link, 0, bytes, length), bytes, 0, &mut Vec::new()).is_some();
        let count = capture.frames.iter().filter(|(bytes, length)| straight(bytes, *length)).count();
        assert_eq!(count, batch.segments.len(), "{name}");
    }
}
