"""Where the time of a capture went, as plain numbers: counts while it reads, and keeps no table. Prints nothing."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast import budget
from dicomfast.findings import Findings
from dicomfast.stalls import Totals
from dicomfast.values import SECOND, records

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """What the tables add up to."""

    associations: int = 0
    refused: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    """Associations that did not end by release, by how they ended."""
    operations: int = 0
    failed: int = 0
    dataset_bytes: int = 0
    times: Times = field(default_factory=Counter)
    pairs: dict[tuple[str | None, str | None], Times] = field(default_factory=lambda: defaultdict(Counter))
    largest: list[Large] = field(default_factory=list)
    stalls: Totals = field(default_factory=Totals)
    findings: Findings = field(default_factory=Findings)
    client_way: Way = field(default_factory=Way)
    server_way: Way = field(default_factory=Way)
    dropped: int = 0
    cut_packets: int = 0
    whole: bool = True
    """Whether every input was read to its end."""

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


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND


def diagnose(batches: Iterable[tuple[str, pa.RecordBatch]], largest: int) -> Diagnosis:
    """Add up the batches of `TABLES`, and keep so many of the associations that took longest."""
    found = Diagnosis()
    top: list[tuple[int, int, Large]] = []
    for name, batch in batches:
        if name == "associations":
            _associations(found, batch, top, largest)
        elif name == "connections":
            for row in records(batch, "client_way", "server_way"):
                found.client_way.take(row["client_way"])
                found.server_way.take(row["server_way"])
        elif name == "findings":
            found.findings.take(batch)
        elif name == "stalls":
            found.stalls.take_batch(batch)
        elif name == "capture_info":
            for row in records(batch, "dropped", "cut_packets", "complete"):
                found.dropped += row["dropped"] or 0
                found.cut_packets += row["cut_packets"] or 0
                found.whole &= row["complete"] is not False
    found.largest = [one for _, _, one in sorted(top, key=lambda item: item[:2], reverse=True)]
    return found


def _associations(found: Diagnosis, batch: pa.RecordBatch, top: list[tuple[int, int, Large]], largest: int) -> None:
    for row in records(batch, *_FIELDS, *budget.COLUMNS):
        found.associations += 1
        refused = row["outcome"] in ("rejected", "unanswered")
        found.refused += refused
        if not refused and row["ended_by"] != "release":
            found.broken[row["ended_by"]] += 1
        found.operations += row["operations"] or 0
        found.failed += row["failed"] or 0
        found.dataset_bytes += row["dataset_bytes"] or 0
        times = budget.times(row)
        if times is None:
            continue
        found.times.update(times)
        pair = (row["calling_ae"], row["called_ae"])
        found.pairs[pair if pair in found.pairs or len(found.pairs) < _PAIRS else _OTHERS].update(times)
        kept = Large({name: row[name] for name in _FIELDS}, times)
        # The first of those that took equally long.
        heapq.heappush(top, (row["duration"] or 0, -found.associations, kept))
        if len(top) > largest:
            heapq.heappop(top)
