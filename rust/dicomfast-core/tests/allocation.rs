//! What arrives in order is neither copied nor does it allocate: counted by an allocator that counts.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test panics where its own input is wrong")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use dicomfast_core::anomaly::Anomaly;
use dicomfast_core::capture::{Frame, Input, LinkType, Window};
use dicomfast_core::dicom::Dicom;
use dicomfast_core::event::{AssociationRecord, Closed, ConnectionRecord, MessageRecord, Sink};
use dicomfast_core::flow::{Consumer, End, FlowTable, Info, Missing, Place};
use dicomfast_core::limits::Limits;
use dicomfast_core::net::FrameDecoder;
use dicomfast_core::net::segment::Batch;
use dicomfast_core::pipeline::{Engine, EngineOptions};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// Those that are as large as a buffer.
    static LARGE: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count(size: usize) {
    // A thread that ends has no counters any more.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    let _ = LARGE.try_with(|count| count.set(count.get() + u64::from(size >= 4_096)));
}

// SAFETY: every call goes to the system's allocator unchanged; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn counted(run: impl FnOnce()) -> (u64, u64) {
    let before = (COUNT.get(), LARGE.get());
    run();
    (COUNT.get() - before.0, LARGE.get() - before.1)
}

const PAYLOAD: usize = 1_460;

fn checksum(bytes: &[&[u8]]) -> u16 {
    let mut sum: u32 =
        bytes.iter().flat_map(|part| part.chunks(2)).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Ethernet, IPv4 and TCP with payload.
fn frame(sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut tcp = vec![0xc0, 0, 0, 104];
    tcp.extend(sequence.to_be_bytes());
    tcp.extend([0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    tcp.extend(payload);
    let hosts = [192, 0, 2, 1, 192, 0, 2, 2];
    let check = checksum(&[&hosts, &[0, 6], &(tcp.len() as u16).to_be_bytes(), &tcp]);
    tcp[16..18].copy_from_slice(&check.to_be_bytes());
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend((20 + tcp.len() as u16).to_be_bytes());
    frame.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
    frame.extend(hosts);
    frame.extend(tcp);
    frame
}

/// A direction that stores one object: command set, then data in P-DATA-TF of 16 KiB, until so many segments are full.
fn segments(count: usize) -> Vec<Vec<u8>> {
    let mut command = vec![0, 0, 0, 0, 4, 0, 0, 0, 30, 0, 0, 0];
    for (element, value) in [(0x0100_u16, 1_u16), (0x0110, 1), (0x0800, 1)] {
        command.extend([0, 0]);
        command.extend(element.to_le_bytes());
        command.extend([2, 0, 0, 0]);
        command.extend(value.to_le_bytes());
    }
    let mut stream = Vec::new();
    let mut pdu = |flags: u8, value: &[u8]| {
        stream.extend([4, 0]);
        stream.extend((value.len() as u32 + 6).to_be_bytes());
        stream.extend((value.len() as u32 + 2).to_be_bytes());
        stream.extend([1, flags]);
        stream.extend(value);
        stream.len()
    };
    pdu(3, &command);
    while pdu(0, &[7; 16_378]) < count * PAYLOAD {}
    let mut frames = vec![frame(0, 2, &[])];
    frames.extend((0..count).map(|at| frame(1 + (at * PAYLOAD) as u32, 16, &stream[at * PAYLOAD..(at + 1) * PAYLOAD])));
    frames
}

#[derive(Default)]
struct Nothing;

impl Sink for Nothing {}

/// Takes frames apart into a batch whose buffers are used again, as the engine does.
fn decode(decoder: &mut FrameDecoder, batch: &mut Batch, window: &Arc<Window>, frames: &[(u32, u32)], first: u64) {
    batch.clear();
    batch.windows.push(Arc::clone(window));
    for (index, (offset, length)) in frames.iter().enumerate() {
        let number = first + index as u64;
        let frame = Frame {
            number,
            time: 1_700_000_000_000_000_000 + number as i64 * 1_000,
            link: LinkType(1),
            capture: 0,
            offset: *offset,
            captured: *length,
            length: *length,
        };
        let bytes = &window.bytes()[*offset as usize..(*offset + *length) as usize];
        decoder.decode(&frame, bytes, 0, batch);
    }
}

fn in_memory(frames: &[Vec<u8>]) -> (Arc<Window>, Vec<(u32, u32)>) {
    let mut bytes = Vec::new();
    let mut places = Vec::new();
    for frame in frames {
        places.push((bytes.len() as u32, frame.len() as u32));
        bytes.extend(frame);
    }
    (Arc::new(Window::owned(bytes)), places)
}

#[test]
fn segments_in_order_allocate_nothing() {
    let limits = Limits::default();
    let (window, places) = in_memory(&segments(20_000));
    let mut decoder = FrameDecoder::new(&limits);
    let mut flow = FlowTable::new(Dicom::new(Nothing, &limits), &limits);
    let mut batch = Batch::default();
    let mut pass = |frames: &[(u32, u32)], first: usize| {
        for (at, part) in frames.chunks(2_048).enumerate() {
            decode(&mut decoder, &mut batch, &window, part, (first + at * 2_048) as u64 + 1);
            flow.process(&batch, |_, _| {});
        }
    };
    let (warm, rest) = places.split_at(9_000);
    pass(warm, 0);
    let allocations = counted(|| pass(rest, 9_000));
    assert_eq!(allocations, (0, 0), "{} segments", rest.len());
}

/// Notes whether what it is given lies in the window.
struct Pointers {
    within: std::ops::Range<usize>,
    bytes: u64,
    copied: u64,
}

impl Consumer for Pointers {
    type State = ();

    fn unread(&self, (): &(), _: End) -> u64 {
        0
    }

    fn data(&mut self, (): &mut (), _: &Info, _: End, _: Place, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let start = bytes.as_ptr() as usize;
        if !self.within.contains(&start) || start + bytes.len() > self.within.end {
            self.copied += bytes.len() as u64;
        }
    }

    fn passed(&mut self, (): &mut (), _: &Info, _: End, _: Place, _: u64) {}
    fn gap(&mut self, (): &mut (), _: &Info, _: End, _: Place, _: u64, _: Missing) {}

    fn begins_anew(&self, _: &[u8]) -> bool {
        false
    }

    fn end(&mut self, (): &mut (), _: &Info, _: Closed) {}
    fn record(&mut self, (): &mut (), _: &Info, _: ConnectionRecord) {}
    fn anomaly(&mut self, (): &mut (), _: Anomaly) {}
}

fn copied(frames: &[Vec<u8>]) -> (u64, u64) {
    let limits = Limits::default();
    let (window, places) = in_memory(frames);
    let start = window.bytes().as_ptr() as usize;
    let consumer = Pointers { within: start..start + window.bytes().len(), bytes: 0, copied: 0 };
    let mut flow = FlowTable::new(consumer, &limits);
    let mut batch = Batch::default();
    decode(&mut FrameDecoder::new(&limits), &mut batch, &window, &places, 1);
    flow.process(&batch, |_, _| {});
    flow.finish();
    (flow.consumer.bytes, flow.consumer.copied)
}

#[test]
fn segments_in_order_are_not_copied() {
    let mut frames = segments(1_000);
    assert_eq!(copied(&frames), (1_000 * PAYLOAD as u64, 0));
    // Of two that changed places, the one that came too early is held, and the other goes the way of the held ones.
    frames.swap(500, 501);
    assert_eq!(copied(&frames), (1_000 * PAYLOAD as u64, 2 * PAYLOAD as u64));
}

/// Keeps nothing of the rows.
struct Counter(u64);

impl Sink for Counter {
    fn message(&mut self, _: MessageRecord) {
        self.0 += 1;
    }

    fn association(&mut self, record: AssociationRecord) {
        self.0 += record.messages;
    }
}

fn engine(frames: &[Vec<u8>]) -> (u64, u64) {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(word.to_le_bytes());
    }
    for (at, frame) in frames.iter().enumerate() {
        for word in [1_700_000_000 + at as u32 / 1_000_000, at as u32 % 1_000_000, frame.len() as u32, frame.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    let inputs = vec![Input::Reader { name: "file".to_owned(), reader: Box::new(std::io::Cursor::new(file)) }];
    let options = EngineOptions { threads: 1, ..EngineOptions::default() };
    counted(|| {
        let mut engine = Engine::open(inputs, &options, Counter(0)).expect("a capture");
        while engine.step().expect("a capture that can be read") {}
        assert_eq!(engine.into_sink().0, 2);
    })
}

#[test]
fn allocations_do_not_grow_with_the_capture() {
    let frames = segments(40_000);
    let ((some, buffers), (more, more_buffers)) = (engine(&frames[..20_000]), engine(&frames));
    assert_eq!(buffers, more_buffers, "no buffer more for 40 000 packets than for 20 000");
    // Each window is shared (`Arc`): that is its one allocation, whatever number of packets it holds.
    let bytes: usize = frames[20_000..].iter().map(|frame| frame.len() + 16).sum();
    let windows = (bytes / Limits::default().window_bytes) as u64 + 2;
    assert!(more <= some + windows, "{some} and {more} allocations, {windows} windows more");
}
