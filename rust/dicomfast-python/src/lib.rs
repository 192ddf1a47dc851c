//! The Python module `dicomfast._dicomfast`: converts arguments, lets go of the interpreter, calls the engine, converts the
//! result, maps the error. Knows Python; knows nothing of what is in a capture.

mod arrow;
mod connections;
mod error;
mod input;
mod limits;
mod live;
mod pattern;
mod session;
mod slice;

use dicomfast_core::anomaly::AnomalyKind;
use dicomfast_core::findings::CODES;
use dicomfast_core::table::Table;
use mimalloc::MiMalloc;
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The names of all tables, in the order of the documentation.
#[pyfunction]
fn table_names() -> Vec<&'static str> {
    Table::ALL.iter().map(|table| table.name()).collect()
}

/// The names of the tables that are made when none is named.
#[pyfunction]
fn default_tables() -> Vec<&'static str> {
    Table::DEFAULT.iter().map(|table| table.name()).collect()
}

/// The schema of a table.
#[pyfunction]
fn schema(table: &str) -> PyResult<arrow::Schema> {
    Ok(arrow::Schema::new(session::table(table)?.schema()))
}

/// Every code of the table `findings`: code, severity, title, advice.
#[pyfunction]
fn findings_codes() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    CODES.iter().map(|code| (code.code, code.severity.name(), code.title, code.advice)).collect()
}

/// Every kind of the table `anomalies`: kind, layer, what it means.
#[pyfunction]
fn anomaly_kinds() -> Vec<(&'static str, &'static str, &'static str)> {
    AnomalyKind::ALL.iter().map(|kind| (kind.name(), kind.layer(), kind.doc())).collect()
}

/// Every keyword of the data dictionary (PS3.6).
#[pyfunction]
fn keywords() -> Vec<&'static str> {
    dicomfast_core::dicom::dataset::dictionary::keywords().collect()
}

/// The version of the package.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

#[pymodule(gil_used = false)]
fn _dicomfast(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<session::Session>()?;
    module.add_class::<live::Live>()?;
    module.add_class::<arrow::Batch>()?;
    module.add_class::<arrow::Schema>()?;
    module.add_class::<pattern::Pattern>()?;
    module.add_function(wrap_pyfunction!(table_names, module)?)?;
    module.add_function(wrap_pyfunction!(default_tables, module)?)?;
    module.add_function(wrap_pyfunction!(schema, module)?)?;
    module.add_function(wrap_pyfunction!(findings_codes, module)?)?;
    module.add_function(wrap_pyfunction!(anomaly_kinds, module)?)?;
    module.add_function(wrap_pyfunction!(keywords, module)?)?;
    module.add_function(wrap_pyfunction!(limits::default_limits, module)?)?;
    module.add_function(wrap_pyfunction!(live::interfaces, module)?)?;
    module.add_function(wrap_pyfunction!(slice::write_slice, module)?)?;
    module.add_function(wrap_pyfunction!(version, module)?)
}
