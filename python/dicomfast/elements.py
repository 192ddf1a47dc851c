"""The elements of data sets, beside the events of the messages that carry them. Must not know how an event is printed.

The engine makes a message's elements first, then its event, then its row in `messages`. A table's rows come when there are enough of
them for a batch, or all tables' at once (`elements` last); so what was made before an event has come with the next batch of its table.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from dicomfast.values import records

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    import pyarrow as pa

    Batches = Iterable[tuple[str, pa.RecordBatch]]

COLUMN = "data_set"
"""Of events, where `beside` puts the lines."""
TABLES = ("messages", "elements")
"""What it takes besides events."""

HELD_LINES = 262_144
"""Lines of data sets whose events have not come; beyond that the oldest data set is left out."""

# A value that is longer is cut.
_LONGEST = 120
_LEFT_OUT = "[elements left out]"
_ITEM = 0xFFFE


def beside(batches: Batches, tables: Iterable[str], full: int) -> Generator[tuple[str, pa.RecordBatch]]:
    """The batches of these tables, those of events with the lines of the data sets; `full` is how many rows a batch has."""
    wanted = set(tables)
    held = _Held()
    for name, batch in batches:
        if name != "elements" and held.flushed:
            yield from held.release(every=True)
        if name == "elements":
            held.elements(batch)
        elif name == "messages":
            held.messages(batch)
        if name == "events":
            held.events(batch, flushed=batch.num_rows < full)
        elif name in wanted:
            yield name, batch
        yield from held.release(every=name == "elements" and held.flushed)
    yield from held.release(every=True)


class _Held:
    """What waits for the rest of it."""

    def __init__(self) -> None:
        self.flushed = False
        """Whether the last events came with all there was of the other tables."""
        # Events, how many messages must have come for them, and which batch of elements.
        self._events: deque[tuple[pa.RecordBatch, int, int]] = deque()
        self._numbers: dict[tuple[Any, ...], deque[int]] = {}
        self._lines: dict[int, list[str]] = {}
        self._left_out: set[int] = set()
        self._count = 0
        self._messages_come = 0
        self._messages_due = 0
        self._elements_come = 0

    def elements(self, batch: pa.RecordBatch) -> None:
        self._elements_come += 1
        for row in records(batch, "message", "path", "tag", "name", "vr", "length", "value", "truncated", "masked"):
            message = row["message"]
            if message in self._left_out:
                continue
            self._lines.setdefault(message, []).append(line(row))
            self._count += 1
            while self._count > HELD_LINES:
                oldest = next(iter(self._lines))
                self._count -= len(self._lines.pop(oldest))
                self._left_out.add(oldest)

    def messages(self, batch: pa.RecordBatch) -> None:
        self._messages_come += batch.num_rows
        for row in records(batch, "association", "sender", "last_packet", "command", "message_id", "message"):
            *key, message = row.values()
            self._numbers.setdefault(tuple(key), deque()).append(message)

    def events(self, batch: pa.RecordBatch, *, flushed: bool) -> None:
        self.flushed = flushed
        self._messages_due += sum(not event.startswith("A-") for event in batch.column("event").to_pylist())
        self._events.append((batch, self._messages_due, self._elements_come + 1))

    def release(self, *, every: bool) -> Iterator[tuple[str, pa.RecordBatch]]:
        """The events that all has come for."""
        while self._events:
            batch, messages, elements = self._events[0]
            if not every and (messages > self._messages_come or (elements > self._elements_come and _carries(batch))):
                return
            self._events.popleft()
            yield "events", self._joined(batch)
        if every:
            # What is still without its event was left out by a live capture that was not read in time.
            self.flushed = False
            self._numbers.clear()
            self._messages_come = self._messages_due

    def _joined(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        from dicomfast.arrays import lists

        found = [self._taken(tuple(row.values())) for row in records(batch, "association", "sender", "packet", "event", "message_id")]
        return batch.append_column(COLUMN, lists(found))

    def _taken(self, key: tuple[Any, ...]) -> list[str]:
        numbers = self._numbers.get(key)
        if not numbers:
            return []
        message = numbers.popleft()
        if not numbers:
            del self._numbers[key]
        if message in self._left_out:
            self._left_out.remove(message)
            return [_LEFT_OUT]
        lines = self._lines.pop(message, [])
        self._count -= len(lines)
        return lines


def _carries(batch: pa.RecordBatch) -> bool:
    return any(batch.column("dataset_bytes").to_pylist())


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
