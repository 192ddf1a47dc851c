"""The time budget of associations and operations as plain numbers, with its classes in words. Prints nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

Times = Counter[str]
"""Nanoseconds of each class, by the name of its column."""

# Below this share of the time nothing is to blame for it.
WORTH_NAMING = 0.2


@dataclass(frozen=True)
class Class:
    """One class of the budget: its column, the letter and colour of its part of a bar, its name, what it was spent on, who is to blame.

    `lost` is time that somebody could give back.
    """

    column: str
    letter: str
    style: str
    words: str
    spent: str
    blame: str = ""
    lost: bool = False


CLASSES = (
    Class("time_negotiating", "N", "blue", "negotiating", "opening and closing associations",
          "the acceptor, which took its time to answer"),
    Class("time_sending", "S", "green", "sending", "sending"),
    Class("time_stalled_window", "W", "red", "stalled: window", "waiting for the receiver's window",
          "the receiver, which did not read as fast as it was sent to", lost=True),
    Class("time_stalled_loss", "L", "bold red", "stalled: loss", "waiting for lost bytes to be sent again",
          "the network, which lost packets", lost=True),
    Class("time_stalled_ack", "A", "yellow", "stalled: ack", "waiting for acknowledgements", "how TCP is set up for this path", lost=True),
    Class("time_stalled_sender", "P", "cyan", "stalled: sender", "pauses of the sender in the middle of messages",
          "the sender, which nothing else kept from sending", lost=True),
    Class("time_waiting_response", "R", "magenta", "waiting for response", "waiting for responses",
          "the performer, which took its time to respond", lost=True),
    Class("time_receiving", "D", "green", "receiving", "receiving"),
    Class("time_idle", "I", "dim", "idle", "pauses between operations", "the invoker, which took its time before the next operation"),
    Class("time_unknown", "?", "dim", "unknown", "what the capture does not hold", "the capture, which lacks packets"),
)  # fmt: skip
COLUMNS = tuple(one.column for one in CLASSES)
BY_COLUMN = {one.column: one for one in CLASSES}
MOVING = ("time_sending", "time_receiving")


def times(row: Mapping[str, Any]) -> Times | None:
    """The budget of a row; None where the engine gives none."""
    if all(row[column] is None for column in COLUMNS):
        return None
    return Counter({column: row[column] or 0 for column in COLUMNS})


def share(budget: Times, column: str) -> float:
    """The part of the whole time, from 0 to 1."""
    whole = budget.total()
    return budget[column] / whole if whole else 0.0


def lost(row: Mapping[str, int | None]) -> int:
    """The nanoseconds of a budget, or of a row, that somebody could give back."""
    return sum(row[one.column] or 0 for one in CLASSES if one.lost)


def dominating(budget: Times) -> Class | None:
    """The class that takes most of the time; None where there is no time."""
    return max(CLASSES, key=lambda one: budget[one.column]) if budget.total() else None


def blamed(budget: Times) -> Class | None:
    """The class that takes most of the time in which nothing moves; None where that is not worth naming."""
    worst = max((one for one in CLASSES if one.column not in MOVING), key=lambda one: budget[one.column])
    return worst if share(budget, worst.column) >= WORTH_NAMING else None


def seconds(budget: Times | None) -> dict[str, float] | None:
    """Seconds of each class, as the text formats tell durations."""
    return None if budget is None else {column: budget[column] / SECOND for column in COLUMNS}
