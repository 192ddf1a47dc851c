"""Captures that are still being written: lines come when they happen, and Ctrl-C is always answered."""

import errno
import io
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest

import dicomfast

CAPTURE = Path(__file__).parent / "cases/echo_dcmtk_storescp/capture.pcap"
TIMEOUT = 30


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-u", "-m", "dicomfast", *map(str, arguments)]


def halves() -> tuple[bytes, bytes]:
    """The capture cut in the middle of a packet of its second association."""
    data = CAPTURE.read_bytes()
    return data[: len(data) // 2], data[len(data) // 2 :]


def read_until(stream: int, enough: Callable[[bytes], bool]) -> bytes:
    """What comes until it is enough; what is missing after a while fails."""
    got = b""
    deadline = time.monotonic() + TIMEOUT
    while not enough(got):
        assert select.select([stream], [], [], max(deadline - time.monotonic(), 0))[0], got
        more = os.read(stream, 65536)
        assert more, got
        got += more
    return got


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "live.pcap"
    os.mkfifo(path)
    return path


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    return request.param


def test_lines_come_before_the_pipe_is_closed(fifo: Path, threads: int) -> None:
    first, second = halves()
    with subprocess.Popen(command("dump", "--threads", threads, fifo), stdout=subprocess.PIPE) as process:
        assert process.stdout
        with fifo.open("wb", buffering=0) as stream:
            stream.write(first)
            early = read_until(process.stdout.fileno(), lambda got: b"A-RELEASE-RP" in got)
            stream.write(second)
        late = process.stdout.read()
        assert process.wait(TIMEOUT) == 0
    whole = subprocess.run(command("dump", CAPTURE), capture_output=True, check=True, timeout=TIMEOUT)
    assert early + late == whole.stdout


def test_rows_of_a_pipe_that_pauses_are_handed_out(fifo: Path, threads: int) -> None:
    first, second = halves()
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with fifo.open("wb", buffering=0) as stream:
        stream.write(first)
        scan = dicomfast.scan(fifo, tables=["messages"], threads=threads)
        os.close(reader)
        early = next(scan)[1].num_rows
        assert early
        stream.write(second)
    late = sum(batch.num_rows for _, batch in scan)
    assert early + late == dicomfast.open(CAPTURE).messages.num_rows


@pytest.mark.parametrize("name", ["summary", "dump"])
@pytest.mark.parametrize("sent", [0, 10, 4000])
def test_ctrl_c_while_standard_input_is_silent(name: str, sent: int, threads: int) -> None:
    with subprocess.Popen(
        command(name, "--threads", threads, "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(CAPTURE.read_bytes()[:sent])
        process.stdin.flush()
        # Long enough to be waiting; however long it takes to start, the answer is the same.
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 130
        (line,) = process.stderr.read().decode().splitlines()
    assert line.startswith("dicomfast: interrupted")


class Failing:
    """A capture whose reading fails in the middle, as on a bad disk or a share that went away."""

    def __init__(self) -> None:
        self.left = io.BytesIO(halves()[0])

    def read(self, size: int) -> bytes:
        piece = self.left.read(size)
        if size and not piece:
            raise OSError(errno.EIO, "Input/output error")
        return piece


def test_rows_before_a_read_error_come_before_the_error(threads: int) -> None:
    scan = dicomfast.scan(cast("BinaryIO", Failing()), tables=["messages"], threads=threads)
    assert next(scan)[1].num_rows == dicomfast.open(io.BytesIO(halves()[0])).messages.num_rows > 0
    with pytest.raises(OSError, match="Input/output error"):
        next(scan)
    assert not list(scan)
