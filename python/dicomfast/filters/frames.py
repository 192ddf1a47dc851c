"""Frames as what a filter is asked of, in Wireshark's sense: a field is there where a row of its tables ends in the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.errors import FilterError
from dicomfast.filters import ends
from dicomfast.filters.fields import PACKETS

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.filters.fields import Field, Source
    from dicomfast.filters.plan import Plan
    from dicomfast.filters.values import Values

Needs = dict[str, set[str]]


def sources(field: Field) -> list[Source]:
    """Where the values of a field in frames come from; none where it tells of no frame."""
    return [source for source in field.sources if source.table in PACKETS]


def needs(fields: dict[str, Field]) -> Needs:
    """The columns that it takes, by table."""
    found: Needs = {}
    for field in fields.values():
        for source in sources(field):
            add(found, source.needs())
            add(found, ends.needs(source))
    return found


def keywords(fields: dict[str, Field]) -> tuple[str, ...] | None:
    """The keywords whose elements it takes; None where it takes those of any."""
    wheres = [source.where for field in fields.values() for source in (*field.sources, *field.rows) if source.table == "elements"]
    if any(where is None or where[0] != "keyword" for where in wheres):
        return None
    return tuple(sorted({word for where in wheres if where is not None for word in where[1]}))


def add(to: Needs, more: Needs) -> None:
    """More columns."""
    for table, columns in more.items():
        to.setdefault(table, set()).update(columns)


def check(plan: Plan) -> None:
    """Refuse fields that tell of no frame."""
    for name, field in plan.fields.items():
        if not sources(field):
            span = plan.places[name].span
            reason = f"{name} tells of no single frame; it can be asked of the rows of a table"
            raise FilterError(reason, plan.text, span.start, span.end)


def needs_of(plan: Plan) -> Needs:
    """What a plan takes."""
    check(plan)
    found = needs(plan.fields)
    if plan.complements or not found:
        add(found, {"frames": {"packet"}})
    return found


class Frames:
    """The frames of a capture, from whole tables."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._tables = tables
        self._known: dict[str, Values] = {}

    def every(self) -> pa.Array:
        """The numbers of all frames."""
        from dicomfast.filters.values import flat

        return flat(self._tables["frames"].column("packet"))

    def values(self, of: Field) -> Values:
        """The values of a field, each with its frame."""
        from dicomfast.filters.columns import column
        from dicomfast.filters.values import joined, values

        if of.name not in self._known:
            parts = [values(ends.packets(source, self._tables), column(source, self._tables), of.kind) for source in sources(of)]
            self._known[of.name] = joined(parts)
        return self._known[of.name]
