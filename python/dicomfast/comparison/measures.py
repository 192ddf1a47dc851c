"""Medians and quartiles of both sides, and where the time of one is longer. Plain numbers, times in nanoseconds."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomfast import budget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomfast.comparison.pairs import Matched
    from dicomfast.comparison.sides import Row, Side

WHOLE, MATCHED = "associations", "matched operations"

# Column of an operation, what it is, its unit.
_MEASURES = (
    ("duration", "duration", "s"),
    ("transfer_time", "transfer", "s"),
    ("response_time", "response", "s"),
    ("throughput", "throughput", "B/s"),
    ("pause", "pause before", "s"),
)


@dataclass(frozen=True)
class Spread:
    """How values are spread: their number and quartiles."""

    count: int
    q1: float
    median: float
    q3: float


@dataclass(frozen=True)
class Measure:
    """One measure, or one class of the budget, on both sides; None where a side has no value."""

    name: str
    words: str
    unit: str
    per: str
    a: Spread | None
    b: Spread | None

    def difference(self) -> float | None:
        """Median of B less that of A."""
        return self.b.median - self.a.median if self.a and self.b else None


@dataclass(frozen=True)
class Share:
    """The time of one class of the budget on both sides."""

    column: str
    a: int
    b: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """Quartiles, interpolated between the two nearest values."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    q1, median, q3 = statistics.quantiles(known, n=4, method="inclusive") if len(known) > 1 else known * 3
    return Spread(len(known), q1, median, q3)


def measures(a: Side, b: Side, matched: Matched) -> list[Measure]:
    """All measures of the matched operations and of the associations, then the classes of the budget."""
    found = [_of_pairs(matched, name, words, unit) for name, words, unit in _MEASURES]
    found.append(_of_associations(a, b, "negotiation_time", "negotiation"))
    for one in budget.CLASSES:
        if one.column == "time_negotiating":
            found.append(_of_associations(a, b, one.column, one.words))
        elif one.column == "time_idle":
            idle = _of_pairs(matched, "pause", one.words, "s")
            found.append(Measure(one.column, idle.words, idle.unit, idle.per, idle.a, idle.b))
        else:
            found.append(_of_pairs(matched, one.column, one.words, "s"))
    return found


def _of_pairs(matched: Matched, name: str, words: str, unit: str) -> Measure:
    a, b = (pair.a[name] for pair in matched.pairs), (pair.b[name] for pair in matched.pairs)
    return Measure(name, words, unit, "operation", spread(a), spread(b))


def _of_associations(a: Side, b: Side, name: str, words: str) -> Measure:
    return Measure(name, words, "s", "association", *(spread(row[name] for row in side.associations) for side in (a, b)))


def basis(a: Side, b: Side, matched: Matched) -> str | None:
    """Over what the times are added up; None where nothing can be compared."""
    if matched.whole() and a.times().total() and b.times().total():
        return WHOLE
    known = any(budget.times(pair.a) and budget.times(pair.b) for pair in matched.pairs)
    return MATCHED if known else None


def shares(a: Side, b: Side, matched: Matched, over: str) -> list[Share]:
    """The time of each class: of the associations as a whole where both did the same, else of the matched operations alone."""
    if over == WHOLE:
        times_a, times_b = a.times(), b.times()
        return [Share(column, times_a[column], times_b[column]) for column in budget.COLUMNS]
    return [
        Share(column, sum(pair.a[column] or 0 for pair in matched.pairs), sum(pair.b[column] or 0 for pair in matched.pairs))
        for column in budget.COLUMNS
    ]


def differences(matched: Matched, column: str) -> list[float]:
    """B less A in every pair, of a class of the budget."""
    name = "pause" if column == "time_idle" else column
    if column == "time_negotiating":
        return []
    return [pair.b[name] - pair.a[name] for pair in matched.pairs if _known(pair.a, name) and _known(pair.b, name)]


def _known(row: Row, name: str) -> bool:
    return row[name] is not None
