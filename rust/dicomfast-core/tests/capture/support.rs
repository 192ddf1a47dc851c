//! A collector of frames, builders of capture bytes, and the recorded captures.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use dicomfast_core::anomaly::{Anomaly, AnomalyKind};
use dicomfast_core::capture::{Capture, CaptureOptions, Frame, FrameSink, Input, Window};
use dicomfast_core::error::{Error, Result};
use dicomfast_core::event::{CaptureRecord, Time};
use dicomfast_core::limits::Limits;

/// A frame with its bytes, without its place in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub number: u64,
    pub time: Time,
    pub link: u16,
    pub capture: u32,
    pub length: u32,
    pub bytes: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Collector {
    pub frames: Vec<Seen>,
    pub anomalies: Vec<Anomaly>,
    window: Option<Arc<Window>>,
}

impl FrameSink for Collector {
    fn window(&mut self, window: &Arc<Window>) {
        self.window = Some(Arc::clone(window));
    }

    fn frame(&mut self, frame: Frame, bytes: &[u8]) {
        let window = self.window.as_ref().expect("a window comes before its frames").bytes();
        let start = frame.offset as usize;
        assert_eq!(&window[start..start + frame.captured as usize], bytes, "the frame lies where it says");
        self.frames.push(Seen {
            number: frame.number,
            time: frame.time,
            link: frame.link.0,
            capture: frame.capture,
            length: frame.length,
            bytes: bytes.to_vec(),
        });
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.anomalies.push(anomaly);
    }
}

/// What reading gave.
pub(crate) struct Outcome {
    pub frames: Vec<Seen>,
    pub anomalies: Vec<Anomaly>,
    pub records: Vec<CaptureRecord>,
    pub secrets: usize,
}

impl Outcome {
    pub(crate) fn kinds(&self) -> Vec<AnomalyKind> {
        self.anomalies.iter().map(|anomaly| anomaly.kind).collect()
    }

    pub(crate) fn times(&self) -> Vec<Time> {
        self.frames.iter().map(|frame| frame.time).collect()
    }
}

/// Small windows, so that records lie across their edges.
pub(crate) fn limits() -> Limits {
    Limits { window_bytes: 4_096, small_window_bytes: 512, record_bytes: 70_000, block_bytes: 80_000, ..Limits::default() }
}

pub(crate) fn read(inputs: Vec<Input>, limits: &Limits) -> Result<Outcome> {
    let mut capture = Capture::open(inputs, limits, CaptureOptions::default())?;
    let mut frames = Vec::new();
    let mut anomalies = Vec::new();
    loop {
        // A new consumer for each call: it must be told the window again.
        let mut collector = Collector::default();
        let more = capture.read(7, &mut collector)?;
        assert!(collector.frames.len() <= 7);
        frames.append(&mut collector.frames);
        anomalies.append(&mut collector.anomalies);
        if !more {
            break;
        }
    }
    for (number, frame) in (1..).zip(&frames) {
        assert_eq!(frame.number, number);
    }
    Ok(Outcome { frames, anomalies, records: capture.records(), secrets: capture.secrets().len() })
}

pub(crate) fn reader(bytes: &[u8]) -> Input {
    Input::Reader { name: "bytes".to_owned(), reader: Box::new(io::Cursor::new(bytes.to_vec())) }
}

pub(crate) fn read_bytes(bytes: &[u8]) -> Result<Outcome> {
    read(vec![reader(bytes)], &limits())
}

pub(crate) fn error_of(bytes: &[u8]) -> String {
    match read_bytes(bytes) {
        Ok(_) => panic!("this must be refused"),
        Err(error @ (Error::NotACapture { .. } | Error::Unsupported { .. } | Error::Decompress { .. })) => error.to_string(),
        Err(other) => panic!("another error: {other}"),
    }
}

pub(crate) fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/formats").join(name)
}

pub(crate) fn case_bytes(name: &str) -> Vec<u8> {
    std::fs::read(case(name)).unwrap()
}

/// A stream that gives its bytes in pieces of the given sizes, over and over.
pub(crate) struct Pieces {
    pub bytes: io::Cursor<Vec<u8>>,
    pub sizes: Vec<usize>,
    pub turn: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len());
        self.turn += 1;
        self.bytes.read(&mut buffer[..size])
    }
}

/// A little-endian pcap file: magic, snap length, link type word, and records (seconds, fraction, captured, length, bytes).
pub(crate) fn pcap(magic: u32, snap_length: u32, link: u32, records: &[(u32, u32, u32, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = magic.to_le_bytes().to_vec();
    bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(snap_length.to_le_bytes());
    bytes.extend(link.to_le_bytes());
    for (seconds, fraction, captured, length, data) in records {
        for word in [seconds, fraction, captured, length] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(*data);
    }
    bytes
}

pub(crate) const MICROSECONDS: u32 = 0xa1b2_c3d4;

/// Builds pcapng blocks in either byte order.
#[derive(Clone, Copy)]
pub(crate) struct Blocks {
    pub big: bool,
}

impl Blocks {
    pub(crate) fn u16(self, value: u16) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    pub(crate) fn u32(self, value: u32) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    pub(crate) fn u64(self, value: u64) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    pub(crate) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = body.len().wrapping_neg() & 3;
        let length = self.u32((body.len() + padding + 12) as u32);
        [&self.u32(kind)[..], &length, body, &[0; 3][..padding], &length].concat()
    }

    pub(crate) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        [&self.u16(code)[..], &self.u16(value.len() as u16), value, &[0; 3][..value.len().wrapping_neg() & 3]].concat()
    }

    pub(crate) fn section(self, options: &[u8]) -> Vec<u8> {
        self.block(0x0a0d_0d0a, &[&self.u32(0x1a2b_3c4d)[..], &self.u16(1), &self.u16(0), &[0xff; 8], options].concat())
    }

    pub(crate) fn interface(self, link: u16, snap_length: u32, options: &[u8]) -> Vec<u8> {
        self.block(1, &[&self.u16(link)[..], &self.u16(0), &self.u32(snap_length), options].concat())
    }

    pub(crate) fn packet(self, interface: u32, timestamp: u64, length: u32, data: &[u8], options: &[u8]) -> Vec<u8> {
        let padding = &[0; 3][..data.len().wrapping_neg() & 3];
        let words = [interface, (timestamp >> 32) as u32, timestamp as u32, data.len() as u32, length];
        let header: Vec<u8> = words.iter().flat_map(|word| self.u32(*word)).collect();
        self.block(6, &[&header[..], data, padding, options].concat())
    }
}
