"""The packets of some connections as a capture of their own: which they are, and what is remarked of them.

A connection is taken whole, with its handshake and all fragments of its packets; frames that match and are no TCP are taken alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.errors import ArgumentError
from dicomfast.filters.ask import Filter
from dicomfast.sources import can_be_read_again
from dicomfast.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from dicomfast.capture import Capture

# RFC 791: the flag of every fragment but the last, as `frames.ip_flags` has it.
_MORE_FRAGMENTS = 1


@dataclass(frozen=True)
class Slice:
    """What was written."""

    path: str
    connections: int
    frames: int
    bytes: int
    comments: int


class FrameSet:
    """Numbers of frames, from 1: a bit for each, since a large capture has many millions."""

    def __init__(self) -> None:
        self.bits = bytearray()

    def update(self, numbers: Iterable[int]) -> None:
        """Add these."""
        bits = self.bits
        for number in numbers:
            place, bit = divmod(number - 1, 8)
            if place >= len(bits):
                bits.extend(bytes(place + 1 - len(bits)))
            bits[place] |= 1 << bit

    def __contains__(self, number: int | None) -> bool:
        if number is None:
            return False
        place, bit = divmod(number - 1, 8)
        return place < len(self.bits) and bool(self.bits[place] >> bit & 1)


def write(capture: Capture, text: str, path: str, *, comments: bool = True) -> Slice:
    """Choose, then write."""
    if not can_be_read_again(capture.sources):
        raise ArgumentError("a slice is chosen in one pass and written in another: standard input and file objects cannot be read twice")
    matching = Filter(text).frames(capture)
    chosen = FrameSet()
    chosen.update(matching.to_pylist())
    connections = _connections(capture, matching)
    if connections:
        for _, batch in capture.scan(["segments"], connections):
            chosen.update(batch.column("packet").to_pylist())
    _add_fragments(capture, chosen)
    remarks = _remarks(capture, connections, chosen) if comments else {}
    frames, size = _dicomfast.write_slice(capture.sources, bytes(chosen.bits), remarks, path)
    return Slice(path, len(connections), frames, size, sum(map(len, remarks.values())))


def _connections(capture: Capture, frames: pa.Array) -> set[int]:
    """The connections of these frames."""
    import pyarrow.compute as pc

    found: set[int] = set()
    for _, batch in capture.scan(["segments"]):
        found.update(batch.column("connection").filter(pc.is_in(batch.column("packet"), frames)).unique().to_pylist())
    return found


def _add_fragments(capture: Capture, chosen: FrameSet) -> None:
    """The other parts of IP datagrams of which one is chosen: a segment that came in parts is found in the last one."""
    import pyarrow.compute as pc

    whole: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for _, batch in capture.scan(["frames"]):
        flags, offset = batch.column("ip_flags"), batch.column("ip_fragment_offset")
        v4 = pc.or_kleene(pc.greater(offset, 0), pc.not_equal(pc.bit_wise_and(flags, _MORE_FRAGMENTS), 0))
        parts = batch.filter(pc.or_(pc.fill_null(v4, fill_value=False), pc.is_valid(batch.column("ipv6_fragment_id"))))
        columns = [parts.column(name).to_pylist() for name in ("packet", "ip_src", "ip_dst", "ip_id", "ipv6_fragment_id")]
        for packet, *key in zip(*columns, strict=True):
            whole[tuple(key)].add(packet)
    for packets in whole.values():
        if any(packet in chosen for packet in packets):
            chosen.update(packets)


def _remarks(capture: Capture, connections: set[int], chosen: FrameSet) -> dict[int, list[str]]:
    """What the findings say of these connections, by the packet where to look, else the first of the connection."""
    tables = capture.read(["findings", "connections", "associations"])
    first = dict(zip(tables["connections"]["connection"].to_pylist(), tables["connections"]["first_packet"].to_pylist(), strict=True))
    carries = dict(zip(tables["associations"]["association"].to_pylist(), tables["associations"]["connection"].to_pylist(), strict=True))
    names = ("severity", "code", "title", "evidence", "packet", "connection", "association")
    remarks: dict[int, list[str]] = defaultdict(list)
    for row in zip(*(tables["findings"][name].to_pylist() for name in names), strict=True):
        severity, code, title, evidence, packet, connection, association = row
        connection = carries.get(association) if connection is None else connection
        place = packet if packet in chosen else first.get(connection) if connection in connections else None
        if place is not None:
            remarks[place].append(escape(f"dicomfast {severity}: {title} [{code}]: {evidence}"))
    return dict(remarks)
