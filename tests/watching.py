"""What the tests of `dicomfast watch` share: the command while it runs, and what it wrote."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dicomfast import values

CASES = Path(__file__).parent / "cases"
TIMEOUT = 60


def parts(root: Path, table: str = "*") -> list[Path]:
    """The files of a table, in the order in which they were written."""
    return sorted(root.glob(f"{table}/date=*/hour=*/run=*/part-*.parquet"), key=lambda path: path.name.split("-")[1:])


def written(root: Path, table: str) -> list[str]:
    """All rows of a table, in an order of their own: files are cut by hours."""
    return sorted(repr(row) for path in parts(root, table) for row in table_rows(pq.read_table(path, partitioning=None)))


def table_rows(table: pa.Table) -> list[tuple[values.Value, ...]]:
    return [row for batch in table.to_batches() for row in values.rows(batch)]


def unread(process: "subprocess.Popen[str]") -> int:
    """Bytes in its standard input that it has not read yet."""
    assert process.stdin
    (left,) = struct.unpack("i", fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, bytes(4)))
    return int(left)


def until(true: Callable[[], Any], what: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + TIMEOUT
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@contextmanager
def watching(*arguments: object, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """`dicomfast watch`, once it has begun."""
    command = [sys.executable, "-m", "dicomfast", "watch", *map(str, arguments)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=environment, **more) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def began(process: "subprocess.Popen[str]") -> list[str]:
    """What it says until it has begun; signals are answered from then on."""
    said = []
    assert process.stderr
    for line in process.stderr:
        said.append(line)
        if re.match(r"dicomfast watch: .* to ", line):
            return said
    raise AssertionError(said)


def ended(process: "subprocess.Popen[str]", number: signal.Signals | None = None) -> list[str]:
    """Its last lines; with a signal, it is sent first."""
    if number is not None:
        process.send_signal(number)
    _, said = process.communicate(timeout=TIMEOUT)
    return said.splitlines()
