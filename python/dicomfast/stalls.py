"""Each pause of a capture with its cause: the table `stalls` with the names of who waited. Prints nothing (see `stall_lines`).

Rows come in the order of time. Names are in another table, whose row may come later: pauses wait for it, a bounded number of them.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from dicomfast import _dicomfast
from dicomfast.values import SECOND, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

TABLES = ["stalls", "associations"]

CAUSES = {
    "window-closed": "the receiver's window was closed: it did not read",
    "window-full": "the receiver's window was full of bytes on their way",
    "retransmission-timeout": "bytes were lost, and sent again only after a time-out",
    "fast-recovery": "bytes were lost, and sent again after duplicate acknowledgements",
    "nagle-delayed-ack": "a small rest of a message waited (Nagle's algorithm) for an acknowledgement that the receiver delayed",
    "congestion-window": "the congestion window was full: the sender waited for acknowledgements",
    "sender-idle": "the sender paused, and nothing kept it from sending",
    "capture-gap": "packets are missing in the capture: what happened cannot be known",
    "unknown": "the packets do not tell the cause",
}

# Pauses that wait for the names of their association, and names that are remembered.
_WAITING = 16_384
_NAMES = 65_536
_BATCH = 8_192

Row = dict[str, Any]


def in_words(cause: str | None) -> str:
    """A cause for people."""
    return CAUSES.get(cause or "unknown", cause or "")


def endless(row: Row) -> bool:
    """Whether the message never went on after the pause."""
    return row["resumed"] is False


class Longest(NamedTuple):
    """How long the longest pause lasted, and whether its message never went on after it."""

    duration: int = 0
    endless: bool = False


@dataclass
class Totals:
    """What the pauses add up to, by cause: the time that was waited, without what was sent between the waits of one pause."""

    count: Counter[str] = field(default_factory=Counter)
    time: Counter[str] = field(default_factory=Counter)
    longest: dict[str, Longest] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Add one pause."""
        cause = row["cause"] or "unknown"
        self.count[cause] += 1
        self.time[cause] += row["waited"] or 0
        self.longest[cause] = max(self.longest.get(cause, Longest()), Longest(row["duration"] or 0, endless(row)))

    def take_batch(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch of the table `stalls`."""
        for row in records(batch, "cause", "waited", "duration", "resumed"):
            self.take(row)

    def ranked(self) -> list[tuple[str, int, int]]:
        """Cause, pauses, nanoseconds; the longest time first."""
        return sorted(((cause, self.count[cause], self.time[cause]) for cause in self.count), key=lambda item: (-item[2], item[0]))

    def plain(self) -> dict[str, dict[str, float]]:
        """As plain values, times in seconds."""
        return {cause: {"count": amount, "seconds": time / SECOND} for cause, amount, time in self.ranked()}


def schema() -> pa.Schema:
    """The columns of the table `stalls`, with the AE titles of the association behind its number."""
    import pyarrow as pa

    fields = list(pa.schema(_dicomfast.schema("stalls")))
    known = pa.schema(_dicomfast.schema("associations"))
    at = [one.name for one in fields].index("association") + 1
    return pa.schema([*fields[:at], known.field("calling_ae"), known.field("called_ae"), *fields[at:]])


def pauses(batches: Iterable[tuple[str, pa.RecordBatch]], totals: Totals, shortest: int = 0) -> Iterator[Row]:
    """The rows by the time they begin, with AE titles; `totals` counts what lasts at least `shortest` nanoseconds."""
    names: dict[int, tuple[str | None, str | None]] = {}
    held: list[tuple[int, int, Row]] = []
    number = 0
    for name, batch in batches:
        if name == "associations":
            _remember(names, batch)
            continue
        for row in records(batch, *batch.schema.names):
            if (row["duration"] or 0) < shortest:
                continue
            totals.take(row)
            number += 1
            heapq.heappush(held, (row["start"] or 0, number, row))
        while len(held) > _WAITING:
            yield _named(heapq.heappop(held)[2], names)
    while held:
        yield _named(heapq.heappop(held)[2], names)


def longest(rows: Iterable[Row], amount: int) -> list[Row]:
    """The longest pauses, longest first."""
    return heapq.nlargest(amount, rows, key=lambda row: row["duration"] or 0)


def _remember(names: dict[int, tuple[str | None, str | None]], batch: pa.RecordBatch) -> None:
    for row in records(batch, "association", "calling_ae", "called_ae"):
        names[row["association"]] = (row["calling_ae"], row["called_ae"])
    while len(names) > _NAMES:
        del names[next(iter(names))]


def _named(row: Row, names: dict[int, tuple[str | None, str | None]]) -> Row:
    calling, called = names.get(row["association"], (None, None))
    return row | {"calling_ae": calling, "called_ae": called}


def batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Rows as batches of `schema`, for the writers of `output`."""
    import pyarrow as pa

    columns = schema()
    every = iter(rows)
    while part := list(itertools.islice(every, _BATCH)):
        yield pa.record_batch([_column([row[field.name] for row in part], field) for field in columns], schema=columns)


def _column(cells: list[Any], field: pa.Field) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_dictionary(field.type):
        return pa.array(cells, field.type.value_type).dictionary_encode().cast(field.type)
    return pa.array(cells, field.type)
