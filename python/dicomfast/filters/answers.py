"""Which operation a data set is part of: that of the request that carries it. Knows the tables `messages` and `operations`; no field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# A Message ID may come again once it is answered (PS3.7 section 9.1), so the first packet of the request is a part of the key.
_MESSAGE = ("association", "sender", "message_id", "first_packet")
_OPERATION = ("association", "initiator", "message_id", "first_packet")

NEEDS = {"messages": {"message", *_MESSAGE}, "operations": set(_OPERATION)}


def places(numbers: Any, tables: dict[str, Any]) -> pa.Array:
    """For each number of a message the row of `operations` that began with it; null where it is no request."""
    from dicomfast import arrays
    from dicomfast.filters.columns import of_owner
    from dicomfast.filters.values import flat

    messages, operations = tables["messages"], tables["operations"]
    at = of_owner(numbers, messages.column("message"))
    of = arrays.places([_plain(messages, name) for name in _MESSAGE], [_plain(operations, name) for name in _OPERATION])
    return flat(of).take(at)


def _plain(table: Any, name: str) -> pa.Array:
    import pyarrow as pa

    from dicomfast.filters.values import flat

    column = flat(table.column(name))
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
