"""What the peers and the bridge wrote down while a capture was made, on one monotonic clock. It never looks at a capture."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

P_DATA, RELEASE_RQ = 4, 5
Interval = tuple[float, float]


@dataclass(frozen=True)
class Call:
    """A call on a socket (shim.c)."""

    what: str
    start: float
    end: float
    size: int
    first: int  # first byte: where a PDU begins, its type


@dataclass
class Conversation:
    """The calls of both programs on one connection."""

    client: list[Call]
    server: list[Call]


def calls(path: Path, port: int) -> dict[int, list[Call]]:
    """The calls by the port of the client, which both sides see in column `port`."""
    found: dict[int, list[Call]] = defaultdict(list)
    for line in path.read_text(encoding="ascii").splitlines():
        what, _, start, end, size, first, *ports = line.split()
        found[int(ports[port])].append(Call(what, int(start) / 1e9, int(end) / 1e9, int(size), int(first)))
    return found


def conversations(folder: Path) -> list[Conversation]:
    client, server = calls(folder / "client.log", 0), calls(folder / "server.log", 1)
    return sorted((Conversation(client[port], server[port]) for port in client), key=lambda one: one.client[0].start)


def bridge(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "bridge.jsonl").read_text(encoding="ascii").splitlines()]


def turns(side: list[Call], kind: int) -> list[Interval]:
    """From the last byte read to the first byte written, where a PDU of this kind begins there: what a program took to act."""
    found, read = [], None
    for call in side:
        if call.what == "recv":
            read = call.end
        elif call.what == "send":
            if read is not None and call.first == kind:
                found.append((read, call.start))
            read = None
    return found


def pauses(side: list[Call]) -> list[Interval]:
    return [(call.start, call.end) for call in side if call.what == "pause"]


def transfers(one: Conversation) -> list[Interval]:
    """Of each request: from its first byte written to its last byte read."""
    begun = [end for _, end in turns(one.client, P_DATA)]
    read = [start for start, _ in turns(one.server, P_DATA)]
    return list(zip(begun, read, strict=False))


def negotiations(one: Conversation) -> list[Interval]:
    """From A-ASSOCIATE-RQ written to the answer read, and the same for the release."""
    first = one.client[0].start
    found = [(first, turns(one.client, P_DATA)[0][0])]
    release = [call.start for call in one.client if call.what == "send" and call.first == RELEASE_RQ]
    if release:
        found.append((release[-1], max(call.end for call in one.client if call.what == "recv")))
    return found


def span(one: Conversation) -> Interval:
    """From the first byte written to the last byte read or written."""
    real = [call for call in one.client + one.server if call.what in ("send", "recv", "exit")]
    return min(call.start for call in real), max(call.end for call in real)


def undelivered(one: Conversation, longer: float) -> list[Interval]:
    """Times for which bytes lay written and were not read, though the reader had asked for them."""
    found = []
    for writer, reader in ((one.client, one.server), (one.server, one.client)):
        written, at = [], 0
        for call in writer:
            if call.what == "send":
                at += call.size
                written.append((at, call.start))
        at, number = 0, 0
        for call in reader:
            if call.what != "recv":
                continue
            at += call.size
            while number < len(written) and written[number][0] < at:
                number += 1
            if number < len(written) and call.end - written[number][1] > longer:
                found.append((written[number][1], call.end))
    return merged(found)


def merged(intervals: list[Interval]) -> list[Interval]:
    out: list[Interval] = []
    for start, end in sorted(intervals):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def clipped(intervals: list[Interval], window: Interval) -> list[Interval]:
    found = ((max(start, window[0]), min(end, window[1])) for start, end in intervals)
    return [(start, end) for start, end in found if start < end]


def holes(entries: list[dict[str, Any]]) -> list[Interval]:
    """From a loss on the bridge to the moment when the same byte passes."""
    found = []
    for number, lost in enumerate(entries):
        if lost["lost"]:
            for later in entries[number + 1 :]:
                same = later["ports"] == lost["ports"] and not later["lost"]
                if same and later["offset"] <= lost["offset"] < later["offset"] + later["length"]:
                    found.append((lost["at"], later["at"]))
                    break
    return merged(found)


def without_new_data(entries: list[dict[str, Any]], around: list[Interval], round_trip: float, longer: float = 0.01) -> list[Interval]:
    """The times without a new byte from the sender of the requests that overlap the holes; a hole at the end of a message ends them."""
    new: list[float] = []
    highest: dict[tuple[int, ...], int] = {}
    for entry in entries:
        end, ports = entry["offset"] + entry["length"], tuple(entry["ports"])
        if entry["direction"] == "c2s" and entry["length"] and end > highest.get(ports, 0):
            highest[ports] = end
            new.append(entry["at"])
    found = []
    for start, end in around:
        resumed = end + 1.5 * round_trip + 0.05
        before = [at for at in new if at <= start][-1:]
        times = before + [at for at in new if start < at <= resumed]
        if not times or times[-1] < end:
            times.append(end)
        found += [(a, b) for a, b in pairwise(times) if b - a > longer and a < end]
    return merged(found)


def silence(entries: list[dict[str, Any]], pause: Interval) -> Interval:
    """The longest time without a new byte that overlaps a pause of a program."""
    return max(without_new_data(entries, [pause], 0.0), key=lambda gap: gap[1] - gap[0], default=(pause[0], pause[0]))
