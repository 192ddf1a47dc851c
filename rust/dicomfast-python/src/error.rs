//! The engine's errors as Python's: the one place that maps them. The classes themselves are Python's, in `dicomfast.errors`.

use std::io;

use dicomfast_core::error::Error;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

pyo3::import_exception!(dicomfast.errors, OpenError);
pyo3::import_exception!(dicomfast.errors, WriteError);
pyo3::import_exception!(dicomfast.errors, FormatError);
pyo3::import_exception!(dicomfast.errors, ArgumentError);
pyo3::import_exception!(dicomfast.errors, LiveError);

pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Open { source, .. } | Error::Read { source, .. } => {
            raised_by_python(py, source).unwrap_or_else(|| numbered(py, OpenError::new_err(message), source))
        }
        Error::Write { source, .. } => numbered(py, WriteError::new_err(message), source),
        Error::NotACapture { .. } | Error::Unsupported { .. } | Error::Decompress { .. } => FormatError::new_err(message),
        Error::Live { .. } => LiveError::new_err(message),
        Error::Argument(_) => ArgumentError::new_err(message),
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
    }
}

/// An `OSError` with its number.
fn numbered(py: Python<'_>, error: PyErr, source: &io::Error) -> PyErr {
    match error.value(py).setattr("errno", source.raw_os_error()) {
        Ok(()) => error,
        Err(failed) => failed,
    }
}

/// The exception that a Python file object raised while it was read, as it was.
fn raised_by_python(py: Python<'_>, source: &io::Error) -> Option<PyErr> {
    source.get_ref()?.downcast_ref::<PyErr>().map(|error| error.clone_ref(py))
}
