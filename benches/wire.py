"""Scripts of segments, and players that put them on a 1 Gbit/s wire as pcap records.

A script is made once and holds what does not depend on the connection: sides, flags, bytes and their sums. A player gives it
addresses, ports, sequence numbers, identifications and times. Checksums are the ones' complement sum, which is a sum modulo
65535 (RFC 1071 section 2): 2**16 is 1 there, so 32-bit fields and precomputed sums are simply added.
"""

from __future__ import annotations

import itertools
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

GLOBAL_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
RECORD = struct.Struct("<IIII")
TCP_FRAME = struct.Struct(">16sHH4sH12sIIHHHH")
UDP_FRAME = struct.Struct(">16sHH4sH8sHHHH")

MSS = 1460
WINDOW = 64240
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
NO_OPTIONS = 5 << 12
SYN_OPTIONS = bytes.fromhex("020405b4 01030307 01010402")  # MSS 1460, window scale 7, SACK permitted
WITH_SYN_OPTIONS = 8 << 12
SECOND = 10**9
PADDING = bytes(60)


def checksum(total: int) -> int:
    """The checksum field for a sum of all other fields that is not zero."""
    return 65534 - (total - 1) % 65535


def sum_of(data: bytes) -> int:
    """The 16-bit big-endian sum of data, modulo 65535."""
    return int.from_bytes(data + b"\0" if len(data) % 2 else data, "big") % 65535


class Step(NamedTuple):
    """One segment: `body` is options and payload, `advance` the sequence numbers it takes, `message` what it belongs to."""

    side: int
    offset_flags: int
    body: bytes
    body_sum: int
    advance: int
    delay: int
    message: int | None


@dataclass
class Script:
    """The segments of one TCP connection (or the datagrams of one exchange), and what a reader must count in them."""

    udp: bool = False
    server_port: int = 104
    steps: list[Step] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unacknowledged: list[int] = field(default_factory=lambda: [0, 0])

    def open(self) -> None:
        """The three-way handshake."""
        self._add(0, WITH_SYN_OPTIONS | SYN, SYN_OPTIONS, 1, 0)
        self._add(1, WITH_SYN_OPTIONS | SYN | ACK, SYN_OPTIONS, 1, 40_000)
        self._add(0, NO_OPTIONS | ACK, b"", 0, 40_000)

    def send(self, side: int, data: bytes, sizes: Iterable[int] | None = None, delay: int = 20_000, message: int | None = None) -> None:
        """One write, cut to `sizes` (else the MSS), acknowledged by the peer at every second segment."""
        at = 0
        for size in sizes or itertools.repeat(MSS):
            payload = data[at : at + size]
            at += size
            end = at >= len(data)
            self._add(side, NO_OPTIONS | ACK | (PSH if end else 0), payload, len(payload), delay, message)
            self.counts["payload_bytes"] += len(payload)
            self.unacknowledged[1 - side] = 0
            self.unacknowledged[side] += 1
            if self.unacknowledged[side] == 2:
                self._add(1 - side, NO_OPTIONS | ACK, b"", 0, 0)
                self.unacknowledged[side] = 0
            if end:
                return
            delay = 0

    def datagram(self, side: int, data: bytes, delay: int = 20_000) -> None:
        self._add(side, 0, data, 0, delay)

    def close(self, first: int = 0) -> None:
        """FIN from both sides."""
        self._add(first, NO_OPTIONS | FIN | ACK, b"", 1, 20_000)
        self._add(1 - first, NO_OPTIONS | FIN | ACK, b"", 1, 40_000)
        self._add(first, NO_OPTIONS | ACK, b"", 0, 40_000)

    def _add(self, side: int, offset_flags: int, body: bytes, advance: int, delay: int, message: int | None = None) -> None:
        self.steps.append(Step(side, offset_flags, body, sum_of(body), advance, delay, message))


class Addresses(NamedTuple):
    client: bytes
    client_port: int
    server: bytes
    server_port: int


class _Direction:
    """What is constant in one direction: the bytes, and their share of the checksums."""

    def __init__(self, source: tuple[bytes, int], target: tuple[bytes, int], protocol: int) -> None:
        self.ethernet = b"\x02\0" + target[0] + b"\x02\0" + source[0] + b"\x08\0\x45\0"
        self.fixed = bytes([0x40, 0, 64, protocol])
        addresses = source[0] + target[0]
        ports = struct.pack(">HH", source[1], target[1])
        self.addresses = addresses + ports
        self.ip_sum = 0x4500 + sum_of(self.fixed) + sum_of(addresses)
        self.transport_sum = sum_of(addresses) + protocol + sum_of(ports)


class Player:
    """A script on the way: `burst` appends its next records."""

    def __init__(self, script: Script, addresses: Addresses, seeds: tuple[int, int, int, int]) -> None:
        self.script = script
        self.position = 0
        client, server = addresses[:2], addresses[2:]
        protocol = 17 if script.udp else 6
        self.directions = (_Direction(client, server, protocol), _Direction(server, client, protocol))
        self.sequences = list(seeds[:2])
        self.identifications = list(seeds[2:])

    @property
    def done(self) -> bool:
        return self.position >= len(self.script.steps)

    def burst(self, count: int, now: int, out: list[bytes]) -> int:
        """Up to `count` packets from `now` on; returns the time at which the wire is free again."""
        steps = self.script.steps[self.position : self.position + count]
        self.position += len(steps)
        return self._datagrams(steps, now, out) if self.script.udp else self._segments(steps, now, out)

    def _segments(self, steps: list[Step], now: int, out: list[bytes]) -> int:
        sequences, identifications, directions = self.sequences, self.identifications, self.directions
        record, frame = RECORD.pack, TCP_FRAME.pack
        for side, offset_flags, body, body_sum, advance, delay, _ in steps:
            way = directions[side]
            length = len(body)
            seq = sequences[side]
            ack = sequences[1 - side] if offset_flags & ACK else 0
            identification = identifications[side] = (identifications[side] + 1) & 0xFFFF
            ip_checksum = 65534 - (way.ip_sum + length + 40 + identification - 1) % 65535
            tcp_checksum = 65534 - (way.transport_sum + length + 20 + seq + ack + offset_flags + WINDOW + body_sum - 1) % 65535
            head = frame(
                way.ethernet,
                length + 40,
                identification,
                way.fixed,
                ip_checksum,
                way.addresses,
                seq,
                ack,
                offset_flags,
                WINDOW,
                tcp_checksum,
                0,
            )
            sequences[side] = (seq + advance) & 0xFFFFFFFF
            now += delay
            if length < 6:
                body += PADDING[: 6 - length]
                length = 6
            now += (length + 78) * 8
            out.append(record(now // SECOND, now % SECOND, length + 54, length + 54) + head + body)
        return now

    def _datagrams(self, steps: list[Step], now: int, out: list[bytes]) -> int:
        for side, _, body, body_sum, _, delay, _ in steps:
            way = self.directions[side]
            length = len(body) + 8
            identification = self.identifications[side] = (self.identifications[side] + 1) & 0xFFFF
            ip_checksum = checksum(way.ip_sum + length + 20 + identification)
            udp_checksum = checksum(way.transport_sum + 2 * length + body_sum) or 0xFFFF
            source_port, target_port = struct.unpack(">HH", way.addresses[8:])
            head = UDP_FRAME.pack(
                way.ethernet,
                length + 20,
                identification,
                way.fixed,
                ip_checksum,
                way.addresses[:8],
                source_port,
                target_port,
                length,
                udp_checksum,
            )
            data = (head + body).ljust(60, b"\0")
            now += delay + (len(data) + 24) * 8
            out.append(RECORD.pack(now // SECOND, now % SECOND, len(data), len(data)) + data)
        return now
