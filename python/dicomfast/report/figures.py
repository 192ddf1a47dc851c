"""The bars of the time budget: colours with patterns, and always the numbers as text beside them. Knows budgets, makes SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.report.markup import Html, Part, table, tag
from dicomfast.report.words import CLASSES, Class
from dicomfast.terminal import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

# Colours and patterns of the style sheet are named after the classes.
_HATCH = {
    "negotiating": "M0 4H8",
    "stalled-window": "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "stalled-loss": "M0 0L8 8M-2 6L2 10M6 -2L10 2",
    "stalled-ack": "M4 0V8",
    "stalled-sender": "M0 4H8M4 0V8",
    "waiting-response": "M2 2h1v1h-1zM6 6h1v1h-1z",
    "idle": "M0 8L8 0",
    "unknown": "M0 0L8 8M0 8L8 0",
}
# A smaller part cannot be seen, and is left to the numbers.
_VISIBLE = 0.0005


def patterns() -> Html:
    """What the bars of the page are hatched with, once."""
    made = (
        f'<pattern id="hatch-{name}" width="8" height="8" patternUnits="userSpaceOnUse"><path class="hatch" d="{path}"/></pattern>'
        for name, path in _HATCH.items()
    )
    return Html(f'<svg class="none" width="0" height="0" aria-hidden="true"><defs>{"".join(made)}</defs></svg>')


def bar(budget: Mapping[str, int | None], height: int) -> Html:
    """One stacked bar over the full width."""
    parts = shares(budget)
    left = 0.0
    rects = []
    for one, share in parts:
        if share >= _VISIBLE:
            place = f'x="{left:.2%}" width="{share:.2%}" height="{height}"'
            rects.append(f'<rect class="b-{one.key}" {place}/>')
            if one.key in _HATCH:
                rects.append(f'<rect fill="url(#hatch-{one.key})" {place}/>')
        left += share
    said = Html(", ".join(f"{one.label} {share:.0%}" for one, share in parts if share >= _VISIBLE))
    return Html(f'<svg class="bar" height="{height}" role="img" aria-label="{said}">{"".join(rects)}</svg>')


def shares(budget: Mapping[str, int | None]) -> list[tuple[Class, float]]:
    """Each class with its share of the whole."""
    whole = sum(budget.get(one.column) or 0 for one in CLASSES)
    return [(one, (budget.get(one.column) or 0) / whole if whole else 0.0) for one in CLASSES]


def key(name: str) -> Html:
    """The sign of a class in a legend."""
    hatch = f'<rect fill="url(#hatch-{name})" width="20" height="12"/>' if name in _HATCH else ""
    return Html(
        f'<svg class="swatch" width="20" height="12" aria-hidden="true"><rect class="b-{name}" width="20" height="12"/>{hatch}</svg>'
    )


def legend(budget: Mapping[str, int | None]) -> Html:
    """All classes with their numbers and what they mean."""
    body: list[list[Part]] = [
        [
            tag("span", key(one.key), one.label, class_="cause"),
            _time(budget.get(one.column)),
            f"{share:.1%}",
            tag("span", one.meaning, class_="soft"),
        ]
        for one, share in shares(budget)
    ]
    return table("Time of all associations by class", ["class", "time", "share", "what it is"], body, right=(1, 2))


def _time(value: int | None) -> str:
    return duration(value) if value else "0"


def brief(budget: Mapping[str, int | None]) -> str:
    """The largest parts in words."""
    parts = sorted(shares(budget), key=lambda part: -part[1])[:3]
    return ", ".join(f"{one.label} {share:.0%}" for one, share in parts if share >= 0.005)  # noqa: PLR2004 - what rounds to 1 %
