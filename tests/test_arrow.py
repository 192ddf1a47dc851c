"""Batches by the Arrow PyCapsule interface: taken by others, in any order, once or never (hazard I07)."""

import gc
import io

import pyarrow as pa
import pytest
from test_sources import EMPTY

from dicomfast import ArgumentError, _dicomfast


@pytest.fixture
def batch() -> _dicomfast.Batch:
    session = _dicomfast.Session([io.BytesIO(EMPTY)], ["capture_info"])
    return next(batch for _, batch in session)


def test_a_batch_is_taken_by_pyarrow(batch: _dicomfast.Batch) -> None:
    taken = pa.record_batch(batch)
    assert taken.schema.names == batch.names
    assert taken.num_rows == batch.num_rows == len(batch)
    taken.validate(full=True)


def test_a_batch_outlives_the_session_and_is_taken_again(batch: _dicomfast.Batch) -> None:
    first, second = pa.record_batch(batch), pa.record_batch(batch)
    del batch
    gc.collect()
    assert first.equals(second)


def test_capsules_that_nobody_takes_are_let_go(batch: _dicomfast.Batch) -> None:
    for _ in range(1000):
        batch.__arrow_c_array__()
        batch.__arrow_c_schema__()
    schema, array = batch.__arrow_c_array__()
    assert pa.RecordBatch._import_from_c_capsule(schema, array).num_rows == batch.num_rows  # noqa: SLF001 - twice
    with pytest.raises(ValueError, match="released"):
        pa.RecordBatch._import_from_c_capsule(schema, array)  # noqa: SLF001 - the same capsules again


def test_a_requested_schema_of_other_columns_is_refused(batch: _dicomfast.Batch) -> None:
    own = pa.schema(batch)
    assert pa.record_batch(batch, schema=own).schema.equals(own)
    with pytest.raises(ArgumentError, match="other columns"):
        pa.record_batch(batch, schema=pa.schema([("nothing", pa.int8())]))
    with pytest.raises(ValueError, match="incorrect name"):
        batch.__arrow_c_array__(batch.__arrow_c_array__()[1])
