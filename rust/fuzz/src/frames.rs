//! Frames of a link type that the first byte chooses: the segment found in each lies in the frame (or in what was put together
//! from fragments), every frame is counted once, and nothing grows faster than the input.

use std::net::IpAddr;
use std::sync::Arc;

use dicomfast_core::capture::{Frame, LinkType, Window};
use dicomfast_core::limits::Limits;
use dicomfast_core::net::FrameDecoder;
use dicomfast_core::net::segment::{ARENA, Batch, NO_TUNNEL};

use super::ops::Ops;

const LINK_TYPES: [u16; 16] = [1, 0, 108, 9, 50, 51, 104, 12, 14, 101, 228, 229, 113, 276, 147, 105];
/// Frames that share a batch.
const BATCH: usize = 8;

fn limits() -> Limits {
    Limits { fragment_datagrams: 8, fragment_bytes: 64 << 10, ..Limits::default() }
}

/// Every input is a link type and frames: each a word for its length, whose upper bits tell how much the snap length cut off, and
/// a byte of seconds since the one before.
pub fn frames(data: &[u8]) {
    let mut ops = Ops(data);
    let Some(first) = ops.byte() else { return };
    let link = LinkType(LINK_TYPES[usize::from(first) % LINK_TYPES.len()]);
    let mut decoder = FrameDecoder::new(&limits());
    let (mut batch, mut time, mut number, mut anomalies) = (Batch::default(), 0_i64, 0_u64, 0);
    while let (Some(head), Some(seconds)) = (ops.word(), ops.byte()) {
        let bytes = ops.upto(usize::from(head & 0xfff));
        let cut = u32::from(head >> 12) * 16;
        if number.is_multiple_of(BATCH as u64) {
            batch.clear();
        }
        // Not from the window's start, as in a file.
        let offset = 16;
        let window = Arc::new(Window::owned([&[0xaa; 16][..], bytes, &[0x55; 8]].concat()));
        batch.windows.push(window);
        number += 1;
        time += i64::from(seconds) * 1_000_000_000;
        let captured = bytes.len() as u32;
        let frame = Frame { number, time, link, capture: 0, offset, captured, length: captured + cut };
        let before = (batch.segments.len(), batch.anomalies.len());
        let slot = (batch.windows.len() - 1) as u16;
        decoder.decode(&frame, bytes, slot, &mut batch);
        assert!(batch.segments.len() <= before.0 + 1, "one segment of one frame");
        anomalies += batch.anomalies.len() - before.1;
        if batch.segments.len() > before.0 {
            check(&batch, offset, captured, slot, number);
        }
    }
    batch.clear();
    decoder.finish(&mut batch);
    anomalies += batch.anomalies.len();
    assert!(anomalies as u64 <= 3 * number + 2, "{anomalies} anomalies of {number} frames");
    let counts = decoder.counts();
    let sum = counts.tcp + counts.udp + counts.other + counts.fragments + counts.not_ip + counts.undecoded;
    assert_eq!(sum, number, "every frame is counted once: {counts:?}");
}

fn check(batch: &Batch, offset: u32, captured: u32, slot: u16, number: u64) {
    let segment = batch.segments.last().expect("the one just made");
    assert_eq!(segment.packet, number);
    assert!(segment.captured <= segment.length, "no more captured than sent");
    assert!(segment.header_length >= 20);
    assert_eq!(segment.payload, segment.header + u32::from(segment.header_length), "the payload follows the header");
    assert_eq!(batch.header(segment).len(), usize::from(segment.header_length));
    assert_eq!(batch.payload(segment).len(), segment.captured as usize);
    if segment.slot == ARENA {
        assert!(batch.arena.len() <= BATCH * (64 << 10), "no more put together than the fragments held");
    } else {
        assert_eq!(segment.slot, slot);
        assert!(segment.header >= offset && segment.payload + segment.captured <= offset + captured, "inside the frame");
    }
    if segment.tunnel != NO_TUNNEL {
        assert!(batch.tunnels.get(usize::from(segment.tunnel)).is_some_and(|name| (1..=512).contains(&name.len())));
    }
    let _: IpAddr = segment.source.endpoint().ip;
}
