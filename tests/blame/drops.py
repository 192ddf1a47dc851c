"""Takes packets out of a capture file, as a card does that cannot keep up: the peers never noticed."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from blame.logs import Interval

HEADER = 24


def records(data: bytes) -> list[tuple[float, bytes]]:
    """The packets with their headers and their times; tcpdump writes little-endian microseconds here."""
    out, at = [], HEADER
    while at + 16 <= len(data):
        second, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        out.append((second + fraction / 1e6, data[at : at + 16 + length]))
        at += 16 + length
    return out


def rob(path: Path, ranges: list[tuple[float, float]]) -> list[Interval]:
    """Remove the packets between these shares of the file; the times from the last packet before to the first one after."""
    data = path.read_bytes()
    found = records(data)
    begin = found[0][0]
    gone, times = set[int](), []
    for start, end in ranges:
        first, last = int(start * len(found)), int(end * len(found))
        gone.update(range(first, last))
        times.append((found[first - 1][0] - begin, found[last][0] - begin))
    path.write_bytes(data[:HEADER] + b"".join(record for number, (_, record) in enumerate(found) if number not in gone))
    return times


def scatter(path: Path, share: float, seed: int) -> list[Interval]:
    """Remove single full packets here and there; no time is lost with one."""
    data, rng = path.read_bytes(), random.Random(seed)
    kept = [record for _, record in records(data) if len(record) < 1400 or rng.random() >= share]
    path.write_bytes(data[:HEADER] + b"".join(kept))
    return []
