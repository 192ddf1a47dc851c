"""In which frame a row ends, as Wireshark shows it, where the row alone does not tell. Knows how tables refer to each other; no field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.filters.fields import PACKETS

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.filters.fields import Source

_COMMAND_END = 3
"""Flags of the last PDV of a command set (PS3.8 annex E.2)."""

_PDUS = {
    "pdvs": {"connection", "sender", "pdu_offset"},
    "pdus": {"connection", "sender", "stream_offset", "last_packet"},
}
_NEEDS = {
    "pdvs": _PDUS,
    "elements": {"elements": {"message"}, "messages": {"message", "last_packet"}},
}
_COMMANDS = {
    "messages": {"association", "sender", "command_field", "last_packet"},
    "pdvs": _PDUS["pdvs"] | {"association", "flags"},
    "pdus": _PDUS["pdus"],
}


def needs(source: Source) -> dict[str, set[str]]:
    """The columns that it takes, by table."""
    if source.ends == "command":
        return _COMMANDS
    return _NEEDS.get(source.table, {source.table: {PACKETS[source.table]}})


def packets(source: Source, tables: dict[str, Any]) -> pa.Array:
    """For each row of the source's table the frame in which it ends."""
    from dicomfast.filters.values import flat

    if source.ends == "command":
        return _of_commands(tables)
    if source.table == "pdvs":
        return _of_pdvs(tables["pdvs"], tables["pdus"])
    if source.table == "elements":
        return _of_elements(tables)
    return flat(tables[source.table].column(PACKETS[source.table]))


def _of_pdvs(pdvs: Any, pdus: Any) -> pa.Array:
    """The frame in which the PDU ends."""
    from dicomfast import arrays
    from dicomfast.filters.columns import keys
    from dicomfast.filters.values import flat

    at = arrays.places(keys(pdvs, "connection", "sender", "pdu_offset"), keys(pdus, "connection", "sender", "stream_offset"))
    return flat(pdus.column("last_packet")).take(at)


def _of_elements(tables: dict[str, Any]) -> pa.Array:
    """The frame in which the message ends: there the data set is whole."""
    from dicomfast.filters.columns import of_owner
    from dicomfast.filters.values import flat

    messages = tables["messages"]
    at = of_owner(tables["elements"].column("message"), messages.column("message"))
    return flat(messages.column("last_packet")).take(at)


def _of_commands(tables: dict[str, Any]) -> pa.Array:
    """The frame in which the command set ends.

    The messages of one side of an association and the last PDVs of its command sets come in the same order. Where there are not as many
    of both (some were lost), it is the frame in which the message ends.
    """
    import pyarrow.compute as pc

    from dicomfast import arrays
    from dicomfast.filters.columns import keys
    from dicomfast.filters.values import flat

    messages = tables["messages"]
    pdvs = _last_of_commands(tables["pdvs"])
    known = pc.indices_nonzero(flat(messages.column("command_field")).is_valid())
    mine, theirs = keys(messages.take(known), "association", "sender"), keys(pdvs, "association", "sender")
    groups = [arrays.places(side, mine) for side in (mine, theirs)]
    (number, size), (number_of, size_of) = (_numbered(group) for group in groups)
    at = arrays.places([groups[0], number, size], [groups[1], number_of, size_of])
    found = _of_pdvs(pdvs, tables["pdus"]).take(at)
    all_rows = arrays.count(messages.num_rows, known.type)
    return pc.coalesce(found.take(pc.index_in(all_rows, value_set=known)), flat(messages.column("last_packet")))


def _last_of_commands(pdvs: Any) -> Any:
    import pyarrow.compute as pc

    from dicomfast import arrays

    flags = pdvs.column("flags")
    end = arrays.scalar(_COMMAND_END, flags.type)
    return pdvs.filter(pc.equal(pc.bit_wise_and(flags, end), end))


def _numbered(group: pa.Array) -> tuple[pa.Array, pa.Array]:
    """For each row its number within its group, and how many the group has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    order = pc.array_sort_indices(group)
    sizes = pc.value_counts(group.take(order)).field("counts")
    starts = pc.subtract(pc.cumulative_sum(sizes), sizes)
    run = arrays.parents(sizes)
    number = pc.subtract(arrays.count(len(group), pa.int64()), starts.take(run))
    back = pc.index_in(arrays.count(len(group), order.type), value_set=order)
    return number.take(back), sizes.take(run).take(back)
