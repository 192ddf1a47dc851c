"""What is compared, checked before anything is read; then read. Knows the engine through `Capture` alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicomfast.comparison import sides
from dicomfast.comparison.result import Comparison
from dicomfast.errors import ArgumentError
from dicomfast.sources import can_be_read_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from dicomfast.capture import Capture, Scan
    from dicomfast.graphs.graph import Graph

    Pass = Callable[[Capture, list[str], Sequence[int] | None], AbstractContextManager[Scan]]

_TWO = 2


@contextmanager
def quietly(capture: Capture, tables: list[str], connections: Sequence[int] | None = None) -> Iterator[Scan]:
    """A pass that nobody watches."""
    scan = capture.scan(tables, connections)
    try:
        yield scan
    finally:
        scan.close()


@dataclass(frozen=True)
class Question:
    """Two captures; or one, and two of its connections or two called AE titles."""

    captures: Sequence[Capture]
    connections: Sequence[int] = ()
    aes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.connections and self.aes:
            raise ArgumentError("connections are compared, or AE titles, not both")
        for named, what in ((self.connections, "connections"), (self.aes, "AE titles")):
            if named and (len(named) != _TWO or named[0] == named[1]):
                raise ArgumentError(f"two different {what} are compared: name both")
            if named and len(self.captures) != 1:
                raise ArgumentError(f"{what} are compared within one capture")
        if not (self.connections or self.aes) and len(self.captures) != _TWO:
            raise ArgumentError("two captures are compared; or two connections, or two AE titles, of one")
        streams = [source for capture in self.captures for source in capture.sources if not can_be_read_again([source])]
        if len({source if isinstance(source, str) else id(source) for source in streams}) < len(streams):
            raise ArgumentError("standard input or a file object is named twice; it can be read only once")

    def answer(self, watched: Pass = quietly) -> Comparison:
        """Read what is compared, and compare it."""
        readings = []
        for capture in self.captures:
            with watched(capture, sides.TABLES, self.connections or None) as scan:
                readings.append(sides.read(scan))
        if self.connections:
            for number in self.connections:
                if number not in readings[0].connections:
                    raise ArgumentError(f"the capture has no TCP connection {number}: the table connections lists them")
            pair = [sides.side(f"connection {number}", readings[0], _on(number)) for number in self.connections]
        elif self.aes:
            pair = [sides.side(title, readings[0], _called(title)) for title in self.aes]
            for side in pair:
                if not side.associations:
                    raise ArgumentError("the capture has no association with such a called AE title: the table associations lists them")
        else:
            names = _names(self.captures)
            pair = [sides.side(name, reading) for name, reading in zip(names, readings, strict=True)]
        return Comparison(*pair)

    def overlay(self, found: Comparison, kind: str, watched: Pass = quietly) -> Graph:
        """The graphs of the busiest connection of each side, laid over each other."""
        from dicomfast.graphs import source
        from dicomfast.graphs.graph import Graph

        captures = self.captures if len(self.captures) == _TWO else [*self.captures, *self.captures]
        graphs = []
        for label, side, capture in zip("AB", (found.a, found.b), captures, strict=True):
            number = side.busiest()
            if number is None:
                raise ArgumentError("a side without a connection cannot be drawn")
            with watched(capture, source.wanted(kind), [number]) as scan:
                (one,) = source.collect(scan, [number])
            graphs.append(Graph(kind, one, name=f"{label} ({side.name})" if len(side.name) <= 30 else label))  # noqa: PLR2004 - a legend
        return graphs[0].compare(graphs[1])


def _on(number: int) -> Callable[[sides.Row], bool]:
    return lambda row: row["connection"] == number


def _called(title: str) -> Callable[[sides.Row], bool]:
    return lambda row: row["called_ae"] == title


def _names(captures: Sequence[Capture]) -> list[str]:
    """The names of the files, with as many of their folders as it takes to tell them apart."""
    whole = [_first(capture) for capture in captures]
    parts = [Path(name).parts for name in whole]
    for length in range(1, max(map(len, parts)) + 1):
        short = [str(Path(*one[-length:])) for one in parts]
        if short[0] != short[1]:
            return short
    return [f"{name} ({side})" for name, side in zip(whole, "AB", strict=True)]


def _first(capture: Capture) -> str:
    sources = capture.sources
    first = sources[0] if isinstance(sources[0], str) else "file object"
    return first if len(sources) == 1 else f"{first} and {len(sources) - 1} more"
