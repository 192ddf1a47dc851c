//! Arrow to Python by the PyCapsule interface: batches and schemas, never streams (an error or panic inside a C stream callback
//! ends the interpreter). Knows nothing of the engine.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::{ArgumentError, FormatError};

/// One batch of rows of one table. Anything that speaks the Arrow PyCapsule interface takes it.
#[pyclass(frozen, module = "dicomfast._dicomfast")]
pub(crate) struct Batch {
    batch: RecordBatch,
}

impl Batch {
    pub(crate) fn new(batch: RecordBatch) -> Self {
        Self { batch }
    }
}

#[pymethods]
impl Batch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        names(self.batch.schema_ref())
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<Batch: {} rows of {} columns>", self.batch.num_rows(), self.batch.num_columns())
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, self.batch.schema_ref())
    }

    /// The batch in its own types. A requested schema of other columns is refused; one of other types is left to the
    /// consumer to cast to, as the interface allows.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyCapsule>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        if let Some(capsule) = requested_schema {
            let requested = read_schema(capsule)?;
            if names(&requested) != names(self.batch.schema_ref()) {
                return Err(ArgumentError::new_err("the requested schema has other columns than the batch"));
            }
        }
        let schema = schema_capsule(py, self.batch.schema_ref())?;
        let array = FFI_ArrowArray::new(&StructArray::from(self.batch.clone()).into_data());
        Ok((schema, PyCapsule::new_with_value(py, array, c"arrow_array")?))
    }
}

/// The columns of a table: names, types, and the doc of each.
#[pyclass(frozen, module = "dicomfast._dicomfast")]
pub(crate) struct Schema {
    schema: SchemaRef,
}

impl Schema {
    pub(crate) fn new(schema: SchemaRef) -> Self {
        Self { schema }
    }
}

#[pymethods]
impl Schema {
    #[getter]
    fn names(&self) -> Vec<String> {
        names(&self.schema)
    }

    fn __len__(&self) -> usize {
        self.schema.fields().len()
    }

    fn __repr__(&self) -> String {
        format!("<Schema: {}>", names(&self.schema).join(", "))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }
}

fn names(schema: &arrow_schema::Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

fn schema_capsule<'py>(py: Python<'py>, schema: &arrow_schema::Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| FormatError::new_err(error.to_string()))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// Reads a schema that another library owns, and leaves it to that library.
fn read_schema(capsule: &Bound<'_, PyCapsule>) -> PyResult<arrow_schema::Schema> {
    let pointer = capsule.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    // SAFETY: by the PyCapsule interface, a capsule of this name holds a valid ArrowSchema, and lives as long as `capsule`.
    let schema = unsafe { pointer.as_ref() };
    arrow_schema::Schema::try_from(schema).map_err(|_| ArgumentError::new_err("the requested schema is not a valid Arrow struct"))
}
