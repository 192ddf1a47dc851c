"""The bars of the time budget: colours with patterns, and always the numbers as text beside them. Knows budgets, makes SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.bars import percentage
from dicomfast.budget import CLASSES
from dicomfast.report.markup import Html, Part, table, tag
from dicomfast.terminal import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomfast.budget import Class

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
# What a class is, for those who see it for the first time.
_MEANING = {
    "time_negotiating": "association request and answer, release and its answer",
    "time_sending": "bytes of requests on their way",
    "time_stalled_window": "the receiver's window was closed or full; the receiver did not read fast enough",
    "time_stalled_loss": "packets were lost on the way, and had to be sent again",
    "time_stalled_ack": "waiting for an acknowledgement: congestion window, or Nagle against delayed ACK",
    "time_stalled_sender": "nothing kept the sender from sending, and it did not",
    "time_waiting_response": "a request was complete and its response not begun: the performer at work",
    "time_receiving": "bytes of responses and results on their way",
    "time_idle": "no request was open; the requestor did something else",
    "time_unknown": "packets are missing in the capture",
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
            rects.append(f'<rect class="b-{_name(one)}" {place}/>')
            if _name(one) in _HATCH:
                rects.append(f'<rect fill="url(#hatch-{_name(one)})" {place}/>')
        left += share
    said = Html(", ".join(f"{one.words} {percentage(share)}" for one, share in parts if share >= _VISIBLE))
    return Html(f'<svg class="bar" height="{height}" role="img" aria-label="{said}">{"".join(rects)}</svg>')


def shares(budget: Mapping[str, int | None]) -> list[tuple[Class, float]]:
    """Each class with its share of the whole."""
    whole = sum(budget.get(one.column) or 0 for one in CLASSES)
    return [(one, (budget.get(one.column) or 0) / whole if whole else 0.0) for one in CLASSES]


def _name(one: Class) -> str:
    """The name in the style sheet."""
    return one.column.removeprefix("time_").replace("_", "-")


def _key(name: str) -> Html:
    """The sign of a class in a legend."""
    hatch = f'<rect fill="url(#hatch-{name})" width="20" height="12"/>' if name in _HATCH else ""
    return Html(
        f'<svg class="swatch" width="20" height="12" aria-hidden="true"><rect class="b-{name}" width="20" height="12"/>{hatch}</svg>'
    )


def legend(budget: Mapping[str, int | None]) -> Html:
    """All classes with their numbers and what they mean."""
    body: list[list[Part]] = [
        [
            tag("span", _key(_name(one)), one.words, class_="cause"),
            _time(budget.get(one.column)),
            percentage(share) if share else "0",
            tag("span", _MEANING[one.column], class_="soft"),
        ]
        for one, share in shares(budget)
    ]
    return table("Time of all associations by class", ["class", "time", "share", "what it is"], body, right=(1, 2))


def _time(value: int | None) -> str:
    return duration(value) if value else "0"


def brief(budget: Mapping[str, int | None]) -> str:
    """The largest parts in words."""
    parts = sorted(shares(budget), key=lambda part: -part[1])[:3]
    return ", ".join(f"{one.words} {percentage(share)}" for one, share in parts if share >= 0.005)  # noqa: PLR2004 - what rounds to 1 %
