"""Wireshark's notes on items and PDVs that are broken, told from the rows of `items` and `pdvs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.filters.fields import Field, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from dicomfast.filters.fields import Row

_PROPOSED, _ANSWERED, _ABSTRACT, _TRANSFER, _USER = 0x20, 0x21, 0x30, 0x40, 0x50
_KNOWN_FLAGS = 3
_SHORTEST = 2
"""Context ID and message control header: a PDV that is no longer holds nothing."""


def _contexts(item_type: int, wrong: Callable[[pa.Array, pa.Array], pa.Array]) -> Callable[[Row, str], Any]:
    """The presentation context items of which `wrong` says so, by how many abstract and transfer syntaxes are in them."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays
        from dicomfast.filters.values import flat

        types = pc.cast(flat(table.column(column)), pa.int64())
        begins = pc.is_in(types, value_set=arrays.array([_PROPOSED, _ANSWERED], pa.int64()))
        contexts = flat(table.column("context_id"))
        starts = pc.indices_nonzero(pc.or_(begins, pc.is_null(contexts)))
        behind = pa.concat_arrays([starts.slice(1), arrays.array([len(types)], starts.type)])
        last = pc.subtract(behind, arrays.scalar(1, starts.type)) if len(starts) else starts

        def inside(of: int) -> pa.Array:
            seen = pc.cumulative_sum(pc.cast(_is(types, of), pa.int64()))
            return pc.subtract(seen.take(last), seen.take(starts))

        # An item of no bytes has no context ID, and is not looked into.
        of_type = pc.and_(_is(types.take(starts), item_type), contexts.take(starts).is_valid())
        found = pc.and_(of_type, wrong(inside(_ABSTRACT), inside(_TRANSFER)))
        at = pc.index_in(arrays.count(len(types), starts.type), value_set=starts.filter(found))
        return types.take(starts.filter(found)).take(at)

    return how


def _is(values: pa.Array, number: int) -> pa.Array:
    import pyarrow.compute as pc

    from dicomfast import arrays

    return pc.equal(values, arrays.scalar(number, values.type))


def _over(values: pa.Array, number: int) -> pa.Array:
    import pyarrow.compute as pc

    from dicomfast import arrays

    return pc.greater(values, arrays.scalar(number, values.type))


def _one_without(abstract: pa.Array, transfer: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.and_(_is(abstract, 1), _is(transfer, 0))


def _where(wrong: Callable[[pa.Array, Row], pa.Array]) -> Callable[[Row, str], Any]:
    """A column where it is wrong."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays
        from dicomfast.filters.values import flat

        values = pc.cast(flat(table.column(column)), pa.int64())
        return pc.if_else(wrong(values, table), values, arrays.scalar(None, pa.int64()))

    return how


def _empty_item(length: pa.Array, table: Row) -> pa.Array:
    """Not of those in user information."""
    import pyarrow.compute as pc

    from dicomfast.filters.values import flat

    return pc.and_(_is(length, 0), pc.invert(_over(flat(table.column("type")), _USER)))


def _broken_length(length: pa.Array, _: Row) -> pa.Array:
    """Too small, or odd."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    odd = pc.bit_wise_and(length, arrays.scalar(1, pa.int64()))
    return pc.or_(_is(odd, 1), pc.invert(_over(length, _SHORTEST)))


def _context_note(name: str, doc: str, item_type: int, wrong: Callable[[pa.Array, pa.Array], pa.Array]) -> Field:
    return Field(name, "label", doc, (Source("items", "type", how=_contexts(item_type, wrong), more=("context_id",)),))


FIELDS = [
    _context_note("dicom.no_abstract_syntax", "A context without an abstract syntax.", _PROPOSED, lambda abstract, _: _is(abstract, 0)),
    _context_note("dicom.multiple_abstract_syntax", "A context with several.", _PROPOSED, lambda abstract, _: _over(abstract, 1)),
    _context_note("dicom.no_transfer_syntax", "A context without a transfer syntax.", _PROPOSED, _one_without),
    _context_note("dicom.multiple_transfer_syntax", "An answer with several.", _ANSWERED, lambda _, transfer: _over(transfer, 1)),
    Field("dicom.assoc.item.len.invalid", "label", "An item of no bytes.", (
        Source("items", "length", how=_where(_empty_item), more=("type",)),
    )),
    Field("dicom.pdv.flags.invalid", "label", "Bits that PS3.8 reserves are set.", (
        Source("pdvs", "flags", how=_where(lambda flags, _: _over(flags, _KNOWN_FLAGS))),
    )),
    Field("dicom.pdv.len.invalid", "label", "A PDV of no bytes, or of an odd number.", (
        Source("pdvs", "length", how=_where(_broken_length)),
    )),
]  # fmt: skip
