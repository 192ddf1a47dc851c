//! Slices as Python asks for them. Converts; the engine does the rest.

use std::collections::HashMap;
use std::path::PathBuf;

use dicomfast_core::capture::save::SaveOptions;
use dicomfast_core::capture::slice::{self as engine, Selection};
use dicomfast_core::limits::Limits;
use pyo3::prelude::*;

use crate::error::to_python;
use crate::input;

/// Writes the frames whose bits are set to a pcapng file, with comments by frame number; how many frames and bytes.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "Python's values")]
pub(crate) fn write_slice(
    py: Python<'_>,
    inputs: Vec<Bound<'_, PyAny>>,
    frames: Vec<u8>,
    comments: HashMap<u64, Vec<String>>,
    path: PathBuf,
) -> PyResult<(u64, u64)> {
    let inputs = inputs.iter().map(input::input).collect::<PyResult<Vec<_>>>()?;
    let selection = Selection { frames, comments };
    let target = SaveOptions { path, ..SaveOptions::default() };
    py.detach(|| engine::slice(inputs, &selection, target, &Limits::default())).map_err(|error| to_python(py, &error))
}
