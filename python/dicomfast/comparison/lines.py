"""A comparison on a screen. Takes plain numbers; escapes what comes from the network."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from dicomfast import bars
from dicomfast.budget import BY_COLUMN, Times
from dicomfast.terminal import columns, duration, size
from dicomfast.text import escape

if TYPE_CHECKING:
    from dicomfast.comparison.measures import Measure, Spread
    from dicomfast.comparison.result import Comparison
    from dicomfast.comparison.sides import Side
    from dicomfast.terminal import Paint

WIDTH = 80


def render(found: Comparison, paint: Paint, width: int = WIDTH, *, unicode: bool = True) -> list[str]:
    """The sentence, what limits it, then the time of both sides and their measures."""
    width = min(width, WIDTH)
    lines = [paint(line, "bold") for line in textwrap.wrap(found.sentence, width, break_on_hyphens=False)]
    for limit in found.limits:
        lines += textwrap.wrap(limit, width, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
    lines.append("")
    for name, side in (("A", found.a), ("B", found.b)):
        lines += textwrap.wrap(f"{name}: {_side(side)}", width, subsequent_indent="   ", break_on_hyphens=False)
    if found.shares:
        lines += ["", paint(f"Where the time went ({found.over})", "bold"), *_bars(found, paint, width, unicode=unicode)]
    known = [one for one in found.measures if one.name not in BY_COLUMN and (one.a or one.b)]
    if known:
        lines += ["", *_measures(known, paint)]
    return lines


def _side(side: Side) -> str:
    called = list(dict.fromkeys(row["called_ae"] or "?" for row in side.associations))
    titles = ", ".join(escape(title) for title in called[:3]) + (" ..." if len(called) > 3 else "")  # noqa: PLR2004 - as the slice
    numbers = f"associations {len(side.associations):,}, operations {len(side.operations):,}"
    return f"{escape(side.name)}: {numbers}" + (f", called AE {titles}" if titles else "")


def _bars(found: Comparison, paint: Paint, width: int, *, unicode: bool) -> list[str]:
    """Both bars in the same scale, so that the shorter one is the quicker side; then each class in numbers."""
    both = [Times({one.column: getattr(one, side) for one in found.shares}) for side in ("a", "b")]
    longest = max(times.total() for times in both)
    room = width - 2
    lines = []
    for name, times in zip("AB", both, strict=True):
        fit = 2 + max(1, round((room - 2) * times.total() / longest)) if longest else 2
        lines.append(f"{name} {bars.bar(times, fit, paint, unicode=unicode)}")
    lines += bars.legend(both, width, paint)
    body = [
        [BY_COLUMN[one.column].words, duration(one.a), duration(one.b), _signed(one.b - one.a)] for one in found.shares if one.a or one.b
    ]
    body.append(["all", *(duration(times.total()) for times in both), _signed(both[1].total() - both[0].total())])
    title, *rest = columns([["", "A", "B", "B - A"], *body], right=frozenset(range(1, 4)))
    return [*lines, "", paint(title, "bold"), *rest]


def _signed(time: float) -> str:
    return "0" if time == 0 else f"{'+' if time > 0 else '-'}{duration(abs(time))}"


def _measures(known: list[Measure], paint: Paint) -> list[str]:
    header = ["", "A median", "quartiles", "B median", "quartiles", "B - A"]
    body = [[one.words, *_spread(one.a, one.unit), *_spread(one.b, one.unit), _difference(one)] for one in known]
    title, *rest = columns([header, *body], right=frozenset((1, 3, 5)))
    return [paint(title, "bold"), *rest]


def _spread(found: Spread | None, unit: str) -> tuple[str, str]:
    if found is None:
        return "", ""
    low, high = _value(found.q1, unit), _value(found.q3, unit)
    number, _, of = low.partition(" ")
    return _value(found.median, unit), f"{number if high.endswith(f' {of}') else low}..{high}"


def _value(value: float, unit: str) -> str:
    return duration(value) if unit == "s" else f"{size(value)}/s"


def _difference(one: Measure) -> str:
    difference = one.difference()
    if difference is None:
        return ""
    if one.unit == "s":
        return _signed(difference)
    return f"{'+' if difference > 0 else '-' if difference < 0 else ''}{size(abs(difference))}/s"
