"""The numbers of the screen once, for scripts: as one JSON document, or as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast import terminal
from dicomfast.dashboard import lines
from dicomfast.output import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomfast.dashboard.feed import Feed

# Rows of each list as text: a screen.
_ROWS = 20


def as_json(feed: Feed) -> str:
    """One document."""
    with feed.model() as model:
        return json_text(lines.plain(feed.intake.name, feed.elapsed, feed.intake.counters(), model), indent=1)


def as_text(feed: Feed) -> Iterator[str]:
    """Lines for people."""
    counters = feed.intake.counters()
    elapsed = feed.elapsed
    mean = lines.Speed(counters.packets / elapsed, counters.bytes * 8 / elapsed) if elapsed else lines.Speed(0, 0)
    with feed.model() as model:
        yield from lines.head(feed.intake.name, elapsed, counters, mean, model)
        listed = lines.associations(model, lines.Order(), feed.now(model))
        failures = lines.troubles(model, _ROWS)
    if listed:
        yield ""
        right = frozenset(index for index, column in enumerate(lines.ASSOCIATIONS) if column.right)
        titles = [column.title for column in lines.ASSOCIATIONS]
        yield from terminal.columns([titles, *(list(line.cells) for line in listed[:_ROWS])], right=right)
        if len(listed) > _ROWS:
            yield f"... and {terminal.count(len(listed) - _ROWS)} more"
    if failures:
        yield ""
        yield from terminal.columns([list(line.cells) for line in failures])
