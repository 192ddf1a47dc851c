//! A live run: decoding goes on in a thread of its own whatever its caller does. Batches wait for the caller up to a bound of bytes; then
//! whole batches are left out, and counted. Packets are never left out here: what the kernel kept is decoded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use arrow_array::RecordBatch;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::{Flush, Options, Progress, Session};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::capture::live::{Live, LiveCounters, LiveCounts};
use crate::capture::save::Saver;
use crate::error::{Error, Result};
use crate::event::{NO_TIME, Sink, Stamp};
use crate::table::Table;

/// How long a step waits for a batch.
const PATIENCE: Duration = Duration::from_millis(50);
/// Between two looks whether there is room again.
const STEP: Duration = Duration::from_millis(5);

/// The accounts of a live run. At its end `received` = `decoded` + `shed` + `dropped` + `discarded`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveAccounts {
    /// What the kernel and libpcap count.
    pub capture: LiveCounts,
    /// Packets whose rows were handed out, or wait to be.
    pub decoded: u64,
    /// Packets that were decoded, but rows that came of them were left out.
    pub shed: u64,
    pub shed_batches: u64,
    pub shed_rows: u64,
    /// Bytes of all packets that were decoded.
    pub bytes: u64,
    pub segments: u64,
}

#[derive(Debug, Default)]
struct Counters {
    decoded: AtomicU64,
    shed: AtomicU64,
    shed_batches: AtomicU64,
    shed_rows: AtomicU64,
    bytes: AtomicU64,
    segments: AtomicU64,
    /// Bytes of the batches that wait.
    waiting: AtomicUsize,
    /// Nobody takes batches any more.
    left: AtomicBool,
}

/// A run on interfaces that are open.
pub struct LiveSession {
    made: Receiver<Result<(Table, RecordBatch)>>,
    thread: Option<JoinHandle<()>>,
    handle: LiveHandle,
}

/// What any thread may ask of a run, at any time.
#[derive(Clone, Debug)]
pub struct LiveHandle {
    interrupt: Arc<AtomicBool>,
    captured: Arc<LiveCounters>,
    counters: Arc<Counters>,
}

impl LiveSession {
    /// Begins to decode. Rows wait for at most `rows_wait` until they are handed out, as long as the caller takes them.
    pub fn start(live: Live, saver: Option<Saver>, rows_wait: Duration, options: Options) -> Result<Self> {
        let bound = options.limits.live_queue_bytes;
        let interrupt = live.interrupt_flag();
        let captured = live.counters();
        let session = Session::live(live, saver, rows_wait, options)?;
        // Bounded by the bytes that wait.
        let (hand_on, made) = unbounded();
        let counters = Arc::<Counters>::default();
        let mut decoding = Decoding { session, hand_on, counters: Arc::clone(&counters), bound, shed: Shed::default() };
        let thread = std::thread::Builder::new()
            .name("dicomfast-decode".to_owned())
            .spawn(move || decoding.run())
            .map_err(|source| Error::Read { input: "a second thread".to_owned(), source })?;
        Ok(Self { made, thread: Some(thread), handle: LiveHandle { interrupt, captured, counters } })
    }

    /// The next batch. An error comes once, after the rows of all that was captured before it.
    pub fn advance(&mut self) -> Result<Progress> {
        match self.made.recv_timeout(PATIENCE) {
            Ok(Ok((table, batch))) => {
                self.handle.counters.waiting.fetch_sub(batch.get_array_memory_size(), Ordering::Relaxed);
                Ok(Progress::Batch(table, batch))
            }
            Ok(Err(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => Ok(Progress::Working),
            Err(RecvTimeoutError::Disconnected) => {
                if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
                    return Err(Error::Argument("the thread that decodes failed: please report this".to_owned()));
                }
                Ok(Progress::End)
            }
        }
    }

    pub fn handle(&self) -> LiveHandle {
        self.handle.clone()
    }
}

impl LiveHandle {
    /// Ends the capture: what the kernel has is decoded, and the last rows come.
    pub fn stop(&self) {
        self.interrupt.store(true, Ordering::Relaxed);
    }

    pub fn accounts(&self) -> LiveAccounts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        LiveAccounts {
            decoded: of(&counters.decoded),
            shed: of(&counters.shed),
            shed_batches: of(&counters.shed_batches),
            shed_rows: of(&counters.shed_rows),
            bytes: of(&counters.bytes),
            segments: of(&counters.segments),
            capture: self.captured.get(),
        }
    }
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.handle.stop();
        self.handle.counters.left.store(true, Ordering::Relaxed);
        // Nobody takes what is still made: the channel closes, and the thread ends at its next batch or at its end.
        self.made = crossbeam_channel::never();
        if let Some(thread) = self.thread.take() {
            // It holds no result; how it ended does not matter any more.
            let _ = thread.join();
        }
    }
}

/// The thread that decodes.
struct Decoding {
    session: Session,
    hand_on: Sender<Result<(Table, RecordBatch)>>,
    counters: Arc<Counters>,
    bound: usize,
    shed: Shed,
}

/// Batches that were left out since it was last told.
#[derive(Default)]
struct Shed {
    batches: u64,
    rows: u64,
    first: Option<Stamp>,
}

impl Decoding {
    fn run(&mut self) {
        loop {
            let behind = self.counters.waiting.load(Ordering::Relaxed) > 0;
            let progress = self.session.advance_with(if behind { Flush::AtEnd } else { Flush::WhenDue });
            let open = match progress {
                Ok(Progress::Batch(table, batch)) => self.give(table, batch),
                Ok(Progress::Working) => {
                    self.account(&self.counters.decoded);
                    true
                }
                Ok(Progress::End) => {
                    self.account(&self.counters.decoded);
                    self.tell_shed();
                    let last = self.session.engine.sink().flush();
                    last.into_iter().all(|(table, batch)| self.give(table, batch));
                    false
                }
                Err(error) => {
                    self.account(&self.counters.decoded);
                    // A closed channel means that nobody wants to know.
                    let _ = self.hand_on.send(Err(error));
                    false
                }
            };
            if !open {
                return;
            }
        }
    }

    /// Hands a batch on, or leaves it out; false where nobody takes any.
    fn give(&mut self, table: Table, batch: RecordBatch) -> bool {
        let bytes = batch.get_array_memory_size();
        // After the end nothing is lost by waiting.
        while self.session.ended && self.is_full(bytes) && !self.counters.left.load(Ordering::Relaxed) {
            std::thread::sleep(STEP);
        }
        if self.is_full(bytes) {
            self.account(&self.counters.shed);
            self.counters.shed_batches.fetch_add(1, Ordering::Relaxed);
            self.counters.shed_rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            self.shed.batches += 1;
            self.shed.rows += batch.num_rows() as u64;
            self.shed.first = self.shed.first.or(self.session.engine.last());
            return true;
        }
        self.account(&self.counters.decoded);
        self.tell_shed();
        self.counters.waiting.fetch_add(bytes, Ordering::Relaxed);
        self.hand_on.send(Ok((table, batch))).is_ok()
    }

    fn is_full(&self, more: usize) -> bool {
        let waiting = self.counters.waiting.load(Ordering::Relaxed);
        waiting > 0 && waiting + more > self.bound
    }

    /// Adds the packets since the last call to one of the two accounts.
    fn account(&self, whose: &AtomicU64) {
        let stats = self.session.stats();
        let before = self.counters.decoded.load(Ordering::Relaxed) + self.counters.shed.load(Ordering::Relaxed);
        whose.fetch_add(stats.packets.saturating_sub(before), Ordering::Relaxed);
        self.counters.bytes.store(stats.bytes, Ordering::Relaxed);
        self.counters.segments.store(stats.segments, Ordering::Relaxed);
    }

    /// The caller takes batches again: a row says what it missed.
    fn tell_shed(&mut self) {
        let Shed { batches, rows, first } = std::mem::take(&mut self.shed);
        if batches == 0 {
            return;
        }
        let anomaly =
            Anomaly::new(AnomalyKind::RowsShed, format!("{rows} rows in {batches} batches were left out: they were not taken in time"));
        let last = self.session.engine.last().unwrap_or(Stamp { packet: 0, time: NO_TIME });
        let anomaly = anomaly.at(last).long(rows);
        self.session.engine.sink().anomaly(match first {
            Some(first) => anomaly.since(first.time),
            None => anomaly,
        });
    }
}
