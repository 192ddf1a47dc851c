"""The two sides of a comparison: what was read of a capture, and which of it belongs to a side. Compares nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast import budget
from dicomfast.values import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    from dicomfast.budget import Times

TABLES = ["capture_info", "connections", "associations", "operations"]

# Operations that are kept of one capture; what comes after is said not to be compared.
MOST = 100_000

Row = dict[str, Any]

_ASSOCIATIONS = ("association", "connection", "calling_ae", "called_ae", "outcome", "ended_by", "duration", "negotiation_time", "complete",
                 *budget.COLUMNS)  # fmt: skip
_OPERATIONS = ("association", "connection", "message_id", "command", "sop_instance", "dataset_bytes", "transfer_syntax_name",
               "request_start", "end", "duration", "transfer_time", "response_time", "throughput", "first_packet", "complete",
               "answered", *budget.COLUMNS)  # fmt: skip
_CONNECTIONS = ("connection", "opened", "tap", "client_payload_bytes", "server_payload_bytes")


@dataclass
class Reading:
    """The rows of a capture that a comparison takes."""

    associations: list[Row] = field(default_factory=list)
    operations: list[Row] = field(default_factory=list)
    connections: dict[int, Row] = field(default_factory=dict)
    dropped: int = 0
    truncated: bool = False


@dataclass
class Side:
    """One side: its operations in the order in which they were asked for."""

    name: str
    associations: list[Row]
    operations: list[Row]
    connections: list[Row]
    dropped: int
    truncated: bool

    def times(self) -> Times:
        """The budget of all its associations."""
        total: Times = Counter()
        for row in self.associations:
            total.update(budget.times(row) or {})
        return total

    def busiest(self) -> int | None:
        """The connection that carries most bytes."""
        carried = {row["connection"]: (row["client_payload_bytes"] or 0) + (row["server_payload_bytes"] or 0) for row in self.connections}
        return max(carried, key=lambda number: carried[number]) if carried else None


def read(batches: Iterable[tuple[str, pa.RecordBatch]]) -> Reading:
    """Keep what a comparison takes of the rows of `TABLES`."""
    found = Reading()
    for name, batch in batches:
        if name == "operations":
            rows = records(batch, *_OPERATIONS)
            room = MOST - len(found.operations)
            found.operations += rows[:room]
            found.truncated |= len(rows) > room
        elif name == "associations":
            found.associations += records(batch, *_ASSOCIATIONS)
        elif name == "connections":
            found.connections |= {row["connection"]: row for row in records(batch, *_CONNECTIONS)}
        elif name == "capture_info":
            found.dropped += sum(row["dropped"] or 0 for row in records(batch, "dropped"))
    return found


def side(name: str, reading: Reading, belongs: Callable[[Row], bool] = lambda _: True) -> Side:
    """What of a reading belongs to a side, by its associations."""
    associations = [row for row in reading.associations if belongs(row)]
    numbers = {row["association"] for row in associations}
    operations = [row for row in reading.operations if row["association"] in numbers]
    operations.sort(key=lambda row: (row["request_start"] or 0, row["first_packet"] or 0))
    _pauses(operations)
    used = dict.fromkeys(row["connection"] for row in associations)
    connections = [reading.connections[number] for number in used if number in reading.connections]
    return Side(name, associations, operations, connections, reading.dropped, reading.truncated)


def _pauses(operations: list[Row]) -> None:
    """Add `pause`: from the end of all operations before it on the same association; None for the first."""
    ends: dict[int, int] = {}
    for row in operations:
        start, end, number = row["request_start"], row["end"], row["association"]
        row["pause"] = max(0, start - ends[number]) if number in ends and start is not None else None
        ends[number] = max(ends.get(number, 0), end or start or 0)
