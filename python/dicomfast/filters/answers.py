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
    from dicomfast.filters.columns import keys, of_owner

    messages, operations = tables["messages"], tables["operations"]
    at = of_owner(numbers, messages.column("message"))
    return arrays.places(keys(messages, *_MESSAGE), keys(operations, *_OPERATION)).take(at)
