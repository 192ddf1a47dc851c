"""The loop: takes batches, hands them to who keeps and counts them, ticks, and ends in order. Knows signals; no formats."""

from __future__ import annotations

import datetime as dt
import signal
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast.errors import FormatError
from dicomfast.intake import Counters, Intake, Queued
from dicomfast.notices import notices
from dicomfast.terminal import count, size
from dicomfast.watch import files, layout
from dicomfast.watch.journal import Journal
from dicomfast.watch.retention import Retention
from dicomfast.watch.store import Rotation, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

TICK = 0.2
# Seconds between two lines of a kind about the capture itself.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Plan:
    """What is kept, where, and for how long."""

    root: Path
    rotation: Rotation = field(default_factory=Rotation)
    keep_bytes: int | None = None
    keep_days: float | None = None
    metrics: str | None = None
    """Where to answer Prometheus."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    counters: Counters
    rows: int
    files: int
    lost: int
    """Rows that could not be written."""

    def line(self) -> str:
        """The counts, for the last line."""
        seen = f"{count(self.counters.packets, 'packet')}, {size(self.counters.bytes)}, {count(self.counters.lost)} dropped"
        return f"{seen}; {count(self.rows, 'row')} in {count(self.files, 'file')}, {count(self.lost)} lost"


class Watcher:
    """One run, from the first batch to the last."""

    def __init__(self, plan: Plan, intake: Intake, say: Callable[[str], None]) -> None:
        """The directory must be ours already (`files.owned`)."""
        self._intake = intake
        self._say = say
        self._rotate = False
        self._ending = False
        left = files.remove_unfinished(plan.root)
        if left:
            say(f"removed {count(left, 'unfinished file')} of a run that was cut short")
        self._retention = Retention(plan.root, say, most=plan.keep_bytes, days=plan.keep_days)
        names = layout.Names(plan.root, dt.datetime.now(dt.UTC))
        self._store = Store(names, plan.rotation, say, self._written)
        self._journal = Journal(names, say, self._written)
        self._said_at: dict[str, float] = {}
        # What the files say that their capturing programs dropped.
        self._dropped = 0
        self._takers: list[Callable[[str, pa.RecordBatch], None]] = [
            self._store.take,
            self._take_findings,
            self._take_drops,
            self._take_notices,
        ]
        if plan.metrics is not None:
            from dicomfast.watch.metrics import Metrics

            metrics = Metrics(self.counters, self._store)
            self._takers.append(metrics.take)
            say(f"metrics at {metrics.serve(plan.metrics)}")

    def _written(self, path: Any, written: int) -> None:
        self._retention.add(path, written)
        self._retention.apply()

    def _take_findings(self, table: str, batch: pa.RecordBatch) -> None:
        if table == "findings":
            self._journal.take(batch)

    def _take_drops(self, table: str, batch: pa.RecordBatch) -> None:
        if table == "capture_info" and not self._intake.live:
            self._dropped += sum(batch.column("dropped").fill_null(0).to_pylist())

    def _take_notices(self, table: str, batch: pa.RecordBatch) -> None:
        if table != "anomalies" or not self._intake.live:
            return
        for kind, line in notices(batch):
            now = time.monotonic()
            if now - self._said_at.get(kind, -_PATIENCE) >= _PATIENCE:
                self._said_at[kind] = now
                self._say(line)

    def counters(self) -> Counters:
        """What came in so far."""
        now = self._intake.counters()
        return now if self._intake.live else Counters(now.packets, now.bytes, self._dropped)

    def end(self) -> None:
        """Ask for the end."""
        self._ending = True
        self._intake.stop()

    def rotate(self) -> None:
        """Ask for new files."""
        self._rotate = True

    def run(self) -> Outcome:
        """Until the batches end. What they end with is raised once all is written."""
        self._retention.apply()
        try:
            for item in Queued(self._intake.batches).ticking(TICK):
                if item is not None:
                    for take in self._takers:
                        take(*item)
                self._tick()
        except FormatError:
            # Ended before its first packet: too early to say what it is.
            if not self._ending or self._intake.counters().packets:
                raise
        finally:
            self._store.close()
            self._journal.rotate()
        return self.outcome()

    def _tick(self) -> None:
        if self._rotate:
            self._rotate = False
            self._store.rotate()
            self._journal.rotate()
        self._store.tick()
        self._journal.tick()

    def outcome(self) -> Outcome:
        """The counts so far."""
        return Outcome(self.counters(), self._store.rows.total(), self._store.files, self._store.lost.total() + self._journal.lost)


@contextmanager
def signals(watcher: Watcher) -> Iterator[None]:
    """SIGTERM and SIGINT end it in order, SIGHUP begins new files."""
    asked = {signal.SIGTERM: watcher.end, signal.SIGINT: watcher.end, signal.SIGHUP: watcher.rotate}
    with ExitStack() as stack:
        for number, answer in asked.items():
            stack.callback(signal.signal, number, signal.signal(number, lambda *_, answer=answer: answer()))
        yield
