"""Captures in memory: classic pcap with either byte order and resolution, any link type, any snap length."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from .link import ethernet
from .tcp import Connection, Endpoints, Segment, frame, packet

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


def packets(segments: Iterable[Segment], endpoints: Endpoints) -> list[Record]:
    """The same as IP packets without a link layer (link type 101, or for `framed`)."""
    untagged = replace(endpoints, vlan=None)
    out = []
    for number, segment in enumerate(segments, start=1):
        data = packet(segment, untagged, number & 0xFFFF)
        out.append(Record(segment.time, data[: segment.snap], len(data)))
    return out


def framed(packets: Iterable[Record], frame: Callable[[bytes], bytes] = ethernet) -> list[Record]:
    """Packets in a link layer or tunnel of `link`."""
    frames = ((time, frame(data)) for time, data, _ in packets)
    return [Record(time, data, len(data)) for time, data in frames]


def merge(*parts: Iterable[Record]) -> list[Record]:
    """Several connections in one capture, by time; the order within each stays where times are equal."""
    return sorted((record for part in parts for record in part), key=lambda record: record.time)


def pcap(
    packets: Iterable[Record], *, nanoseconds: bool = True, order: str = "<", link_type: int = ETHERNET, snap_length: int = SNAP_LENGTH
) -> bytes:
    """The file. `order` is "<" (little endian) or ">" (big endian)."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = [file_header(magic, snap_length, link_type, order)]
    for time, data, length in packets:
        kept = data[:snap_length]
        seconds, rest = divmod(time, 10**9)
        out.append(record_header(seconds, rest // unit, len(kept), length, order))
        out.append(kept)
    return b"".join(out)


def file_header(
    magic: int = 0xA1B2C3D4, snap_length: int = SNAP_LENGTH, link_type: int = ETHERNET, order: str = "<", minor: int = 4
) -> bytes:
    return struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, snap_length & 0xFFFFFFFF, link_type)


def record_header(seconds: int, fraction: int, captured: int, length: int, order: str = "<") -> bytes:
    return struct.pack(order + "IIII", seconds, fraction, captured, length)


def capture(*connections: Connection, **options: int | bool | str) -> bytes:
    """The pcap of whole connections, merged by time."""
    return pcap(merge(*(records(c.segments, c.endpoints) for c in connections)), **options)  # type: ignore[arg-type]
