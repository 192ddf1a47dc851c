"""An Ethernet bridge in user space that delays, loses, holds back and paces what passes; it writes down what passed and when.

    python bridge.py LOG SETTINGS LEFT RIGHT [LEFT RIGHT]

Two pairs of interfaces are two hops of one path, each with half of the delay: a tap between them stands in the middle of the
path. Faults happen on the last hop in either direction. It knows Ethernet, IPv4 and the TCP header, and nothing of DICOM.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_VNET_HDR, PACKET_OUTGOING = 263, 1, 15, 4
VNET = 10  # struct virtio_net_hdr: with it, segments that an offload has not cut yet pass whole
ETH_P_ALL = 3
SYN, FIN = 2, 1


@dataclass
class Settings:
    """What is injected. Offsets count the bytes of one direction of a connection, from the first byte after the SYN."""

    delay: float = 0.0  # seconds, one way
    rate: float = 0.0  # bits per second towards the server, 0 is no limit
    rate_back: float = 0.0  # as `rate`, towards the client
    drops: list[int] = field(default_factory=list)  # the packet with this offset is lost, the first time
    blackouts: list[tuple[int, float]] = field(default_factory=list)  # from this offset on everything is lost, for so many seconds
    swap: float = 0.0  # share of data packets held back
    hold: float = 0.0  # for so many seconds
    direction: str = "c2s"  # of the faults
    seed: int = 1


@dataclass(frozen=True)
class Packet:
    """A TCP segment, as far as a bridge has to know it."""

    ports: tuple[int, int]
    seq: int
    ack: int
    flags: int
    window: int
    length: int


def parse(frame: bytes) -> Packet | None:
    """The segment in an Ethernet frame with IPv4 and TCP."""
    if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
        return None
    header = (frame[14] & 15) * 4
    at = 14 + header
    source, target, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", frame, at)
    total = struct.unpack_from("!H", frame, 16)[0]
    return Packet((source, target), seq, ack, flags, window, total - header - (offset >> 4) * 4)


class Faults:
    """Decides what happens to each packet of the direction that has faults."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.random = random.Random(settings.seed)
        self.isn: dict[tuple[int, int], int] = {}
        self.drops = sorted(settings.drops)
        self.blackouts = sorted(settings.blackouts)
        self.dark_until = 0.0

    def offset(self, packet: Packet) -> int:
        if packet.flags & SYN:
            self.isn[packet.ports] = packet.seq
        return (packet.seq - self.isn.get(packet.ports, packet.seq) - 1) & 0xFFFFFFFF

    def lost(self, packet: Packet, offset: int, now: float) -> bool:
        if not packet.length:
            return False
        end = offset + packet.length
        if self.blackouts and self.blackouts[0][0] < end:
            self.dark_until = now + self.blackouts.pop(0)[1]
        if now < self.dark_until:
            return True
        if self.drops and self.drops[0] < end:
            self.drops.pop(0)
            return True
        return False

    def held(self, packet: Packet) -> float:
        full = packet.length > 1000  # a short one is the end of a message: held back, it would be a slow path and no reordering
        return self.settings.hold if full and self.random.random() < self.settings.swap else 0.0


@dataclass(order=True)
class Waiting:
    due: float
    number: int
    frame: bytes = field(compare=False)
    hop: int = field(compare=False)
    direction: str = field(compare=False)


class Bridge:
    def __init__(self, settings: Settings, names: list[str]) -> None:
        self.settings = settings
        self.hops = [(attach(left), attach(right)) for left, right in zip(names[::2], names[1::2], strict=True)]
        self.faults = Faults(settings)
        self.queue: list[Waiting] = []
        self.number = 0
        self.free = {"c2s": 0.0, "s2c": 0.0}
        self.log: list[dict[str, Any]] = []
        self.running = True

    def take(self, frame: bytes, hop: int, direction: str) -> None:
        now = time.monotonic()
        due = now + self.settings.delay / len(self.hops)
        last = hop == (len(self.hops) - 1 if direction == "c2s" else 0)
        packet = parse(frame[VNET:]) if last else None
        if packet:
            offset = self.faults.offset(packet)
            faulty = direction == self.settings.direction
            lost = faulty and self.faults.lost(packet, offset, now)
            held = self.faults.held(packet) if faulty and not lost else 0.0
            self.log.append({"at": now, "direction": direction, "offset": offset, "lost": lost, "held": held} | asdict(packet))
            if lost:
                return
            rate = self.settings.rate if direction == "c2s" else self.settings.rate_back
            if rate:
                self.free[direction] = due = max(due, self.free[direction]) + (len(frame) - VNET) * 8 / rate
            due += held
        self.number += 1
        heapq.heappush(self.queue, Waiting(due, self.number, frame, hop, direction))

    def give(self) -> float:
        """Send what is due; how long until something else is."""
        while self.queue:
            wait = self.queue[0].due - time.monotonic()
            if wait > 0:
                return min(wait, 0.2)
            item = heapq.heappop(self.queue)
            left, right = self.hops[item.hop]
            (right if item.direction == "c2s" else left).send(item.frame)
        return 0.2

    def run(self) -> None:
        sides = {s: (hop, "c2s" if s is left else "s2c") for hop, (left, right) in enumerate(self.hops) for s in (left, right)}
        while self.running:
            ready, _, _ = select.select(list(sides), [], [], self.give())
            for side in ready:
                for _ in range(32):
                    try:
                        frame, address = side.recvfrom(80_000)
                    except BlockingIOError:
                        break
                    if address[2] != PACKET_OUTGOING:
                        self.take(frame, *sides[side])


def attach(name: str) -> socket.socket:
    side = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    side.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    side.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE: the bridge loses what it is told to lose, and no more
    side.bind((name, 0))
    side.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", socket.if_nametoindex(name), 1, 0, b""))
    side.setblocking(False)
    return side


def main(log: str, settings: str, *names: str) -> None:
    os.nice(-10)
    bridge = Bridge(Settings(**json.loads(settings)), list(names))

    def stop(*_: object) -> None:
        bridge.running = False

    signal.signal(signal.SIGTERM, stop)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    bridge.run()
    Path(log).write_text("".join(json.dumps(entry) + "\n" for entry in bridge.log), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
