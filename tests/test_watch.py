"""`dicomfast watch`: the rows that reading a file gives, in files that are whole, whatever ends it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from watching import CASES, TIMEOUT, began, ended, parts, table_rows, unread, until, watching, written

import dicomfast
from dicomfast import _dicomfast

ROOT = Path(__file__).parent.parent

Run = Callable[..., "subprocess.CompletedProcess[str]"]

MIXED = CASES / "mixed_traffic/capture.pcap.zst"
REJECTS = CASES / "reject_variants/capture.pcap"
ECHO = CASES / "echo_dcmtk_storescp/capture.pcap"
STORE = CASES / "store_statuses/capture.pcap"


@pytest.mark.parametrize("capture", [MIXED, REJECTS, STORE, CASES / "loss/capture.pcap.zst"], ids=lambda path: path.parent.name)
@pytest.mark.parametrize("how", ["file", "small", "pipe"])
def test_the_rows_are_those_of_the_file(run: Run, tmp_path: Path, capture: Path, how: str) -> None:
    if not capture.exists():
        capture = capture.with_suffix("")
    every = ",".join(_dicomfast.table_names())
    root = tmp_path / "out"
    source = capture
    if how == "pipe":
        source = tmp_path / "pipe"
        os.mkfifo(source)
        threading.Thread(target=lambda: source.write_bytes(capture.read_bytes()), daemon=True).start()
    more = ["--rows", 7] if how == "small" else []
    result = run("watch", source, "-o", root, "-t", every, *more)
    assert result.returncode == 0, result.stderr
    for name, table in dicomfast.read(capture, tables=_dicomfast.table_names()).items():
        expected = sorted(repr(row).replace(str(capture), str(source)) for row in table_rows(table))
        assert written(root, name) == expected, name
    assert not list(root.rglob("*.tmp"))


def test_types_survive(run: Run, tmp_path: Path) -> None:
    assert run("watch", STORE, "-o", tmp_path).returncode == 0
    (path,) = parts(tmp_path, "operations")
    read = pq.read_table(path, partitioning=None)
    assert read.schema.equals(dicomfast.open(STORE).operations.schema)


def test_rows_stand_in_the_hour_of_their_end(run: Run, tmp_path: Path) -> None:
    assert run("watch", MIXED, ECHO, "-o", tmp_path).returncode == 0
    seen = 0
    for path in parts(tmp_path, "operations"):
        where = dict(folder.split("=") for folder in path.relative_to(tmp_path).parts[1:-1])
        column = pq.read_table(path, partitioning=None)["end"].cast(pa.timestamp("us", "UTC"), safe=False)
        for end in column.to_pylist():
            assert (f"{end:%Y-%m-%d}", f"{end:%H}") == (where["date"], where["hour"])
            seen += 1
    assert seen


def test_others_read_it(run: Run, tmp_path: Path) -> None:
    for capture in (MIXED, REJECTS):
        assert run("watch", capture, "-o", tmp_path).returncode == 0
    number = sum(dicomfast.open(capture).associations.num_rows for capture in (MIXED, REJECTS))
    dataset = ds.dataset(tmp_path / "associations", partitioning="hive")
    assert dataset.count_rows() == number
    assert {"date", "hour", "run"} <= set(dataset.schema.names)
    assert pl.scan_parquet(tmp_path / "associations", hive_partitioning=True).collect().height == number
    documented = re.search(r"```sql\n(.*?)```", (ROOT / "docs/watch.md").read_text(), re.DOTALL)
    assert documented
    rows = duckdb.sql(documented[1].replace("/var/lib/dicomfast-watch", str(tmp_path))).fetchall()
    operations = [dicomfast.open(capture).operations for capture in (MIXED, REJECTS)]
    assert sum(row[2] for row in rows) == sum(table.num_rows for table in operations)
    assert sum(row[3] for row in rows) == sum(table["status_category"].to_pylist().count("failure") for table in operations)


def test_findings_are_lines_too(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("watch", REJECTS, "-o", tmp_path).returncode == 0
    findings = dicomfast.open(REJECTS).findings
    files = sorted(tmp_path.glob("findings-*.ndjson"))
    assert len(files) == 2
    for path in files:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["code"] for line in lines] == findings["code"].to_pylist()
        assert {line["run"] for line in lines} <= {part.parent.name.removeprefix("run=") for part in parts(tmp_path, "findings")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_writes_what_there_is(tmp_path: Path, number: signal.Signals) -> None:
    data = ECHO.read_bytes()
    with watching("-", "-o", tmp_path) as process:
        began(process)
        assert process.stdin
        process.stdin.buffer.write(data)
        process.stdin.buffer.flush()
        # Its input stays open: only the signal ends it.
        until(lambda: unread(process) == 0, "all is read")
        process.send_signal(number)
        assert process.wait(TIMEOUT) == 0
        assert process.stderr
        last = process.stderr.read().splitlines()[-1]
    assert "packets" in last
    assert "0 lost" in last
    assert written(tmp_path, "associations") == sorted(repr(row) for row in table_rows(dicomfast.open(ECHO).associations))


def test_sighup_begins_new_files(tmp_path: Path) -> None:
    pipe, root = tmp_path / "pipe", tmp_path / "out"
    os.mkfifo(pipe)
    data = ECHO.read_bytes()
    with watching(pipe, "-o", root) as process:
        began(process)
        with pipe.open("wb", buffering=0) as stream:
            stream.write(data[: len(data) // 2])
            until(lambda: process.send_signal(signal.SIGHUP) or parts(root, "operations"), "files")
            early = len(parts(root, "operations"))
            stream.write(data[len(data) // 2 :])
        ended(process)
        assert process.returncode == 0
    assert len(parts(root, "operations")) > early
    assert written(root, "operations") == sorted(repr(row) for row in table_rows(dicomfast.open(ECHO).operations))


def test_files_come_by_time(tmp_path: Path) -> None:
    with watching("-", "-o", tmp_path, "-G", 0.3) as process:
        began(process)
        assert process.stdin
        process.stdin.buffer.write(ECHO.read_bytes())
        process.stdin.buffer.flush()
        until(lambda: parts(tmp_path, "messages"), "files while the input is open")
        ended(process, signal.SIGTERM)
        assert process.returncode == 0


def test_a_file_that_grows(tmp_path: Path) -> None:
    capture, root = tmp_path / "grows.pcap", tmp_path / "out"
    data = ECHO.read_bytes()
    capture.write_bytes(data[:3000])
    with watching(capture, "--follow", "-o", root, "-G", 0.2) as process:
        began(process)
        until(lambda: parts(root, "messages"), "rows of the first part")
        with capture.open("ab") as stream:
            stream.write(data[3000:])
        until(lambda: len(written(root, "messages")) == dicomfast.open(ECHO).messages.num_rows, "rows of the rest")
        ended(process, signal.SIGTERM)
        assert process.returncode == 0
    assert written(root, "associations") == sorted(repr(row) for row in table_rows(dicomfast.open(ECHO).associations))


def test_one_at_a_time(run: Run, tmp_path: Path) -> None:
    with watching("-", "-o", tmp_path) as process:
        began(process)
        result = run("watch", ECHO, "-o", tmp_path)
        assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
        assert "another dicomfast watch" in result.stderr
        ended(process, signal.SIGTERM)


def test_an_error_of_the_input_comes_after_the_rows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no capture at all, but long enough to be sure of it")
    result = run("watch", ECHO, tmp_path / "text", "-o", tmp_path / "out")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "-o"),
        (["-o", "out"], 2, "name a capture file"),
        (["-o", "out", "-i", "lo", "--follow"], 2, "--follow"),
        (["-o", "out", "nothing.pcap"], 1, "nothing.pcap"),
        (["-o", "out", "--keep-size", "much", ECHO], 2, "50GB"),
        (["-o", "out", "-t", "nothing", ECHO], 1, "no table"),
        (["-o", "/proc/none", ECHO], 1, "cannot write"),
        (["-o", "out", "--metrics", "here", ECHO], 1, "HOST:PORT"),
    ],
)
def test_one_line_of_error(run: Run, tmp_path: Path, arguments: list[object], code: int, says: str) -> None:
    result = run("watch", *arguments, cwd=tmp_path)
    assert result.returncode == code
    assert says in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['prometheus_client'] = None; from dicomfast.cli import main;"
        f"sys.exit(main(['watch', {str(ECHO)!r}, '-o', {str(tmp_path)!r}, '--metrics', ':0']))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert result.returncode == 1
    assert "pip install 'dicomfast[metrics]'" in result.stderr.splitlines()[-1]
