//! Frames that are cut anywhere or damaged in any byte: no panic, nothing outside of the frame, and the straight way says the
//! same as the long one.

use super::{captures, frame, one_of_each};
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
    if link == super::ETHERNET
        && let Some(fast) = fast::segment(&frame, bytes, 3)
    {
        assert_eq!(format!("{fast:?}"), format!("{:?}", batch.segments[0]));
        assert!(batch.anomalies.is_empty());
    }
}

fn fast_share(frames: &[(Vec<u8>, u32)]) -> usize {
    frames.iter().filter(|(bytes, length)| fast::segment(&frame(1, super::ETHERNET, 0, bytes, *length), bytes, 0).is_some()).count()
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
    for name in ["a26_ipv6.pcap", "a27_vlan.pcap", "a50_tunnels.pcap", "a51_loopback_offload.pcap", "a45_snaplen96.pcap"] {
        let capture = super::read(name);
        let (decoder, batch) = super::decode(capture.link, &capture.frames);
        assert_eq!(fast_share(&capture.frames), batch.segments.len(), "{name}: {:?}", decoder.counts());
    }
}
