"""Round-trip times: from a segment to the packet that acknowledges it. Definition as Wireshark's stream graph, "all data packets"."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from dicomfast.graphs.series import Series, packets
from dicomfast.values import SECOND

if TYPE_CHECKING:
    import pyarrow as pa

# Segments that wait for their acknowledgement; the one longest in the list is forgotten when there are more.
_UNACKED = 65_536


def rtt(segments: pa.Table, direction: str) -> pa.Table:
    """Round-trip times in seconds, at the time of the segment, with its first sequence number as `sequence`.

    rtt: each forward segment with data that an acknowledgement number covers, in part too; one whose first byte is outstanding already
    is a retransmission and enters nothing. `packet` is the segment. ack_rtt: the column of `segments`, at the acknowledging packet.
    """
    series = Series("rtt", "ack_rtt", extra="sequence")
    waiting = _Waiting()
    for forward, time, packet, seq, ack, length, ack_rtt in packets(segments, direction, "seq", "ack", "length", "ack_rtt"):
        if forward:
            if length and seq is not None:
                waiting.sent(seq, seq + length, time, packet)
        elif ack is not None:
            for first, since, which in waiting.acknowledged(ack):
                series.add("rtt", since, which, (time - since) / SECOND, extra=first)
            if ack_rtt is not None:
                series.add("ack_rtt", time, packet, ack_rtt / SECOND, extra=ack)
    return series.table()


class _Waiting:
    """Segments that were sent and not acknowledged, by their first sequence number."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._segments: list[tuple[int, int, int | None]] = []  # the end, the time, the packet
        self._reach: list[int] = []  # the highest end of this one and those before
        self._head = 0  # what stands before it is acknowledged

    def sent(self, start: int, end: int, time: int, packet: int | None) -> None:
        at = bisect_right(self._starts, start, self._head)
        if at > self._head and self._reach[at - 1] > start:
            return
        self._starts.insert(at, start)
        self._segments.insert(at, (end, time, packet))
        self._reach.insert(at, end)
        self._reach_on(at)
        if len(self._starts) - self._head > _UNACKED:
            self._head += 1

    def _reach_on(self, at: int) -> None:
        high = self._reach[at - 1] if at > self._head else self._segments[at][0]
        for index in range(at, len(self._reach)):
            new = max(high, self._segments[index][0])
            if index > at and self._reach[index] == new:
                break
            self._reach[index] = high = new

    def acknowledged(self, ack: int) -> list[tuple[int, int, int | None]]:
        """First sequence number, time and packet of each segment that the number covers."""
        until = bisect_left(self._starts, ack, self._head)
        samples = []
        partly = []
        for index in range(self._head, until):
            end, time, packet = self._segments[index]
            samples.append((self._starts[index], time, packet))
            if end > ack:
                partly.append((end, time, packet))
        # What is left of a segment that is covered in part begins at the number.
        self._head = until - len(partly)
        self._starts[self._head : until] = [ack] * len(partly)
        self._segments[self._head : until] = partly
        if partly:
            self._reach[self._head : until] = [end for end, _, _ in partly]
            self._reach_on(self._head)
        if self._head > _UNACKED:
            del self._starts[: self._head], self._segments[: self._head], self._reach[: self._head]
            self._head = 0
        return samples
