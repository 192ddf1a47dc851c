"""Arrow arrays of Python's values, and joins of them. Knows no table and no field.

`pyarrow.array`, `pyarrow.scalar`, joins and groups of tables import pandas where it is installed, which takes longer than a small capture.
"""

from __future__ import annotations

from array import array as packed
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_CODES = {pa.int64(): "q", pa.uint64(): "Q", pa.int32(): "i", pa.uint32(): "I", pa.uint16(): "H", pa.uint8(): "B", pa.float64(): "d"}


def array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Numbers, truth or text; none of them None."""
    if kind == pa.string():
        return _texts(values)
    if kind == pa.bool_():
        return pc.not_equal(array(list(map(bool, values)), pa.uint8()), scalar(0, pa.uint8()))
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(packed(_CODES[kind], values))])


def scalar(value: Any, kind: pa.DataType) -> pa.Scalar:
    """One of them, or None."""
    return pa.nulls(1, kind)[0] if value is None else array([value], kind)[0]


def count(length: int, kind: pa.DataType) -> pa.Array:
    """The numbers from 0."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(scalar(1, kind), length)), scalar(1, kind))


def offsets(parts: Iterable[Collection[Any]]) -> pa.Array:
    """Where each of them begins when they stand one behind the other, and where the last ends."""
    return array(list(accumulate(map(len, parts), initial=0)), pa.int32())


def lists(found: list[list[str]]) -> pa.Array:
    """Lists of text."""
    return pa.ListArray.from_arrays(offsets(found), _texts([text for lines in found for text in lines]))


def _texts(texts: Sequence[str]) -> pa.Array:
    encoded = [text.encode() for text in texts]
    return pa.Array.from_buffers(pa.string(), len(encoded), [None, offsets(encoded).buffers()[1], pa.py_buffer(b"".join(encoded))])


def pairs(left: pa.Array, right: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The places of each value on the left and of each that equals it on the right; nulls equal nothing."""
    order = pc.array_sort_indices(right)
    runs = pc.value_counts(right.take(order))
    counts = pc.cast(runs.field("counts"), pa.int64())
    starts = pc.subtract(pc.cumulative_sum(counts), counts)
    run = pc.if_else(left.is_valid(), pc.index_in(left, value_set=runs.field("values")), scalar(None, pa.int32()))
    left_at = pc.indices_nonzero(run.is_valid())
    run = run.take(left_at)
    width = counts.take(run)
    parent = parents(width)
    inside = pc.subtract(count(len(parent), pa.int64()), pc.subtract(pc.cumulative_sum(width), width).take(parent))
    return left_at.take(parent), order.take(pc.add(starts.take(run).take(parent), inside))


def parents(sizes: pa.Array) -> pa.Array:
    """For each member of groups that stand one behind the other the number of its group: of [2, 0, 1] it is [0, 0, 2]."""
    ends = pc.cumulative_sum(pc.cast(sizes, pa.int64()))
    total = ends[-1].as_py() if len(ends) else 0
    limits = pa.concat_arrays([array([0], pa.int64()), ends])
    return pc.list_parent_indices(pa.LargeListArray.from_arrays(limits, pa.nulls(total, pa.int8())))


def places(keys: Sequence[pa.Array], of: Sequence[pa.Array]) -> pa.Array:
    """For each key, made of several columns, the place of the first that equals it among others; null where there is none."""
    mine, others = keys[0], of[0]
    for key, other in zip(keys[1:], of[1:], strict=True):
        mine, others = _together(mine, others, key, other)
    return pc.index_in(mine, value_set=others)


def _together(left: pa.Array, left_of: pa.Array, right: pa.Array, right_of: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Two columns as one number each: that of the pair of their values."""
    first, second = pc.unique(left_of), pc.unique(right_of)
    width = scalar(max(len(second), 1), pa.int64())

    def numbers(one: pa.Array, other: pa.Array) -> pa.Array:
        one, other = pc.index_in(one, value_set=first), pc.index_in(other, value_set=second)
        return pc.add(pc.multiply(pc.cast(one, pa.int64()), width), pc.cast(other, pa.int64()))

    return numbers(left, right), numbers(left_of, right_of)
