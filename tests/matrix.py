"""What is recovered of a capture that a network, a tap or a capture card has impaired: 40 C-STORE in 3 associations.

    python tests/matrix.py [SEEDS]

prints a line for each impairment, summed over the seeds: how many objects lost nothing, how many of those were found
complete, how many lost bytes, and how many of those were called complete all the same. An object has lost bytes where a
packet is missing that carried any part of its request or its response.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from generate import Connection, Context, Conversation, Endpoints, Segment, dicom, impair, link, merge, pcap, records
from generate.pcap import Record
from generate.tcp import MODULUS

import dicomfast

STORES = (14, 13, 13)
SIZES = (2_000, 70_000)
MILLISECOND = 1_000_000
Segments = list[Segment]
Range = tuple[int, int]


@dataclass(frozen=True)
class Stored:
    """An object with its places in the two streams."""

    instance: str
    size: int
    request: Range
    response: Range


@dataclass
class Association:
    connection: Connection
    stored: list[Stored]


@dataclass(frozen=True)
class Outcome:
    intact: int
    recovered: int
    damaged: int
    wrong: int


def association(number: int, rng: random.Random, *, reused: bool, wrap: bool, cut: int | None) -> Association:
    conversation = Conversation(contexts=[Context(1, dicom.CT_IMAGE)])
    at = {"requestor": 0, "acceptor": 0}
    stored = []
    conversation.associate()
    for count in range(STORES[number]):
        size = rng.randint(*SIZES)
        instance = f"1.2.{number}.{count}"
        first = len(conversation.writes)
        conversation.store(rng.randbytes(size), instance, count + 1)
        begin = {side: sum(len(data) for who, data in conversation.writes[:first] if who == side) for side in at}
        lengths = {who: len(data) for who, data in conversation.writes[first:]}
        ranges = {side: (begin[side], begin[side] + lengths[side]) for side in at}
        stored.append(Stored(instance, size, ranges["requestor"], ranges["acceptor"]))
    conversation.release()
    isn = (MODULUS - 200_000, MODULUS - 2_000) if wrap else (rng.randrange(1 << 31), rng.randrange(1 << 31))
    if reused:
        endpoints, start = Endpoints(), number * 1_000 * MILLISECOND
    else:
        endpoints, start = Endpoints(client_port=40_000 + number), number * 30 * MILLISECOND
    connection = Connection(endpoints, isn, time=Connection().time + start)
    return Association(connection.open().play(conversation.writes, cut).close(), stored)


# ---- impairments: each takes the packets of one connection


def chosen(segments: Segments, rng: random.Random, share: float) -> list[int]:
    return [at for at in range(len(segments)) if rng.random() < share]


def swap(segments: Segments, rng: random.Random, share: float = 0.005) -> Segments:
    out = list(segments)
    for at in chosen(segments[:-1], rng, share):
        out[at], out[at + 1] = out[at + 1], out[at]
    return impair.in_order(out)


def overlap(segments: Segments, rng: random.Random) -> Segments:
    """Segments that begin and end inside what was sent before and after, and one that is sent again cut anew."""
    positions = impair.data_positions(segments)
    out = list(segments)
    for at, following in pairwise(positions):
        # What a side sends after it has heard the other cannot be in a packet from before.
        after = rng.randint(0, 300) if segments[following].sender == segments[at].sender else 0
        if rng.random() < 0.05:
            out[at] = impair.overlap(segments, at, rng.randint(0, 300), after)[at]
    return impair.retransmit(out, rng.choice(positions), 3, 500)


def lose(share: float) -> Callable[[Segments, random.Random], Segments]:
    return lambda segments, rng: impair.lose(segments, *chosen(segments, rng, share))


def lose_and_swap(segments: Segments, rng: random.Random) -> Segments:
    return swap(impair.lose(segments, *chosen(segments, rng, 0.002)), rng)


def early(segments: Segments, *, handshake: bool, places: int = 3) -> Segments:
    """The server's packets stand some places early; without `handshake` SYN-ACK and A-ASSOCIATE-AC do not."""
    first = 0 if handshake else 1 + next(at for at, s in enumerate(segments) if s.payload[:1] == b"\x02")
    keys = [at - places - 0.5 if s.sender == "server" and at >= first else at for at, s in enumerate(segments)]
    return impair.in_order([segments[at] for at in sorted(range(len(segments)), key=keys.__getitem__)])


Impairment = Callable[[Segments, random.Random], Segments]


def same(segments: Segments, _: random.Random) -> Segments:
    return segments


IMPAIRMENTS: dict[str, Impairment] = {
    "none": same,
    "duplicates 0.5 %": lambda segments, rng: impair.duplicate(segments, rng, 0.005),
    "every packet twice": lambda segments, rng: impair.duplicate(segments, rng, 1.0),
    "partial-overlap retransmits": overlap,
    "sequence wrap": same,
    "tuple reused": same,
    "GRO merge to 60 KB": same,
    "IPv4 total length 0": same,
    "adjacent swap 0.5 %": swap,
    "reorder 1 % by up to 50": lambda segments, rng: impair.reorder(segments, rng, 0.01, 50),
    "loss 0.05 %": lose(0.0005),
    "loss 0.2 %": lose(0.002),
    "loss 0.5 %": lose(0.005),
    "loss 0.2 % + swap 0.5 %": lose_and_swap,
    "server 3 early, not SYN-ACK and AC": lambda segments, _: early(segments, handshake=False),
    "server 3 early, SYN-ACK and AC too": lambda segments, _: early(segments, handshake=True),
    "server 3 early + loss 0.2 % + swap": lambda segments, rng: lose_and_swap(early(segments, handshake=True), rng),
    "begins inside the first association": same,
}


def losses(kept: Segments, sent: Segments, isn: tuple[int, int]) -> dict[str, list[Range]]:
    """The parts of the two streams that are in no packet any more."""
    there = {(s.sender, s.seq, len(s.payload)) for s in kept}
    gone: dict[str, list[Range]] = {"client": [], "server": []}
    for s in sent:
        if s.payload and (s.sender, s.seq, len(s.payload)) not in there:
            offset = (s.seq - isn[s.sender == "server"] - 1) % MODULUS
            gone[s.sender].append((offset, offset + len(s.payload)))
    return gone


def overlaps(part: Range, gone: list[Range]) -> bool:
    return any(begin < part[1] and part[0] < end for begin, end in gone)


def impaired(name: str, seed: int) -> tuple[bytes, dict[str, int], set[str]]:
    """A capture, the sizes of its objects by instance, and the instances that lost bytes."""
    rng = random.Random(f"{name} {seed}")
    cut = 60_000 if name.startswith("GRO") else None
    reused, wrap = name == "tuple reused", name == "sequence wrap"
    sizes: dict[str, int] = {}
    damaged: set[str] = set()
    parts: list[list[Record]] = []
    for number in range(len(STORES)):
        one = association(number, rng, reused=reused, wrap=wrap, cut=cut)
        sent = one.connection.segments
        kept = IMPAIRMENTS[name](sent, rng)
        if name.startswith("begins") and number == 0:
            kept = sent[rng.randrange(5, len(sent) // 2) :]
        # Overlaps change what a packet carries, and lose nothing.
        gone = {"client": [], "server": []} if name.startswith("partial") else losses(kept, sent, one.connection.isn)
        sizes |= {stored.instance: stored.size for stored in one.stored}
        damaged |= {
            stored.instance
            for stored in one.stored
            if overlaps(stored.request, gone["client"]) or overlaps(stored.response, gone["server"])
        }
        parts.append(records(kept, one.connection.endpoints))
    packets = merge(*parts)
    if name.startswith("IPv4"):
        # As a sender with segmentation offload shows its packets: no length, and no padding.
        bare = [(record.time, record.data[14 : 14 + int.from_bytes(record.data[16:18], "big")]) for record in packets]
        frames = [(time, link.ethernet(link.set_ipv4(data, 2, b"\0\0"))[: 14 + len(data)]) for time, data in bare]
        packets = [Record(time, frame, len(frame)) for time, frame in frames]
    return pcap(packets), sizes, damaged


def outcome(name: str, seed: int) -> Outcome:
    data, sizes, damaged = impaired(name, seed)
    rows = dicomfast.read(io.BytesIO(data), tables=["operations"])["operations"].to_pylist()
    complete = [row["sop_instance"] for row in rows if row["complete"]]
    right = {row["sop_instance"] for row in rows if row["complete"] and row["answered"] and row["status"] == 0}
    right = {name for name in right if name not in damaged and name in sizes}
    exact = {row["sop_instance"] for row in rows if row["dataset_bytes"] == sizes.get(row["sop_instance"])}
    return Outcome(len(sizes) - len(damaged), len(right & exact), len(damaged), len(complete) - len(right))


def main(seeds: int) -> int:
    failed = 0
    lines = [f"{f'{seeds} seeds of 40 objects':36}{'intact':>8}{'complete':>10}{'damaged':>9}{'called complete':>17}"]
    for name in IMPAIRMENTS:
        found = [outcome(name, seed) for seed in range(seeds)]
        intact, recovered = sum(one.intact for one in found), sum(one.recovered for one in found)
        damaged, wrong = sum(one.damaged for one in found), sum(one.wrong for one in found)
        failed += intact - recovered + wrong
        lines.append(f"{name:36}{intact:8}{recovered:10}{damaged:9}{wrong:17}")
    sys.stdout.write("\n".join([*lines, ""]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
