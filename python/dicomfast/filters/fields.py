"""What a field is: its name, the kind of its values, and the columns that hold them. Knows no field by name, and no data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Row = Any
"""Columns by name: a pyarrow Table or RecordBatch."""

KINDS = {
    "number": "whole number",
    "float": "number",
    "bool": "true or false",
    "text": "text",
    "title": "AE title, without padding",
    "bytes": "bytes",
    "mac": "Ethernet address",
    "ip": "IPv4 or IPv6 address",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "time": "time",
    "duration": "seconds",
    "label": "there or not",
    "value": "text, or a number where it is compared with one",
}
NUMERIC = frozenset({"number", "float", "bool", "time", "duration"})

PACKETS = {
    "frames": "packet",
    "outer_headers": "packet",
    "segments": "packet",
    "pdus": "last_packet",
    "pdvs": "packet",
    "items": "packet",
    "messages": "last_packet",
    "events": "packet",
    "anomalies": "packet",
    "findings": "packet",
    "operations": "last_packet",
    "elements": "packet",
}
"""The tables whose rows belong to a frame, with the column that names it: the one that carries the last byte."""


@dataclass(frozen=True)
class Source:
    """A column that holds values of a field.

    where: of the rows of the table, those whose column has one of these values. how: makes the values of the columns, where they are not
    those of `column` as they stand. more: the other columns that `how` reads. owner: the table that has `column`; its row is the one with
    the association of a row of `table`. ends: "command" where the values of messages are those of command sets, which end before data sets.
    """

    table: str
    column: str
    where: tuple[str, tuple[Any, ...]] | None = None
    how: Callable[[Row, str], Any] | None = None
    more: tuple[str, ...] = ()
    owner: str | None = None
    ends: str = ""

    def needs(self) -> dict[str, set[str]]:
        """The columns it takes, by table."""
        own = {self.where[0]} if self.where else set()
        if self.owner is None:
            return {self.table: own | {self.column, *self.more}}
        return {self.table: own | {"association"}, self.owner: {"association", self.column, *self.more}}


@dataclass(frozen=True)
class Field:
    """A field. `sources`: its values in frames, in Wireshark's sense. `rows`: where rows of tables have it besides.

    display: how `fields` prints it: 0 decimal, or the digits of a hexadecimal number. labels: names of numbers, as Wireshark shows them.
    directed: it tells who sent a packet, which rows that end in a frame learn from that frame and not from their connection.
    there: where it is seen whether the field is there, if not by its values.
    """

    name: str
    kind: str
    doc: str
    sources: tuple[Source, ...]
    rows: tuple[Source, ...] = ()
    display: int = 0
    labels: tuple[tuple[int, str], ...] = ()
    directed: bool = False
    there: tuple[Source, ...] = ()


def bits(mask: int, shift: int = 0) -> Callable[[Row, str], Any]:
    """Some bits of a column of whole numbers."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays

        by, which = arrays.scalar(shift, pa.int64()), arrays.scalar(mask, pa.int64())
        return pc.bit_wise_and(pc.shift_right(pc.cast(table.column(column), pa.int64()), by), which)

    return how


def or_zero(table: Row, column: str) -> Any:
    """A column with 0 in place of null."""
    import pyarrow.compute as pc

    from dicomfast import arrays

    values = table.column(column)
    return pc.coalesce(values, arrays.scalar(0, values.type))


def of_passcode(table: Row, column: str) -> Any:
    """A column of user identities, where they have a passcode (PS3.7 annex D.3.3.7)."""
    import pyarrow.compute as pc

    from dicomfast import arrays

    values, types = table.column(column), table.column("identity_type")
    return pc.if_else(pc.equal(types, arrays.scalar(2, types.type)), values, arrays.scalar(None, values.type))


def of_bad_status(table: Row, column: str) -> Any:
    """Statuses but 0x0000 (success) and 0xFFxx (pending), in which Wireshark sees a warning."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    status = pc.cast(table.column(column), pa.int64())
    good = pc.or_(pc.equal(status, arrays.scalar(0, pa.int64())), pc.greater_equal(status, arrays.scalar(0xFF00, pa.int64())))
    return pc.if_else(good, arrays.scalar(None, pa.int64()), status)


def named_uid(table: Row, column: str) -> Any:
    """UIDs as Wireshark shows them: "CT Image Storage (1.2.840.10008.5.1.4.1.1.2)"."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    uid, name = pc.cast(table.column(column), pa.string()), pc.cast(table.column(f"{column}_name"), pa.string())
    parts = [name, arrays.scalar(" (", pa.string()), uid, arrays.scalar(")", pa.string()), arrays.scalar("", pa.string())]
    return pc.coalesce(pc.binary_join_element_wise(*parts), uid)


def ended(suffix: str) -> Callable[[Row, str], Any]:
    """A column of text with something behind it."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays

        end, between = arrays.scalar(suffix, pa.string()), arrays.scalar("", pa.string())
        return pc.binary_join_element_wise(pc.cast(table.column(column), pa.string()), end, between)

    return how


def since_first(table: Row, column: str) -> Any:
    """Times as nanoseconds since the first."""
    import pyarrow as pa
    import pyarrow.compute as pc

    times = pc.cast(table.column(column), pa.int64())
    return pc.subtract(times, pc.first(times)) if len(times) else times


def since_previous(table: Row, column: str) -> Any:
    """Times as nanoseconds since the row before; 0 in the first."""
    import pyarrow as pa
    import pyarrow.compute as pc

    times = pc.cast(table.column(column), pa.int64())
    if not len(times):
        return times
    times = times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times
    before = pa.concat_arrays([times.slice(0, 1), times.slice(0, len(times) - 1)])
    return pc.subtract(times, before)


def type_of_event(table: Row, column: str) -> Any:
    """The PDU type that an event was told by; a message by P-DATA-TF."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    names = ["A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF", "A-RELEASE-RQ", "A-RELEASE-RP", "A-ABORT"]
    at = pc.index_in(pc.cast(table.column(column), pa.string()), value_set=arrays.array(names, pa.string()))
    return pc.add(pc.coalesce(at, arrays.scalar(names.index("P-DATA-TF"), at.type)), arrays.scalar(1, at.type))
