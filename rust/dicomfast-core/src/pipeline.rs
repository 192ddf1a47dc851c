//! The wiring: capture -> net -> flow -> dicom -> a [`Sink`]. The only module that sees every stage. With two threads the first
//! reads and takes frames apart, the second does the rest; both ways the same values pass in the same order. An input that may
//! wait (a pipe, a growing file) is always read by a thread of its own, so that the caller is never stuck in a read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::anomaly::Anomaly;
use crate::capture::{Capture, CaptureOptions, Frame, FrameSink, Input, LinkType, Window};
use crate::dicom::Dicom;
use crate::error::{Error, Result};
use crate::event::{CaptureRecord, Sink};
use crate::flow::FlowTable;
use crate::limits::Limits;
use crate::net::segment::Batch;
use crate::net::{Detail, FrameDecoder};
use crate::stats::Stats;
use tap::Tap;

mod tap;

/// Frames of one batch in one thread: its segments stay in the second-level cache between the two halves.
const BATCH_FRAMES: usize = 512;
/// Frames of one batch from thread to thread: enough that waking the other one costs little.
const HANDED_FRAMES: usize = 2048;
/// Batches on their way from one thread to the other.
const BATCHES: usize = 2;
/// How long to wait for the reading thread before the caller is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long an engine that is dropped waits for its reading thread. One that sits in a read of a silent input is left behind: it
/// ends with that read.
const FAREWELL: Duration = Duration::from_millis(250);
/// Batches that one step takes at most.
const STEP: usize = 16;

/// How a run is done.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// 1 or 2; 0 means two where the machine has two processors. Inputs that may wait always get a thread that reads them.
    pub threads: usize,
    /// Wait for more at the end of a growing file.
    pub follow: bool,
    pub limits: Limits,
}

/// How many threads to use where so many were asked for; 0 asks for as many as the machine has processors.
pub fn threads(asked: usize) -> usize {
    if asked == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { asked }
}

/// Reads captures and hands what happened to a sink.
pub struct Engine<S: Sink> {
    front: Front,
    flow: FlowTable<Tap<S>>,
    interrupt: Arc<AtomicBool>,
    stats: Stats,
    idle: bool,
    ended: bool,
}

enum Front {
    Inline(Box<(Reading, Batch)>),
    Thread { batches: Receiver<Handed>, empty: Sender<Batch>, thread: Option<JoinHandle<()>>, stop: Arc<AtomicBool> },
    Done,
}

/// What the reading thread hands over.
enum Handed {
    Batch(Batch, u64),
    End(Batch, Ending),
}

/// What is told when nothing more is read.
#[derive(Default)]
struct Ending {
    records: Vec<CaptureRecord>,
    /// Link types that nobody can take apart, with their frames.
    unsupported: Vec<(LinkType, u64)>,
    /// Why it ended early. What was read before counts all the same.
    error: Option<Error>,
}

/// The first half: bytes to segments.
struct Reading {
    capture: Capture,
    decoder: FrameDecoder,
    bytes: u64,
}

/// Takes the frames of one batch apart as they are read, while they are in the cache.
struct Decoding<'a> {
    decoder: &'a mut FrameDecoder,
    batch: &'a mut Batch,
    bytes: &'a mut u64,
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
        self.decoder.decode(&frame, bytes, self.slot, self.batch);
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        self.batch.anomalies.push(anomaly);
    }
}

impl Reading {
    fn open(inputs: Vec<Input>, limits: &Limits, detail: Detail, options: CaptureOptions) -> Result<Self> {
        let capture = Capture::open(inputs, limits, options)?;
        Ok(Self { capture, decoder: FrameDecoder::new(limits).telling(detail), bytes: 0 })
    }

    /// Fills a batch; false at the end of the input.
    fn fill(&mut self, batch: &mut Batch, frames: usize) -> Result<bool> {
        batch.clear();
        let mut decoding = Decoding { decoder: &mut self.decoder, batch, bytes: &mut self.bytes, slot: 0 };
        self.capture.read(frames, &mut decoding)
    }

    fn finish(&mut self, batch: &mut Batch, error: Option<Error>) -> Ending {
        batch.clear();
        self.decoder.finish(batch);
        Ending { records: self.capture.records(), unsupported: self.decoder.unsupported().to_vec(), error }
    }
}

impl<S: Sink> Engine<S> {
    /// Opens the inputs. What is wrong with them is told here; with inputs that may wait, at the first step.
    pub fn open(inputs: Vec<Input>, options: &EngineOptions, sink: S) -> Result<Self> {
        let interrupt = Arc::new(AtomicBool::new(false));
        let limits = &options.limits;
        let detail = if sink.wants().frames { Detail::Frames } else { Detail::Segments };
        let capture = CaptureOptions { follow: options.follow, interrupt: Arc::clone(&interrupt) };
        let front = if options.follow || inputs.iter().any(Input::may_wait) {
            let limits = limits.clone();
            Front::threaded(move || Reading::open(inputs, &limits, detail, capture), &interrupt)?
        } else {
            let reading = Reading::open(inputs, limits, detail, capture)?;
            match threads(options.threads) {
                1 => Front::Inline(Box::new((reading, Batch::default()))),
                _ => Front::threaded(move || Ok(reading), &interrupt)?,
            }
        };
        let flow = FlowTable::new(Tap::new(Dicom::new(sink, limits)), limits);
        Ok(Self { front, flow, interrupt, stats: Stats::default(), idle: false, ended: false })
    }

    /// Set it to stop a read that waits.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    pub fn stats(&self) -> Stats {
        Stats { connections: self.flow.len() as u64, ..self.stats }
    }

    /// Whether the last step found nothing to read, though the input is not over.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    pub fn sink(&mut self) -> &mut S {
        &mut self.flow.consumer.dicom.sink
    }

    pub fn into_sink(self) -> S {
        self.flow.consumer.dicom.sink
    }

    /// Works for some milliseconds; false when the input is over and every row was handed to the sink.
    pub fn step(&mut self) -> Result<bool> {
        self.idle = false;
        for _ in 0..STEP {
            if self.ended {
                return Ok(false);
            }
            if !self.advance()? {
                self.idle = !self.ended;
                return Ok(!self.ended);
            }
        }
        Ok(true)
    }

    /// Takes one batch; false where there was none.
    fn advance(&mut self) -> Result<bool> {
        match &mut self.front {
            Front::Inline(both) => {
                let (reading, batch) = both.as_mut();
                let more = reading.fill(batch, BATCH_FRAMES);
                let bytes = reading.bytes;
                Self::take(&mut self.flow, &mut self.stats, batch, bytes);
                if !matches!(more, Ok(true)) {
                    let ending = reading.finish(batch, more.err());
                    Self::take(&mut self.flow, &mut self.stats, batch, bytes);
                    self.finish(ending)?;
                }
                Ok(true)
            }
            Front::Thread { batches, empty, .. } => match batches.recv_timeout(PATIENCE) {
                Ok(Handed::Batch(mut batch, bytes)) => {
                    Self::take(&mut self.flow, &mut self.stats, &mut batch, bytes);
                    // A full or closed channel only means that the batch is not used again.
                    let _ = empty.try_send(batch);
                    Ok(true)
                }
                Ok(Handed::End(mut batch, ending)) => {
                    let bytes = self.stats.bytes;
                    Self::take(&mut self.flow, &mut self.stats, &mut batch, bytes);
                    self.finish(ending)?;
                    Ok(true)
                }
                Err(RecvTimeoutError::Timeout) => Ok(false),
                Err(RecvTimeoutError::Disconnected) => {
                    self.ended = true;
                    Err(Error::Argument("the reading thread ended without a word: please report this".to_owned()))
                }
            },
            Front::Done => Ok(false),
        }
    }

    fn take(flow: &mut FlowTable<Tap<S>>, stats: &mut Stats, batch: &mut Batch, bytes: u64) {
        batch.records.drain(..).for_each(|record| flow.consumer.dicom.sink.frame(record));
        stats.packets += batch.frames;
        stats.segments += batch.segments.len() as u64;
        stats.bytes = bytes;
        flow.process(batch, |consumer, anomaly| consumer.dicom.sink.anomaly(anomaly.clone()));
    }

    /// The input is over. After an error, too, every row of what was read goes to the sink first.
    fn finish(&mut self, ending: Ending) -> Result<()> {
        let Ending { records, unsupported, error } = ending;
        self.ended = true;
        self.front = Front::Done;
        self.flow.finish();
        let input = records.first().map_or_else(String::new, |record| record.name.clone());
        for record in records {
            self.flow.consumer.dicom.sink.capture(record);
        }
        if let Some(error) = error {
            return Err(error);
        }
        let undecoded: u64 = unsupported.iter().map(|(_, count)| *count).sum();
        if undecoded > 0 && undecoded == self.stats.packets {
            let names: Vec<String> = unsupported.iter().map(|(link, _)| link.name()).collect();
            return Err(Error::Unsupported {
                input,
                what: format!("link type {}", names.join(", ")),
                advice: "capture on an Ethernet, cooked, loopback, PPP or raw IP interface".to_owned(),
            });
        }
        Ok(())
    }
}

impl Front {
    fn threaded(open: impl FnOnce() -> Result<Reading> + Send + 'static, interrupt: &Arc<AtomicBool>) -> Result<Self> {
        let (full, batches) = bounded::<Handed>(BATCHES);
        let (empty, emptied) = bounded::<Batch>(BATCHES + 2);
        let stop = Arc::clone(interrupt);
        let stopped = Arc::clone(interrupt);
        let work = move || {
            let mut reading = match open() {
                Ok(reading) => reading,
                Err(error) => {
                    // As below: a closed channel means that nobody wants to know.
                    let _ = full.send(Handed::End(Batch::default(), Ending { error: Some(error), ..Ending::default() }));
                    return;
                }
            };
            while !stopped.load(Ordering::Relaxed) {
                let mut batch = emptied.try_recv().unwrap_or_default();
                let more = reading.fill(&mut batch, HANDED_FRAMES);
                if full.send(Handed::Batch(batch, reading.bytes)).is_err() {
                    return;
                }
                if !matches!(more, Ok(true)) {
                    let mut last = Batch::default();
                    let ending = reading.finish(&mut last, more.err());
                    // A closed channel means that nobody wants the rest.
                    let _ = full.send(Handed::End(last, ending));
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("dicomfast-read".to_owned())
            .spawn(work)
            .map_err(|source| Error::Read { input: "a second thread".to_owned(), source })?;
        Ok(Self::Thread { batches, empty, thread: Some(thread), stop })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Self::Thread { batches, thread, stop, .. } = self {
            stop.store(true, Ordering::Relaxed);
            // Until the thread has ended, and with it the sender. What it still hands over, a few batches, is not wanted.
            let why = loop {
                if let Err(why) = batches.recv_timeout(FAREWELL) {
                    break why;
                }
            };
            if let Some(thread) = thread.take()
                && why == RecvTimeoutError::Disconnected
            {
                // The thread holds no lock and no result; how it ended does not matter any more.
                let _ = thread.join();
            }
        }
    }
}
