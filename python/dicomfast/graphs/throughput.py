"""Throughput and goodput: bytes inside a sliding window. Definitions as Wireshark's stream graph."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING

from dicomfast.graphs.series import ACK, Series, blocks, packets
from dicomfast.values import SECOND

if TYPE_CHECKING:
    import pyarrow as pa

# Ranges above the acknowledged byte that are remembered: more than any receiver reports.
_RANGES = 4096


def throughput(segments: pa.Table, direction: str, window: int = SECOND) -> pa.Table:
    """Of each forward packet its length; throughput and goodput in bit/s over `window` nanoseconds.

    segment_length: bytes of data of a forward packet. throughput: those within the window. goodput: newly acknowledged bytes within
    it, each counted once, by SACK or by acknowledgement number. There is a point where a packet enters the window and
    where one leaves it; at the start the sum is divided by the whole window though it is not full.
    """
    series = Series("segment_length", "throughput", "goodput")
    sent, got = _Sliding(series, "throughput", window), _Sliding(series, "goodput", window)
    acknowledged = _Acknowledged()
    for forward, time, packet, ack, length, flags, sack in packets(segments, direction, "ack", "length", "flags", "sack"):
        if forward:
            series.add("segment_length", time, packet, length or 0)
            sent.add(time, packet, length or 0)
        else:
            known = ack is not None and (flags is None or flags & ACK)
            got.add(time, packet, acknowledged.advance(ack, blocks(sack)) if known else 0)
    return series.table()


class _Sliding:
    """The sum of what lies in the window."""

    def __init__(self, series: Series, name: str, window: int) -> None:
        self._series = series
        self._name = name
        self._window = window
        self._held: deque[tuple[int, int | None, int]] = deque()
        self._sum = 0

    def add(self, time: int, packet: int | None, size: int) -> None:
        while self._held and time - self._held[0][0] > self._window:
            entered, which, left = self._held.popleft()
            self._sum -= left
            self._series.add(self._name, entered + self._window, which, self._rate())
        self._held.append((time, packet, size))
        self._sum += size
        last = self._series.last_time(self._name)
        if last is not None and time <= last:
            self._series.replace_last(self._name, self._rate(), packet)
        else:
            self._series.add(self._name, time, packet, self._rate())

    def _rate(self) -> float:
        return self._sum * 8 * SECOND / self._window


class _Acknowledged:
    """Which bytes the other side said it has: all below a number, and ranges above it (RFC 2018)."""

    def __init__(self) -> None:
        self._below: int | None = None
        self._starts: list[int] = []
        self._ends: list[int] = []

    def advance(self, ack: int, sacked: list[tuple[int, int]]) -> int:
        """How many bytes are new. The first number of a connection is where counting starts; an old packet tells nothing."""
        if self._below is None:
            self._below = ack
        if ack < self._below:
            return 0
        new = ack - self._below - self._drop_below(ack)
        self._below = ack
        return new + sum(self._insert(max(start, ack), end) for start, end in sacked if end > ack)

    def _drop_below(self, ack: int) -> int:
        """Forget the ranges below, and say how many bytes they held."""
        known = 0
        whole = 0
        for start, end in zip(self._starts, self._ends, strict=True):
            if start >= ack:
                break
            known += min(end, ack) - start
            if end > ack:
                self._starts[whole] = ack
                break
            whole += 1
        del self._starts[:whole], self._ends[:whole]
        return known

    def _insert(self, start: int, end: int) -> int:
        """Add a range, joined with those it touches, and say how many of its bytes are new."""
        first = bisect_left(self._ends, start)
        last = first
        known = 0
        low, high = start, end
        while last < len(self._starts) and self._starts[last] <= end:
            known += max(0, min(self._ends[last], end) - max(self._starts[last], start))
            low, high = min(low, self._starts[last]), max(high, self._ends[last])
            last += 1
        self._starts[first:last] = [low]
        self._ends[first:last] = [high]
        if len(self._starts) > _RANGES:
            del self._starts[0], self._ends[0]
        return end - start - known
