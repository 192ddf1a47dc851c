"""Tables of series: what every graph is before it is drawn, one row a point. Knows Arrow; knows nothing of TCP or of drawing.

series: the name; time: of the packet; y, and y_to where the point is a bar from y to y_to; packet: the number of the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.values import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

FIN, SYN, RST, PSH, ACK, URG = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20


class Series:
    """Points by the name of their series, in the order of the capture."""

    def __init__(self, *names: str, extra: str | None = None) -> None:
        """`extra` is one more column of whole numbers."""
        self._points: dict[str, tuple[list[Any], ...]] = {name: ([], [], [], [], []) for name in names}
        self._extra = extra

    def add(self, name: str, time: int, packet: int | None, y: float, y_to: float | None = None, extra: int | None = None) -> None:
        """One more point."""
        for column, value in zip(self._points[name], (time, y, y_to, packet, extra), strict=True):
            column.append(value)

    def last_time(self, name: str) -> int | None:
        """The time of the newest point."""
        times = self._points[name][0]
        return times[-1] if times else None

    def replace_last(self, name: str, y: float, packet: int | None) -> None:
        """Another value for the newest point."""
        _, values, _, packets, _ = self._points[name]
        values[-1], packets[-1] = y, packet

    def table(self) -> pa.Table:
        """All points, a series after the other."""
        import pyarrow as pa

        kinds = [("time", pa.timestamp("ns", "UTC")), ("y", pa.float64()), ("y_to", pa.float64()), ("packet", pa.uint64())]
        if self._extra is not None:
            kinds.append((self._extra, pa.int64()))
        names = pa.array(list(self._points), pa.string())
        codes: list[int] = []
        for code, columns in enumerate(self._points.values()):
            codes += [code] * len(columns[0])
        arrays = [pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), names)]
        for index, (_, kind) in enumerate(kinds):
            parts = [pa.array(columns[index], kind) for columns in self._points.values()]
            arrays.append(pa.concat_arrays(parts))
        return pa.table(arrays, names=["series", *(name for name, _ in kinds)])


def split(table: pa.Table) -> dict[str, pa.Table]:
    """Each series of a table by itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table["series"].combine_chunks()
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return {name: table.filter(pc.equal(array.indices, code)) for code, name in enumerate(array.dictionary.to_pylist())}


def column(table: pa.Table, name: str) -> list[Any]:
    """A column as Python values, times and durations in nanoseconds; a column that is not there is null."""
    return numbers(table[name]) if name in table.column_names else [None] * table.num_rows


def packets(segments: pa.Table, direction: str, *names: str) -> Iterator[tuple[Any, ...]]:
    """The packets in the order of the capture: whether this side sent it, its time, its number, and these columns.

    A row without a time or a sender cannot be drawn and is left out.
    """
    columns = [column(segments, name) for name in ("sender", "time", "packet", *names)]
    for sender, time, *rest in zip(*columns, strict=True):
        if time is not None and sender in ("client", "server"):
            yield sender == direction, time, *rest


def blocks(sack: Sequence[dict[str, int | None] | None] | None) -> list[tuple[int, int]]:
    """The SACK blocks of a packet that hold at least one byte."""
    found = [(block["start"], block["end"]) for block in sack or [] if block]
    return [(start, end) for start, end in found if start is not None and end is not None and start < end]
