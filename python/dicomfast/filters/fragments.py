"""What came in several presentation data values: how many, and how many bytes (PS3.8 annex E.2). Knows the table `pdvs` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.filters.fields import Field, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.filters.fields import Row

_LAST = 2
_BEFORE_BYTES = 2
"""Context ID and message control header, which a PDV's length counts."""


def _whole(of_runs: Callable[[Any, Any], Any]) -> Callable[[Row, str], Any]:
    """What `of_runs` makes of the runs of fragments, each in the row of its last one; null in other rows, and where there is one alone."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays
        from dicomfast.filters.values import flat

        rows = table.num_rows
        order, last, runs = _runs(table)
        counts = pc.cast(pc.value_counts(runs).field("counts"), pa.int64())
        ends = pc.subtract(pc.cumulative_sum(counts), arrays.scalar(1, pa.int64()))
        length = pc.cast(flat(table.column(column)).take(order), pa.int64())
        behind = pc.cumulative_sum(pc.subtract(length, arrays.scalar(_BEFORE_BYTES, pa.int64()))).take(ends)
        before = pa.concat_arrays([arrays.array([0], pa.int64()), behind]).slice(0, len(behind))
        found = of_runs(counts, pc.subtract(behind, before))
        several = pc.and_(pc.greater(counts, arrays.scalar(1, pa.int64())), last.take(ends))
        at = pc.index_in(arrays.count(rows, order.type), value_set=order.take(ends).filter(several))
        return found.filter(several).take(at)

    return how


def _runs(table: Row) -> tuple[Any, Any, Any]:
    """The rows in the order of who sent them on what; which of them are the last of a run; and the number of the run of each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays
    from dicomfast.filters.columns import keys
    from dicomfast.filters.values import flat

    sent = keys(table, "connection", "sender", "context_id")
    key = arrays.places(sent, sent)
    order = pc.array_sort_indices(key)
    flags = pc.cast(flat(table.column("flags")), pa.int64()).take(order)
    last = pc.not_equal(pc.bit_wise_and(flags, arrays.scalar(_LAST, pa.int64())), arrays.scalar(0, pa.int64()))
    done = pc.cast(last, pa.int64())
    before = pc.subtract(pc.cumulative_sum(done), done)
    width = arrays.scalar(max(table.num_rows, 1), pa.int64())
    return order, last, pc.add(pc.multiply(before, width), pc.cast(key.take(order), pa.int64()))


_MORE = ("connection", "sender", "context_id", "flags")
_COUNT = (Source("pdvs", "length", how=_whole(lambda counts, _: counts), more=_MORE),)
_BYTES = (Source("pdvs", "length", how=_whole(lambda _, sizes: sizes), more=_MORE),)

FIELDS = [
    Field("dicom.pdv.fragments", "label", "The last of several PDVs of a command set or data set.", _COUNT),
    Field("dicom.pdv.fragment_count", "number", "How many PDVs these are.", _COUNT),
    Field("dicom.pdv.reassembled.length", "number", "Bytes in them.", _BYTES),
]
