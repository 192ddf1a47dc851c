"""`dicomfast stalls`: each pause with its names and cause, in order, counted; hostile text does nothing."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import HOSTILE, START
from graph_sources import rows

import dicomfast
from dicomfast import stall_lines, stalls
from dicomfast.terminal import Paint

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CASES = Path(__file__).parent / "cases"
CLOSED = CASES / "blame_window_closed_dp/capture.pcap.gz"
MILLISECOND = 1_000_000


def pause(start: int, milliseconds: int, cause: str = "window-closed", **more: Any) -> dict[str, Any]:
    known = {"connection": 2, "association": 5, "message_id": 7, "command": "C-STORE-RQ", "sender": "requestor", "waits": 1}
    begin, length = START + start * MILLISECOND, milliseconds * MILLISECOND
    times = {"start": begin, "end": begin + length, "duration": length}
    evidence = {"confidence": "high", "bytes_in_flight": 64_000, "window": 0, "rtt": MILLISECOND, "packet_before": 10, "packet_after": 12}
    return known | times | evidence | {"cause": cause, "waited": length} | more


def tables(*pauses: dict[str, Any], calling: str = "CT1") -> list[tuple[str, pa.RecordBatch]]:
    """The association's row comes last, as it does in a capture."""
    found = [("stalls", batch) for one in pauses for batch in rows("stalls", one).to_batches()]
    names = rows("associations", {"association": 5, "calling_ae": calling, "called_ae": "PACS"})
    return [*found, *(("associations", batch) for batch in names.to_batches())]


def test_in_the_order_of_time_with_names() -> None:
    totals = stalls.Totals()
    found = list(stalls.pauses(tables(pause(50, 10), pause(0, 200, "sender-idle"), pause(20, 30)), totals))
    assert [row["duration"] // MILLISECOND for row in found] == [200, 30, 10]
    assert {(row["calling_ae"], row["called_ae"]) for row in found} == {("CT1", "PACS")}
    assert totals.ranked() == [("sender-idle", 1, 200 * MILLISECOND), ("window-closed", 2, 40 * MILLISECOND)]
    assert totals.plain()["window-closed"] == {"count": 2, "seconds": 0.04}


def test_more_than_are_held_are_still_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalls, "_WAITING", 1)
    found = list(stalls.pauses(tables(*(pause(start, 10) for start in range(5))), stalls.Totals()))
    assert [row["start"] for row in found] == sorted(row["start"] for row in found)
    assert [row["calling_ae"] for row in found] == [None, None, None, None, "CT1"]


def test_the_longest_first_and_none_too_short() -> None:
    totals = stalls.Totals()
    found = stalls.pauses(tables(pause(0, 10), pause(50, 30), pause(90, 20), pause(120, 9)), totals, shortest=10 * MILLISECOND)
    assert [row["duration"] // MILLISECOND for row in stalls.longest(found, 2)] == [30, 20]
    assert totals.count.total() == 3


def test_the_lines() -> None:
    totals = stalls.Totals()
    (row,) = stalls.pauses(tables(pause(0, 200, waits=3, waited=90 * MILLISECOND)), totals)
    assert stall_lines.lines(row, Paint(color=False)) == [
        "08:30:00.123456 200 ms CT1 > PACS C-STORE-RQ id 7 from the requestor",
        "                the receiver's window was closed: it did not read (high confidence)",
        "                connection 2, 3 waits, 90 ms together, 64 kB in flight, window 0 B, RTT 1 ms, packets 10 to 12",
    ]
    assert stall_lines.closing(totals, 1) == "1 pause, 90 ms waited: window-closed 90 ms (1)"
    assert stall_lines.closing(stalls.Totals(), 0) == "No pause in the middle of a message"


def test_a_pause_that_never_ended() -> None:
    totals = stalls.Totals()
    first, second = stalls.pauses(tables(pause(0, 200, resumed=False), pause(300, 90, resumed=True)), totals)
    assert stall_lines.lines(first, Paint(color=False))[0].endswith("id 7 from the requestor, and never went on")
    assert stall_lines.lines(second, Paint(color=False))[0].endswith("id 7 from the requestor")
    assert totals.longest == {"window-closed": (200 * MILLISECOND, True)}


def test_hostile_and_missing_values_are_harmless() -> None:
    bare = dict.fromkeys(("message_id", "command", "sender", "confidence", "bytes_in_flight", "window", "rtt", "packet_before", "waits"))
    for row in stalls.pauses(tables(pause(0, 20), pause(1, 20, "a\x1bb", **bare), calling=HOSTILE), stalls.Totals()):
        assert all(line.isprintable() for line in stall_lines.lines(row, Paint(color=False)))


def test_every_cause_of_a_capture_has_words() -> None:
    for case in CASES.glob("blame_*"):
        assert set(dicomfast.read(case / "capture.pcap.gz", tables=["stalls"])["stalls"]["cause"].to_pylist()) <= set(stalls.CAUSES)


def test_the_command(run: Run) -> None:
    table = dicomfast.open(CLOSED).stalls
    assert table.num_rows > 1
    result = run("stalls", CLOSED)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) == 3 * table.num_rows + 1
    assert lines[-1].startswith(f"{table.num_rows} pauses, ")
    assert "window-closed" in lines[-1]
    shown = run("stalls", CLOSED, "--longest", 1, "--min", "30ms").stdout.splitlines()
    assert len(shown) == 4
    assert ", 1 shown, " in shown[-1]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "arrow", "parquet"])
def test_other_formats_are_the_table_with_names(run: Run, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    assert run("stalls", CLOSED, "-o", target).returncode == 0
    assert target.stat().st_size > 100
    if form == "ndjson":
        objects = [json.loads(line) for line in target.read_text().splitlines()]
        assert len(objects) == dicomfast.open(CLOSED).stalls.num_rows
        assert objects[0]["called_ae"] == "ANY-SCP"
        assert list(objects[0]) == stalls.schema().names
        assert run("stalls", CLOSED, "--format", "ndjson").stdout == target.read_text()


@pytest.mark.parametrize("wrong", ["10 parsecs", "ms", "-1s", "nan"])
def test_a_wrong_duration_is_one_line(run: Run, wrong: str) -> None:
    result = run("stalls", CLOSED, "--min", wrong)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
