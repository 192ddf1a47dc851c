//! Bytes -> frames: capture files and streams of every kind. Knows nothing of what is inside a frame.

mod compressed;
mod frame;
mod input;
mod link_type;
#[cfg(feature = "live")]
pub mod live;
mod merge;
mod pcap;
mod pcapng;
mod pcapng_blocks;
mod pcapng_time;
#[cfg(feature = "live")]
pub mod save;
#[cfg(feature = "live")]
pub mod slice;
mod sniff;
mod source;
mod tally;
mod track;
mod walk;
mod window;

use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use frame::{Frame, FrameSink};
pub use input::Input;
pub use link_type::LinkType;
pub use window::Window;

use crate::anomaly::{Anomaly, AnomalyKind};
use crate::error::{Error, Result};
use crate::event::{CaptureRecord, NO_TIME, Time};
use crate::limits::Limits;
use merge::{Entry, State};
use source::Patience;
use track::{Outcome, Track};
use walk::Run;
use window::Pool;

/// Windows whose frames are handed on together. Where they are on their way to another thread, there are more such sets, and all of them
/// are to fit into the buffers that are used again (`limits.windows`) and into the processor's cache.
const TOGETHER: usize = 4;

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct CaptureOptions {
    /// At the end of the last file wait for more, until `interrupt` is set.
    pub follow: bool,
    /// Set by the user's Ctrl-C: ends a wait.
    pub interrupt: Arc<AtomicBool>,
}

/// One or more inputs, read as one capture in the order of time.
pub struct Capture {
    limits: Limits,
    options: CaptureOptions,
    pool: Pool,
    /// Inputs with frames left.
    queue: BinaryHeap<Entry>,
    /// Inputs of the queue that are open now.
    open: usize,
    records: Vec<CaptureRecord>,
    secrets: Vec<Vec<u8>>,
    secret_bytes: usize,
    number: u64,
    /// Found while opening, told at the first read.
    pending: Vec<Anomaly>,
}

impl Capture {
    /// Opens every input and reads enough of each to know that it is a capture. Of several, the regular files are closed
    /// again until their turn comes.
    pub fn open(inputs: Vec<Input>, limits: &Limits, options: CaptureOptions) -> Result<Self> {
        if inputs.is_empty() {
            return Err(Error::Argument("no input was given".to_owned()));
        }
        let mut this = Self {
            limits: limits.clone(),
            options,
            pool: Pool::new(limits.windows),
            queue: BinaryHeap::with_capacity(inputs.len()),
            open: 0,
            records: Vec::with_capacity(inputs.len()),
            secrets: Vec::new(),
            secret_bytes: 0,
            number: 0,
            pending: Vec::new(),
        };
        let alone = inputs.len() == 1;
        for (index, input) in (0..).zip(inputs) {
            this.look(index, input, alone)?;
        }
        Ok(this)
    }

    /// Looks at the beginning of an input.
    fn look(&mut self, index: u32, input: Input, alone: bool) -> Result<()> {
        let mut opened = input.open()?;
        let path = opened.path.take().filter(|_| !alone);
        let target = if alone { self.limits.window_bytes } else { self.limits.small_window_bytes }.max(sniff::LENGTH);
        let mut track = Track::open(opened, index, target, &self.limits, &self.options, &mut self.pool)?;
        let mut time = NO_TIME;
        if !alone {
            let mut run = Run { number: 0, budget: 0, windows: 0, until: Time::MAX };
            let mut sink = Looking::default();
            match track.run(&mut run, Patience::Streams, target, &self.limits, &mut self.pool, &mut sink)? {
                Outcome::Later(first) => time = first,
                // It has no frames: what there is to say is said, unless the file will be opened again.
                Outcome::End if path.is_none() => {
                    self.pending.append(&mut sink.0);
                    self.records.push(track.record());
                    return Ok(());
                }
                Outcome::Pause | Outcome::End => {}
            }
            if path.is_none() {
                self.pending.append(&mut sink.0);
            }
        }
        self.records.push(track.record());
        let state = if let Some(path) = path {
            State::Closed(path)
        } else {
            self.open += 1;
            State::Open(Box::new(track))
        };
        self.queue.push(Entry { time, index, state });
        Ok(())
    }

    /// Hands on at most `frames` frames. `false`: all inputs are at their end. It comes back with fewer frames rather than
    /// wait for a stream, or have many windows in use.
    pub fn read(&mut self, frames: usize, sink: &mut impl FrameSink) -> Result<bool> {
        let frames = frames.max(1);
        for anomaly in self.pending.drain(..) {
            sink.anomaly(anomaly);
        }
        let mut run = Run { number: self.number, budget: frames, windows: TOGETHER, until: Time::MAX };
        let mut before = None;
        while run.budget > 0 {
            let Some(entry) = self.queue.pop() else { return Ok(false) };
            run.until = entry.until(self.queue.peek());
            let index = entry.index;
            let mut track = match entry.state {
                State::Open(track) => track,
                State::Closed(path) => match self.open_again(Input::Path(path), index) {
                    Ok(track) => Box::new(track),
                    Err(Error::Interrupted) => return Err(Error::Interrupted),
                    Err(_) => {
                        let detail = format!("input {} could be read when it was first opened, and cannot be opened now", index + 1);
                        sink.anomaly(Anomaly::new(AnomalyKind::FileChanged, detail));
                        continue;
                    }
                },
            };
            if before.replace(index) != Some(index) {
                track.forget_announced();
            }
            let patience = match () {
                () if run.budget < frames => Patience::None,
                () if self.queue.is_empty() => Patience::Files,
                () => Patience::Streams,
            };
            let target = self.target();
            let outcome = track.run(&mut run, patience, target, &self.limits, &mut self.pool, sink);
            self.number = run.number;
            self.keep_secrets(&mut track);
            let time = match outcome {
                Ok(Outcome::Later(time)) => time,
                Ok(Outcome::Pause) => track.previous(),
                Ok(Outcome::End) | Err(_) => {
                    self.open -= 1;
                    if let Some(record) = self.records.get_mut(index as usize) {
                        *record = track.record();
                    }
                    outcome?;
                    continue;
                }
            };
            let pause = matches!(outcome, Ok(Outcome::Pause));
            self.queue.push(Entry { time, index, state: State::Open(track) });
            if pause {
                break;
            }
        }
        Ok(true)
    }

    fn open_again(&mut self, input: Input, index: u32) -> Result<Track> {
        let opened = input.open()?;
        self.open += 1;
        let target = self.target();
        let track = Track::open(opened, index, target, &self.limits, &self.options, &mut self.pool);
        self.open -= usize::from(track.is_err());
        track
    }

    /// How much to read at once: less of each where many inputs are open.
    fn target(&self) -> usize {
        let least = self.limits.small_window_bytes.min(self.limits.window_bytes).max(sniff::LENGTH);
        (self.limits.window_bytes / self.open.max(1)).max(least)
    }

    fn keep_secrets(&mut self, track: &mut Track) {
        for secret in track.secrets().drain(..) {
            self.secret_bytes += secret.len();
            if self.secret_bytes <= self.limits.secret_bytes {
                self.secrets.push(secret);
            }
        }
    }

    /// One row for each input, in the order given; final at the end, valid before.
    pub fn records(&self) -> Vec<CaptureRecord> {
        let mut records = self.records.clone();
        for entry in &self.queue {
            if let (State::Open(track), Some(record)) = (&entry.state, records.get_mut(entry.index as usize)) {
                *record = track.record();
            }
        }
        records
    }

    /// TLS key logs that the capture carries (pcapng Decryption Secrets Blocks). Never to be written anywhere.
    pub fn secrets(&self) -> &[Vec<u8>] {
        &self.secrets
    }
}

/// Takes what is said of an input while it is looked at. No frame is delivered then.
#[derive(Default)]
struct Looking(Vec<Anomaly>);

impl FrameSink for Looking {
    fn window(&mut self, _window: &Arc<Window>) {}
    fn frame(&mut self, _frame: Frame, _bytes: &[u8]) {}
    fn anomaly(&mut self, anomaly: Anomaly) {
        self.0.push(anomaly);
    }
}
