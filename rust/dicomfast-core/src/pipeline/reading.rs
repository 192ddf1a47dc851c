//! The first half of an engine: files or interfaces to segments, past a capture filter, and into a file where one is written.

use std::path::PathBuf;
use std::sync::Arc;

use crate::anomaly::Anomaly;
#[cfg(feature = "live")]
use crate::capture::live::{FileFilter, Live};
#[cfg(feature = "live")]
use crate::capture::save::Saver;
use crate::capture::{Capture, CaptureOptions, Frame, FrameSink, Input, LinkType, Window};
use crate::error::{Error, Result};
use crate::event::CaptureRecord;
use crate::limits::Limits;
use crate::net::segment::Batch;
use crate::net::{Detail, FrameDecoder};

/// What is told when nothing more is read.
#[derive(Default)]
pub(super) struct Ending {
    pub(super) records: Vec<CaptureRecord>,
    /// Link types that nobody can take apart, with their frames.
    pub(super) unsupported: Vec<(LinkType, u64)>,
    /// Why it ended early. What was read before counts all the same.
    pub(super) error: Option<Error>,
}

enum Source {
    Files(Box<Capture>),
    #[cfg(feature = "live")]
    Live(Box<Live>),
}

/// Bytes to segments.
pub(super) struct Reading {
    source: Source,
    decoder: FrameDecoder,
    bytes: u64,
    ways: Ways,
}

/// Which frames are decoded, and where they go besides.
#[derive(Default)]
struct Ways {
    #[cfg(feature = "live")]
    filter: Filter,
    #[cfg(feature = "live")]
    saver: Option<Saver>,
    /// Why writing failed, until somebody is told.
    failed: Option<Error>,
    /// As many files as were asked for are full.
    over: bool,
}

/// A capture filter for the frames of files (the kernel has those of interfaces).
#[derive(Default)]
pub(super) struct Filter {
    #[cfg(feature = "live")]
    compiled: Option<Box<FileFilter>>,
}

impl Filter {
    #[cfg(feature = "live")]
    pub(super) fn new(expression: &str, libraries: &[PathBuf]) -> Result<Self> {
        let compiled = if expression.is_empty() { None } else { Some(Box::new(FileFilter::new(expression, libraries)?)) };
        Ok(Self { compiled })
    }

    #[cfg(not(feature = "live"))]
    pub(super) fn new(expression: &str, _libraries: &[PathBuf]) -> Result<Self> {
        if expression.is_empty() { Ok(Self {}) } else { Err(Error::Argument("this build has no capture filters".to_owned())) }
    }
}

impl Ways {
    /// Whether the frame is wanted; writes it where frames are written.
    #[cfg(feature = "live")]
    #[inline]
    fn admit(&mut self, frame: &Frame, bytes: &[u8]) -> bool {
        if let Some(filter) = &mut self.filter.compiled
            && !filter.passes(frame.link, bytes, frame.length)
        {
            return false;
        }
        if self.saver.is_some() {
            self.save(frame, bytes);
        }
        true
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "as with it")]
    const fn admit(&self, _frame: &Frame, _bytes: &[u8]) -> bool {
        true
    }

    #[cfg(feature = "live")]
    fn save(&mut self, frame: &Frame, bytes: &[u8]) {
        let Some(saver) = &mut self.saver else { return };
        match saver.frame(frame, bytes, &[]) {
            Ok(more) => self.over |= !more,
            Err(error) => {
                self.failed = Some(error);
                self.saver = None;
            }
        }
    }
}

/// Takes the frames of one batch apart as they are read, while they are in the cache.
struct Decoding<'a> {
    decoder: &'a mut FrameDecoder,
    batch: &'a mut Batch,
    bytes: &'a mut u64,
    ways: &'a mut Ways,
    slot: u16,
}

impl FrameSink for Decoding<'_> {
    fn window(&mut self, window: &Arc<Window>) {
        let known = self.batch.windows.iter().rposition(|held| Arc::ptr_eq(held, window));
        let slot = known.unwrap_or_else(|| {
            self.batch.windows.push(Arc::clone(window));
            self.batch.windows.len() - 1
        });
        self.slot = slot as u16;
    }

    #[inline]
    fn frame(&mut self, frame: Frame, bytes: &[u8]) {
        self.batch.frames += 1;
        *self.bytes += bytes.len() as u64;
        if self.ways.admit(&frame, bytes) {
            self.decoder.decode(&frame, bytes, self.slot, self.batch);
        }
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.batch.anomalies.push(anomaly);
    }
}

impl Reading {
    pub(super) fn files(inputs: Vec<Input>, limits: &Limits, detail: Detail, options: CaptureOptions, filter: Filter) -> Result<Self> {
        let capture = Capture::open(inputs, limits, options)?;
        #[cfg(feature = "live")]
        let ways = Ways { filter, ..Ways::default() };
        #[cfg(not(feature = "live"))]
        let (Filter {}, ways) = (filter, Ways::default());
        Ok(Self { source: Source::Files(Box::new(capture)), decoder: FrameDecoder::new(limits).telling(detail), bytes: 0, ways })
    }

    #[cfg(feature = "live")]
    pub(super) fn live(live: Live, saver: Option<Saver>, detail: Detail, limits: &Limits) -> Self {
        let ways = Ways { saver, ..Ways::default() };
        Self { source: Source::Live(Box::new(live)), decoder: FrameDecoder::new(limits).telling(detail), bytes: 0, ways }
    }

    pub(super) fn is_live(&self) -> bool {
        !matches!(self.source, Source::Files(_))
    }

    /// Read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fills a batch; false at the end of the input.
    pub(super) fn fill(&mut self, batch: &mut Batch, frames: usize) -> Result<bool> {
        batch.clear();
        let mut decoding = Decoding { decoder: &mut self.decoder, batch, bytes: &mut self.bytes, ways: &mut self.ways, slot: 0 };
        let more = match &mut self.source {
            Source::Files(capture) => capture.read(frames, &mut decoding),
            #[cfg(feature = "live")]
            Source::Live(live) => live.read(frames, &mut decoding),
        }?;
        match self.ways.failed.take() {
            Some(error) => Err(error),
            None => Ok(more && !self.ways.over),
        }
    }

    pub(super) fn finish(&mut self, batch: &mut Batch, error: Option<Error>) -> Ending {
        batch.clear();
        self.decoder.finish(batch);
        let records = match &self.source {
            Source::Files(capture) => capture.records(),
            #[cfg(feature = "live")]
            Source::Live(live) => live.records(),
        };
        #[cfg(feature = "live")]
        let error = {
            let mut error = error;
            batch.anomalies.extend(self.ways.filter.compiled.as_ref().and_then(|filter| filter.missed()));
            if let Some(saver) = self.ways.saver.take()
                && let Err(failed) = saver.finish(&records)
            {
                error.get_or_insert(failed);
            }
            error
        };
        Ending { records, unsupported: self.decoder.unsupported().to_vec(), error }
    }
}
