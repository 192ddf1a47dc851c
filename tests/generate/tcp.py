"""TCP segments of one connection (RFC 9293): handshakes, writes cut in any way, acknowledgements, closes, and their frames.

A `Connection` keeps both sides' sequence numbers and collects `segments` in the order in which a capture would hold them.
Sequence numbers wrap at 2**32 here, as on the wire. Sizes of segments are given by a `Cut`.
"""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Literal

from . import link

Side = Literal["client", "server"]
Cut = int | Sequence[int] | random.Random | None

FIN, SYN, RST, PSH, ACK, URG = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
MODULUS = 1 << 32
MSS = 1460
MICROSECOND = 1_000
SYN_OPTIONS = bytes.fromhex("020405b4 01030307 01010402")  # MSS 1460, window scale 7, SACK permitted


def other(side: Side) -> Side:
    return "server" if side == "client" else "client"


def pieces(data: bytes, cut: Cut) -> Iterator[bytes]:
    """Data cut to a size, to sizes in turn, at random (1 to the MSS), or to the MSS; no data is one empty piece."""
    if isinstance(cut, random.Random):
        sizes: Iterable[int] = (cut.randint(1, MSS) for _ in itertools.count())
    elif isinstance(cut, int):
        sizes = itertools.repeat(cut)
    else:
        sizes = itertools.cycle(cut or (MSS,))
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
        if at >= len(data):
            return


@dataclass(frozen=True)
class Segment:
    """A TCP segment with the time of its capture; `snap` is how much of its frame the capture kept. `data_offset` is what the
    header says of its own length (in words) where that is wrong."""

    sender: Side
    seq: int
    ack: int
    flags: int = ACK
    payload: bytes = b""
    window: int = 64240
    options: bytes = b""
    time: int = 0
    snap: int | None = None
    bad_checksum: bool = False
    urgent: int = 0
    data_offset: int | None = None

    @property
    def after(self) -> int:
        """The sequence number after this segment."""
        return (self.seq + len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)) % MODULUS


@dataclass(frozen=True)
class Endpoints:
    """Addresses (both IPv4 or both IPv6) and ports."""

    client: str = "10.2.0.1"
    client_port: int = 40000
    server: str = "10.1.0.10"
    server_port: int = 11112
    vlan: int | None = None

    def of(self, side: Side) -> tuple[bytes, int]:
        return (
            (ip_address(self.client).packed, self.client_port) if side == "client" else (ip_address(self.server).packed, self.server_port)
        )


@dataclass
class Connection:
    """One TCP connection. `isn` are the initial sequence numbers of client and server; put them below 2**32 to see a wrap."""

    endpoints: Endpoints = Endpoints()
    isn: tuple[int, int] = (1_000, 900_000)
    time: int = 946_728_000 * 10**9
    step: int = 100 * MICROSECOND
    ack_every: int = 2
    segments: list[Segment] = field(default_factory=list)
    next: dict[Side, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.next = {"client": self.isn[0], "server": self.isn[1]}

    # ---- opening

    def open(self) -> Connection:
        """The three-way handshake."""
        self.emit("client", SYN, options=SYN_OPTIONS)
        self.emit("server", SYN | ACK, options=SYN_OPTIONS)
        self.emit("client", ACK)
        return self

    def open_with_data(self, data: bytes) -> Connection:
        """The SYN carries the first bytes (RFC 9293 section 3.4 allows it, RFC 7413 uses it)."""
        self.emit("client", SYN, data, options=SYN_OPTIONS)
        self.emit("server", SYN | ACK, options=SYN_OPTIONS)
        self.emit("client", ACK)
        return self

    def open_simultaneously(self) -> Connection:
        """Both sides send a SYN before they see the other's (RFC 9293 section 3.5, figure 7)."""
        first = {side: self.next[side] for side in ("client", "server")}
        self.emit("client", SYN, options=SYN_OPTIONS, ack=0)
        self.emit("server", SYN, options=SYN_OPTIONS, ack=0)
        self.append(Segment("client", first["client"], self.next["server"], SYN | ACK, options=SYN_OPTIONS))
        self.append(Segment("server", first["server"], self.next["client"], SYN | ACK, options=SYN_OPTIONS))
        return self

    def split_handshake(self) -> Connection:
        """The server answers the SYN with a bare ACK and a SYN of its own."""
        self.emit("client", SYN, options=SYN_OPTIONS)
        self.emit("server", ACK)
        self.emit("server", SYN, options=SYN_OPTIONS, ack=0)
        self.emit("client", ACK)
        return self

    # ---- data

    def write(self, sender: Side, data: bytes, cut: Cut = None) -> Connection:
        """One write; the peer acknowledges every `ack_every` segments (0: never) and the last one."""
        parts = list(pieces(data, cut))
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            self.emit(sender, ACK | PSH if last else ACK, part)
            if self.ack_every and (last or number % self.ack_every == 0):
                self.emit(other(sender), ACK)
        return self

    def play(self, writes: Iterable[tuple[str, bytes]], cut: Cut = None, requestor: Side = "client") -> Connection:
        """The writes of a DICOM `Conversation`."""
        for sender, data in writes:
            self.write(requestor if sender == "requestor" else other(requestor), data, cut)
        return self

    # ---- closing

    def close(self, first: Side = "client") -> Connection:
        """FIN from both sides."""
        self.emit(first, FIN | ACK)
        self.emit(other(first), FIN | ACK)
        self.emit(first, ACK)
        return self

    def close_with_data(self, sender: Side, data: bytes) -> Connection:
        """The FIN carries the last bytes."""
        self.emit(sender, FIN | ACK | PSH, data)
        self.emit(other(sender), FIN | ACK)
        self.emit(sender, ACK)
        return self

    def reset(self, sender: Side = "client") -> Connection:
        self.emit(sender, RST | ACK)
        return self

    # ---- oddities of real stacks

    def keep_alive(self, sender: Side, garbage: bytes = b"\0") -> Connection:
        """A byte (or none) below the next sequence number, and its answer (RFC 9293 section 3.8.4)."""
        self.append(Segment(sender, (self.next[sender] - 1) % MODULUS, self.next[other(sender)], ACK, garbage))
        self.emit(other(sender), ACK)
        return self

    def zero_window_probe(self, sender: Side, upcoming: bytes, accepted: bool = False) -> Connection:
        """The peer closes its window; the sender probes with the next byte, which the peer takes or refuses.

        The caller writes `upcoming` from its second byte on where the probe was accepted, else all of it.
        """
        self.emit(other(sender), ACK, window=0)
        self.append(Segment(sender, self.next[sender], self.next[other(sender)], ACK, upcoming[:1]))
        if accepted:
            self.next[sender] = (self.next[sender] + 1) % MODULUS
        self.emit(other(sender), ACK, window=0)
        self.emit(other(sender), ACK)
        return self

    def emit(
        self, sender: Side, flags: int, payload: bytes = b"", *, ack: int | None = None, options: bytes = b"", window: int = 64240
    ) -> None:
        """The next segment of a side, at its next sequence number."""
        acknowledged = (self.next[other(sender)] if flags & ACK else 0) if ack is None else ack
        segment = Segment(sender, self.next[sender], acknowledged, flags, payload, window, options)
        self.next[sender] = segment.after
        self.append(segment)

    def append(self, segment: Segment) -> None:
        """A segment as it is, at the next time."""
        self.segments.append(replace(segment, time=self.time))
        self.time += self.step


# ---- frames


def tcp_bytes(segment: Segment, source: tuple[bytes, int], target: tuple[bytes, int]) -> bytes:
    """The TCP header with its checksum, and the payload."""
    options = segment.options + bytes(-len(segment.options) % 4)
    words = 5 + len(options) // 4 if segment.data_offset is None else segment.data_offset
    offset_flags = words << 12 | segment.flags
    fixed = struct.pack(">HHIIHH", source[1], target[1], segment.seq, segment.ack, offset_flags, segment.window)
    body = options + segment.payload
    length = 20 + len(body)
    pseudo = source[0] + target[0] + struct.pack(">IHH", length, 0, 6)
    value = link.checksum(pseudo + fixed + bytes(2) + struct.pack(">H", segment.urgent) + body)
    if segment.bad_checksum:
        value ^= 0x5555
    return fixed + struct.pack(">HH", value, segment.urgent) + body


def packet(segment: Segment, endpoints: Endpoints, identification: int = 0) -> bytes:
    """The IP packet, whole."""
    source, target = endpoints.of(segment.sender), endpoints.of(other(segment.sender))
    transport = tcp_bytes(segment, source, target)
    if len(source[0]) == 4:
        return link.ipv4(transport, 6, source[0], target[0], identification)
    return link.ipv6(transport, 6, source[0], target[0])


def frame(segment: Segment, endpoints: Endpoints, identification: int = 0) -> bytes:
    """The Ethernet frame, whole, with the VLAN tag if the endpoints have one; padded to 60 bytes."""
    tags = () if endpoints.vlan is None else ((0x8100, endpoints.vlan),)
    return link.ethernet(packet(segment, endpoints, identification), *tags)
