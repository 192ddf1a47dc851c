//! A run that ends in Arrow record batches: the engine with the tables as its sink. What the Python module drives.

#[cfg(feature = "live")]
mod live;
mod rows;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
#[cfg(feature = "live")]
use std::time::Duration;

use arrow_array::RecordBatch;

use crate::capture::Input;
#[cfg(feature = "live")]
use crate::capture::{live::Live, save::Saver};
use crate::dicom::DataSetOptions;
use crate::error::{Error, Result};
use crate::event::Connections;
use crate::export::{ExportOptions, Exporter};
use crate::limits::Limits;
use crate::pipeline::{Engine, EngineOptions, threads};
use crate::stats::Stats;
use crate::table::{Table, Tables};
#[cfg(feature = "live")]
pub use live::{LiveAccounts, LiveHandle, LiveSession};
use rows::{Rest, Rows};

/// What to read, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub tables: Vec<Table>,
    /// Whose rows are made.
    pub connections: Connections,
    /// 1 or 2; 0 means two where the machine has two processors.
    pub threads: usize,
    /// Wait for more at the end of a growing file.
    pub follow: bool,
    pub limits: Limits,
    /// A capture filter for the frames of files (pcap-filter(7)); empty: everything.
    pub filter: String,
    /// Where else to look for libpcap.
    pub libraries: Vec<PathBuf>,
    pub data_sets: DataSetOptions,
    /// Write data sets to files.
    pub export: Option<ExportOptions>,
}

impl Options {
    fn rows(&self, beside: bool) -> Result<Rows> {
        let exporter = self.export.clone().map(|export| Exporter::new(export, &self.limits, beside)).transpose()?;
        Rows::new(Tables::new(&self.tables, self.connections.clone(), &self.limits), beside, exporter)
    }

    fn engine(self, threads: usize) -> EngineOptions {
        let Self { follow, limits, filter, libraries, data_sets, .. } = self;
        EngineOptions { threads, follow, limits, filter, libraries, data_sets }
    }
}

/// When rows that do not fill a batch are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// When they have waited long enough, or nothing comes.
    WhenDue,
    /// At the end only: whoever takes them is behind anyway.
    AtEnd,
}

/// What one step of a session gave.
pub enum Progress {
    Batch(Table, RecordBatch),
    /// Nothing yet: ask again. Given at least every few dozen milliseconds, so that the caller can look after other things.
    Working,
    End,
}

/// One pass over the inputs.
pub struct Session {
    engine: Engine<Rows>,
    ready: VecDeque<(Table, RecordBatch)>,
    ended: bool,
    /// Told after the rows of what was read before it.
    error: Option<Error>,
}

impl Session {
    pub fn open(inputs: Vec<Input>, options: Options) -> Result<Self> {
        let threads = threads(options.threads);
        let rows = options.rows(threads > 1)?;
        Ok(Self::of(Engine::open(inputs, &options.engine(threads), rows)?))
    }

    /// Captures on interfaces that are open; the caller's thread decodes and makes the rows.
    #[cfg(feature = "live")]
    pub(crate) fn live(live: Live, saver: Option<Saver>, rows_wait: Duration, options: Options) -> Result<Self> {
        let rows = options.rows(false)?;
        Ok(Self::of(Engine::live(live, saver, rows_wait, &options.engine(1), rows)?))
    }

    fn of(engine: Engine<Rows>) -> Self {
        Self { engine, ready: VecDeque::new(), ended: false, error: None }
    }

    /// The next batch. An error comes once, after the rows of all that was read before it.
    pub fn advance(&mut self) -> Result<Progress> {
        self.advance_with(Flush::WhenDue)
    }

    pub(crate) fn advance_with(&mut self, flush: Flush) -> Result<Progress> {
        if let Some((table, batch)) = self.ready.pop_front() {
            return Ok(Progress::Batch(table, batch));
        }
        if self.ended {
            return Ok(match self.engine.sink().rest()? {
                Rest::Batch(table, batch) => Progress::Batch(table, batch),
                Rest::Working => Progress::Working,
                Rest::Nothing => return self.error.take().map_or(Ok(Progress::End), Err),
            });
        }
        let step = self.engine.step();
        let step = self.engine.sink().error().map_or(step, Err);
        let more = step.unwrap_or_else(|error| {
            self.error = Some(error);
            false
        });
        let rows = self.engine.sink();
        while let Some(batch) = rows.ready() {
            self.ready.push_back(batch);
        }
        if !more {
            self.ended = true;
            rows.finish();
            // The last files may still fail.
            self.error = self.error.take().or_else(|| rows.error());
            self.ready.extend(rows.flush());
        } else if (self.engine.take_due() || self.engine.is_idle()) && self.ready.is_empty() && flush == Flush::WhenDue {
            // Who prints as it happens gets what there is.
            self.flush();
        }
        Ok(self.ready.pop_front().map_or(Progress::Working, |(table, batch)| Progress::Batch(table, batch)))
    }

    /// Everything that is waiting to fill a batch, now.
    fn flush(&mut self) {
        let batches = self.engine.sink().flush();
        self.ready.extend(batches);
    }

    /// Set it to stop a read that waits.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        self.engine.interrupt_flag()
    }

    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}
