"""Blocks of the pcapng format (draft-ietf-opsawg-pcapng). Byte order, lengths and options are as given."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from .pcap import ETHERNET, Record

SECTION, INTERFACE, SIMPLE, NAMES, STATISTICS, ENHANCED, SECRETS = 0x0A0D0D0A, 1, 3, 4, 5, 6, 10
COMMENT, TIME_RESOLUTION, TIME_OFFSET = 1, 9, 14
IF_DROP, OS_DROP = 5, 7
MICROSECONDS = 6


def block(kind: int, body: bytes, order: str = "<", *, total: int | None = None, trailer: int | None = None) -> bytes:
    """A block; `total` and `trailer` override the lengths before and after the body."""
    body += bytes(-len(body) % 4)
    length = len(body) + 12 if total is None else total
    after = length if trailer is None else trailer
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", after)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", options: bytes = b"") -> bytes:
    return block(SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(link_type: int = ETHERNET, order: str = "<", *, snap_length: int = 0, options: bytes = b"") -> bytes:
    end = b"\0\0\0\0" if options else b""
    return block(INTERFACE, struct.pack(order + "HHI", link_type, 0, snap_length) + options + end, order)


def clock(resolution: int, offset: int = 0, order: str = "<") -> bytes:
    """The options if_tsresol and if_tsoffset."""
    return option(TIME_RESOLUTION, bytes([resolution]), order) + option(TIME_OFFSET, struct.pack(order + "q", offset), order)


def enhanced(data: bytes, count: int, order: str = "<", *, number: int = 0, length: int | None = None) -> bytes:
    """An Enhanced Packet Block of interface `number`, at `count` units of its clock."""
    size = len(data) if length is None else length
    head = struct.pack(order + "IIIII", number, count >> 32, count & 0xFFFFFFFF, len(data), size)
    return block(ENHANCED, head + data, order)


def statistics(*counts: tuple[int, int], order: str = "<", number: int = 0) -> bytes:
    """An Interface Statistics Block of interface `number`: the counts by their option, such as `IF_DROP`."""
    options = b"".join(option(code, struct.pack(order + "Q", count), order) for code, count in counts)
    return block(STATISTICS, struct.pack(order + "III", number, 0, 0) + options + bytes(4), order)


def simple(data: bytes, order: str = "<") -> bytes:
    return block(SIMPLE, struct.pack(order + "I", len(data)) + data, order)


def packets(records: Iterable[Record], order: str = "<", *, number: int = 0) -> bytes:
    """Enhanced Packet Blocks in microseconds, the default of an interface."""
    return b"".join(enhanced(data, time // 1000, order, number=number, length=length) for time, data, length in records)


def pcapng(records: Iterable[Record], order: str = "<") -> bytes:
    """A file with one section and one Ethernet interface."""
    return section(order) + interface(order=order) + packets(records, order)
