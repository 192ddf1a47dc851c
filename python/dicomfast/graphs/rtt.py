"""Round-trip times: from a segment to the packet that acknowledges it. Definitions as Wireshark's stream graph.

`rtt` is its "all data packets", `rtt_sack` its "with SACK".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from dicomfast.graphs.series import Series, blocks, packets
from dicomfast.values import SECOND

if TYPE_CHECKING:
    import pyarrow as pa

# Segments that wait for their acknowledgement; the one longest in the list is forgotten when there are more.
_UNACKED = 65_536


def rtt(segments: pa.Table, direction: str) -> pa.Table:
    """Round-trip times in seconds, at the time of the segment, with its first sequence number as `sequence`.

    rtt: each forward segment with data that an acknowledgement number covers, in part too; one whose first byte is outstanding already
    is a retransmission and enters nothing. `packet` is the segment. rtt_sack: the same, and what a SACK block covers is acknowledged
    too, each part of a segment once; without SACK blocks it would be rtt again and is left out. ack_rtt: the column of `segments`, at
    the acknowledging packet.
    """
    series = Series("rtt", "rtt_sack", "ack_rtt", extra="sequence")
    waiting = {"rtt": _Waiting(), "rtt_sack": _Waiting()}
    if not _any_sack(segments, direction):
        del waiting["rtt_sack"]
    names = ("seq", "ack", "length", "ack_rtt", "sack")
    for forward, time, packet, seq, ack, length, ack_rtt, sack in packets(segments, direction, *names):
        if forward:
            if length and seq is not None:
                for one in waiting.values():
                    one.sent(seq, seq + length, time, packet)
        elif ack is not None:
            for name, one in waiting.items():
                for first, since, which in one.answered(ack, blocks(sack) if name == "rtt_sack" else []):
                    series.add(name, since, which, (time - since) / SECOND, extra=first)
            if ack_rtt is not None:
                series.add("ack_rtt", time, packet, ack_rtt / SECOND, extra=ack)
    return series.table()


def _any_sack(segments: pa.Table, direction: str) -> bool:
    return any(sack for forward, _, _, sack in packets(segments, direction, "sack") if not forward)


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

    def answered(self, ack: int, sacked: list[tuple[int, int]]) -> list[tuple[int, int, int | None]]:
        """First sequence number, time and packet of each segment that the number or a block covers."""
        return self._acknowledged(ack) + [sample for left, right in sacked for sample in self._covered(left, right)]

    def _acknowledged(self, ack: int) -> list[tuple[int, int, int | None]]:
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

    def _covered(self, left: int, right: int) -> list[tuple[int, int, int | None]]:
        """What a SACK block covers for the first time; the rest of a segment waits on."""
        first = bisect_right(self._reach, left, self._head)
        last = bisect_left(self._starts, right, first)
        samples = []
        rest = []
        for index in range(first, last):
            start, (end, time, packet) = self._starts[index], self._segments[index]
            if end > left:
                samples.append((max(start, left), time, packet))
            parts = ((start, min(end, left)), (max(start, right), end)) if end > left else ((start, end),)
            rest += [(begin, (until, time, packet)) for begin, until in parts if begin < until]
        if samples:
            rest.sort(key=lambda part: part[0])
            self._starts[first:last] = [begin for begin, _ in rest]
            self._segments[first:last] = [segment for _, segment in rest]
            self._reach[first:last] = [0] * len(rest)
            if first < len(self._reach):
                self._reach_on(first)
        return samples
