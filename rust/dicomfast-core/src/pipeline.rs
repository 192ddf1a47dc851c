//! The wiring: capture -> net -> flow -> dicom -> a [`Sink`]. The only module that sees every stage. With two threads the first
//! reads and takes frames apart, the second does the rest; both ways the same values pass in the same order. An input that may
//! wait (a pipe, a growing file) is always read by a thread of its own, so that the caller is never stuck in a read.

mod front;
mod reading;
mod tap;
mod ticker;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;

#[cfg(feature = "live")]
use crate::capture::live::Live;
#[cfg(feature = "live")]
use crate::capture::save::Saver;
use crate::capture::{CaptureOptions, Input};
use crate::dicom::{DataSetOptions, Dicom};
use crate::error::{Error, Result};
use crate::event::{Sink, Stamp};
use crate::flow::FlowTable;
use crate::limits::Limits;
use crate::net::Detail;
use crate::net::segment::{Batch, Segment};
use crate::stats::Stats;
use front::{Front, Handed};
use reading::{Ending, Reading};
use tap::Tap;
use ticker::Ticker;

/// Frames of one batch in one thread: its segments stay in the second-level cache between the two halves.
const BATCH_FRAMES: usize = 512;
/// How long to wait for the reading thread before the caller is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long rows may wait while an input that waits keeps coming (a pipe, a growing file).
const ROWS_WAIT: Duration = Duration::from_millis(100);
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
    /// A capture filter for the frames of files; empty: everything.
    pub filter: String,
    /// Where else to look for libpcap, which knows what a filter means.
    pub libraries: Vec<std::path::PathBuf>,
    pub data_sets: DataSetOptions,
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
    due: bool,
    last: Option<Stamp>,
    ended: bool,
}

impl<S: Sink> Engine<S> {
    /// Opens the inputs. What is wrong with them is told here; with inputs that may wait, at the first step.
    pub fn open(inputs: Vec<Input>, options: &EngineOptions, sink: S) -> Result<Self> {
        let interrupt = Arc::new(AtomicBool::new(false));
        let limits = &options.limits;
        let detail = Detail::of(&sink.wants());
        let capture = CaptureOptions { follow: options.follow, interrupt: Arc::clone(&interrupt) };
        let filter = reading::Filter::new(&options.filter, &options.libraries)?;
        let front = if options.follow || inputs.iter().any(Input::may_wait) {
            let limits = limits.clone();
            Front::threaded(move || Reading::files(inputs, &limits, detail, capture, filter), Some(Ticker::every(ROWS_WAIT)), &interrupt)?
        } else {
            let reading = Reading::files(inputs, limits, detail, capture, filter)?;
            match threads(options.threads) {
                1 => Front::Inline(Box::new((reading, Batch::default()))),
                _ => Front::threaded(move || Ok(reading), None, &interrupt)?,
            }
        };
        Ok(Self::behind(front, interrupt, options, sink))
    }

    /// Captures on interfaces that are open, until it is interrupted. `saver` gets every frame as well; `rows_wait` is how long rows may
    /// wait to be handed out.
    #[cfg(feature = "live")]
    pub fn live(live: Live, saver: Option<Saver>, rows_wait: Duration, options: &EngineOptions, sink: S) -> Result<Self> {
        let interrupt = live.interrupt_flag();
        let detail = Detail::of(&sink.wants());
        let reading = Reading::live(live, saver, detail, &options.limits);
        let front = Front::threaded(move || Ok(reading), Some(Ticker::every(rows_wait)), &interrupt)?;
        Ok(Self::behind(front, interrupt, options, sink))
    }

    fn behind(front: Front, interrupt: Arc<AtomicBool>, options: &EngineOptions, sink: S) -> Self {
        let limits = &options.limits;
        let flow = FlowTable::new(Tap::new(Dicom::new(sink, limits).telling(options.data_sets.clone())), limits);
        Self { front, flow, interrupt, stats: Stats::default(), idle: false, due: false, last: None, ended: false }
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

    /// Whether rows have waited long enough, since this was asked last.
    pub fn take_due(&mut self) -> bool {
        std::mem::take(&mut self.due)
    }

    /// The last TCP segment that was worked on.
    pub fn last(&self) -> Option<Stamp> {
        self.last
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
            if self.due {
                break;
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
                let bytes = reading.bytes();
                Self::take(&mut self.flow, (&mut self.stats, &mut self.last), batch, bytes);
                if !matches!(more, Ok(true)) {
                    let ending = reading.finish(batch, more.err());
                    Self::take(&mut self.flow, (&mut self.stats, &mut self.last), batch, bytes);
                    self.finish(ending)?;
                }
                Ok(true)
            }
            Front::Thread { batches, empty, .. } => match batches.recv_timeout(PATIENCE) {
                Ok(Handed::Batch { mut batch, bytes, due }) => {
                    self.due |= due;
                    Self::take(&mut self.flow, (&mut self.stats, &mut self.last), &mut batch, bytes);
                    // A full or closed channel only means that the batch is not used again.
                    let _ = empty.try_send(batch);
                    Ok(true)
                }
                Ok(Handed::End(mut batch, ending)) => {
                    let bytes = self.stats.bytes;
                    Self::take(&mut self.flow, (&mut self.stats, &mut self.last), &mut batch, bytes);
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

    fn take(flow: &mut FlowTable<Tap<S>>, (stats, last): (&mut Stats, &mut Option<Stamp>), batch: &mut Batch, bytes: u64) {
        batch.records.drain(..).for_each(|record| flow.consumer.dicom.sink.frame(record));
        stats.packets += batch.frames;
        stats.segments += batch.segments.len() as u64;
        stats.bytes = bytes;
        *last = batch.segments.last().map(Segment::stamp).or(*last);
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
