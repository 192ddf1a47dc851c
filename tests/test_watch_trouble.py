"""`dicomfast watch` where something goes wrong: killed, a disk that is full, files that must go, labels without end."""

import json
import os
import re
import resource
import signal
import struct
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import TIME, batch
from generate import pcapng
from watching import CASES, TIMEOUT, began, ended, parts, table_rows, unread, until, watching, written

import dicomfast
from dicomfast.intake import Counters
from dicomfast.watch import files, layout, store
from dicomfast.watch.journal import Journal
from dicomfast.watch.layout import Names
from dicomfast.watch.metrics import OTHER, Labels, Metrics
from dicomfast.watch.retention import Retention
from dicomfast.watch.store import Rotation, Store

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ECHO = CASES / "echo_dcmtk_storescp/capture.pcap"
REJECTS = CASES / "reject_variants/capture.pcap"


class Said(list[str]):
    """What was said."""

    def __call__(self, text: str) -> None:
        self.append(text)


def rows(*numbers: int) -> pa.RecordBatch:
    """Rows of a table with a time alone."""
    return batch({"time": TIME, "number": pa.int64()}, *({"time": number * 10**9, "number": number} for number in numbers))


def named(root: Path) -> Names:
    return Names(root, layout.dt.datetime.now(layout.dt.UTC))


def kept(root: Path, rotation: Rotation | None = None) -> tuple[Store, Said]:
    said = Said()
    return Store(named(root), rotation or Rotation(), said, lambda *_: None), said


def test_killed_while_it_writes(tmp_path: Path) -> None:
    """Whatever the moment: every file that has its name reads, and the next run goes on."""
    data = ECHO.read_bytes()
    left = 0
    for attempt in range(6):
        with watching("-", "-o", tmp_path, "--rows", 1) as process:
            began(process)
            assert process.stdin
            process.stdin.buffer.write(data)
            process.stdin.buffer.flush()
            before = len(parts(tmp_path))
            until(lambda before=before: len(parts(tmp_path)) > before, "a file")
            time.sleep(attempt * 0.01)
            process.send_signal(signal.SIGKILL)
            assert process.wait(TIMEOUT) == -signal.SIGKILL
        for path in parts(tmp_path):
            assert pq.read_table(path, partitioning=None).num_rows
        left = len(list(tmp_path.rglob(".part-*.tmp")))
    with watching("-", "-o", tmp_path) as process:
        said = began(process)
        ended(process, signal.SIGTERM)
        assert process.returncode == 0
    assert not list(tmp_path.rglob(".part-*.tmp"))
    assert ("of a run that was cut short" in "".join(said)) == bool(left)


def test_what_is_half_written_is_removed_and_nothing_else(run: Run, tmp_path: Path) -> None:
    assert run("watch", ECHO, "-o", tmp_path).returncode == 0
    (part, *_) = parts(tmp_path)
    half = layout.unfinished(part)
    half.write_bytes(b"PAR1")
    other = part.with_name(".mine.parquet.tmp")
    other.write_bytes(b"PAR1")
    result = run("watch", ECHO, "-o", tmp_path)
    assert "removed 1 unfinished file of a run that was cut short" in result.stderr
    assert not half.exists()
    assert other.exists()


def test_a_line_that_was_cut_is_no_finding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "findings.ndjson").write_text('{"code": "whole"}\n{"code": "cu')
    assert run("watch", REJECTS, "-o", tmp_path).returncode == 0
    first, second = sorted(tmp_path.glob("findings-*.ndjson"))
    assert [json.loads(line)["code"] for line in first.read_text().splitlines()] == ["whole"]
    assert len(second.read_text().splitlines()) == dicomfast.open(REJECTS).findings.num_rows


def test_a_file_too_large_for_the_disk(run: Run, tmp_path: Path) -> None:
    """RLIMIT_FSIZE fails a write as a full disk does, in the middle of a file."""
    capture = CASES / "many_associations/capture.pcap.zst"
    most = 6_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    result = run("watch", capture, "-o", tmp_path, preexec_fn=limit)
    tables = dicomfast.read(capture)
    assert result.returncode == 1
    assert len([line for line in result.stderr.splitlines() if "cannot write: File too large" in line]) == 1
    there = sum(pq.read_table(path, partitioning=None).num_rows for path in parts(tmp_path))
    lost = re.search(r"([\d,]+) rows? in .* files?, ([\d,]+) lost", result.stderr)
    assert lost
    wrote, gone = (int(number.replace(",", "")) for number in lost.groups())
    assert wrote == there
    assert gone > 0
    assert wrote + gone == sum(table.num_rows for table in tables.values())
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"NOT TESTED: a full disk needs the right to mount one: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_that_gets_room_again(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RETRY", 0.0)
    ballast = small_disk / "ballast"
    taken, said = kept(small_disk, Rotation(rows=4))
    taken.take("events", rows(1, 2, 3, 4))
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(bytes(1 << 20))
    for number in range(10):
        taken.take("events", rows(*range(number * 4, number * 4 + 4)))
    assert taken.failing
    assert len(said) == 1
    assert "cannot write: No space left on device" in said[0]
    assert taken.lost.total() == 0
    assert len(parts(small_disk)) == 1
    ballast.unlink()
    taken.tick()
    assert not taken.failing
    assert said[1:] == ["writing again; 0 rows lost so far"]
    taken.close()
    assert len(written(small_disk, "events")) == 44 == taken.rows.total()
    assert not list(small_disk.rglob("*.tmp"))


def test_what_no_disk_takes_is_bounded_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "HELD_BYTES", 10 * rows(*range(100)).nbytes)
    monkeypatch.setattr(store, "RETRY", 0.0)
    taken, said = kept(tmp_path, Rotation(rows=100))
    working = files.write

    def failing(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", failing)
    for number in range(30):
        taken.take("events", rows(*range(number * 100, number * 100 + 100)))
    assert taken.lost["events"] == 2000
    assert len(said) == 1
    monkeypatch.setattr(files, "write", working)
    taken.close()
    # The newest are there.
    assert sorted(number for path in parts(tmp_path) for number in pq.read_table(path, partitioning=None)["number"].to_pylist()) == list(
        range(2000, 3000)
    )
    assert "2,000 rows lost" in said[1]


def test_findings_on_a_full_disk_are_whole_lines(small_disk: Path) -> None:
    said = Said()
    journal = Journal(named(small_disk), said, lambda *_: None)
    findings = dicomfast.open(REJECTS).findings.to_batches()[0]
    for _ in range(2000):
        journal.take(findings)
    assert journal.lost > 0
    assert len(said) == 1
    lines = (small_disk / "findings.ndjson").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) + journal.lost == 2000 * findings.num_rows
    assert all(json.loads(line)["code"] for line in lines)


def test_hours_are_cut_and_late_rows_find_theirs(tmp_path: Path) -> None:
    taken, _ = kept(tmp_path)
    taken.take("events", rows(0, 3599, 3600, 7200, -1))
    taken.take("events", rows(10))
    taken.close()
    found = {"/".join(path.parts[-4:-2]): pq.read_table(path, partitioning=None)["number"].to_pylist() for path in parts(tmp_path)}
    assert found == {
        "date=1969-12-31/hour=23": [-1],
        "date=1970-01-01/hour=00": [0, 3599, 10],
        "date=1970-01-01/hour=01": [3600],
        "date=1970-01-01/hour=02": [7200],
    }


def test_many_hours_at_once_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PILES", 5)
    taken, _ = kept(tmp_path)
    taken.take("events", rows(*(hour * 3600 for hour in range(40))))
    assert len(parts(tmp_path)) == 35
    taken.close()
    assert len(written(tmp_path, "events")) == 40


def test_many_small_batches_keep_their_order(tmp_path: Path) -> None:
    taken, _ = kept(tmp_path)
    for number in range(64 * 64 + 70):
        taken.take("events", rows(0).set_column(1, "number", pa.array([number])))
    taken.close()
    (path,) = parts(tmp_path)
    assert pq.read_table(path, partitioning=None)["number"].to_pylist() == list(range(64 * 64 + 70))


def made(root: Path, *stamps: str) -> list[Path]:
    """Files of ours of 1000 bytes."""
    names = named(root)
    paths = []
    for stamp in stamps:
        path = names.part("events", 0, layout.dt.datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=layout.dt.UTC))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(1000))
        paths.append(path)
    return paths


def test_the_oldest_go_first_and_nothing_of_others(tmp_path: Path) -> None:
    old, middle, new = made(tmp_path, "20200101", "20210101", "20220101")
    others = [
        tmp_path / "mine.parquet",
        old.with_name("part-1.parquet"),
        old.with_name("part-20190101T000000Z-000001.parquet.bak"),
        tmp_path / "findings-old.ndjson",
        tmp_path / "findings.ndjson",
    ]
    for path in others:
        path.write_bytes(bytes(5000))
    link = old.with_name("part-20180101T000000Z-000001.parquet")
    link.symlink_to(others[0])
    Retention(tmp_path, Said(), most=2000, days=None).apply()
    assert [path.exists() for path in (old, middle, new)] == [False, True, True]
    assert all(path.exists() for path in others)
    assert link.is_symlink()


def test_age_is_when_it_was_written(tmp_path: Path) -> None:
    (old,) = made(tmp_path, "20200101")
    (new,) = made(tmp_path, f"{layout.dt.datetime.now(layout.dt.UTC):%Y%m%d}")
    retention = Retention(tmp_path, Said(), most=None, days=2)
    retention.apply()
    assert not old.exists()
    assert new.exists()
    assert not old.parent.exists(), "the directory of that run is empty"
    assert retention.removed == 1


def test_retention_while_it_runs(run: Run, tmp_path: Path) -> None:
    assert run("watch", ECHO, "-o", tmp_path, "-t", "messages", "--rows", 1, "--keep-size", "30kB").returncode == 0
    sizes = [path.stat().st_size for path in parts(tmp_path)]
    assert 15_000 < sum(sizes) <= 30_000


def test_labels_are_bounded() -> None:
    labels = Labels(2)
    assert [labels("a", "b"), labels("c", None), labels("d", "e"), labels("a", "b")] == [
        ("a", "b"),
        ("c", "unknown"),
        (OTHER, OTHER),
        ("a", "b"),
    ]
    assert labels("\x1b[31m", "") == (OTHER, OTHER)
    assert Labels(1)("\x1b[31m") == ("\\x1b[31m",)


def test_metrics_are_what_the_tables_say(tmp_path: Path) -> None:
    capture = CASES / "mixed_traffic/capture.pcap.zst"
    tables = dicomfast.read(capture)
    taken, _ = kept(tmp_path)
    metrics = Metrics(lambda: Counters(packets=7, dropped=2), taken)
    for name, table in tables.items():
        for part in table.to_batches():
            metrics.take(name, part)

    def value(name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(f"dicomfast_{name}", labels) or 0.0

    assert value("packets_received_total") == 7
    assert value("packets_dropped_total") == 2
    operations = tables["operations"].select(["command", "status_category", "answered"]).to_pylist()
    for command, category in {(row["command"], row["status_category"]) for row in operations if row["answered"]}:
        expected = sum((row["command"], row["status_category"]) == (command, category) for row in operations)
        assert value("operations_total", command=command, status_category=category) == expected
    assert (
        sum(
            sample.value
            for metric in metrics.registry.collect()
            for sample in metric.samples
            if sample.name == "dicomfast_associations_total"
        )
        == tables["associations"].num_rows
    )
    every = " ".join(str(sample.labels) for metric in metrics.registry.collect() for sample in metric.samples)
    assert "1.2.840" not in every


def test_metrics_over_http(tmp_path: Path) -> None:
    with watching("-", "-o", tmp_path, "--metrics", "127.0.0.1:0") as process:
        found = re.search(r"metrics at (\S+)", "".join(began(process)))
        assert found
        assert process.stdin
        process.stdin.buffer.write(ECHO.read_bytes())
        process.stdin.buffer.flush()
        until(lambda: unread(process) == 0, "all is read")
        until(lambda: b'dicomfast_operations_total{command="C-ECHO",status_category="success"}' in _get(found[1]), "counted")
        ended(process, signal.SIGTERM)
        assert process.returncode == 0


def _get(address: str) -> bytes:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=TIMEOUT) as answer:
        return bytes(answer.read())


def test_drops_have_an_exit_code(run: Run, tmp_path: Path) -> None:
    """An Interface Statistics Block with isb_ifdrop (5): what the capturing program says."""
    capture = tmp_path / "dropped.pcapng"
    statistics = struct.pack("<III", 0, 0, 0) + pcapng.option(5, struct.pack("<Q", 3)) + bytes(4)
    capture.write_bytes((CASES / "formats/formats.2if.pcapng").read_bytes() + pcapng.block(5, statistics))
    for code, more in ((0, []), (4, ["--fail-on-drop"])):
        result = run("watch", capture, "-o", tmp_path / "out", *more)
        assert result.returncode == code
        assert "3 dropped" in result.stderr


def test_an_input_that_waits_for_nobody_ends(tmp_path: Path) -> None:
    """A pipe that nobody ever opens to write."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with watching(pipe, "-o", tmp_path / "out") as process:
        began(process)
        threading.Event().wait(0.3)
        assert "0 packets" in ended(process, signal.SIGTERM)[-1]
        assert process.returncode == 0


def test_rows_of_before_are_never_overwritten(run: Run, tmp_path: Path) -> None:
    for _ in range(3):
        assert run("watch", ECHO, "-o", tmp_path).returncode == 0
    assert written(tmp_path, "operations") == sorted(3 * [repr(row) for row in table_rows(dicomfast.open(ECHO).operations)])
