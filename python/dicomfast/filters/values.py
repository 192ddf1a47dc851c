"""The values of a field, each with the unit (a frame, or a row) that has it; a unit may have any number. Sets of units. Knows Arrow.

Numbers, times and truth are computed by Arrow. What is not a number is kept once for each distinct value, and looked at in Python.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from dicomfast import arrays
from dicomfast.filters.fields import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT = pa.uint64()


@dataclass(frozen=True)
class Values:
    """`units` and `data` have one length: data are numbers, or numbers of entries of `distinct` (where None is what no unit has)."""

    units: pa.Array
    data: pa.Array
    kind: str
    distinct: tuple[Any, ...] = ()

    def mapped(self, kind: str, change: Callable[[Any], Any]) -> Values:
        """Each distinct value changed to one of another kind; what becomes None is dropped."""
        values = self if self.kind not in NUMERIC else self.spelled(lambda number: number)
        return _pack(values.units, values.data, kind, [None if value is None else change(value) for value in values.distinct])

    def spelled(self, spell: Callable[[Any], Any]) -> Values:
        """Numbers as what `spell` makes of them."""
        encoded = pc.dictionary_encode(self.data)
        return Values(self.units, encoded.indices, "text", tuple(spell(number) for number in encoded.dictionary.to_pylist()))

    def that(self, test: Callable[[Any], bool]) -> pa.Array:
        """For each value whether its distinct value passes the test."""
        verdicts = arrays.array([value is not None and bool(test(value)) for value in self.distinct], pa.bool_())
        return verdicts.take(self.data) if len(self.distinct) else pa.nulls(0, pa.bool_())

    def chosen(self, at: pa.Array) -> Values:
        """The values at these places."""
        return Values(self.units.take(at), self.data.take(at), self.kind, self.distinct)


def _pack(units: pa.Array, codes: pa.Array, kind: str, distinct: list[Any]) -> Values:
    """Values with their distinct ones, of which some are None; numbers where the kind is one."""
    if None in distinct:
        kept = arrays.array([value is not None for value in distinct], pa.bool_()).take(codes) if len(codes) else pa.nulls(0, pa.bool_())
        units, codes = units.filter(kept), codes.filter(kept)
    if kind in NUMERIC:
        return Values(units, arrays.array([value or 0 for value in distinct], pa.int64()).take(codes), kind)
    return Values(units, codes, kind, tuple(distinct))


def values(units: pa.Array, column: Any, kind: str) -> Values:
    """The values of a column whose rows belong to these units. Nulls are no values; each entry of a list is one."""
    column = flat(column)
    if pa.types.is_list(column.type):
        units = units.take(pc.list_parent_indices(column))
        column = pc.list_flatten(column)
    there = pc.and_(column.is_valid(), units.is_valid())
    units, column = units.filter(there), column.filter(there)
    if kind in NUMERIC:
        return Values(units, _numbers(column, kind), kind)
    if kind == "label":
        return Values(units, pa.repeat(arrays.scalar(0, pa.int32()), len(units)), kind, (True,))
    encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    return _pack(units, encoded.indices, kind, [_domain(value, kind) for value in encoded.dictionary.to_pylist()])


def flat(column: Any) -> pa.Array:
    """A column as one array."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    column = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
    if not column.num_chunks:
        return pa.nulls(0, column.type)
    return column.combine_chunks() if column.num_chunks > 1 else column.chunk(0)


def _numbers(column: pa.Array, kind: str) -> pa.Array:
    if kind == "float":
        return column.cast(pa.float64())
    # Unsigned numbers of 64 bits are counts and offsets, which never come near the limit.
    return column.cast(pa.int64(), safe=False)


def _domain(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "mac":
        return bytes.fromhex(value.replace(":", ""))
    if kind in ("ip", "ipv4", "ipv6"):
        address = ipaddress.ip_address(value)
        return None if kind == f"ipv{10 - address.version}" else address
    return value


def joined(parts: list[Values]) -> Values:
    """Values of several columns as those of one field."""
    if len(parts) == 1:
        return parts[0]
    units = pa.concat_arrays([part.units for part in parts])
    distinct: dict[Any, int] = {}
    data = []
    for part in parts:
        if part.kind in NUMERIC:
            data.append(part.data)
            continue
        codes = arrays.array([distinct.setdefault(value, len(distinct)) for value in part.distinct], pa.int32())
        data.append(codes.take(part.data) if len(codes) else pa.nulls(0, pa.int32()))
    return Values(units, pa.concat_arrays(data), parts[0].kind, tuple(distinct))


def pairs(left: Values, right: Values) -> tuple[Values, Values]:
    """Each value of a unit on the left with each of the same unit on the right."""
    of_left, of_right = arrays.pairs(left.units, right.units)
    return left.chosen(of_left), right.chosen(of_right)


def counted(of: Values) -> Values:
    """How many values each unit has."""
    counts = pc.value_counts(of.units)
    return Values(counts.field("values"), counts.field("counts").cast(pa.int64()), "number")


def empty() -> pa.Array:
    """No unit."""
    return pa.nulls(0, UNIT)


def union(sets: list[pa.Array]) -> pa.Array:
    """The units in any of the sets."""
    return pc.unique(pa.concat_arrays(sets)) if len(sets) > 1 else sets[0]


def intersection(sets: list[pa.Array]) -> pa.Array:
    """The units in all of the sets."""
    found = min(sets, key=len)
    for other in sets:
        found = found.filter(pc.is_in(found, value_set=other))
    return found


def without(units: pa.Array, others: pa.Array) -> pa.Array:
    """The units that are not among the others."""
    return units.filter(pc.invert(pc.is_in(units, value_set=others)))
