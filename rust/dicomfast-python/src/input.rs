//! Python's inputs as the engine's: paths, standard input, and binary file objects. The interpreter is held only while a file
//! object is read.

use std::io::{self, Read};
use std::path::PathBuf;

use dicomfast_core::capture::Input;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// A `str` or `os.PathLike` is a path, but "-" is standard input; what has `read` is a file object.
pub(crate) fn input(source: &Bound<'_, PyAny>) -> PyResult<Input> {
    if let Ok(path) = source.extract::<PathBuf>() {
        return Ok(if path.as_os_str() == "-" { Input::Stdin } else { Input::Path(path) });
    }
    if !source.hasattr("read")? {
        return Err(PyTypeError::new_err("a source is a path, or a file object opened in binary mode"));
    }
    if source.call_method1("read", (0,))?.extract::<PyBackedBytes>().is_err() {
        return Err(PyTypeError::new_err("the file object is not opened in binary mode: use open(path, \"rb\")"));
    }
    let name = source.getattr("name").ok().and_then(|name| name.extract::<String>().ok());
    let reader = Box::new(FileObject { file: source.clone().unbind() });
    Ok(Input::Reader { name: name.unwrap_or_else(|| "<file object>".into()), reader })
}

struct FileObject {
    file: Py<PyAny>,
}

impl Read for FileObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Python::try_attach(|py| {
            let answer = self.file.bind(py).call_method1("read", (buffer.len(),)).map_err(io::Error::other)?;
            if answer.is_none() {
                return Err(io::Error::from(io::ErrorKind::WouldBlock));
            }
            let bytes: PyBackedBytes = answer.extract().map_err(|_| io::Error::other("read() did not return bytes"))?;
            let target = buffer.get_mut(..bytes.len()).ok_or_else(|| io::Error::other("read(n) returned more than n bytes"))?;
            target.copy_from_slice(&bytes);
            Ok(bytes.len())
        })
        .unwrap_or_else(|| Err(io::Error::other("the interpreter is shutting down")))
    }
}
