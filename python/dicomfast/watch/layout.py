"""Where rows go: the directory of a table, a day, an hour and a run, and the names of files in it. Knows no rows' meaning.

DIR/operations/date=2026-11-25/hour=14/run=20261125T135959Z-9f3a51c0/part-20261125T140500Z-000001.parquet

The day and the hour are those of the row (UTC), the time in a file's name is when it was written. Numbers such as `association`
count anew in each run, so a run is a column, too.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

HOUR = 3_600_000_000_000

FINDINGS = "findings.ndjson"
LOCK = ".dicomfast-watch.lock"

# When a row was over: the first of these that is not null. A table that is not named has `time`; one without any has the time of the
# newest row of all tables.
ENDS = {
    "connections": ("end",),
    "associations": ("end",),
    "presentation_contexts": (),
    "operations": ("end", "first_response", "request_end", "request_start"),
    "messages": ("end", "start"),
    "capture_info": ("last_time",),
    "pdus": ("end", "start"),
    "stalls": ("end", "start"),
}

_STAMP = r"\d{8}T\d{6}Z"
_RUN = rf"{_STAMP}-[0-9a-f]{{8}}"
_DIRECTORY = rf"[a-z_]+/date=\d{{4,}}-\d\d-\d\d/hour=\d\d/run={_RUN}"
PART = re.compile(rf"{_DIRECTORY}/part-(?P<stamp>{_STAMP})-(?P<number>\d{{6,}})\.parquet")
UNFINISHED = re.compile(rf"{_DIRECTORY}/\.part-{_STAMP}-\d{{6,}}\.parquet\.tmp")
ROTATED = re.compile(rf"findings-(?P<stamp>{_STAMP})-(?P<number>\d{{6,}})-[0-9a-f]{{8}}\.ndjson")
DIRECTORIES = (re.compile(rf"run={_RUN}"), re.compile(r"hour=\d\d"), re.compile(r"date=\d{4,}-\d\d-\d\d"))


def stamp(now: dt.datetime) -> str:
    """A moment, as it stands in names."""
    return now.strftime("%Y%m%dT%H%M%SZ")


@dataclass
class Names:
    """The names of one run: none is given twice, by this run or another."""

    root: Path
    began: dt.datetime
    run: str = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self._token = secrets.token_hex(4)
        self.run = f"{stamp(self.began)}-{self._token}"

    def part(self, table: str, hour: int, now: dt.datetime) -> Path:
        """The next file of a table in an hour (hours since 1970)."""
        self._number += 1
        day = dt.date(1970, 1, 1) + dt.timedelta(days=hour // 24)
        folder = self.root / table / f"date={day.isoformat()}" / f"hour={hour % 24:02}" / f"run={self.run}"
        return folder / f"part-{stamp(now)}-{self._number:06}.parquet"

    def rotated(self, now: dt.datetime) -> Path:
        """What the file of findings is called when it is full."""
        self._number += 1
        return self.root / f"findings-{stamp(now)}-{self._number:06}-{self._token}.ndjson"


def unfinished(path: Path) -> Path:
    """What a file is called while it is written."""
    return path.with_name(f".{path.name}.tmp")


def by_hour(table: str, batch: pa.RecordBatch, newest: int) -> tuple[list[tuple[int, pa.RecordBatch]], int]:
    """The batch cut by hours, and the newest time so far. `newest` is that of before, in nanoseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [batch.column(name).cast(pa.int64()) for name in ENDS.get(table, ("time",))]
    if not columns:
        return [(newest // HOUR, batch)], newest
    times = pc.coalesce(*columns)
    latest = pc.max(times).as_py()
    if latest is None:
        return [(newest // HOUR, batch)], newest
    newest = max(newest, latest)
    times = pc.fill_null(times, newest)
    low, high = pc.min(times).as_py() // HOUR, pc.max(times).as_py() // HOUR
    if low == high:
        return [(low, batch)], newest
    # Towards minus infinity, as Python does it, for what comes before 1970.
    hours = pc.divide(pc.subtract(times, low * HOUR), HOUR)
    parts = [(low + part, batch.filter(pc.equal(hours, part))) for part in sorted(pc.unique(hours).to_pylist())]
    return parts, newest
