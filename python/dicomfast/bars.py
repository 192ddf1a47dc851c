"""A time budget as a bar of characters: a letter and a colour a class. Knows nothing of where the budget comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.budget import CLASSES, MOVING, Class, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomfast.budget import Times
    from dicomfast.terminal import Paint

# What follows the letter of a part: full where bytes move, half where they should, light where none are due.
_MOVES, _STALLS, _WAITS = "█", "▓", "░"
_LIGHT = ("time_waiting_response", "time_idle", "time_unknown")


def cells(budget: Times, width: int) -> list[tuple[Class, int]]:
    """How many of `width` characters each class gets, largest remainders first; they add up to `width`, or to nothing."""
    whole = budget.total()
    if whole <= 0 or width <= 0:
        return []
    exact = [(one, *divmod(budget[one.column] * width, whole)) for one in CLASSES]
    left = width - sum(part for _, part, _ in exact)
    favoured = {one.column for one, _, _ in sorted(exact, key=lambda item: -item[2])[:left]}
    return [(one, size) for one, part, _ in exact if (size := part + (one.column in favoured))]


def bar(budget: Times, width: int, paint: Paint, *, unicode: bool) -> str:
    """The bar with its two ends, `width` characters in all."""
    left, right = ("▕", "▏") if unicode else ("|", "|")
    parts = [paint(_part(one, size, unicode=unicode), one.style) for one, size in cells(budget, width - 2)]
    return left + ("".join(parts) or " " * (width - 2)) + right


def _part(one: Class, size: int, *, unicode: bool) -> str:
    if not unicode:
        return one.letter * size
    fill = _MOVES if one.column in MOVING else _WAITS if one.column in _LIGHT else _STALLS
    return one.letter + fill * (size - 1)


def legend(budgets: Iterable[Times], width: int, paint: Paint) -> list[str]:
    """What the letters mean, for the classes that have any time; lines of at most `width` characters where that is possible."""
    known = list(budgets)
    present = [one for one in CLASSES if any(budget[one.column] for budget in known)]
    lines: list[str] = []
    room = 0
    for one in present:
        text = f"{one.letter} {one.words}"
        shown = f"{paint(one.letter, one.style)} {one.words}"
        if lines and len(text) + 2 <= room:
            lines[-1] += f"  {shown}"
            room -= len(text) + 2
        else:
            lines.append(shown)
            room = width - len(text)
    return lines


def percent(budget: Times, column: str) -> str:
    """A share for people: 84 %, and never 0 % of something."""
    return percentage(share(budget, column))


def percentage(part: float) -> str:
    """A share for people: 84 %, below 1 % where it is more than nothing."""
    return "below 1 %" if 0 < part < 0.01 else f"{part:.0%}".replace("%", " %")  # noqa: PLR2004 - what rounds to nothing
