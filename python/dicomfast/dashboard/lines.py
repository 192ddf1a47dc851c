"""What a screen says of the model: cells as harmless text, the order of rows, one JSON document. Knows no terminal.

Every text that came from the wire is escaped here, and nowhere later.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from dicomfast.dump import clock
from dicomfast.terminal import count, duration, size
from dicomfast.text import escape, titles
from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.dashboard.model import Model
    from dicomfast.dashboard.rows import Association, End, Trouble
    from dicomfast.intake import Counters

MEGA = 1_000_000
# Rows of a list: nobody scrolls further, and a tick must cost the same however many there are.
SHOWN = 500
_NAME = 24

STYLES = {"failure": "bold red", "error": "bold red", "warning": "yellow", "unanswered": "yellow", "cancel": "yellow", "note": "cyan"}


@dataclass(frozen=True)
class Column:
    """A column of a list: at least and at most so wide, to the right or the left."""

    title: str
    least: int
    most: int
    right: bool = False


class Line(NamedTuple):
    """A row of a list: what it is about, and its cells, harmless."""

    key: int
    cells: tuple[str, ...]
    style: str = ""


ASSOCIATIONS = (
    Column("CALLING", 10, 16),
    Column("CALLED", 10, 16),
    Column("PEER", 13, 21),
    Column("AGE", 6, 8, right=True),
    Column("OPS", 5, 8, right=True),
    Column("FAIL", 5, 6, right=True),
    Column("Mbit/s", 7, 8, right=True),
    Column("LAST", 14, 18),
)
OPERATIONS = (
    Column("ID", 5, 5, right=True),
    Column("COMMAND", 11, 16),
    Column("SOP CLASS", 16, 40),
    Column("BYTES", 7, 8, right=True),
    Column("RESPONSE", 8, 9, right=True),
    Column("TIME", 8, 9, right=True),
    Column("STATUS", 14, 60),
)
FINDINGS = (Column("TIME", 8, 8), Column("", 7, 7), Column("FINDING", 40, 400))

# What each column of associations sorts by, and whether the largest comes first.
_ORDERS: tuple[tuple[Callable[[Association, int], Any], bool], ...] = (
    (lambda one, _: one.calling or "", False),
    (lambda one, _: one.called or "", False),
    (lambda one, _: one.peer[0] or "" if one.peer else "", False),
    (lambda one, now: one.age(now), True),
    (lambda one, _: one.operations, True),
    (lambda one, _: one.failed, True),
    (lambda one, now: one.rate(now), True),
    (lambda one, _: one.last or "", False),
)
AGE = 3


@dataclass(frozen=True)
class Order:
    """By which column, and whether the other way round."""

    column: int = AGE
    reverse: bool = False
    closed: bool = True
    """Whether closed associations are listed, after the open ones."""

    def sorted(self, model: Model, now: int) -> list[Association]:
        """The associations in this order."""
        key, largest = _ORDERS[self.column]
        chosen = [one for one in model.associations.values() if self.closed or not one.closed]
        chosen.sort(key=lambda one: key(one, now), reverse=largest != self.reverse)
        # The sort is stable.
        chosen.sort(key=lambda one: one.closed)
        return chosen


def associations(model: Model, order: Order, now: int) -> list[Line]:
    """The list of associations; closed ones are dim."""
    return [
        Line(one.number, _association(one, now), f"{'dim' if one.closed else ''} {'red' if one.troubled else ''}".strip())
        for one in order.sorted(model, now)[:SHOWN]
    ]


def _association(one: Association, now: int) -> tuple[str, ...]:
    last = one.last if not one.closed else one.ended_by if one.outcome == "accepted" else one.outcome
    return (
        escape(one.calling or "?"),
        escape(one.called or "?"),
        end(one.peer),
        age(one.age(now)),
        count(one.operations),
        count(one.failed) if one.failed else "",
        f"{one.rate(now) / MEGA:.1f}",
        escape(last or ""),
    )


def end(one: End | None) -> str:
    """Address and port; a long address is told without the port."""
    if one is None or one[0] is None:
        return "?"
    return escape(one[0] if ":" in one[0] else f"{one[0]}:{one[1]}")


def age(nanoseconds: int) -> str:
    """A time in at most six characters."""
    seconds = nanoseconds // SECOND
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{nanoseconds / SECOND:.1f}s"
    if seconds < 3600:  # noqa: PLR2004 - an hour
        return f"{seconds // 60}m{seconds % 60:02}s"
    return f"{seconds // 3600}h{seconds % 3600 // 60:02}m"


def operations(one: Association) -> list[Line]:
    """The last operations of an association, the newest first."""
    lines = []
    for number, row in enumerate(reversed(one.rows)):
        status = row.category if row.status is None else f"0x{row.status:04X} {row.status_text or ''}"
        cells = (
            "" if row.message_id is None else str(row.message_id),
            escape(row.command or "?"),
            escape(row.sop_class or ""),
            size(row.bytes) if row.bytes else "",
            "" if row.response_time is None else duration(row.response_time),
            "" if row.duration is None else duration(row.duration),
            escape((status or "").strip()),
        )
        lines.append(Line(number, cells, STYLES.get(row.category or "", "")))
    return lines


def findings(one: Association, width: int) -> list[Line]:
    """What was found about an association, with the advice, for a screen of this width."""
    lines: list[Line] = []
    room = max(width - sum(column.least + 1 for column in FINDINGS[:-1]), FINDINGS[-1].least)
    for row in one.findings:
        cells = _finding(row.time, row.severity, f"{row.title}: {row.evidence}" if row.evidence else row.title)
        for text, style in ((cells[-1], STYLES.get(row.severity, "")), (escape(row.advice), "dim")):
            for part in textwrap.wrap(text, room, break_on_hyphens=False):
                lines.append(Line(len(lines), (*cells[:-1], part), style))
                cells = ("", "", "")
    return lines


def troubles(model: Model, most: int) -> list[Line]:
    """What failed last, anywhere, the newest first."""
    lines: list[Line] = []
    for row in list(model.troubles)[: -most - 1 : -1]:
        one = model.associations.get(row.association) if row.association is not None else None
        who = f"{titles(one.calling, one.called)}  " if one else ""
        lines.append(Line(len(lines), _finding(row.time, row.severity, row.text, who), STYLES.get(row.severity, "")))
    return lines


def _finding(time: int | None, severity: str, text: str, who: str = "") -> tuple[str, ...]:
    return (clock(time)[:8], escape(severity), who + escape(text))


def about(one: Association, now: int) -> str:
    """An association in one line."""
    state = f"{one.outcome}, {one.ended_by}" if one.closed else "open"
    what = f"{titles(one.calling, one.called)}  {end(one.peer)} > {end(one.acceptor)}  {age(one.age(now))}  {escape(state)}"
    return f"{what}  {count(one.operations, 'operation')}, {count(one.failed)} failed, {size(one.bytes)}"


@dataclass(frozen=True)
class Speed:
    """How fast it comes in now."""

    packets: float
    bits: float


def head(name: str, elapsed: float, counters: Counters, speed: Speed, model: Model) -> list[str]:
    """The two lines on top."""
    dropped = counters.dropped + counters.interface_dropped + model.totals.dropped
    found = sum(one.count for one in model.findings.by_code.values())
    # Of a long path the end says more.
    name = escape(name if len(name) <= _NAME else f"…{name[1 - _NAME :]}")
    now = f"{name}  {age(int(elapsed * SECOND))}  {count(speed.packets)} packets/s  {speed.bits / MEGA:.1f} Mbit/s"
    seen = f"{count(counters.packets)} packets  {count(model.open)} open of {count(model.totals.associations, 'association')}"
    ended = f"{count(model.totals.operations, 'operation')}, {count(model.totals.categories['failure'])} failed  {count(found, 'finding')}"
    return [f"{now}  dropped {count(dropped)}  shed {count(counters.shed)}", f"{seen}  {ended}"]


def plain(name: str, elapsed: float, counters: Counters, model: Model) -> dict[str, Any]:
    """The same numbers as plain values; times in nanoseconds since 1970, durations in seconds."""
    now = model.newest
    return {
        "source": name,
        "elapsed": round(elapsed, 3),
        "packets": counters.packets,
        "bytes": counters.bytes,
        "dropped": counters.dropped + model.totals.dropped,
        "interface_dropped": counters.interface_dropped,
        "shed": counters.shed,
        "open": model.open,
        "associations": model.totals.associations,
        "outcomes": dict(model.totals.outcomes),
        "operations": model.totals.operations,
        "categories": dict(model.totals.categories),
        "dataset_bytes": model.totals.dataset_bytes,
        "findings": model.findings.plain(),
        "failures": [_plain_trouble(row) for row in model.troubles if row.severity == "failure"],
        "last_associations": [_plain_association(one, now) for one in Order().sorted(model, now)[:SHOWN]],
    }


def _plain_trouble(row: Trouble) -> dict[str, Any]:
    return {"time": row.time, "association": row.association, "text": row.text}


def _plain_association(one: Association, now: int) -> dict[str, Any]:
    return {
        "association": one.number,
        "calling_ae": one.calling,
        "called_ae": one.called,
        "peer": None if one.peer is None else one.peer[0],
        "open": not one.closed,
        "outcome": one.outcome,
        "ended_by": one.ended_by,
        "age": round(one.age(now) / SECOND, 6),
        "operations": one.operations,
        "failed": one.failed,
        "dataset_bytes": one.bytes,
        "megabits_per_second": round(one.rate(now) / MEGA, 3),
        "last_event": one.last,
    }
