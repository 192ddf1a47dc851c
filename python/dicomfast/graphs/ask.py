"""What a graph is asked for, checked before anything is read; then read, and made. Knows the engine's tables through `source` alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomfast.errors import ArgumentError
from dicomfast.graphs import source
from dicomfast.narrowing import numbered
from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from dicomfast.graphs.graph import Graph

KINDS = ("stevens", "tcptrace", "throughput", "rtt", "window", "ladder")
# What people call them besides: Wireshark has two graphs of this name, and the second holds the first.
OTHER_NAMES = {"time-sequence": "tcptrace"}
DIRECTIONS = ("client", "server")
BY = ("time", "sequence")

# Wireshark's shortest window, and a longer one than any connection needs.
_SHORTEST, _LONGEST = 1e-6, 1e6


@dataclass(frozen=True)
class Question:
    """One graph, or two laid over each other."""

    kind: str
    connection: int | None = None
    direction: str | None = None
    compare: int | None = None
    window: float = 1.0
    by: str = "time"

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", OTHER_NAMES.get(self.kind, self.kind))
        for value, known, what in (
            (self.kind, KINDS, "kind of graph"),
            (self.direction or "client", DIRECTIONS, "direction"),
            (self.by, BY, "x axis"),
        ):
            if value not in known:
                raise ArgumentError(f"{value!r} is no {what}: {', '.join(known)}")
        if not _SHORTEST <= self.window <= _LONGEST:
            raise ArgumentError("the window of a throughput graph is at least a microsecond")
        if self.by == "sequence" and self.kind != "rtt":
            raise ArgumentError("only a graph of round-trip times can be drawn by sequence number")
        if self.compare is not None and self.connection in (None, self.compare):
            raise ArgumentError("two different connections are compared: name both")
        numbered(self.connections or ())

    @property
    def tables(self) -> list[str]:
        """What the engine is asked for."""
        return source.wanted(self.kind)

    @property
    def connections(self) -> list[int] | None:
        """Of which connections; None where none is named."""
        return None if self.connection is None else [number for number in (self.connection, self.compare) if number is not None]

    def answer(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> Graph:
        """Make the graph of these batches."""
        from dicomfast.graphs.graph import Graph

        found = source.collect(batches, self.connections)
        first, *others = [Graph(self.kind, one, direction=self.direction, span=round(self.window * SECOND), by=self.by) for one in found]
        return first.compare(others[0]) if others else first
