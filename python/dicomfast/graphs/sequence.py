"""Time-sequence graphs: Stevens' line, and tcptrace's bars, lines and marks. Definitions as Wireshark's stream graphs.

`direction` is the side that sent the data: "forward" is what it sent, "reverse" what answered it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.graphs.series import ACK, FIN, RST, SYN, URG, Series, blocks, packets

if TYPE_CHECKING:
    import pyarrow as pa

# tcptrace's marks, by the columns of `segments`; where several are true the first one is drawn.
MARKS = ("spurious_retransmission", "fast_retransmission", "retransmission", "out_of_order", "zero_window_probe", "keep_alive")
FLAGS = {"syn": SYN, "fin": FIN, "rst": RST, "urg": URG}


def stevens(segments: pa.Table, direction: str) -> pa.Table:
    """One line: the first sequence number of each forward segment, with data or not."""
    series = Series("sequence")
    for forward, time, packet, seq in packets(segments, direction, "seq"):
        if forward and seq is not None:
            series.add("sequence", time, packet, seq)
    return series.table()


def tcptrace(segments: pa.Table, direction: str) -> pa.Table:
    """Segments as bars, what was acknowledged, the limit of the receive window, SACK blocks, and marks.

    segments: from the first sequence number to the one after the last, forward segments with data.
    acknowledged: acknowledgement numbers of the other side. window_limit: these plus its window: up to here one may send.
    duplicate_ack: number and limit are those of the packet before. sack: the first block, the newest (RFC 2018); sack_more: the others.
    zero_window: forward packets whose own window is 0, at their middle. receiver_zero_window: packets of the other side whose window is
    0. The marks of `MARKS` and `FLAGS` are forward packets, at their first sequence number.
    """
    series = Series("segments", "acknowledged", "window_limit", "duplicate_ack", "sack", "sack_more", "zero_window",
                    "receiver_zero_window", *MARKS, *FLAGS)  # fmt: skip
    before: tuple[int, int | None] | None = None
    names = ("seq", "ack", "length", "window", "flags", "sack", *MARKS)
    for forward, time, packet, seq, ack, length, window, flags, sack, *marks in packets(segments, direction, *names):
        if forward:
            if seq is not None:
                _forward(series, (time, packet), seq, length or 0, flags or 0, marks)
                if window == 0 and not (flags or 0) & (SYN | FIN | RST):
                    series.add("zero_window", time, packet, seq + (length or 0) / 2)
        elif ack is not None and (flags is None or flags & ACK):
            before = _reverse(series, (time, packet), ack, window, before)
            if window == 0 and not (flags or 0) & (SYN | FIN | RST):
                series.add("receiver_zero_window", time, packet, ack)
            for number, (start, end) in enumerate(blocks(sack)):
                series.add("sack_more" if number else "sack", time, packet, start, end)
    return series.table()


def _forward(series: Series, point: tuple[int, int | None], seq: int, length: int, flags: int, marks: list[bool | None]) -> None:
    if length:
        series.add("segments", *point, seq, seq + length)
    if True in marks:
        series.add(MARKS[marks.index(True)], *point, seq)
    for name, flag in FLAGS.items():
        if flags & flag:
            series.add(name, *point, seq)


def _reverse(
    series: Series, point: tuple[int, int | None], ack: int, window: int | None, before: tuple[int, int | None] | None
) -> tuple[int, int | None]:
    limit = None if window is None else ack + window
    series.add("acknowledged", *point, ack)
    if limit is not None:
        series.add("window_limit", *point, limit)
        if (ack, limit) == before:
            series.add("duplicate_ack", *point, ack)
    return ack, limit
