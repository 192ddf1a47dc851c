"""Where the time of a capture went, as plain numbers: counts while it reads, and keeps no table. Prints nothing."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast import budget
from dicomfast.findings import Findings
from dicomfast.stalls import Totals
from dicomfast.top import Top
from dicomfast.values import SECOND, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from dicomfast.budget import Times

TABLES = ["capture_info", "connections", "associations", "findings", "stalls"]

# Pairs of AE titles that are told apart.
_PAIRS = 10_000
_OTHERS = ("(others)", "(others)")

_FIELDS = (
    "association",
    "connection",
    "calling_ae",
    "called_ae",
    "outcome",
    "ended_by",
    "duration",
    "operations",
    "failed",
    "dataset_bytes",
)


@dataclass(frozen=True)
class Large:
    """One of the associations that took longest."""

    row: dict[str, Any]
    times: Times


@dataclass
class Way:
    """The round trips between the capture point and one side, as the handshakes of connections tell them."""

    connections: int = 0
    time: int = 0

    def take(self, time: int | None) -> None:
        """Add a connection."""
        if time is not None:
            self.connections += 1
            self.time += time

    def mean(self) -> float:
        """Nanoseconds; 0 where no handshake tells."""
        return self.time / self.connections if self.connections else 0.0


@dataclass
class Diagnosis:
    """What the tables add up to: `take` each batch of `TABLES` once."""

    longest: Top
    """The associations that took longest, the first of those that took equally long."""
    associations: int = 0
    without_budget: int = 0
    refused: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    """Associations that did not end by release, by how they ended."""
    operations: int = 0
    failed: int = 0
    dataset_bytes: int = 0
    times: Times = field(default_factory=Counter)
    pairs: dict[tuple[str | None, str | None], Times] = field(default_factory=lambda: defaultdict(Counter))
    stalls: Totals = field(default_factory=Totals)
    findings: Findings = field(default_factory=Findings)
    client_way: Way = field(default_factory=Way)
    server_way: Way = field(default_factory=Way)
    dropped: int = 0
    cut_packets: int = 0
    whole: bool = True
    """Whether every input was read to its end."""

    @property
    def largest(self) -> list[Large]:
        """The associations that took longest."""
        return [Large({name: row[name] for name in _FIELDS}, budget.times(row) or Counter()) for row in self.longest.rows()]

    def take(self, name: str, batch: pa.RecordBatch) -> None:
        """Add a batch; those of other tables tell nothing."""
        if name == "associations":
            self._associations(batch)
        elif name == "connections":
            for row in records(batch, "client_way", "server_way"):
                self.client_way.take(row["client_way"])
                self.server_way.take(row["server_way"])
        elif name == "findings":
            self.findings.take(batch)
        elif name == "stalls":
            self.stalls.take_batch(batch)
        elif name == "capture_info":
            for row in records(batch, "dropped", "cut_packets", "complete"):
                self.dropped += row["dropped"] or 0
                self.cut_packets += row["cut_packets"] or 0
                self.whole &= row["complete"] is not False

    def _associations(self, batch: pa.RecordBatch) -> None:
        self.associations += batch.num_rows
        for row in records(batch, "outcome", "ended_by", "operations", "failed", "dataset_bytes"):
            refused = row["outcome"] in ("rejected", "unanswered")
            self.refused += refused
            if not refused and row["ended_by"] != "release":
                self.broken[row["ended_by"]] += 1
            self.operations += row["operations"] or 0
            self.failed += row["failed"] or 0
            self.dataset_bytes += row["dataset_bytes"] or 0
        told = _with_budget(batch)
        self.without_budget += batch.num_rows - told.num_rows
        for pair, times in _by_pair(told):
            self.times.update(times)
            self.pairs[pair if pair in self.pairs or len(self.pairs) < _PAIRS else _OTHERS].update(times)
        if self.longest.size:
            for row in records(told, *_FIELDS, *budget.COLUMNS):
                self.longest.add(row)

    def plain(self) -> dict[str, Any]:
        """As plain values, times in seconds."""
        return {
            "findings": self.findings.plain(),
            "budget": budget.seconds(self.times if self.times.total() else None),
            "associations": [
                one.row | {"duration": _seconds(one.row["duration"]), "budget": budget.seconds(one.times)} for one in self.largest
            ],
            "stalls": self.stalls.plain(),
            "counts": {name: getattr(self, name) for name in ("associations", "refused", "operations", "failed", "dataset_bytes")},
            "capture": {name: getattr(self, name) for name in ("dropped", "cut_packets", "whole")},
        }


def _with_budget(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The associations of which the engine tells a budget."""
    import pyarrow.compute as pc

    return batch.filter(functools.reduce(pc.or_, (pc.is_valid(batch.column(column)) for column in budget.COLUMNS)))


def _by_pair(batch: pa.RecordBatch) -> Iterator[tuple[tuple[str | None, str | None], Times]]:
    """The budgets of each pair of AE titles together, the pairs as they come first."""
    import pyarrow as pa

    names = ("calling_ae", "called_ae")
    keys = [batch.column(name).cast(pa.string()) for name in names]
    times = [batch.column(column).cast(pa.int64()) for column in budget.COLUMNS]
    table = pa.table([*keys, *times], names=[*names, *budget.COLUMNS])
    summed = table.group_by(names, use_threads=False).aggregate([(column, "sum") for column in budget.COLUMNS])
    for row in summed.to_pylist():
        yield (row["calling_ae"], row["called_ae"]), Counter({column: row[f"{column}_sum"] or 0 for column in budget.COLUMNS})


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND


def empty(largest: int) -> Diagnosis:
    """Nothing added up yet; so many of the associations that took longest will be kept."""
    return Diagnosis(Top(largest, lambda row: (row["duration"] or 0,)))


def diagnose(batches: Iterable[tuple[str, pa.RecordBatch]], largest: int) -> Diagnosis:
    """Add up the batches of `TABLES`, and keep so many of the associations that took longest."""
    found = empty(largest)
    for name, batch in batches:
        found.take(name, batch)
    return found
