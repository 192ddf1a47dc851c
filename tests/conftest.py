"""What the Python tests share: the command, and batches with the columns of the contract, made by hand."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

START = 1_715_934_600_123_456_789
HOSTILE = "\x1b]52;c;cm0gLXJm\x07A\u202eB\x9b31m[red]"

TIME = pa.timestamp("ns", "UTC")
DURATION = pa.duration("ns")
WORD = pa.dictionary(pa.int32(), pa.string())


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `dicomfast` as a person would, its output piped."""

    def run(*arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "NO_COLOR", "COLUMNS")}
        command = [sys.executable, "-m", "dicomfast", *map(str, arguments)]
        more = {"capture_output": True, "text": True, "timeout": 60, "check": False, "env": environment} | more
        return subprocess.run(command, **more)  # noqa: PLW1510 - it does not raise, see above

    return run


def batch(columns: dict[str, pa.DataType], *rows: dict[str, Any]) -> pa.RecordBatch:
    """Rows of a table; a column that a row does not name is null."""
    arrays = [pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()]
    return pa.record_batch(arrays, names=list(columns))


@pytest.fixture
def mixed() -> pa.RecordBatch:
    """One column of each type that the tables use, with hostile text and with null."""
    columns = {
        "name": pa.string(),
        "word": WORD,
        "time": TIME,
        "duration": DURATION,
        "bytes": pa.binary(),
        "uids": pa.list_(pa.string()),
        "status": pa.uint16(),
        "throughput": pa.float64(),
        "complete": pa.bool_(),
    }
    full = {
        "name": HOSTILE,
        "word": "=1+1",
        "time": START,
        "duration": 1_500_000,
        "bytes": b"\x01\xff",
        "uids": ["1.2.3", "=4"],
        "status": 0xA700,
        "throughput": 0.5,
        "complete": True,
    }
    return batch(columns, full, {})
