//! Interfaces as Python sees them: a list, and a capture that is open but not yet read. Converts; the engine does the rest.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dicomfast_core::capture::live::{self as engine, LiveOptions, Promiscuous};
use dicomfast_core::capture::save::{Rotation, SaveOptions, Saver};
use dicomfast_core::dicom::DataSetOptions;
use dicomfast_core::event::Connections;
use dicomfast_core::limits::Limits;
use dicomfast_core::session::{LiveAccounts, LiveSession, Options};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::connections::Wanted;
use crate::error::{ArgumentError, to_python};
use crate::limits;
use crate::session::{Session, table, treatment};

/// Interfaces that are open: the kernel keeps packets from now on.
#[pyclass(frozen, module = "dicomfast._dicomfast")]
pub(crate) struct Live {
    live: Mutex<Option<engine::Live>>,
    limits: Limits,
}

#[pymethods]
impl Live {
    #[new]
    #[pyo3(signature = (
        interfaces, filter = "", snaplen = 262_144, promiscuous = true, ring = 64 << 20, timestamp_type = None, hold = 10, libraries = None,
        limits = None
    ))]
    #[expect(clippy::too_many_arguments, clippy::needless_pass_by_value, reason = "Python's keywords")]
    fn new(
        py: Python<'_>,
        interfaces: Vec<String>,
        filter: &str,
        snaplen: u32,
        promiscuous: bool,
        ring: u64,
        timestamp_type: Option<String>,
        hold: u32,
        libraries: Option<Vec<PathBuf>>,
        limits: Option<HashMap<String, u64>>,
    ) -> PyResult<Self> {
        let limits = limits::limits(limits.unwrap_or_default().into_iter().collect())?;
        let options = LiveOptions {
            filter: filter.to_owned(),
            snap_length: snaplen,
            promiscuous: if promiscuous { Promiscuous::Yes } else { Promiscuous::No },
            ring_bytes: ring,
            timestamp_type,
            hold_milliseconds: hold,
            libraries: libraries.unwrap_or_default(),
        };
        let live = py.detach(|| engine::Live::open(&interfaces, options, &limits)).map_err(|error| to_python(py, &error))?;
        Ok(Self { live: Mutex::new(Some(live)), limits })
    }

    /// Begins to decode. Can be called once.
    #[pyo3(signature = (tables, rows_wait = 40, path = None, rotate_bytes = None, rotate_seconds = None, rotate_files = None, unbuffered = false, phi = "mask", key = None, hashes = false, connections = None))]
    #[expect(clippy::too_many_arguments, reason = "Python's keywords")]
    fn session(
        &self,
        py: Python<'_>,
        tables: Vec<String>,
        rows_wait: u64,
        path: Option<PathBuf>,
        rotate_bytes: Option<u64>,
        rotate_seconds: Option<u32>,
        rotate_files: Option<u32>,
        unbuffered: bool,
        phi: &str,
        key: Option<Vec<u8>>,
        hashes: bool,
        connections: Option<Wanted>,
    ) -> PyResult<Session> {
        let data_sets = DataSetOptions { phi: treatment(phi, key)?, hashes };
        let tables = tables.into_iter().map(|name| table(&name)).collect::<PyResult<Vec<_>>>()?;
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).take();
        let live = live.ok_or_else(|| ArgumentError::new_err("a live capture can be scanned only once; open it again"))?;
        let rotation = Rotation { bytes: rotate_bytes, seconds: rotate_seconds, files: rotate_files };
        let connections = connections.map_or_else(Connections::default, Connections::from);
        let options = Options { tables, connections, limits: self.limits.clone(), data_sets, ..Options::default() };
        let session = py.detach(|| {
            let saver = path.map(|path| Saver::create(SaveOptions { path, rotation, unbuffered }, live.headers())).transpose()?;
            LiveSession::start(live, saver, Duration::from_millis(rows_wait), options)
        });
        Ok(Session::live(session.map_err(|error| to_python(py, &error))?))
    }

    /// Lets go of the interfaces, where they are not read.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.live.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The accounts of a live run, by name.
pub(crate) fn accounts(accounts: LiveAccounts) -> HashMap<&'static str, u64> {
    let LiveAccounts { capture, decoded, shed, shed_batches, shed_rows, bytes, segments } = accounts;
    let known = decoded + shed + capture.dropped;
    HashMap::from([
        ("received", capture.received),
        ("dropped", capture.dropped),
        ("interface_dropped", capture.interface_dropped),
        ("discarded", capture.received.saturating_sub(known)),
        ("decoded", decoded),
        ("shed", shed),
        ("shed_batches", shed_batches),
        ("shed_rows", shed_rows),
        ("packets", decoded + shed),
        ("bytes", bytes),
        ("segments", segments),
    ])
}

/// The interfaces of this machine: name, description, addresses, loopback, state, link type, what is missing to capture.
#[pyfunction]
#[pyo3(signature = (libraries = None))]
pub(crate) fn interfaces(py: Python<'_>, libraries: Option<Vec<PathBuf>>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let found = py.detach(|| engine::interfaces(&libraries.unwrap_or_default())).map_err(|error| to_python(py, &error))?;
    let row = |interface: engine::Interface| {
        let row = PyDict::new(py);
        row.set_item("name", interface.name)?;
        row.set_item("description", interface.description)?;
        row.set_item("addresses", interface.addresses.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        row.set_item("loopback", interface.loopback)?;
        row.set_item("state", interface.state)?;
        row.set_item("link_type", interface.link_type)?;
        row.set_item("missing", interface.missing)?;
        Ok(row)
    };
    found.into_iter().map(row).collect()
}
