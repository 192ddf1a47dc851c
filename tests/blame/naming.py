"""Names the dominating cause of a capture from the engine's rows, and compares with the truth. It reads no files.

Rows are dictionaries; durations are whole nanoseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from blame.causes import CAUSES

Row = dict[str, Any]

CLASSES = (
    "time_negotiating",
    "time_sending",
    "time_stalled_window",
    "time_stalled_loss",
    "time_stalled_ack",
    "time_stalled_sender",
    "time_waiting_response",
    "time_receiving",
    "time_idle",
    "time_unknown",
)
MOVING = ("time_sending", "time_receiving")
HELD_UP = ("time_stalled_window", "time_stalled_loss", "time_stalled_ack", "time_stalled_sender", "time_unknown")
# Classes that have one cause, and classes whose cause the stalls tell.
PLAIN = {
    "time_negotiating": "negotiation",
    "time_waiting_response": "slow-scp",
    "time_idle": "slow-scu",
    "time_stalled_sender": "sender-idle",
    "time_unknown": "capture-gap",
}
TOLD_BY_STALLS = {
    "time_stalled_window": ("window-closed", "window-full"),
    "time_stalled_loss": ("retransmission-timeout", "fast-recovery"),
    "time_stalled_ack": ("nagle-delayed-ack", "congestion-window"),
}
WORTH_NAMING = 0.2  # below this share of the time nothing is to blame; each injected cause has more
RIGHT, NEAR = 0.95, 0.1  # what is wanted: causes named right; how far a share may be off, of what was injected


def budget(associations: Iterable[Row]) -> Counter[str]:
    """Nanoseconds of each class, over all associations."""
    total: Counter[str] = Counter()
    for row in associations:
        for name in CLASSES:
            total[name] += row[name] or 0
    return total


def share(times: Counter[str], *classes: str) -> float:
    whole = times.total()
    return sum(times[name] for name in classes) / whole if whole else 0.0


def named(associations: list[Row], stalls: list[Row]) -> str:
    """The cause that takes most of the time in which nothing moves, if it takes enough."""
    if any(row["ended_by"] == "rst" for row in associations):
        return "reset"
    times = budget(associations)
    worst = max((name for name in CLASSES if name not in MOVING), key=lambda name: times[name])
    if share(times, worst) < WORTH_NAMING:
        return "none"
    if worst in PLAIN:
        return PLAIN[worst]
    told: Counter[str] = Counter()
    for row in stalls:
        if row["cause"] in TOLD_BY_STALLS[worst]:
            told[row["cause"]] += row["waited"]
    return told.most_common(1)[0][0] if told else f"{worst} without a stall"


def accepted(cause: str) -> tuple[str, ...]:
    """The names that are right: a receiver that reads slowly closes its window, or only fills it."""
    return CAUSES[cause].stalls or (cause,)


@dataclass(frozen=True)
class Verdict:
    """What was injected into a capture, and what the rows say."""

    capture: str
    injected: str
    named: str
    wanted_share: float | None  # of the injected cause; of a control, of all that holds up; a reset takes no time
    share: float | None

    @property
    def right(self) -> bool:
        return self.named in accepted(self.injected)

    @property
    def near(self) -> bool | None:
        if self.wanted_share is None or self.share is None:
            return None
        allowed = NEAR * self.wanted_share if self.wanted_share else NEAR
        return abs(self.share - self.wanted_share) <= allowed


def judge(truth: Row, associations: list[Row], stalls: list[Row]) -> Verdict:
    cause, times = truth["cause"], budget(associations)
    wanted: float | None = truth["share"]
    found: float | None
    if cause == "reset":
        wanted = found = None
    elif cause == "none":
        found = share(times, *HELD_UP)
    else:
        found = share(times, truth["budget"])
    return Verdict(truth["name"], cause, named(associations, stalls), wanted, found)


def matrix(verdicts: Iterable[Verdict]) -> list[str]:
    """Injected by named, as lines of text."""
    counts = Counter((one.injected, one.named) for one in verdicts)
    columns = sorted({name for _, name in counts})
    rows = [cause for cause in CAUSES if any(cause == injected for injected, _ in counts)]
    width = max(map(len, rows), default=0)
    lines = [" " * width + "  " + "  ".join(columns)]
    for cause in rows:
        cells = [(str(counts[cause, name] or ".")).rjust(len(name)) for name in columns]
        lines.append(cause.ljust(width) + "  " + "  ".join(cells))
    return lines


def figures(verdicts: list[Verdict]) -> tuple[int, int, int, int]:
    """Named right, of all; shares near, of those that have one."""
    shares = [one.near for one in verdicts if one.near is not None]
    return sum(one.right for one in verdicts), len(verdicts), sum(shares), len(shares)
