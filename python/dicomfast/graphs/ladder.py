"""The ladder of a connection: which side sent which PDU and which message, and when. Knows the tables; draws nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.graphs.marks import LANES, messages, spans
from dicomfast.graphs.series import column

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = ("start", "end", "sender", "first_packet", "last_packet", "type_name", "length", "complete")


def ladder(pdus: pa.Table, message_table: pa.Table) -> pa.Table:
    """Series pdus and messages: time and end of the bytes, y the lane of the sender (0 requestor, 1 acceptor), text.

    `packet` carries the first byte, `last_packet` the last one.
    """
    import pyarrow as pa

    rows = []
    for start, end, sender, first, last, name, length, complete in zip(*(column(pdus, name) for name in _NAMES), strict=True):
        if start is not None and sender in LANES:
            text = f"{name or 'unknown PDU'}, {length or 0:,} bytes" + (", incomplete" if complete is False else "")
            rows.append((start, max(end or start, start), LANES[sender], first, last, text))
    parts = [spans(rows), messages(message_table)]
    codes = pa.array([0] * parts[0].num_rows + [1] * parts[1].num_rows, pa.int32())
    names = pa.DictionaryArray.from_arrays(codes, pa.array(["pdus", "messages"]))
    return pa.concat_tables(parts).add_column(0, "series", names)
