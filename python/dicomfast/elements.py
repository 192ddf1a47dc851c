"""The elements of data sets, beside the events of the messages that carry them. Must not know how an event is printed.

The engine hands out a message's elements before its event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.values import numbers, records

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import pyarrow as pa

    Batches = Iterable[tuple[str, pa.RecordBatch]]

COLUMN = "data_set"
"""Of events, where `beside` puts the lines."""
TABLE = "elements"
"""What it takes besides events."""

HELD_LINES = 262_144
"""Lines of data sets whose events have not come; beyond that the oldest data set is left out."""
HELD_NUMBERS = 65_536
"""Messages that are known as left out: live, the event of a message may never come."""

# A value that is longer is cut.
_LONGEST = 120
_LEFT_OUT = "[elements left out]"
_ITEM = 0xFFFE


def beside(batches: Batches, tables: Iterable[str]) -> Generator[tuple[str, pa.RecordBatch]]:
    """The batches of these tables, those of events with the lines of the data sets."""
    from dicomfast.arrays import lists

    wanted = set(tables)
    held = _Held()
    for name, batch in batches:
        if name == TABLE:
            held.take(batch)
        if name == "events":
            yield name, batch.append_column(COLUMN, lists([held.given(message) for message in numbers(batch.column("message"))]))
        elif name in wanted:
            yield name, batch


class _Held:
    """The lines of the messages whose events are still to come."""

    def __init__(self) -> None:
        self._lines: dict[int, list[str]] = {}
        self._left_out: dict[int, None] = {}
        self._count = 0

    def take(self, batch: pa.RecordBatch) -> None:
        for row in records(batch, "message", "path", "tag", "name", "vr", "length", "value", "truncated", "masked"):
            message = row["message"]
            if message in self._left_out:
                continue
            self._lines.setdefault(message, []).append(line(row))
            self._count += 1
            while self._count > HELD_LINES:
                oldest = next(iter(self._lines))
                self._count -= len(self._lines.pop(oldest))
                self._left_out[oldest] = None
                if len(self._left_out) > HELD_NUMBERS:
                    del self._left_out[next(iter(self._left_out))]

    def given(self, message: int | None) -> list[str]:
        if message is None:
            return []
        if message in self._left_out:
            del self._left_out[message]
            return [_LEFT_OUT]
        lines = self._lines.pop(message, [])
        self._count -= len(lines)
        return lines


def line(row: dict[str, Any]) -> str:
    """One element, as far to the right as it stands deep; not yet escaped."""
    indent = "  " * (row["path"].count(".") + row["path"].count("["))
    tag = row["tag"]
    parts = [f"({tag >> 16:04X},{tag & 0xFFFF:04X})", row["vr"], row["name"]]
    length = "undefined length" if row["length"] is None else f"length {row['length']}"
    if tag >> 16 == _ITEM:
        parts[1:] = [row["name"], row["path"][row["path"].rfind("[") :]]
    text = indent + " ".join(part for part in parts if part)
    if row["value"] is None:
        return f"{text}, {length}, [masked]" if row["masked"] else f"{text}, {length}"
    value = row["value"]
    cut = row["truncated"] or len(value) > _LONGEST
    text += f': "{value[:_LONGEST]}"' + ("..." if cut else "")
    return f"{text} [pseudonym]" if row["masked"] else text
