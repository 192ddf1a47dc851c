//! One pass over the inputs, as a Python iterator. The engine runs without the interpreter; between its steps Ctrl-C is seen.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, TryLockError};

use dicomfast_core::dicom::DataSetOptions;
use dicomfast_core::dicom::privacy::Phi;
use dicomfast_core::event::Connections;
use dicomfast_core::export::{ExportOptions, Incomplete};
use dicomfast_core::session::{self as engine, LiveHandle, LiveSession, Options, Progress};
use dicomfast_core::stats::Stats;
use dicomfast_core::table::Table;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::arrow::Batch;
use crate::connections::Wanted;
use crate::error::{ArgumentError, to_python};
use crate::live::accounts;
use crate::{input, limits};

/// A pass over the inputs: yields `(table name, Batch)` until the inputs end.
#[pyclass(frozen, module = "dicomfast._dicomfast")]
pub(crate) struct Session {
    /// `None` once the inputs have ended, failed or been closed.
    engine: Mutex<Option<Pass>>,
    /// Of a live capture: what may be asked at any time.
    live: Option<LiveHandle>,
    /// Of the last step, so that it can be asked for while a step runs.
    stats: Mutex<Stats>,
    /// The process that opened it: a forked child has the memory but not the threads.
    process: u32,
}

/// What is read.
enum Pass {
    Files(Box<engine::Session>),
    Live(LiveSession),
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (inputs, tables, threads = 0, limits = None, follow = false, filter = "", libraries = None, phi = "mask", key = None, hashes = false, connections = None, export = None, incomplete = false))]
    #[expect(clippy::too_many_arguments, reason = "Python's keywords")]
    fn new(
        py: Python<'_>,
        inputs: Vec<Bound<'_, PyAny>>,
        tables: Vec<String>,
        threads: usize,
        limits: Option<HashMap<String, u64>>,
        follow: bool,
        filter: &str,
        libraries: Option<Vec<PathBuf>>,
        phi: &str,
        key: Option<Vec<u8>>,
        hashes: bool,
        connections: Option<Wanted>,
        export: Option<PathBuf>,
        incomplete: bool,
    ) -> PyResult<Self> {
        let inputs = inputs.into_iter().map(|source| input::input(&source)).collect::<PyResult<Vec<_>>>()?;
        let tables = tables.into_iter().map(|name| table(&name)).collect::<PyResult<Vec<_>>>()?;
        let limits = limits::limits(limits.unwrap_or_default().into_iter().collect())?;
        let data_sets = DataSetOptions { phi: treatment(phi, key)?, hashes };
        let incomplete = if incomplete { Incomplete::Write } else { Incomplete::Leave };
        let export = export.map(|folder| ExportOptions { folder, incomplete });
        let (filter, libraries) = (filter.to_owned(), libraries.unwrap_or_default());
        let connections = connections.map_or_else(Connections::default, Connections::from);
        let options = Options { tables, connections, threads, limits, follow, filter, libraries, data_sets, export };
        let engine = py.detach(|| engine::Session::open(inputs, options)).map_err(|error| to_python(py, &error))?;
        Ok(Self::of(Pass::Files(Box::new(engine)), None))
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<(&'static str, Batch)>> {
        if self.process != std::process::id() {
            return Err(PyRuntimeError::new_err("this capture was opened before the process forked; open it in the child"));
        }
        loop {
            match py.detach(|| self.step())? {
                Progress::Batch(table, batch) => return Ok(Some((table.name(), Batch::new(batch)))),
                Progress::Working => py.check_signals()?,
                Progress::End => return Ok(None),
            }
        }
    }

    /// Ends the pass and lets go of the inputs. Does nothing the second time.
    fn close(&self, py: Python<'_>) {
        // Without the interpreter: the engine's threads may be waiting for it to read a file object.
        py.detach(|| self.engine.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Ends a live capture: what the kernel has is decoded, the last rows come, then the iteration ends. Does nothing to files.
    fn stop(&self) {
        if let Some(live) = &self.live {
            live.stop();
        }
    }

    /// What has been read so far.
    fn stats(&self) -> HashMap<&'static str, u64> {
        if let Some(live) = &self.live {
            return accounts(live.accounts());
        }
        let stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        HashMap::from([("packets", stats.packets), ("bytes", stats.bytes), ("segments", stats.segments)])
    }
}

impl Session {
    pub(crate) fn live(session: LiveSession) -> Self {
        let handle = session.handle();
        Self::of(Pass::Live(session), Some(handle))
    }

    fn of(pass: Pass, live: Option<LiveHandle>) -> Self {
        Self { engine: Mutex::new(Some(pass)), live, stats: Mutex::default(), process: std::process::id() }
    }

    fn step(&self) -> PyResult<Progress> {
        let mut guard = match self.engine.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::WouldBlock) => return Err(PyRuntimeError::new_err("this pass is being read by another thread")),
            Err(TryLockError::Poisoned(_)) => return Err(PyRuntimeError::new_err("this pass has failed before")),
        };
        let Some(engine) = guard.as_mut() else { return Ok(Progress::End) };
        let progress = match engine {
            Pass::Files(session) => {
                let progress = session.advance();
                *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = session.stats();
                progress
            }
            Pass::Live(session) => session.advance(),
        };
        if !matches!(progress, Ok(Progress::Batch(..) | Progress::Working)) {
            *guard = None;
        }
        progress.map_err(|error| Python::attach(|py| to_python(py, &error)))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(engine) = self.engine.get_mut().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if self.process != std::process::id() {
            // The threads it would wait for are in the parent.
            std::mem::forget(engine);
            return;
        }
        let mut engine = Some(engine);
        Python::try_attach(|py| py.detach(|| engine.take()));
        drop(engine);
    }
}

/// What becomes of values that identify a person.
pub(crate) fn treatment(phi: &str, key: Option<Vec<u8>>) -> PyResult<Phi> {
    match (phi, key) {
        ("mask", None) => Ok(Phi::Mask),
        ("show", None) => Ok(Phi::Show),
        ("pseudonym", Some(key)) if !key.is_empty() => Ok(Phi::Pseudonym(key)),
        ("pseudonym", _) => {
            Err(ArgumentError::new_err("phi=\"pseudonym\" needs a key: some secret bytes, the same for the same pseudonyms"))
        }
        ("mask" | "show", Some(_)) => Err(ArgumentError::new_err("a key is for phi=\"pseudonym\"")),
        _ => Err(ArgumentError::new_err("phi is \"mask\", \"show\" or \"pseudonym\"")),
    }
}

pub(crate) fn table(name: &str) -> PyResult<Table> {
    Table::parse(name).ok_or_else(|| {
        let names: Vec<_> = Table::ALL.iter().map(|table| table.name()).collect();
        ArgumentError::new_err(format!("there is no table {name:?}; the tables are {}", names.join(", ")))
    })
}
