"""The second pass of a report: the few connections that were picked, as pictures and as a ladder. Asks for tables; makes no HTML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dicomfast.errors import ArgumentError
from dicomfast.graphs import source
from dicomfast.graphs.coarse import COLUMNS, coarse
from dicomfast.graphs.graph import Graph, needs
from dicomfast.report.ladder import Rung, rungs
from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from dicomfast.graphs.picture import Picture
    from dicomfast.report.facts import Row
    from dicomfast.report.pick import Close

TABLES = ["segments", "pdus", "stalls", "connections", "associations", "messages"]
# Segments of the picked connections that are held.
SEGMENTS = 1_500_000
# The window of a throughput graph: a part of the connection, between these.
_PART, _SHORTEST = 60, 1_000_000
# A close-up shows this much before and after the stall, and is made where it shows less than a third of all.
_AROUND, _LEAST, _WORTH = 0.6, 20_000_000, 3


@dataclass(frozen=True)
class Drawn:
    """One picture, and which part of it is shown."""

    title: str
    picture: Picture
    view: tuple[float, float] | None = None


@dataclass
class Look:
    """One connection, looked at closely."""

    close: Close
    about: str
    drawn: list[Drawn] = field(default_factory=list)
    ladder: list[Rung] = field(default_factory=list)
    coarse: bool = False
    """Whether there were more segments than are drawn."""
    cut: bool = False
    """Whether there were more segments than are held."""


def look(batches: Iterable[tuple[str, pa.RecordBatch]], picked: list[Close]) -> list[Look]:
    """Read the batches of `TABLES`, which are of the picked connections, and keep what is needed of them."""
    held = _Held()
    found = source.collect(held.narrowed(batches), [close.connection for close in picked])
    return [_look(close, one, cut=held.cut) for close, one in zip(picked, found, strict=True)]


def can_draw() -> str:
    """Empty, or what must be installed before anything can be drawn."""
    try:
        needs("numpy", "tsdownsample")
    except ArgumentError as missing:
        return str(missing)
    return ""


class _Held:
    """Batches without what is not needed: a long connection passes through here."""

    def __init__(self) -> None:
        self._segments = 0
        self.cut = False

    def narrowed(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        import pyarrow.compute as pc

        for name, batch in batches:
            if name == "segments":
                yield name, self._bounded(batch.select(COLUMNS))
            elif name == "pdus":
                yield name, batch.filter(pc.not_equal(batch["type"], 4))
            else:
                yield name, batch

    def _bounded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        kept = batch.slice(0, max(0, SEGMENTS - self._segments))
        self._segments += kept.num_rows
        self.cut |= kept.num_rows < batch.num_rows
        return kept


def _look(close: Close, found: source.Source, *, cut: bool) -> Look:
    segments = found.tables["segments"]
    sequence = Graph("tcptrace", _with(found, coarse(segments, summed=False)))
    looked = Look(close, sequence.about()[0], cut=cut, coarse=coarse(segments, summed=False).num_rows < segments.num_rows)
    looked.ladder = rungs(found.tables["pdus"], found.messages, sequence.origin, close.stall)
    if can_draw():
        return looked
    begin, end = _ends(segments)
    span = min(SECOND, max(_SHORTEST, (end - begin) // _PART))
    rate = Graph("throughput", _with(found, coarse(segments, summed=True)), direction=sequence.direction, span=span)
    looked.drawn = [Drawn("Time-sequence", _picture(sequence)), Drawn("Throughput", _picture(rate, panels=1))]
    around = _around(close.stall, begin, end)
    if around:
        # More than is in view, so that lines come in from the side.
        width = around[1] - around[0]
        near = _within(segments, around[0] - width, around[1] + width)
        graph = Graph("tcptrace", _with(found, coarse(near, summed=False)), direction=sequence.direction)
        view = (float(around[0] - graph.origin), float(around[1] - graph.origin))
        looked.drawn.insert(1, Drawn("Time-sequence around the longest stall", _picture(graph), view))
    return looked


def _with(found: source.Source, segments: pa.Table) -> source.Source:
    return replace(found, tables=found.tables | {"segments": segments})


def _picture(graph: Graph, panels: int | None = None) -> Picture:
    """The picture of a graph; of its own panels the first ones, and the messages."""
    from dicomfast.graphs.picture import picture

    made = picture([graph])
    if panels is not None:
        made.panels = [panel for number, panel in enumerate(made.panels) if number < panels or panel.lanes is not None]
    return made


def _ends(segments: pa.Table) -> tuple[int, int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    time = segments["time"].cast(pa.int64())
    return pc.min(time).as_py() or 0, pc.max(time).as_py() or 0


def _around(stall: Row | None, begin: int, end: int) -> tuple[int, int] | None:
    if stall is None or stall["start"] is None or stall["end"] is None:
        return None
    room = max(_LEAST, round(_AROUND * (stall["end"] - stall["start"])))
    first, last = max(begin, stall["start"] - room), min(end, stall["end"] + room)
    return (first, last) if 0 < (last - first) * _WORTH < end - begin else None


def _within(segments: pa.Table, first: int, last: int) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    time: Any = segments["time"].cast(pa.int64())
    return segments.filter(pc.and_(pc.greater_equal(time, first), pc.less_equal(time, last)))
