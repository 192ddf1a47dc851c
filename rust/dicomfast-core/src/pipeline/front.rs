//! Where the reading half runs: in the caller's thread, or in one of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::reading::{Ending, Reading};
use super::ticker::Ticker;
use crate::error::{Error, Result};
use crate::net::segment::Batch;

/// Frames of one batch from thread to thread: enough that waking the other one costs little.
const HANDED_FRAMES: usize = 2048;
/// Batches on their way from one thread to the other.
const BATCHES: usize = 2;
/// How long an engine that is dropped waits for its reading thread. One that sits in a read of a silent input is left behind: it
/// ends with that read.
const FAREWELL: Duration = Duration::from_millis(250);

pub(super) enum Front {
    Inline(Box<(Reading, Batch)>),
    Thread { batches: Receiver<Handed>, empty: Sender<Batch>, thread: Option<JoinHandle<()>>, stop: Arc<AtomicBool> },
    Done,
}

/// What the reading thread hands over.
pub(super) enum Handed {
    Batch {
        batch: Batch,
        /// Read so far.
        bytes: u64,
        /// Rows have waited long enough.
        due: bool,
    },
    End(Batch, Ending),
}

impl Front {
    /// Opens and reads in a thread of its own. Where rows must not wait until there are many of them, `ticker` says when.
    pub(super) fn threaded(
        open: impl FnOnce() -> Result<Reading> + Send + 'static,
        mut ticker: Option<Ticker>,
        interrupt: &Arc<AtomicBool>,
    ) -> Result<Self> {
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
            // What is captured live is read to its end, which an interrupt only brings about.
            while reading.is_live() || !stopped.load(Ordering::Relaxed) {
                let mut batch = emptied.try_recv().unwrap_or_default();
                let more = reading.fill(&mut batch, HANDED_FRAMES);
                let due = ticker.as_mut().is_some_and(Ticker::is_due);
                if (batch.frames > 0 || due || !batch.anomalies.is_empty())
                    && full.send(Handed::Batch { batch, bytes: reading.bytes(), due }).is_err()
                {
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
