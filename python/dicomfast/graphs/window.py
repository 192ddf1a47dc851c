"""The receive window and what is outstanding in it. Definitions as Wireshark's stream graph "Window Scaling"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.graphs.series import ACK, RST, SYN, Series, packets

if TYPE_CHECKING:
    import pyarrow as pa


def window(segments: pa.Table, direction: str) -> pa.Table:
    """Bytes outstanding and the window they must fit in.

    bytes_in_flight: at each forward packet, the highest sequence number sent less the highest acknowledged, from the first
    acknowledgement on. receive_window: the window of each packet of the other side without SYN or RST.
    """
    series = Series("bytes_in_flight", "receive_window")
    sent: int | None = None
    acknowledged: int | None = None
    names = ("seq", "ack", "length", "window", "flags")
    for forward, time, packet, seq, ack, length, size, flags in packets(segments, direction, *names):
        if forward:
            if seq is not None:
                end = seq + (length or 0)
                sent = end if sent is None else max(sent, end)
                if acknowledged is not None and sent >= acknowledged:
                    series.add("bytes_in_flight", time, packet, sent - acknowledged)
            continue
        if size is not None and not (flags or 0) & (SYN | RST):
            series.add("receive_window", time, packet, size)
        if ack is not None and (flags is None or flags & ACK):
            acknowledged = ack if acknowledged is None else max(acknowledged, ack)
    return series.table()
