"""Rows to Parquet files: piles them up, writes them when it is time, and goes on when the disk does not. Knows no signals, no sources."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomfast.terminal import count, size
from dicomfast.text import escape
from dicomfast.watch import files, layout
from dicomfast.watch.pile import Pile

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

MIB = 1 << 20

# Files that fill at once: a capture may tell any time, and each hour is a file of its own.
PILES = 512
# Rows in memory, whatever the disk does; beyond, the oldest that wait for it are given up and counted.
HELD_BYTES = 256 * MIB
# Seconds after which a disk that was full is tried again.
RETRY = 10.0


@dataclass(frozen=True)
class Rotation:
    """When a file is written: whichever comes first."""

    seconds: float = 300.0
    rows: int = 1_000_000
    bytes: int = 64 * MIB
    """Of rows in memory; a file is smaller."""


class Store:
    """Takes rows, writes files."""

    def __init__(
        self,
        names: layout.Names,
        rotation: Rotation,
        say: Callable[[str], None],
        written: Callable[[os.PathLike[str], int], None],
    ) -> None:
        """`written` is told each file and its size."""
        self._names = names
        self._rotation = rotation
        self._say = say
        self._written = written
        self._piles: dict[tuple[str, int], Pile] = {}
        self._due: deque[Pile] = deque()
        self._newest = 0
        self._failing = False
        self._retry = 0.0
        self.rows: Counter[str] = Counter()
        """Rows in files, by table."""
        self.lost: Counter[str] = Counter()
        """Rows that no disk took, by table."""
        self.files = 0
        self.bytes = 0
        self.failures = 0
        """Times that it could not write."""

    @property
    def failing(self) -> bool:
        """Whether the disk takes nothing at present."""
        return self._failing

    def take(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows."""
        parts, self._newest = layout.by_hour(table, batch, self._newest)
        for hour, part in parts:
            pile = self._piles.get((table, hour))
            if pile is None:
                pile = self._piles[table, hour] = Pile(table, hour)
            pile.add(part)
            if pile.rows >= self._rotation.rows or pile.bytes >= self._rotation.bytes:
                self._finish(pile)
            elif len(self._piles) > PILES or self._held() > HELD_BYTES // 2:
                self._finish(max(self._piles.values(), key=lambda one: one.bytes))
        self.write()

    def _held(self) -> int:
        return sum(pile.bytes for pile in self._piles.values())

    def _finish(self, pile: Pile) -> None:
        self._due.append(self._piles.pop((pile.table, pile.hour)))

    def tick(self) -> None:
        """Write what has been filling for long enough, and what could not be written before."""
        old = time.monotonic() - self._rotation.seconds
        for pile in [pile for pile in self._piles.values() if pile.since <= old]:
            self._finish(pile)
        self.write()

    def rotate(self) -> None:
        """Write all of it now."""
        for pile in list(self._piles.values()):
            self._finish(pile)
        self._retry = 0.0
        self.write()

    def close(self) -> None:
        """Write all of it; what the disk does not take is lost."""
        self.rotate()
        while self._due:
            self._give_up()

    def write(self) -> None:
        """Write what is due, unless the disk failed a moment ago."""
        if self._due and time.monotonic() >= self._retry:
            try:
                while self._due:
                    self._write(self._due[0])
                    self._due.popleft()
            except OSError as error:
                self._failed(error)
            else:
                self._recovered()
        while self._due and self._held() + sum(pile.bytes for pile in self._due) > HELD_BYTES:
            self._give_up()

    def _write(self, pile: Pile) -> None:
        path = self._names.part(pile.table, pile.hour, dt.datetime.now(dt.UTC))
        written = files.write(path, pile.content())
        self.files += 1
        self.bytes += written
        self.rows[pile.table] += pile.rows
        self._written(path, written)

    def _give_up(self) -> None:
        pile = self._due.popleft()
        self.lost[pile.table] += pile.rows

    def _failed(self, error: OSError) -> None:
        self.failures += 1
        self._retry = time.monotonic() + RETRY
        if not self._failing:
            self._failing = True
            reason = escape(os.strerror(error.errno) if error.errno else "input/output error")
            self._say(f"cannot write: {reason}; holding up to {size(HELD_BYTES)} of rows, trying again every {RETRY:.0f} s")

    def _recovered(self) -> None:
        if self._failing:
            self._failing = False
            self._say(f"writing again; {count(self.lost.total(), 'row')} lost so far")
