"""Rows of a table as what a filter is asked of.

A row has the values of its own columns, and of what it belongs to: its message, its association, its connection. An association, a
connection and a message have the values of what is in them, and an object those of its data set. Rows that end in a frame
(`fields.PACKETS`) have what else that frame has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.errors import FilterError
from dicomfast.filters import answers, frames
from dicomfast.filters.fields import PACKETS

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.filters.fields import Field, Source
    from dicomfast.filters.plan import Plan
    from dicomfast.filters.values import Values

_OWNERS = {"messages": "message", "associations": "association", "connections": "connection"}
_DATA_SETS = ("objects", "exports")
"""Tables whose rows are the data set of a message, named by `message`."""


@dataclass(frozen=True)
class Way:
    """How rows come to the values of a field: `key` is the column that leads there.

    kind: "own", "owner", "inside", "packet", or "answer" for what an operation has and the message of its request has not.
    """

    kind: str
    sources: tuple[Source, ...]
    key: str = ""


def ways(field: Field, table: str) -> tuple[Way, ...]:
    """How the rows of a table come to the values of a field; none where they do not."""
    every = (*field.rows, *field.sources)
    own = tuple(source for source in every if source.table == table and source.owner is None)
    inside = _inside(field, table)
    if own:
        # Of the elements of a message some are in its command set and some in its data set.
        return (Way("own", own), *inside) if table == "messages" else (Way("own", own),)
    whole = tuple(replace(source, ends="") for source in frames.sources(field))
    packet = (Way("packet", whole),) if table in PACKETS and whole else ()
    # An operation has packets of both sides.
    if packet and field.directed and table != "operations":
        return packet
    owner = _owner(field, table)
    if table in _DATA_SETS:
        # Its command set, the data set itself, and what became of them.
        answer = tuple(source for source in every if source.table == "operations")
        return (*owner, *inside, *((Way("answer", answer, "message"),) if answer else ()))
    if owner or inside:
        return owner or inside
    # The last packet of an operation is that of its response, and tells nothing of the data set of its request.
    return () if table == "operations" and any(source.table == "elements" for source in whole) else packet


def _owner(field: Field, table: str) -> tuple[Way, ...]:
    columns = _dicomfast.schema(table).names
    # What a frame has is told by the row's own packet, not by that of its message.
    by_packet = table in PACKETS and any(source.table == "frames" for source in field.sources)
    for owner, key in _OWNERS.items():
        owned = tuple(source for source in (*field.rows, *field.sources) if source.table == owner)
        leads = key in columns or (key == "connection" and "association" in columns)
        if owned and owner != table and leads and not (owner == "messages" and by_packet):
            return (Way("owner", owned, key),)
    return ()


def _inside(field: Field, table: str) -> tuple[Way, ...]:
    if table in _DATA_SETS:
        key, inside = "message", tuple(source for source in field.sources if source.table == "elements")
    else:
        key = _OWNERS.get(table, "")
        inside = tuple(source for source in field.sources if key and source.table != table and _leads(source.table, key))
    return (Way("inside", inside, key),) if inside else ()


def _leads(table: str, key: str) -> bool:
    """Whether the rows of a table name what they are in by this key."""
    columns = _dicomfast.schema(table).names
    return key in columns or (key == "connection" and "association" in columns)


class Asked:
    """A plan asked of the rows of one table."""

    def __init__(self, plan: Plan, table: str) -> None:
        self.plan = plan
        self.table = table
        self._ways: dict[str, tuple[Way, ...]] = {}
        self.own: set[str] = set()
        self.sides: frames.Needs = {}
        for name, field in plan.fields.items():
            found = ways(field, table)
            if not found:
                span = plan.places[name].span
                reason = f"the rows of {table} have no {name.removesuffix('?')}; it can be asked of frames (dicomfast fields -Y)"
                raise FilterError(reason, plan.text, span.start, span.end)
            self._ways[name] = found
            for way in found:
                self._need(way)

    def _need(self, found: Way) -> None:
        for source in found.sources:
            needs = source.needs()
            if found.kind == "own":
                self.own |= needs.pop(self.table)
            frames.add(self.sides, needs)
        if found.kind == "packet":
            frames.add(self.sides, frames.needs({"": _bare(found.sources)}))
            self.own.add(PACKETS[self.table])
            return
        if found.kind == "answer":
            frames.add(self.sides, answers.NEEDS)
            self.own.add(found.key)
            return
        if found.kind in ("owner", "inside"):
            columns = _dicomfast.schema(self.table).names
            chained = found.kind == "owner" and found.key not in columns
            self.own.add("association" if chained else found.key)
            for source in found.sources:
                direct = found.key in _dicomfast.schema(source.table).names
                frames.add(self.sides, {source.table: {found.key if direct else "association"}})
                if chained or not direct:
                    frames.add(self.sides, {"associations": {"association", "connection"}})

    def sources(self, name: str) -> tuple[Source, ...]:
        """Where the rows have the values of a field from."""
        return tuple(source for way in self._ways[name] for source in way.sources)

    def knows(self, name: str) -> bool:
        """Whether the rows know the values of a field themselves."""
        return all(way.kind == "own" for way in self._ways[name])

    def mask(self, batch: Any, sides: dict[str, Any]) -> pa.Array:
        """Which rows of a batch match; `sides` are the whole tables besides, with the columns of `self.sides`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays

        rows = Rows(self.table, self._ways, batch, sides)
        found = self.plan.run(rows)
        return pc.is_in(rows.every(), value_set=found) if len(found) else arrays.array([False] * batch.num_rows, pa.bool_())


def _bare(sources: tuple[Source, ...]) -> Field:
    from dicomfast.filters.fields import Field

    return Field("", "", "", sources)


class Rows:
    """The rows of a batch, numbered from 0."""

    def __init__(self, table: str, ways: dict[str, tuple[Way, ...]], batch: Any, sides: dict[str, Any]) -> None:
        import pyarrow as pa

        from dicomfast import arrays

        self._table = table
        self._ways = ways
        self._batch = batch
        self._tables = {**sides, table: batch} if table not in sides else sides
        self._own = {**sides, table: batch}
        self._units = arrays.count(batch.num_rows, pa.uint64())
        self._known: dict[str, Values] = {}

    def every(self) -> pa.Array:
        """The numbers of all rows."""
        return self._units

    def values(self, of: Field) -> Values:
        """The values of a field, each with its row."""
        if of.name not in self._known:
            from dicomfast.filters.values import joined

            parts: list[Values] = []
            for way in self._ways[of.name]:
                parts += self._answers(of, way, parts) if way.kind == "answer" else self._parts(of, way)
            self._known[of.name] = joined(parts)
        return self._known[of.name]

    def _parts(self, of: Field, by: Way) -> list[Values]:
        from dicomfast.filters.columns import column, of_owner
        from dicomfast.filters.values import pairs, values

        if by.kind == "packet":
            packets = values(self._units, self._batch.column(PACKETS[self._table]), "number")
            found = frames.Frames(self._tables).values(replace(of, sources=by.sources))
            mine = packets.__class__(packets.data.cast("uint64"), packets.units.cast("int64"), "number")
            mine, found = pairs(mine, found)
            return [found.__class__(mine.data.cast("uint64"), found.data, found.kind, found.distinct)]
        parts = []
        for source in by.sources:
            if by.kind == "own":
                parts.append(values(self._units, column(source, self._own), of.kind))
                continue
            data = column(source, self._tables)
            if by.kind == "owner":
                owners = self._tables[source.table].column(by.key)
                parts.append(values(self._units, data.take(of_owner(self._key(self._batch, by.key), owners)), of.kind))
            else:
                at = of_owner(self._key(self._tables[source.table], by.key), self._batch.column(by.key))
                parts.append(values(at.cast("uint64"), data, of.kind))
        return parts

    def _answers(self, of: Field, by: Way, parts: list[Values]) -> list[Values]:
        """What the operation has, for the rows whose message has nothing of it: a request has no status."""
        from dicomfast.filters.columns import column
        from dicomfast.filters.values import values, without

        open_rows = self._units
        for part in parts:
            open_rows = without(open_rows, part.units)
        at = answers.places(self._batch.column(by.key).take(open_rows), self._tables)
        return [values(open_rows, column(source, self._tables).take(at), of.kind) for source in by.sources]

    def _key(self, table: Any, key: str) -> Any:
        """The column that names what rows belong to; the connection of rows that know their association only."""
        from dicomfast.filters.columns import of_owner
        from dicomfast.filters.values import flat

        if key in table.schema.names:
            return table.column(key)
        associations = self._tables["associations"]
        at = of_owner(table.column("association"), associations.column("association"))
        return flat(associations.column("connection")).take(at)
