"""A graph as panels, layers and shades: what is to be drawn, whoever draws it. Knows series and their style; needs numpy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomfast.graphs import marks
from dicomfast.graphs.series import column, split
from dicomfast.graphs.style import GREY, KINDS, Axis, Style, cause_color, overlaid
from dicomfast.terminal import duration, size
from dicomfast.text import escape

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from dicomfast.graphs.graph import Graph

    Numbers = npt.NDArray[Any]

SECONDS = 1e-9
# Message boundaries are lines through the graph while there are fewer than this in view.
BOUNDARIES = 60
# Of more stalls the longest are shaded.
SHADES = 2000
# As many labels in view can be read.
LABELS = 40


@dataclass(frozen=True)
class Layer:
    """One series in one panel. The columns are in the order of x."""

    name: str
    style: Style
    columns: dict[str, Numbers]
    """x, y, packet; y_to of bars; x_to of what lasts, with last_packet."""
    texts: list[str] | None = None

    def __len__(self) -> int:
        return len(self.columns["x"])

    def labels(self, at: Numbers) -> list[str]:
        """The first words of these points, or nothing where they are too many to be read."""
        if self.texts is None or not self.style.labelled or len(at) > LABELS:
            return [""] * len(at)
        return [escape(self.texts[index].split(", ")[0]) for index in at]


@dataclass(frozen=True)
class Shade:
    """One stall: where it is, and what tells its cause."""

    x: float
    x_to: float
    color: str
    cause: str
    evidence: list[tuple[str, str]]


@dataclass
class Panel:
    """One pair of axes; all panels of a picture have the x axis in common."""

    axis: Axis
    layers: list[Layer] = field(default_factory=list)
    shades: list[Shade] = field(default_factory=list)
    lanes: tuple[str, str] | None = None


@dataclass
class Picture:
    """A whole drawing."""

    title: str
    lines: list[str]
    """What stands under the title: text from the network is still as it was sent."""
    x_label: str
    x_scale: float
    panels: list[Panel]


def picture(graphs: list[Graph]) -> Picture:
    """One graph, or two laid over each other."""
    first = graphs[0]
    kind = KINDS[first.kind]
    panels = [Panel(axis) for axis in kind.panels]
    for number, graph in enumerate(graphs):
        for name, table in split(graph.series).items():
            style = kind.series[name]
            layer = _layer(name, table, overlaid(style, graph.name, number) if len(graphs) > 1 else style, graph)
            if len(layer):
                panels[style.panel].layers.append(layer)
    if first.kind == "ladder":
        panels[0].lanes = ("requestor", "acceptor")
    timed = not first.by_sequence
    if timed:
        for graph in graphs:
            _behind(panels, graph, alone=len(graphs) == 1)
    since = "the first byte of data" if len(graphs) > 1 else "the first packet of the connection"
    label = f"time since {since} (s)" if timed else "sequence number (bytes from the first)"
    lines = [line for graph in graphs for line in graph.about()]
    return Picture(kind.title, lines, label, SECONDS if timed else 1.0, panels)


def _layer(name: str, table: pa.Table, style: Style, graph: Graph) -> Layer:
    """The columns of a series, sorted by x where the capture is not in the order of time."""
    by_sequence = graph.by_sequence and "sequence" in table.column_names
    x = _plain(table, "sequence", np.int64) if by_sequence else _since(table, "time", graph)
    columns = {"x": x, "y": _plain(table, "y", np.float64)}
    if style.shape == "bar":
        columns["y_to"] = _plain(table, "y_to", np.float64)
    if "end" in table.column_names:
        columns["x_to"] = _since(table, "end", graph)
        columns["last_packet"] = _packets(table, "last_packet")
        # What is sent goes from the sender's lane to the other one.
        columns["y_to"] = 1.0 - columns["y"]
    columns["packet"] = _packets(table, "packet")
    order = None if bool(np.all(x[1:] >= x[:-1])) else np.argsort(x, kind="stable")
    texts = column(table, "text") if "text" in table.column_names else None
    if order is not None:
        columns = {key: values[order] for key, values in columns.items()}
        texts = [texts[index] for index in order] if texts is not None else None
    return Layer(name, style, columns, texts)


def _packets(table: pa.Table, name: str) -> Numbers:
    """What is not known is 0, which no packet is."""
    return _plain(table, name, np.float64)


def _since(table: pa.Table, name: str, graph: Graph) -> Numbers:
    return _plain(table, name, np.int64) - np.int64(graph.origin)


def _plain(table: pa.Table, name: str, kind: type) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = table[name]
    numbers = found.cast(pa.int64()) if pa.types.is_timestamp(found.type) else found
    return np.asarray(pc.fill_null(numbers, 0).to_numpy(), dtype=kind)


def _behind(panels: list[Panel], graph: Graph, *, alone: bool) -> None:
    """The messages in a strip of their own; alone also where they begin, and the stalls through all panels."""
    table = marks.messages(graph.messages)
    shades = [_shade(row, graph) for row in _longest(_rows(graph.stalls))]
    strip = None
    if table.num_rows and graph.kind != "ladder":
        title = "DICOM messages" if alone else f"messages of {graph.name}"
        layer = _layer("messages", table, Style(title, "lane", GREY, size=3), graph)
        whose = "" if alone else f"{graph.name}: "
        strip = Panel(Axis("", 1.0, 110), [layer], lanes=(f"{whose}requestor", f"{whose}acceptor"))
    if alone:
        for panel in panels:
            panel.shades += shades
        if strip is not None:
            begin = {key: strip.layers[0].columns[key] for key in ("x", "y", "packet")}
            panels[0].layers.append(Layer("message_starts", Style("message begins", "vline", GREY), begin))
    if strip is not None:
        strip.shades += shades
        panels.append(strip)


def _longest(stalls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as can be drawn, in the order of time."""
    longest = sorted(stalls, key=lambda row: row["time"] - row["end"])[:SHADES]
    return sorted(longest, key=lambda row: row["time"])


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    names = table.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*(column(table, name) for name in names), strict=True)]


# What is shown of a stall beside its cause and its place; a column that is null is left out.
_SHOWN = ("duration", "waits", "waited", "command", "message_id", "sender", "confidence", "bytes_in_flight", "window", "rtt",
          "packet_before", "packet_after", "association")  # fmt: skip


def _shade(row: dict[str, Any], graph: Graph) -> Shade:
    start, end = row["time"] - graph.origin, row["end"] - graph.origin
    evidence = [("cause", row["cause"] or "unknown"), ("from", f"{start / 1e9:.9f} s"), ("to", f"{end / 1e9:.9f} s")]
    evidence += [(name.replace("_", " "), shown(name, row[name])) for name in _SHOWN if row[name] is not None]
    if row["resumed"] is False:
        evidence.append(("resumed", "never"))
    return Shade(start, end, cause_color(row["cause"]), row["cause"] or "unknown", evidence)


def shown(name: str, value: Any) -> str:
    """A column of the table `stalls`, for people."""
    if name in ("duration", "waited", "rtt"):
        return duration(value)
    if name in ("bytes_in_flight", "window"):
        return size(value)
    return str(value)
