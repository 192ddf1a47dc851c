"""Whether a capture holds what was injected, as tshark sees it: python -m blame.check [DIR]. It asks nothing of our engine.

For each cause a few features that have to be there, and for all others the features that would be another cause.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blame.peers import PORT

FLAGS = (
    "retransmission",
    "fast_retransmission",
    "out_of_order",
    "lost_segment",
    "ack_lost_segment",
    "duplicate_ack",
    "zero_window",
    "window_full",
)
FIELDS = ("frame.time_relative", "tcp.stream", "tcp.srcport", "tcp.len", "tcp.flags", "tcp.analysis.bytes_in_flight", "tcp.seq")
IN_A_MESSAGE = ("sender-idle", "window-closed", "retransmission-timeout", "fast-recovery")
DOMINATES, MOSTLY = 0.25, 0.6  # the least share of the time of what is injected; of the sending where nothing is
SILENT = 0.01  # seconds without a new byte (logs.without_new_data)
FULL = 1448  # bytes of data in a full segment
QUEUE = 32 * 1514 * 8  # bits in front of a slow link, at most: the congestion window
FIN, SYN, RST, ACK = 1, 2, 4, 16


Said = dict[str, Any]  # the truth


@dataclass(frozen=True)
class Frame:
    time: float
    stream: int
    client: bool  # sent by it
    length: int
    flags: int
    in_flight: int
    seq: int
    analysis: frozenset[str]


@dataclass
class Seen:
    """What tshark shows of a capture."""

    counts: dict[str, int] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)  # from the last data of the client to the data of the server
    requests: list[float] = field(default_factory=list)  # the other way
    gaps: list[float] = field(default_factory=list)  # between two packets of the client with new data, nothing answered between
    acked_gaps: list[float] = field(default_factory=list)  # of either side: ended by an ACK, on which data follows at once
    in_flight: int = 0
    associations: int = 0
    resets: int = 0
    span: float = 0.0
    ended: float = -1.0  # the last gap that is worth one

    def gap(self, start: float, end: float) -> None:
        """A gap; what follows another one at once, as after a probe that carries a byte, is the same one."""
        if start == self.ended and end - start > SILENT:
            self.gaps[-1] += end - start
        else:
            self.gaps.append(end - start)
        self.ended = end if end - start > SILENT else -1.0


def frames(path: Path) -> list[Frame]:
    wanted = [*FIELDS, *(f"tcp.analysis.{flag}" for flag in FLAGS)]
    command = ["tshark", "-r", str(path), "-n", "-Y", "tcp", "-T", "fields", "-E", "separator=;", "-E", "occurrence=f"]
    out = subprocess.run([*command, *(part for name in wanted for part in ("-e", name))], check=True, capture_output=True, text=True).stdout
    found = []
    for line in out.splitlines():
        time, stream, port, length, flags, flight, seq, *analysis = line.split(";")
        named = frozenset(flag for flag, value in zip(FLAGS, analysis, strict=True) if value)
        found.append(Frame(float(time), int(stream), int(port) != PORT, int(length), int(flags, 16), int(flight or 0), int(seq), named))
    return found


def seen(path: Path) -> Seen:
    found = frames(path)
    # A FIN that is sent again holds nobody up.
    result = Seen({flag: sum(flag in frame.analysis and not (frame.flags & FIN and not frame.length) for frame in found) for flag in FLAGS})
    last: dict[int, Frame] = {}
    before: dict[int, Frame] = {}
    highest: dict[tuple[int, bool], int] = {}
    for frame in found:
        result.associations += frame.flags & (SYN | ACK) == SYN
        result.resets += bool(frame.flags & RST)
        previous, at = before.get(frame.stream), (frame.stream, frame.client)
        new = frame.length > 0 and frame.seq + frame.length > highest.get(at, 0)
        if new:
            data = last.get(frame.stream)
            if data and data.client != frame.client:
                (result.requests if frame.client else result.answers).append(frame.time - data.time)
            elif data and frame.client:
                result.gap(data.time, frame.time)
            if data and data.client == frame.client and previous and previous.client != frame.client and not previous.length:
                waited = previous.time - data.time
                if frame.time - previous.time < 0.25 * waited:
                    result.acked_gaps.append(waited)
            highest[at] = frame.seq + frame.length
            last[frame.stream] = frame
        if frame.client:
            result.in_flight = max(result.in_flight, frame.in_flight)
        before[frame.stream] = frame
    result.span = sum(
        max(f.time for f in found if f.stream == s) - min(f.time for f in found if f.stream == s) for s in {f.stream for f in found}
    )
    return result


def longer(values: list[float], than: float) -> int:
    return sum(value >= than for value in values)


def others(capture: Seen, *, loss: bool = False, window: bool = False, probes: int = 0) -> list[str]:
    """Signs of causes that were not injected. A window that closes makes Linux probe: it sends the last segment again, once."""
    signs = [] if loss else ["retransmission", "lost_segment", "ack_lost_segment"]
    signs += [] if window else ["zero_window", "window_full"]
    return [
        f"{capture.counts[sign]} x {sign}, which was not injected"
        for sign in signs
        if capture.counts[sign] > (probes if sign == "retransmission" else 0)
    ]


def unless(good: object, complaint: str) -> list[str]:
    return [] if good else [complaint]


def held(values: list[float], said: Said, what: str) -> list[str]:
    """As many waits of nearly the injected length as were injected, and together nearly what was injected."""
    lengths = sorted((event["seconds"] for event in said["events"]), reverse=True)
    found = sorted(values, reverse=True)[: len(lengths)]
    path = 2 * said["link"]["bridge"]["delay"]
    short = sum(mine < 0.8 * wanted for mine, wanted in zip(found, lengths, strict=False))
    if len(found) < len(lengths) or short:
        return [f"{len(lengths)} {what} injected, {short + len(lengths) - len(found)} of them missing or too short"]
    if not 0.9 * said["seconds"] <= sum(found) <= 1.1 * said["seconds"] + len(found) * (path + 0.02):
        return [f"{sum(found):.3f} s of {what}, injected were {said['seconds']:.3f} s"]
    return []


# One function a cause: what has to be there of it.


def slow_scp(capture: Seen, said: Said) -> list[str]:
    return others(capture) + held(capture.answers, said, "slow answers")


def slow_scu(capture: Seen, said: Said) -> list[str]:
    return others(capture) + held(capture.requests, said, "pauses between operations")


def sender_idle(capture: Seen, said: Said) -> list[str]:
    return others(capture) + held(capture.gaps, said, "pauses in a message")


def window_full(capture: Seen, said: Said) -> list[str]:
    # Where each segment is acknowledged at once no window looks full: then a pause of half a round trip or more follows each burst.
    rounds = longer(capture.gaps, said["link"]["bridge"]["delay"])
    full, closed = rounds if said["tap"] == "server" else capture.counts["window_full"], capture.counts["zero_window"]
    return others(capture, window=True) + unless(full >= 5 and not closed, f"{full} windows full, {closed} closed")


def window_closed(capture: Seen, said: Said) -> list[str]:
    events = len(said["events"])
    closed = unless(capture.counts["zero_window"] >= events, "no zero window")
    return others(capture, window=True, probes=events) + closed + held(capture.gaps, said, "closed windows")


def slow_reader(capture: Seen, _: Said) -> list[str]:
    narrow = capture.counts["window_full"] + capture.counts["zero_window"]
    return others(capture, window=True, probes=capture.counts["window_full"]) + unless(narrow >= 5, "the window stays open")


def timeout(capture: Seen, said: Said) -> list[str]:
    hidden = capture.counts["lost_segment"] + capture.counts["out_of_order"] if said["tap"] != "client" else 0
    injected = longer([event["seconds"] for event in said["events"]], 0.18)
    signs = unless(capture.counts["retransmission"] + hidden, "nothing was sent again")
    return others(capture, loss=True) + signs + unless(longer(capture.gaps, 0.15) >= injected > 0, "no pause as long as a timeout")


def recovery(capture: Seen, said: Said) -> list[str]:
    signs = capture.counts["fast_retransmission"] or capture.counts["duplicate_ack"] >= 3 * len(said["events"])
    return (
        others(capture, loss=True, window=True)
        + unless(signs, "no fast retransmission")
        + unless(not longer(capture.gaps, 0.19), "a timeout")
    )


def nagle(capture: Seen, said: Said) -> list[str]:
    return others(capture) + held([wait for wait in capture.acked_gaps if 0.03 <= wait <= 0.3], said, "delayed ACKs")


def congestion_window(capture: Seen, said: Said) -> list[str]:
    limit = int(said["link"]["route"].split()[-1]) * FULL
    return others(capture) + unless(capture.in_flight <= limit, f"{capture.in_flight} bytes in flight")


def negotiation(capture: Seen, said: Said) -> list[str]:
    return others(capture) + unless(capture.associations == said["associations"], f"{capture.associations} connections")


def reset(capture: Seen, _: Said) -> list[str]:
    return unless(capture.resets and not capture.counts["zero_window"], "no RST")


def gap(capture: Seen, _: Said) -> list[str]:
    return others(capture, loss=True) + unless(capture.counts["lost_segment"] + capture.counts["ack_lost_segment"], "nothing is missing")


def none(capture: Seen, said: Said) -> list[str]:
    counts, disordered, scattered = capture.counts, said["link"]["bridge"]["swap"], said["scattered"]
    signs = others(capture, loss=bool(disordered or scattered))
    if disordered:
        signs += unless(counts["out_of_order"] + counts["duplicate_ack"] + counts["retransmission"], "all is in order")
    if scattered:
        signs += unless(counts["lost_segment"] + counts["ack_lost_segment"], "nothing is missing")
    signs += unless(not capture.resets, "an RST")
    signs += unless(not longer(capture.acked_gaps, 0.03), "data that waited for an ACK")
    sending = said["measured"]["transfer"] / capture.span
    signs += unless(not longer(capture.gaps, 0.05), f"a gap of {max(capture.gaps):.3f} s in a message")
    return signs + unless(sending > MOSTLY, f"only {sending:.0%} of the time is sending")


CHECKS: dict[str, Callable[[Seen, Said], list[str]]] = {
    "none": none,
    "slow-scp": slow_scp,
    "slow-scu": slow_scu,
    "sender-idle": sender_idle,
    "window-full": window_full,
    "window-closed": window_closed,
    "slow-reader": slow_reader,
    "retransmission-timeout": timeout,
    "fast-recovery": recovery,
    "nagle-delayed-ack": nagle,
    "congestion-window": congestion_window,
    "negotiation": negotiation,
    "capture-gap": gap,
    "reset": reset,
}


def silence(capture: Seen, said: Said) -> list[str]:
    """Whether there is as much silence in requests as the bridge saw; that counts the way of a request's last byte too."""
    mine, theirs, bridge = sum(gap for gap in capture.gaps if gap > SILENT), said["silent"], said["link"]["bridge"]
    way = bridge["delay"] + QUEUE / bridge["rate"] + SILENT
    return unless(abs(mine - theirs) <= 0.1 * theirs + way * said["objects"], f"{mine:.3f} s of silence, the bridge saw {theirs:.3f} s")


def lacks(path: Path, said: Said) -> list[str]:
    """What is missing of what was injected, and what is there that was not; nothing is the good answer."""
    cause, capture = said["cause"], seen(path)
    found = CHECKS[cause](capture, said)
    if cause != "capture-gap":
        found += silence(capture, said)
    if cause not in ("none", "reset"):
        found += unless(said["share"] >= DOMINATES, f"only {said['share']:.0%} of the time")
    if cause in IN_A_MESSAGE:
        pure = said["silent"] <= 1.3 * said["seconds"] + 0.05
        found += unless(pure, f"{said['silent']:.3f} s without new bytes, injected were {said['seconds']:.3f} s")
    return found


def main(folder: Path) -> int:
    bad = 0
    for path in sorted(folder.glob("*.json")):
        found = lacks(path.with_suffix(".pcap"), json.loads(path.read_text(encoding="utf-8")))
        bad += bool(found)
        sys.stdout.write(f"{path.stem}: {'; '.join(found) or 'holds what was injected'}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "data"))
