"""Rows of a table as what a filter is asked of.

A row has the values of its own columns, and of what it belongs to: its association, its connection. An association, a connection and a
message have the values of what is in them. Rows that end in a frame (`fields.PACKETS`) have what else that frame has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.errors import FilterError
from dicomfast.filters import frames
from dicomfast.filters.fields import PACKETS

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.filters.fields import Field, Source
    from dicomfast.filters.plan import Plan
    from dicomfast.filters.values import Values

_OWNERS = {"associations": "association", "connections": "connection"}
_KEYS = {"messages": "message", **_OWNERS}


@dataclass(frozen=True)
class Way:
    """How rows come to the values of a field. `kind` is "own", "owner", "inside" or "packet"; `key` the column that leads there."""

    kind: str
    sources: tuple[Source, ...]
    key: str = ""


def way(field: Field, table: str) -> Way | None:
    """How the rows of a table come to the values of a field; None where they do not."""
    columns = _dicomfast.schema(table).names
    every = (*field.rows, *field.sources)
    if own := tuple(source for source in every if source.table == table and source.owner is None):
        return Way("own", own)
    packet = Way("packet", tuple(frames.sources(field))) if table in PACKETS and frames.sources(field) else None
    # An operation has packets of both sides.
    if packet is not None and field.directed and table != "operations":
        return packet
    for owner, key in _OWNERS.items():
        owned = tuple(source for source in every if source.table == owner)
        if owned and owner != table and (key in columns or "association" in columns):
            return Way("owner", owned, key)
    key = _KEYS.get(table, "")
    inside = tuple(source for source in field.sources if key and _leads(source.table, key))
    return Way("inside", inside, key) if inside else packet


def _leads(table: str, key: str) -> bool:
    """Whether the rows of a table name what they are in by this key."""
    columns = _dicomfast.schema(table).names
    return key in columns or (key == "connection" and "association" in columns)


class Asked:
    """A plan asked of the rows of one table."""

    def __init__(self, plan: Plan, table: str) -> None:
        self.plan = plan
        self.table = table
        self._ways: dict[str, Way] = {}
        self.own: set[str] = set()
        self.sides: frames.Needs = {}
        for name, field in plan.fields.items():
            found = way(field, table)
            if found is None:
                span = plan.places[name].span
                reason = f"the rows of {table} have no {name}; it can be asked of frames (dicomfast fields -Y)"
                raise FilterError(reason, plan.text, span.start, span.end)
            self._ways[name] = found
            self._need(found)

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
        return self._ways[name].sources

    def knows(self, name: str) -> bool:
        """Whether the rows know the values of a field themselves."""
        return self._ways[name].kind == "own"

    def mask(self, batch: Any, sides: dict[str, Any]) -> pa.Array:
        """Which rows of a batch match; `sides` are the whole tables besides, with the columns of `self.sides`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = Rows(self.table, self._ways, batch, sides)
        found = self.plan.run(rows)
        return pc.is_in(rows.every(), value_set=found) if len(found) else pa.repeat(pa.scalar(value=False), batch.num_rows)


def _bare(sources: tuple[Source, ...]) -> Field:
    from dicomfast.filters.fields import Field

    return Field("", "", "", sources)


class Rows:
    """The rows of a batch, numbered from 0."""

    def __init__(self, table: str, ways: dict[str, Way], batch: Any, sides: dict[str, Any]) -> None:
        import pyarrow as pa

        self._table = table
        self._ways = ways
        self._batch = batch
        self._tables = {**sides, table: batch} if table not in sides else sides
        self._own = {**sides, table: batch}
        self._units = pa.array(range(batch.num_rows), pa.uint64())
        self._known: dict[str, Values] = {}

    def every(self) -> pa.Array:
        """The numbers of all rows."""
        return self._units

    def values(self, of: Field) -> Values:
        """The values of a field, each with its row."""
        if of.name not in self._known:
            self._known[of.name] = self._values(of, self._ways[of.name])
        return self._known[of.name]

    def _values(self, of: Field, by: Way) -> Values:
        from dicomfast.filters.columns import column, of_owner
        from dicomfast.filters.values import joined, pairs, values

        if by.kind == "packet":
            packets = values(self._units, self._batch.column(PACKETS[self._table]), "number")
            found = frames.Frames(self._tables).values(of)
            mine = packets.__class__(packets.data.cast("uint64"), packets.units.cast("int64"), "number")
            mine, found = pairs(mine, found)
            return found.__class__(mine.data.cast("uint64"), found.data, found.kind, found.distinct)
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
        return joined(parts)

    def _key(self, table: Any, key: str) -> Any:
        """The column that names what rows belong to; the connection of rows that know their association only."""
        from dicomfast.filters.columns import of_owner
        from dicomfast.filters.values import flat

        if key in table.schema.names:
            return table.column(key)
        associations = self._tables["associations"]
        at = of_owner(table.column("association"), associations.column("association"))
        return flat(associations.column("connection")).take(at)
