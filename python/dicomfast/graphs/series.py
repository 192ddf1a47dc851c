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


# Points that are held as Python values, and rows that are read at once: what stays is Arrow, a tenth of it.
_CHUNK = 65_536

Point = tuple[int, float, float | None, int | None, int | None]


class Series:
    """Points by the name of their series, in the order of the capture."""

    def __init__(self, *names: str, extra: str | None = None) -> None:
        """`extra` is one more column of whole numbers."""
        import pyarrow as pa

        self._points: dict[str, list[Point]] = {name: [] for name in names}
        self._full: dict[str, list[pa.Table]] = {name: [] for name in names}
        self._kinds = {"time": pa.timestamp("ns", "UTC"), "y": pa.float64(), "y_to": pa.float64(), "packet": pa.uint64()}
        if extra is not None:
            self._kinds[extra] = pa.int64()
        self._names = pa.array(names, pa.string())

    def add(self, name: str, time: int, packet: int | None, y: float, y_to: float | None = None, extra: int | None = None) -> None:
        """One more point."""
        points = self._points[name]
        points.append((time, float(y), None if y_to is None else float(y_to), packet, extra))
        if len(points) > _CHUNK:
            newest = points.pop()
            self._flush(name)
            points.append(newest)

    def _flush(self, name: str) -> None:
        import pyarrow as pa

        points = self._points[name]
        code = list(self._points).index(name)
        series = pa.DictionaryArray.from_arrays(pa.array([code] * len(points), pa.int32()), self._names)
        columns = list(zip(*points, strict=True)) or [()] * 5
        arrays = [pa.array(column, kind) for column, kind in zip(columns, self._kinds.values(), strict=False)]
        self._full[name].append(pa.table([series, *arrays], names=["series", *self._kinds]))
        points.clear()

    def last_time(self, name: str) -> int | None:
        """The time of the newest point."""
        points = self._points[name]
        return points[-1][0] if points else None

    def replace_last(self, name: str, y: float, packet: int | None) -> None:
        """Another value for the newest point."""
        time, *_ = self._points[name].pop()
        self.add(name, time, packet, y)

    def table(self) -> pa.Table:
        """All points, a series after the other."""
        import pyarrow as pa

        for name in self._points:
            self._flush(name)
        return pa.concat_tables(part for parts in self._full.values() for part in parts).combine_chunks()


def split(table: pa.Table) -> dict[str, pa.Table]:
    """Each series of a table by itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table["series"].combine_chunks()
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return {name: table.filter(pc.equal(array.indices, code)) for code, name in enumerate(array.dictionary.to_pylist())}


def column(table: pa.Table, name: str) -> list[Any]:
    """A column as Python values, times and durations in nanoseconds; a column that is not there is null."""
    import pyarrow as pa

    if name not in table.column_names:
        return [None] * table.num_rows
    found = table[name]
    return numbers(found.cast(found.type.value_type) if pa.types.is_dictionary(found.type) else found)


def packets(segments: pa.Table, direction: str, *names: str) -> Iterator[tuple[Any, ...]]:
    """The packets in the order of the capture: whether this side sent it, its time, its number, and these columns.

    A row without a time or a sender cannot be drawn and is left out.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not {"time", "sender"} <= set(segments.column_names):
        return
    for start in range(0, segments.num_rows, _CHUNK):
        part = segments.slice(start, _CHUNK)
        sender = part["sender"].cast(pa.string())
        known = pc.and_(pc.is_valid(part["time"]), pc.is_in(sender, pa.array(["client", "server"])))
        kept = part.filter(known)
        forward = pc.equal(sender.filter(known), direction).to_pylist()
        yield from zip(forward, *(column(kept, name) for name in ("time", "packet", *names)), strict=True)


def blocks(sack: Sequence[dict[str, int | None] | None] | None) -> list[tuple[int, int]]:
    """The SACK blocks of a packet that hold at least one byte."""
    found = [(block["start"], block["end"]) for block in sack or [] if block]
    return [(start, end) for start, end in found if start is not None and end is not None and start < end]
