"""The truth of a capture, from what was injected and from what the peers and the bridge measured (logs.py). It never looks at a capture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from blame import logs
from blame.causes import CAUSES
from blame.logs import Conversation, Interval
from blame.scenarios import Scenario

DELAYED_ACK = 0.02  # below what Linux waits at least (40 ms), above any round trip of these captures


def injected(scenario: Scenario, talks: list[Conversation], folder: Path) -> list[Interval]:
    """When the cause held things up."""
    delay = scenario.link.bridge.delay
    entries = logs.bridge(folder)
    found: list[Interval] = []
    match scenario.cause:
        case "slow-scp":
            found = [turn for one in talks for turn in logs.turns(one.server, logs.P_DATA)]
        case "slow-scu":
            found = [turn for one in talks for turn in logs.turns(one.client, logs.P_DATA)]
        case "sender-idle":
            # What is in the socket's buffer still goes out, so the wire is silent for a little less than the program.
            found = [logs.silence(entries, pause) for one in talks for pause in logs.pauses(one.client)]
        case "window-closed":
            found = [logs.silence(entries, pause) for one in talks for pause in logs.pauses(one.server)]
        case "window-full" | "slow-reader" | "congestion-window":
            found = [(start, end - delay) for one in talks for start, end in logs.transfers(one)]
        case "retransmission-timeout" | "fast-recovery":
            found = logs.without_new_data(entries, logs.holes(entries), 2 * delay)
        case "nagle-delayed-ack":
            found = [late for one in talks for late in logs.undelivered(one, DELAYED_ACK)]
        case "negotiation":
            found = [handshake for one in talks for handshake in logs.negotiations(one)]
    return found


def seconds(intervals: list[Interval]) -> float:
    return sum(end - start for start, end in intervals)


# Causes that hold up a whole transfer, each round trip of it.
THROUGHOUT = ("window-full", "slow-reader", "congestion-window")


def on_the_link(scenario: Scenario) -> float:
    """Seconds that the objects take at the rate of the link, whatever holds them up besides: they move then."""
    rate = scenario.link.bridge.rate
    if scenario.cause not in THROUGHOUT or not rate:
        return 0.0
    return scenario.objects * scenario.size * 8 / rate


def measured(talks: list[Conversation]) -> dict[str, float]:
    """What the peers themselves took; the rest of the time bytes moved, or were held up."""
    return {
        "negotiating": seconds([handshake for one in talks for handshake in logs.negotiations(one)]),
        "waiting_response": seconds([turn for one in talks for turn in logs.turns(one.server, logs.P_DATA)]),
        "idle": seconds([turn for one in talks for turn in logs.turns(one.client, logs.P_DATA)]),
        "transfer": seconds([transfer for one in talks for transfer in logs.transfers(one)]),
    }


def truth(scenario: Scenario, folder: Path, removed: list[Interval] | None = None) -> dict[str, Any]:
    """`removed` are the times of which the capture file was robbed, from its beginning on."""
    talks = logs.conversations(folder)
    spans = [logs.span(one) for one in talks]
    duration = seconds(spans)
    held = removed if removed is not None else injected(scenario, talks, folder)
    begin = spans[0][0] if removed is None else 0.0
    amount = seconds(held) - on_the_link(scenario)
    cause = CAUSES[scenario.cause]
    moving = [transfer for one in talks for transfer in logs.transfers(one)]
    entries = logs.bridge(folder)
    silent = [gap for one in moving for gap in logs.clipped(logs.without_new_data(entries, [one], 0.0), one)]
    link = asdict(scenario.link)
    return {
        "name": scenario.name,
        "cause": scenario.cause,
        "budget": cause.budget,
        "stall_causes": cause.stalls,
        "seconds": round(amount, 6),
        "share": round(amount / duration, 4),
        "events": [{"at": round(start - begin, 6), "seconds": round(end - start, 6)} for start, end in held],
        "duration": round(duration, 6),
        "measured": {name: round(value, 6) for name, value in measured(talks).items()},
        "silent": round(seconds(silent), 6),  # in a request, no new byte for 10 ms or more, whatever held it up
        "objects": scenario.objects,
        "object_bytes": scenario.size,
        "associations": scenario.associations,
        "scu": asdict(scenario.scu),
        "scp": asdict(scenario.scp),
        "tap": link.pop("tap"),
        "scattered": scenario.scattered,
        "seed": scenario.link.bridge.seed,
        "link": link,
    }
