"""Captures in memory: classic pcap with either byte order and resolution, any link type, any snap length."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from .tcp import Connection, Endpoints, Segment, frame

ETHERNET = 1
SNAP_LENGTH = 262144


class Record(NamedTuple):
    """A packet: time in nanoseconds, captured bytes, and its length on the wire."""

    time: int
    data: bytes
    length: int


def records(segments: Iterable[Segment], endpoints: Endpoints) -> list[Record]:
    """The frames of segments. The IP identification counts per side, so that a duplicate made by the capture can be told:
    equal segments that stand for one packet (the same object twice) have the same identification."""
    identifications: dict[int, int] = {}
    counters = {"client": 0, "server": 0}
    out = []
    for segment in segments:
        if id(segment) not in identifications:
            counters[segment.sender] += 1
            identifications[id(segment)] = counters[segment.sender] & 0xFFFF
        data = frame(segment, endpoints, identifications[id(segment)])
        out.append(Record(segment.time, data[: segment.snap], len(data)))
    return out


def merge(*parts: Iterable[Record]) -> list[Record]:
    """Several connections in one capture, by time; the order within each stays where times are equal."""
    return sorted((record for part in parts for record in part), key=lambda record: record.time)


def pcap(
    packets: Iterable[Record], *, nanoseconds: bool = True, order: str = "<", link_type: int = ETHERNET, snap_length: int = SNAP_LENGTH
) -> bytes:
    """The file. `order` is "<" (little endian) or ">" (big endian)."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap_length, link_type)]
    for time, data, length in packets:
        kept = data[:snap_length]
        seconds, rest = divmod(time, 10**9)
        out.append(struct.pack(order + "IIII", seconds, rest // unit, len(kept), length))
        out.append(kept)
    return b"".join(out)


def capture(*connections: Connection, **options: int | bool | str) -> bytes:
    """The pcap of whole connections, merged by time."""
    return pcap(merge(*(records(c.segments, c.endpoints) for c in connections)), **options)  # type: ignore[arg-type]
