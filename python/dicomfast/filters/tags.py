"""How rows become tags and their values: those of `elements`, and those of `messages`, whose columns are the elements of command sets.

Knows these two tables and the encoding of DICOM; knows no field by name, and no frames.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dicomfast.filters.fields import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.filters.fields import Row

TEXT = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
"""VRs whose values are text (PS3.5 section 6.2)."""

_UNDIVIDED = ("LT", "ST", "UT")
"""VRs of which an element has one value, with backslashes in it."""

COMMAND = (
    (0x0000_0000, "UL", "command_bytes"),
    (0x0000_0002, "UI", "affected_sop_class"),
    (0x0000_0003, "UI", "requested_sop_class"),
    (0x0000_0100, "US", "command_field"),
    (0x0000_0110, "US", "message_id"),
    (0x0000_0120, "US", "message_id_responded_to"),
    (0x0000_0600, "AE", "move_destination"),
    (0x0000_0700, "US", "priority"),
    (0x0000_0800, "US", "data_set_type"),
    (0x0000_0900, "US", "status"),
    (0x0000_0901, "AT", "offending_elements"),
    (0x0000_0902, "LO", "error_comment"),
    (0x0000_0903, "US", "error_id"),
    (0x0000_1000, "UI", "affected_sop_instance"),
    (0x0000_1001, "UI", "requested_sop_instance"),
    (0x0000_1002, "US", "event_type_id"),
    (0x0000_1005, "AT", "attribute_identifiers"),
    (0x0000_1008, "US", "action_type_id"),
    (0x0000_1020, "US", "remaining_suboperations"),
    (0x0000_1021, "US", "completed_suboperations"),
    (0x0000_1022, "US", "failed_suboperations"),
    (0x0000_1023, "US", "warning_suboperations"),
    (0x0000_1030, "AE", "move_originator_ae"),
    (0x0000_1031, "US", "move_originator_message_id"),
)
"""The elements of command sets (PS3.7 annex E.1), each with its column of `messages`."""

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFE_E000, 0xFFFE_E00D, 0xFFFE_E0DD
_UNDEFINED = 0xFFFF_FFFF
_OF_GROUP_LENGTH = 12
"""Bytes of Command Group Length (0000,0000) itself, which it does not count."""


_TAG = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)")


class MaskedError(Exception):
    """A value that is asked for identifies a person, and is masked."""


def masked(name: str) -> str:
    """What is said of a field whose values are masked."""
    return f'{name} has values that identify a person, which are masked: ask with --phi show (phi="show"), or for another element'


def tags() -> tuple[Source, ...]:
    """The tag of each element, and of the delimiters of what has an undefined length."""
    command = tuple(_of_command(tag, column, _constant(tag, "uint32")) for tag, _, column in COMMAND)
    return (*command, Source("elements", "tag"), *_delimiters(_constant(_ITEM_END, "uint32"), _constant(_SEQUENCE_END, "uint32")))


def vrs() -> tuple[Source, ...]:
    """The VR of each."""
    ul = _constant("UL", "string")
    command = tuple(_of_command(tag, column, _constant(vr, "string")) for tag, vr, column in COMMAND)
    return (*command, Source("elements", "vr"), *_delimiters(ul, ul))


def lengths() -> tuple[Source, ...]:
    """The length of each, but of text in command sets that may be padded more than it has to be."""
    zero = _constant(0, "uint32")
    how = {"US": _constant(2, "uint32"), "UL": _constant(4, "uint32"), "UI": _padded, "AT": _four_each}
    command = tuple(_of_command(tag, column, how[vr]) for tag, vr, column in COMMAND if vr in how)
    return (*command, Source("elements", "length", how=_or_undefined), *_delimiters(zero, zero))


def numbers(*kinds: str) -> tuple[Source, ...]:
    """Values of elements of these VRs as numbers: the first one, as in Wireshark, and of AT all."""
    parse = _tags_of if kinds == ("AT",) else _first_of
    found = [Source("elements", "value", how=_of_vr(kinds, parse), more=_MORE)]
    for tag, vr, column in COMMAND:
        if vr in kinds:
            how = _group_length if tag == 0 else _written_tags if vr == "AT" else _as_it_is
            found.append(_of_command(tag, column, how))
    return tuple(found)


def texts() -> tuple[Source, ...]:
    """Values that are text; an empty one is none."""
    command = (_of_command(tag, column, _as_it_is) for tag, vr, column in COMMAND if vr in TEXT)
    return (Source("elements", "value", how=_of_vr(TEXT, None), more=_MORE), *command)


def having(*kinds: str) -> tuple[Source, ...]:
    """Elements of these VRs that have a value, masked or not."""
    command = (_of_command(tag, column, _constant(tag, "uint32")) for tag, vr, column in COMMAND if vr in kinds)
    return (Source("elements", "tag", how=_with_value(kinds), more=("vr", "length")), *command)


def value_of(keyword: str) -> Source:
    """The values of the elements of this keyword."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays
        from dicomfast.filters.values import flat

        word = table.column("keyword")
        wanted = pc.is_in(word, value_set=arrays.array([keyword], pa.string()))
        shown = flat(_shown(table, column, wanted))
        vr = flat(table.column("vr"))
        single = pc.is_in(vr, value_set=arrays.array(_UNDIVIDED, pa.string()))
        whole = pa.ListArray.from_arrays(arrays.count(len(shown) + 1, pa.int32()), shown)
        return pc.if_else(single, whole, pc.split_pattern(shown, pattern="\\"))

    return Source("elements", "value", ("keyword", (keyword,)), how, ("vr", "length", "masked"))


_MORE = ("vr", "length", "masked")


def _of_command(tag: int, column: str, how: Callable[[Row, str], Any]) -> Source:
    if tag == 0:
        return Source("messages", column, how=_where(how, "command_field", null=False), more=("command_field",), ends="command")
    if column == "message_id":
        # Where it is null in the command set, the column has that of the request.
        of_request = _where(how, "message_id_responded_to", null=True)
        return Source("messages", column, how=of_request, more=("message_id_responded_to",), ends="command")
    return Source("messages", column, how=how, ends="command")


def _where(how: Callable[[Row, str], Any], other: str, *, null: bool) -> Callable[[Row, str], Any]:
    """What `how` makes, where another column is null, or is not."""

    def where(table: Row, column: str) -> Any:
        import pyarrow.compute as pc

        from dicomfast import arrays

        found = how(table, column)
        there = table.column(other)
        return pc.if_else(pc.is_null(there) if null else pc.is_valid(there), found, arrays.scalar(None, found.type))

    return where


def _delimiters(of_item: Callable[[Row, str], Any], of_sequence: Callable[[Row, str], Any]) -> tuple[Source, Source]:
    """Items and sequences of undefined length end with a delimiter (PS3.5 section 7.5), which is no row."""
    return (
        Source("elements", "tag", how=_undefined(of_item, items=True), more=("length",)),
        Source("elements", "tag", how=_undefined(of_sequence, items=False), more=("length",)),
    )


def _undefined(how: Callable[[Row, str], Any], *, items: bool) -> Callable[[Row, str], Any]:
    def undefined(table: Row, column: str) -> Any:
        import pyarrow.compute as pc

        from dicomfast import arrays

        tag = table.column(column)
        kind = pc.equal(tag, arrays.scalar(_ITEM, tag.type))
        wanted = pc.and_(pc.is_null(table.column("length")), kind if items else pc.invert(kind))
        found = how(table, column)
        return pc.if_else(wanted, found, arrays.scalar(None, found.type))

    return undefined


def _constant(value: Any, kind: str) -> Callable[[Row, str], Any]:
    """One value wherever the column has one."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays

        of = getattr(pa, kind)()
        return pc.if_else(pc.is_valid(table.column(column)), arrays.scalar(value, of), arrays.scalar(None, of))

    return how


def _as_it_is(table: Row, column: str) -> Any:
    return table.column(column)


def _or_undefined(table: Row, column: str) -> Any:
    """A length of an element; where it is undefined, as it is sent."""
    import pyarrow.compute as pc

    from dicomfast import arrays

    length = table.column(column)
    return pc.coalesce(length, arrays.scalar(_UNDEFINED, length.type))


def _padded(table: Row, column: str) -> Any:
    """The length of a UID, which is even (PS3.5 section 9.1)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    length = pc.cast(pc.binary_length(pc.cast(table.column(column), pa.string())), pa.int64())
    return pc.add(length, pc.bit_wise_and(length, arrays.scalar(1, pa.int64())))


def _four_each(table: Row, column: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    return pc.multiply(pc.cast(pc.list_value_length(table.column(column)), pa.int64()), arrays.scalar(4, pa.int64()))


def _group_length(table: Row, column: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    return pc.subtract(pc.cast(table.column(column), pa.int64()), arrays.scalar(_OF_GROUP_LENGTH, pa.int64()))


def _written_tags(table: Row, column: str) -> Any:
    """A list of tags that are written as "(0008,0018)", as numbers."""
    import pyarrow as pa

    from dicomfast.filters.values import flat

    found = flat(table.column(column))
    parsed = _parsed(found.flatten(), _tags_of)
    # One number for each text: the lists stay as long as they are.
    return pa.ListArray.from_arrays(_limits(found), parsed.flatten())


def _limits(lists: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    lengths = pc.coalesce(pc.list_value_length(lists), arrays.scalar(0, pa.int32()))
    return pa.concat_arrays([arrays.array([0], pa.int32()), pc.cast(pc.cumulative_sum(lengths), pa.int32())])


def _of_vr(kinds: tuple[str, ...], parse: Callable[[str], list[int]] | None) -> Callable[[Row, str], Any]:
    """Values of elements of these VRs: text where nothing parses it."""

    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays

        vr = table.column("vr")
        wanted = pc.is_in(vr, value_set=arrays.array(kinds, pa.string()))
        length = table.column("length")
        wanted = pc.and_(wanted, pc.coalesce(pc.not_equal(length, arrays.scalar(0, length.type)), arrays.scalar(1, pa.bool_())))
        found = _shown(table, column, wanted, pseudonyms=parse is None)
        return found if parse is None else _parsed(found, parse)

    return how


def _with_value(kinds: tuple[str, ...]) -> Callable[[Row, str], Any]:
    def how(table: Row, column: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from dicomfast import arrays

        vr, length, tag = table.column("vr"), table.column("length"), table.column(column)
        of_kind = pc.is_in(vr, value_set=arrays.array(kinds, pa.string()))
        filled = pc.not_equal(length, arrays.scalar(0, length.type))
        return pc.if_else(pc.and_(of_kind, filled), tag, arrays.scalar(None, tag.type))

    return how


def _shown(table: Row, column: str, wanted: Any, *, pseudonyms: bool = True) -> Any:
    """The values of the rows that are wanted. Raises MaskedError where one of them may not be told."""
    import pyarrow.compute as pc

    from dicomfast import arrays

    value, length = table.column(column), table.column("length")
    empty = pc.equal(length, arrays.scalar(0, length.type))
    hidden = pc.and_(pc.and_not(table.column("masked"), empty), wanted)
    if pseudonyms:
        hidden = pc.and_(hidden, pc.is_null(value))
    if pc.any(hidden).as_py():
        raise MaskedError
    # An empty value tells nothing of a person.
    value = pc.if_else(pc.and_(pc.is_null(value), empty), arrays.scalar("", value.type), value)
    return pc.if_else(wanted, value, arrays.scalar(None, value.type))


def _parsed(column: Any, parse: Callable[[str], list[int]]) -> Any:
    """Text as lists of numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays
    from dicomfast.filters.values import flat

    encoded = pc.dictionary_encode(flat(column))
    found = [parse(text) for text in encoded.dictionary.to_pylist()]
    flattened = arrays.array([number for one in found for number in one], pa.int64())
    return pa.ListArray.from_arrays(arrays.offsets(found), flattened).take(encoded.indices)


def _first_of(text: str) -> list[int]:
    first = text.partition("\\")[0]
    return [int(first)] if first.removeprefix("-").isdecimal() else []


def _tags_of(text: str) -> list[int]:
    return [int(group + element, 16) for group, element in _TAG.findall(text)]
