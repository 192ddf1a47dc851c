"""The ladder of a connection: which side sent which PDU and which message, and when. Knows the tables; draws nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.graphs.marks import LANES, messages, spans
from dicomfast.graphs.series import column

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = ("start", "end", "sender", "first_packet", "last_packet", "type_name", "length", "complete")
SERIES = ("association", "data", "messages")


def ladder(pdus: pa.Table, message_table: pa.Table) -> pa.Table:
    """Series association (A-ASSOCIATE, A-RELEASE, A-ABORT), data (P-DATA-TF) and messages.

    time and end are those of their first and last byte, in `packet` and `last_packet`; y is the lane of the sender, 0 the requestor and
    1 the acceptor; text says what it is.
    """
    import pyarrow as pa

    rows: dict[str, list[tuple[Any, ...]]] = {"association": [], "data": []}
    for start, end, sender, first, last, name, length, complete in zip(*(column(pdus, name) for name in _NAMES), strict=True):
        if start is not None and sender in LANES:
            text = f"{name or 'unknown PDU'}, {length or 0:,} bytes" + (", incomplete" if complete is False else "")
            series = "data" if name == "P-DATA-TF" else "association"
            rows[series].append((start, max(end or start, start), LANES[sender], first, last, text))
    parts = [spans(rows["association"]), spans(rows["data"]), messages(message_table)]
    codes = [code for code, part in enumerate(parts) for _ in range(part.num_rows)]
    names = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(SERIES))
    return pa.concat_tables(parts).combine_chunks().add_column(0, "series", names)
