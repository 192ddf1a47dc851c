"""Round-trip times: from a segment to the packet that acknowledges it. Definitions as Wireshark's stream graph.

`rtt` is its "all data packets", `rtt_sack` its "with SACK".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from dicomfast.graphs.series import Series, blocks, packets
from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

# Segments that wait for their acknowledgement; the one longest in the list is forgotten when there are more.
_UNACKED = 65_536

# The end of a segment, its time and its packet; where a sample begins, and the time and packet of its segment.
Segment = tuple[int, int, int | None]
Sample = tuple[int, int, int | None]


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
    """Segments that were sent and not acknowledged, by their first sequence number; no byte waits twice.

    Wireshark lets segments overlap, and measures each of them again at every acknowledgement: that a hostile capture could make
    endless. Here a segment that overlaps a later one which waits already ends where that one begins.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._segments: list[Segment] = []
        self._head = 0  # what stands before it is done with

    def sent(self, start: int, end: int, time: int, packet: int | None) -> None:
        """A segment goes out; one whose first byte waits already is a retransmission."""
        at = bisect_right(self._starts, start, self._head)
        if at > self._head and self._segments[at - 1][0] > start:
            return
        if at < len(self._starts):
            end = min(end, self._starts[at])
        self._starts.insert(at, start)
        self._segments.insert(at, (end, time, packet))
        if len(self._starts) - self._head > _UNACKED:
            self._done(self._head + 1)

    def answered(self, ack: int, sacked: list[tuple[int, int]]) -> list[Sample]:
        """Each segment that the number or a block covers, or as much of it as they cover."""
        until = bisect_left(self._starts, ack, self._head)
        samples = [(start, time, packet) for start, (_, time, packet) in self._between(self._head, until)]
        if until > self._head and self._segments[until - 1][0] > ack:
            # What is left of a segment that is covered in part begins at the number.
            until -= 1
            self._starts[until] = ack
        self._done(until)
        return samples + [sample for left, right in sacked for sample in self._covered(left, right)]

    def _between(self, first: int, last: int) -> Iterator[tuple[int, Segment]]:
        return zip(self._starts[first:last], self._segments[first:last], strict=True)

    def _covered(self, left: int, right: int) -> list[Sample]:
        """What a SACK block covers for the first time; the rest of a segment waits on."""
        first = bisect_left(self._starts, left, self._head)
        if first > self._head and self._segments[first - 1][0] > left:
            first -= 1
        last = bisect_left(self._starts, right, first)
        samples = []
        rest = []
        for start, (end, time, packet) in self._between(first, last):
            samples.append((max(start, left), time, packet))
            parts = ((start, min(end, left)), (max(start, right), end))
            rest += [(begin, (until, time, packet)) for begin, until in parts if begin < until]
        self._starts[first:last] = [begin for begin, _ in rest]
        self._segments[first:last] = [segment for _, segment in rest]
        return samples

    def _done(self, until: int) -> None:
        """Forget what stands before; make room when that is much."""
        self._head = until
        if self._head > _UNACKED:
            del self._starts[: self._head], self._segments[: self._head]
            self._head = 0
