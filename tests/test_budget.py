"""Where the time went: classes that add up to the duration, exactly, whatever the capture holds; the same rows however it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dicomfast

CASES = Path(__file__).parent / "cases"
CAPTURES = sorted(path for path in CASES.rglob("*") if ".pcap" in path.name and "tsv" not in path.name)
TABLES = ["associations", "operations", "stalls", "connections"]
MINIMUM = 10_000_000


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows, with times and durations as whole nanoseconds."""
    for at, field in enumerate(table.schema):
        if pa.types.is_duration(field.type) or pa.types.is_timestamp(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.int64()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def read(path: Path, **options: Any) -> dict[str, list[dict[str, Any]]]:
    try:
        return {name: plain(table) for name, table in dicomfast.read(path, tables=TABLES, **options).items()}
    except dicomfast.DicomfastError:
        pytest.skip("not a capture that can be read: test_hazards_capture.py")


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.relative_to(CASES)))
def test_classes_add_up_to_the_duration(path: Path) -> None:
    tables = read(path)
    for name in ("associations", "operations"):
        for row in tables[name]:
            budget = [value for column, value in row.items() if column.startswith("time_")]
            assert len(budget) == 10
            if row["duration"] is None:
                assert set(budget) == {None}, (name, row)
            else:
                assert sum(budget) == row["duration"], (name, row)
                assert all(value >= 0 for value in budget) or row["duration"] < 0, (name, row)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.relative_to(CASES)))
def test_stalls_lie_where_they_say(path: Path) -> None:
    tables = read(path)
    ends = {row["association"]: row for row in tables["associations"]}
    last = {row["connection"]: row["end"] for row in tables["connections"]}
    for row in tables["stalls"]:
        assert row["end"] - row["start"] == row["duration"] >= row["waited"] >= max(MINIMUM, 2 * (row["rtt"] or 0))
        assert row["packet_before"] < row["packet_after"]
        association = ends[row["association"]]
        assert association["connection"] == row["connection"]
        assert row["packet_before"] >= association["first_packet"]
        assert row["end"] <= last[row["connection"]]
        assert row["sender"] in ("requestor", "acceptor")


@pytest.mark.parametrize("name", ["blame_timeout_pp", "blame_window_full_pp", "blame_nagle_dd", "loss", "mixed_traffic"])
def test_the_same_however_it_is_read(name: str) -> None:
    path = next(path for path in CAPTURES if path.parent.name == name)
    first = read(path, threads=1)
    assert first == read(path, threads=2)
    for bytes_at_once in (4_096, 70_000):
        assert first == read(path, threads=1, limits={"window_bytes": bytes_at_once, "small_window_bytes": bytes_at_once})
