//! A run that ends in Arrow record batches: the engine with the tables as its sink. What the Python module drives.

mod rows;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow_array::RecordBatch;

use crate::capture::Input;
use crate::dicom::DataSetOptions;
use crate::error::{Error, Result};
use crate::export::{ExportOptions, Exporter};
use crate::limits::Limits;
use crate::pipeline::{Engine, EngineOptions, threads};
use crate::stats::Stats;
use crate::table::{Table, Tables};
use rows::{Rest, Rows};

/// What to read, and how.
#[derive(Clone, Debug)]
pub struct Options {
    pub tables: Vec<Table>,
    /// 1 or 2; 0 means two where the machine has two processors.
    pub threads: usize,
    /// Wait for more at the end of a growing file.
    pub follow: bool,
    pub limits: Limits,
    pub data_sets: DataSetOptions,
    /// Write data sets to files.
    pub export: Option<ExportOptions>,
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
        let exporter = options.export.map(|export| Exporter::new(export, &options.limits)).transpose()?;
        let rows = Rows::new(Tables::new(&options.tables, &options.limits), threads > 1, exporter)?;
        let engine_options = EngineOptions { threads, follow: options.follow, limits: options.limits, data_sets: options.data_sets };
        Ok(Self { engine: Engine::open(inputs, &engine_options, rows)?, ready: VecDeque::new(), ended: false, error: None })
    }

    /// The next batch. An error comes once, after the rows of all that was read before it.
    pub fn advance(&mut self) -> Result<Progress> {
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
            self.ready.extend(rows.flush());
        } else if self.ready.is_empty() && self.engine.is_idle() {
            // Nothing more to read for now: who prints as it happens gets what there is.
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
