"""Others take the tables as they are: polars, DuckDB, pandas, pyarrow; in place where the consumer can (Arrow PyCapsule interface)."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dicomfast
from dicomfast import _dicomfast

CASES = Path(__file__).parent / "cases"
CAPTURE = CASES / "store_statuses/capture.pcap"
# What the acceptor was told to answer (tests/cases/store_statuses/README.md), in any order.
STATUSES = [0x0000, 0x0110, 0x0122, 0x0211, 0xA700, 0xA900, 0xB000, 0xB006, 0xB007, 0xC000]


@pytest.fixture(scope="module")
def capture() -> dicomfast.Capture:
    return dicomfast.open(CAPTURE)


def engine_batch(table: str) -> _dicomfast.Batch:
    return next(batch for name, batch in _dicomfast.Session([str(CAPTURE)], [table]) if name == table)


def test_polars_takes_a_table(capture: dicomfast.Capture) -> None:
    frame = pl.DataFrame(capture.operations)
    assert sorted(frame["status"]) == STATUSES
    assert frame.schema["request_start"] == pl.Datetime("ns", "UTC")
    assert frame.schema["response_time"] == pl.Duration("ns")
    assert frame["request_start"].cast(pl.Int64).to_list() == capture.operations["request_start"].cast(pa.int64()).to_pylist()
    assert frame.filter(pl.col("status_category") == "failure").height == 6


@pytest.mark.parametrize("table", sorted(set(_dicomfast.table_names()) - {"anomalies", "exports", "outer_headers", "suboperations"}))
def test_polars_takes_a_batch_of_the_engine(table: str) -> None:
    """Of all tables but those that have no row in this capture."""
    batch = engine_batch(table)
    frame = pl.DataFrame(batch)
    assert frame.columns == batch.names
    assert frame.height == len(batch)


def test_duckdb_asks_a_table(capture: dicomfast.Capture) -> None:
    operations = capture.operations
    found = duckdb.sql("select status, count(*) from operations group by all order by status").fetchall()
    assert found == [(status, 1) for status in STATUSES]
    assert operations.num_rows == len(STATUSES)
    associations = capture.associations
    assert associations.num_rows == 1
    sql = "select calling_ae, count(*) from operations join associations using (association) group by all"
    assert duckdb.sql(sql).fetchall() == [(associations["calling_ae"][0].as_py(), 10)]


def test_pandas_takes_a_table_and_a_batch(capture: dicomfast.Capture) -> None:
    for frame in (pd.DataFrame.from_arrow(capture.operations), pd.DataFrame.from_arrow(engine_batch("operations"))):
        assert sorted(frame["status"]) == STATUSES
        assert str(frame["request_start"].dtype) == "datetime64[ns, UTC]"
        assert frame["request_start"].astype("int64").tolist() == capture.operations["request_start"].cast(pa.int64()).to_pylist()


def addresses(batch: pa.RecordBatch) -> list[int]:
    return [buffer.address for column in batch.columns for buffer in column.buffers() if buffer is not None and buffer.size]


def test_a_batch_is_taken_in_place() -> None:
    batch = engine_batch("operations")
    first, second = pa.record_batch(batch), pa.record_batch(batch)
    assert addresses(first)
    assert addresses(first) == addresses(second)


def test_a_scan_and_a_table_are_the_same_memory_as_the_batches() -> None:
    batches = [batch for _, batch in dicomfast.scan(CAPTURE, tables=["operations"])]
    table = pa.Table.from_batches(batches)
    assert addresses(table.to_batches()[0]) == addresses(batches[0])


def test_the_command_needs_no_pandas() -> None:
    """pyarrow cannot give times with nanoseconds as Python objects without it; so nothing of ours asks for them."""
    code = "import sys; sys.modules['pandas'] = None; from dicomfast.cli import main; sys.exit(main(sys.argv[1:]))"
    for arguments in (["summary"], ["dump", "-vvv"], ["table", "operations"], ["table", "pdus", "--format", "csv"]):
        result = subprocess.run([sys.executable, "-c", code, *arguments, CAPTURE], capture_output=True, text=True, check=False, timeout=60)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout
