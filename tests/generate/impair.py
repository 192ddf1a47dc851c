"""What networks, taps and snap lengths do to a list of segments. Each function takes segments and gives a new list.

Captures keep the order of the list. Times stay ascending where a packet moved, as a capturing program would stamp them.
Except for `conflict`, `lose`, `cut_frames`, `mid_start` and `one_direction`, what the receiver gets stays the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from .tcp import ACK, FIN, MODULUS, PSH, RST, SYN, Cut, Endpoints, Segment, Side, pieces

Segments = list[Segment]


def data_positions(segments: Sequence[Segment], sender: Side | None = None) -> list[int]:
    """Where the segments with payload are, SYN and FIN aside."""
    return [
        at
        for at, segment in enumerate(segments)
        if segment.payload and not segment.flags & (SYN | FIN | RST) and sender in (None, segment.sender)
    ]


def in_order(segments: Sequence[Segment]) -> Segments:
    """The list with times that ascend in its order: the times given, handed out anew."""
    times = sorted(segment.time for segment in segments)
    return [segment if segment.time == time else replace(segment, time=time) for segment, time in zip(segments, times, strict=True)]


def reorder(segments: Sequence[Segment], rng: random.Random, share: float = 0.1, places: int = 8) -> Segments:
    """A share of the data segments comes up to `places` later."""
    chosen = {at for at in data_positions(segments) if rng.random() < share}
    keys = [at + rng.randint(1, places) + 0.5 if at in chosen else float(at) for at in range(len(segments))]
    return in_order([segments[at] for at in sorted(range(len(segments)), key=keys.__getitem__)])


def swap(segments: Sequence[Segment], at: int, places: int = 1) -> Segments:
    """The segment at a position comes `places` later."""
    out = list(segments)
    out.insert(at + places, out.pop(at))
    return in_order(out)


def duplicate(segments: Sequence[Segment], rng: random.Random, share: float = 1.0) -> Segments:
    """A mirror port that copies both ways: a share of the packets stands twice, byte for byte."""
    return [copy for segment in segments for copy in ([segment, segment] if rng.random() < share else [segment])]


def retransmit(segments: Sequence[Segment], at: int, places: int = 3, cut: Cut = None) -> Segments:
    """The data of a segment is sent again `places` later, cut anew."""
    original = segments[at]
    again = []
    seq = original.seq
    for part in pieces(original.payload, cut):
        again.append(replace(original, seq=seq, payload=part, flags=ACK | PSH, time=_time_after(segments, at + places)))
        seq = (seq + len(part)) % MODULUS
    return [*segments[: at + 1 + places], *again, *segments[at + 1 + places :]]


def retransmit_merged(segments: Sequence[Segment], at: int, count: int = 2, places: int = 3) -> Segments:
    """The data of `count` data segments from position `at` on is sent again as one segment."""
    positions = [p for p in data_positions(segments, segments[at].sender) if p >= at][:count]
    payload = b"".join(segments[p].payload for p in positions)
    place = positions[-1] + places
    again = replace(segments[at], payload=payload, flags=ACK | PSH, time=_time_after(segments, place))
    return [*segments[: place + 1], again, *segments[place + 1 :]]


def overlap(segments: Sequence[Segment], at: int, before: int = 0, after: int = 0) -> Segments:
    """The segment at a position also carries the last bytes of the one before it and the first of the one after it (same bytes)."""
    positions = data_positions(segments, segments[at].sender)
    place = positions.index(at)
    out = list(segments)
    head = segments[positions[place - 1]].payload[-before:] if before and place else b""
    tail = segments[positions[place + 1]].payload[:after] if after and place + 1 < len(positions) else b""
    original = segments[at]
    out[at] = replace(original, seq=(original.seq - len(head)) % MODULUS, payload=head + original.payload + tail)
    return out


def conflict(segments: Sequence[Segment], at: int, places: int = 1) -> Segments:
    """The data of a segment comes again, with other bytes. The first bytes count (the reader delivered them)."""
    original = segments[at]
    forged = replace(original, payload=bytes(byte ^ 0xFF for byte in original.payload), time=_time_after(segments, at + places))
    return [*segments[: at + 1 + places], forged, *segments[at + 1 + places :]]


def lose(segments: Sequence[Segment], *positions: int) -> Segments:
    """The capture does not have these packets; the peer got and acknowledged them."""
    return [segment for at, segment in enumerate(segments) if at not in positions]


def lose_share(segments: Sequence[Segment], rng: random.Random, share: float = 0.01) -> Segments:
    return lose(segments, *(at for at in data_positions(segments) if rng.random() < share))


def lost_on_the_way(segments: Sequence[Segment], at: int, places: int = 3) -> Segments:
    """The packet is lost before the tap and sent again `places` later: a hole that fills."""
    return swap(segments, at, places)


def mid_start(segments: Sequence[Segment], packets: int) -> Segments:
    """The capture began after the first packets."""
    return list(segments[packets:])


def one_direction(segments: Sequence[Segment], sender: Side) -> Segments:
    """The capture has one direction only."""
    return [segment for segment in segments if segment.sender == sender]


def skew(segments: Sequence[Segment], sender: Side, nanoseconds: int) -> Segments:
    """One direction comes later than it was (two taps, two receive queues), stamped where it stands."""
    late = [replace(s, time=s.time + nanoseconds) if s.sender == sender else s for s in segments]
    return sorted(late, key=lambda segment: segment.time)


def cut_frames(segments: Sequence[Segment], snap: int) -> Segments:
    """A snap length: frames are kept up to `snap` bytes."""
    return [replace(segment, snap=snap) for segment in segments]


def bad_checksum(segments: Sequence[Segment], at: int) -> Segments:
    """The segment at a position comes damaged first (other bytes, wrong checksum), then as it was."""
    original = segments[at]
    damaged = replace(original, payload=bytes(byte ^ 0xFF for byte in original.payload), bad_checksum=True)
    return [*segments[:at], damaged, *segments[at:]]


def reset_in_window(segments: Sequence[Segment], at: int, sender: Side, distance: int) -> Segments:
    """A forged RST before position `at`, `distance` bytes from the sender's next sequence number (0: a real one)."""
    upcoming = next(s for s in segments[at:] if s.sender == sender)
    forged = Segment(sender, (upcoming.seq + distance) % MODULUS, 0, RST, time=upcoming.time)
    return [*segments[:at], forged, *segments[at:]]


def reused_port(first: Endpoints, client_port: int | None = None) -> Endpoints:
    """The endpoints of a later connection: the same four, unless a port is given."""
    return first if client_port is None else replace(first, client_port=client_port)


def _time_after(segments: Sequence[Segment], at: int) -> int:
    """A time after the packet at a position and not after the next."""
    return segments[min(at, len(segments) - 1)].time + 1
