"""A graph: first of all a table of exact series, then a drawing of it. Knows the kinds; leaves the drawing to others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicomfast import extras
from dicomfast.errors import ArgumentError
from dicomfast.graphs import marks
from dicomfast.graphs.ladder import ladder
from dicomfast.graphs.rtt import rtt
from dicomfast.graphs.sequence import stevens, tcptrace
from dicomfast.graphs.series import column, packets, split
from dicomfast.graphs.throughput import throughput
from dicomfast.graphs.window import window
from dicomfast.text import escape, titles
from dicomfast.values import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa
    from matplotlib.figure import Figure

    from dicomfast.graphs.source import Source

DRAWN = (".html", ".svg", ".png")
EXPORTED = (".csv", ".json", ".ndjson", ".jsonl", ".parquet", ".pq", ".arrow", ".feather", ".arrows")

_SERIES = {"stevens": stevens, "tcptrace": tcptrace, "rtt": rtt, "window": window}


class Graph:
    """A graph of one connection; `series` is exact, `save` and `plot` thin it for drawing alone.

    A second graph of the same kind can be laid over it: then both begin at their first byte of data.
    """

    def __init__(
        self, kind: str, source: Source, *, direction: str | None = None, span: int = SECOND, by: str = "time", name: str = ""
    ) -> None:
        """`direction` is the side that sent the data (default: the one that sent more), `span` the window of a throughput graph.

        `name` tells it from another graph over it; default: the number of the connection.
        """
        self.kind = kind
        self.connection = source.connection
        self.name = name or str(source.connection)
        self.by_sequence = by == "sequence"
        self._source = source
        segments = source.tables["segments"]
        self.direction = direction or _talker(segments)
        self.series = self._series(segments, span)
        self.messages = source.messages
        self.stalls = marks.stalls(source.tables["stalls"])
        self.origin = self._first_packet()
        self._data_begins = _earliest(self.series) if kind == "ladder" else _first_data(segments, self.direction)
        self._over: Graph | None = None

    def _series(self, segments: pa.Table, span: int) -> pa.Table:
        if self.kind == "ladder":
            return ladder(self._source.tables["pdus"], self._source.messages)
        if self.kind == "throughput":
            return throughput(segments, self.direction, span)
        return _SERIES[self.kind](segments, self.direction)

    def _first_packet(self) -> int:
        if self._source.start is not None:
            return self._source.start
        return _earliest(self.series) or 0

    @property
    def tables(self) -> dict[str, pa.Table]:
        """Each series by its name, then `messages` (where they begin and end) and `stalls`."""
        behind = {} if self.kind == "ladder" else {"messages": marks.messages(self.messages)}
        return split(self.series) | behind | {"stalls": self.stalls}

    def compare(self, other: Graph) -> Graph:
        """Lay another graph over this one, the clocks of both aligned at the first byte of data."""
        self._over = other
        for graph in (self, other):
            graph.origin = graph._data_begins if graph._data_begins is not None else graph.origin  # noqa: SLF001 - of this class
        return self

    def about(self) -> list[str]:
        """What is drawn, in a line or two."""
        source = self._source
        ends = f"{source.client} to {source.server}" if self.direction == "client" else f"{source.server} to {source.client}"
        pairs = dict.fromkeys(zip(column(source.associations, "calling_ae"), column(source.associations, "called_ae"), strict=True))
        who = ", ".join(titles(calling, called) for calling, called in list(pairs)[:3])
        begins = iso(self.origin) if self.origin else "unknown"
        named = "" if self.name == str(self.connection) else f"{self.name}: "
        return [f"{named}connection {self.connection}, {ends}" + (f" ({who})" if who else "") + f", 0 s is {begins}"]

    def table(self) -> pa.Table:
        """The series as they are exported: `connection` and `elapsed` (since the origin of the drawing) beside their columns."""
        import pyarrow as pa
        import pyarrow.compute as pc

        whole = []
        for graph in self._all():
            elapsed = pc.subtract(graph.series["time"].cast(pa.int64()), graph.origin).cast(pa.duration("ns"))
            numbers = pa.repeat(pa.scalar(graph.connection, pa.uint64()), graph.series.num_rows)
            table = graph.series.add_column(0, "connection", numbers)
            table = table.add_column(3, "elapsed", elapsed)
            # Two captures may both have a connection 0.
            whole.append(table.add_column(0, "name", pa.repeat(graph.name, table.num_rows)) if self._named() else table)
        return pa.concat_tables(whole)

    def save(self, path: str | Path) -> None:
        """Write the drawing (.html, .svg, .png) or the series (.csv, .json, .parquet and so on), as the suffix says."""
        from dicomfast import output

        target = str(path)
        suffix = check_suffix(target)
        with output.replacing(target) as stream:
            if suffix == ".html":
                stream.write(self.html().encode())
            elif suffix in DRAWN:
                from dicomfast.graphs import static

                static.save(self._picture(), stream, suffix[1:])
            else:
                table = self.table()
                writer = output.writer(output.format_of(target), stream, table.schema)
                for batch in table.to_batches():
                    writer.write(batch)
                writer.close()

    def html(self) -> str:
        """One page that needs no network: zoom, pan, packets under the pointer, evidence of a stall by a click."""
        needs("bokeh", "numpy", "tsdownsample")
        from dicomfast.graphs import page

        return page.page(self._picture())

    def plot(self) -> Figure:
        """A matplotlib figure."""
        needs("matplotlib", "numpy", "tsdownsample")
        from dicomfast.graphs import static

        return static.figure(self._picture())

    def _picture(self) -> Any:
        needs("numpy")
        from dicomfast.graphs.picture import picture

        return picture(list(self._all()))

    def _named(self) -> bool:
        return any(graph.name != str(graph.connection) for graph in self._all())

    def _all(self) -> Iterable[Graph]:
        return (self,) if self._over is None else (self, self._over)

    def __repr__(self) -> str:
        return f"<Graph {self.kind} of connection {self.connection}, {self.series.num_rows} points>"


def check_suffix(path: str) -> str:
    """The suffix, where it names something that a graph can be written as."""
    suffix = Path(path).suffix.lower()
    if suffix not in (*DRAWN, *EXPORTED):
        raise ArgumentError(f"the suffix of {escape(path)} names no format of a graph; use one of {', '.join((*DRAWN, *EXPORTED))}")
    if suffix == ".html":
        needs("bokeh", "numpy", "tsdownsample")
    elif suffix in DRAWN:
        needs("matplotlib", "numpy", "tsdownsample")
    return suffix


def needs(*modules: str) -> None:
    """Say in one line what to install where a library that draws is not there."""
    extras.needs("drawing", "graphs", *modules)


def _earliest(series: pa.Table) -> int | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    time: int | None = pc.min(series["time"].cast(pa.int64())).as_py()
    return time


def _talker(segments: pa.Table) -> str:
    """The side that sent more data."""
    sent = {True: 0, False: 0}
    for forward, _, _, length in packets(segments, "client", "length"):
        sent[forward] += length or 0
    return "client" if sent[True] >= sent[False] else "server"


def _first_data(segments: pa.Table, direction: str) -> int | None:
    """When the first byte of data was sent in this direction."""
    return next((time for forward, time, _, length in packets(segments, direction, "length") if forward and length), None)
