//! Any bytes as a capture that comes through a stream. Frames lie in their windows, the row of the input counts them, and
//! neither the sizes of the reads nor those of the windows change what is read.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::sync::Arc;

use dicomfast_core::anomaly::{Anomaly, AnomalyKind};
use dicomfast_core::capture::{Capture, CaptureOptions, Frame, FrameSink, Input, Window};
use dicomfast_core::error::Error;
use dicomfast_core::limits::Limits;

/// Gives at most `piece` bytes a read.
struct Pieces {
    bytes: io::Cursor<Vec<u8>>,
    piece: usize,
}

impl Read for Pieces {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = room.len().min(self.piece);
        self.bytes.read(&mut room[..length])
    }
}

#[derive(Default)]
struct Counting {
    window: Option<Arc<Window>>,
    frames: u64,
    bytes: u64,
    content: Vec<u64>,
    anomalies: u64,
    damaged: bool,
}

/// What came of a file: whether it was read without an error and without damage to its compression, and a hash for each frame.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    good: bool,
    damaged: bool,
    content: Vec<u64>,
}

impl FrameSink for Counting {
    fn window(&mut self, window: &Arc<Window>) {
        self.window = Some(Arc::clone(window));
    }

    fn frame(&mut self, frame: Frame, bytes: &[u8]) {
        self.frames += 1;
        self.bytes += bytes.len() as u64;
        assert_eq!(frame.number, self.frames, "frames are numbered in order");
        assert_eq!(frame.captured as usize, bytes.len());
        let window = self.window.as_ref().expect("a window before its first frame");
        let place = window.bytes().get(frame.offset as usize..).and_then(|rest| rest.get(..bytes.len()));
        assert_eq!(place.map(<[u8]>::as_ptr), Some(bytes.as_ptr()), "the frame lies where it says");
        let mut hasher = DefaultHasher::new();
        (frame.time, frame.link, frame.length, bytes).hash(&mut hasher);
        self.content.push(hasher.finish());
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.anomalies += 1;
        self.damaged |= anomaly.kind == AnomalyKind::DamagedCompression;
    }
}

fn read(data: &[u8], piece: usize, window_bytes: usize, step: usize) -> Outcome {
    let limits = Limits {
        window_bytes,
        record_bytes: 64 << 10,
        block_bytes: 64 << 10,
        compression_ratio: 100,
        compression_ratio_from: 1 << 20,
        zstd_window_log: 20,
        ..Limits::default()
    };
    let reader = Box::new(Pieces { bytes: io::Cursor::new(data.to_vec()), piece });
    let input = Input::Reader { name: "fuzz".to_owned(), reader };
    let mut capture = match Capture::open(vec![input], &limits, CaptureOptions::default()) {
        Ok(capture) => capture,
        Err(error) => return Outcome { good: false, damaged: matches!(error, Error::Decompress { .. }), content: Vec::new() },
    };
    let mut sink = Counting::default();
    let good = loop {
        let before = sink.frames;
        let more = capture.read(step, &mut sink);
        assert!(sink.frames - before <= step as u64, "no more frames than asked for");
        match more {
            Ok(true) => {}
            Ok(false) => break true,
            Err(_) => break false,
        }
    };
    let record = &capture.records()[0];
    assert_eq!((record.packets, record.bytes), (sink.frames, sink.bytes), "the row counts what was handed on");
    assert!(sink.anomalies <= 4 * sink.frames + 2 * data.len() as u64 + 8, "anomalies in proportion to the input");
    Outcome { good, damaged: sink.damaged, content: sink.content }
}

pub fn files(data: &[u8]) {
    let piece = 1 + data.iter().map(|byte| usize::from(*byte)).sum::<usize>() % 3_000;
    let whole = read(data, usize::MAX, 256 << 10, 2_048);
    let pieces = read(data, piece, 4 << 10, 1 + piece % 7);
    if whole.damaged || pieces.damaged {
        // How many of the bytes right before the damage come out depends on how many were asked for.
        let common = whole.content.len().min(pieces.content.len());
        assert_eq!(whole.content[..common], pieces.content[..common], "the same frames up to the damage");
    } else {
        assert_eq!(whole, pieces, "the same frames whatever the pieces (of {piece} bytes)");
    }
}
