"""Where batches come from while something runs on: inputs or interfaces, with their counters, and a way to end them.

Knows how captures are scanned and stopped; nothing of what is done with the rows.
"""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from dicomfast.capture import Capture
    from dicomfast.live import LiveCapture

# Batches between the thread that reads and the one that works: what is beyond waits in the engine, which counts what it sheds.
QUEUE = 256


@dataclass(frozen=True)
class Counters:
    """What came in so far. An input that is no interface drops nothing while it is read."""

    packets: int = 0
    bytes: int = 0
    dropped: int = 0
    """By the kernel: nobody read them in time."""
    interface_dropped: int = 0
    """By the interface or its driver."""
    shed: int = 0
    """By the engine: rows or packets could not be taken in time."""

    @property
    def lost(self) -> int:
        """All that should have been seen and was not."""
        return self.dropped + self.interface_dropped + self.shed


@dataclass(frozen=True)
class Intake:
    """Batches, the counters that go with them, and how to end them."""

    name: str
    batches: Iterable[tuple[str, pa.RecordBatch]]
    counters: Callable[[], Counters]
    stop: Callable[[], None]
    """Ends the batches: what is open gets its rows first. May be called from a signal handler."""
    live: bool = False
    """Whether the packets are of now."""


@contextmanager
def inputs(names: Sequence[str], opened: Callable[[tuple[Any, ...]], Capture], tables: Sequence[str], *, follow: bool) -> Iterator[Intake]:
    """Files, pipes, "-": `opened` makes one capture of them."""
    with ExitStack() as stack:
        taps = []
        for name in names:
            # As in `dicomfast.open`: the last one may grow.
            taps.append(Tap(name, follow=follow and name is names[-1]))
            stack.callback(taps[-1].close)
        scan = opened(tuple(taps)).scan(tables)

        def counters() -> Counters:
            stats = scan.stats()
            return Counters(packets=stats["packets"], bytes=stats["bytes"])

        def stop() -> None:
            for tap in taps:
                tap.stop()

        yield Intake(", ".join(names), scan, counters, stop)


@contextmanager
def interfaces(capture: LiveCapture, tables: Sequence[str]) -> Iterator[Intake]:
    """Network interfaces, as they are now."""
    with capture:

        def counters() -> Counters:
            stats = capture.stats
            return Counters(stats.received, stats.bytes, stats.dropped, stats.interface_dropped, stats.shed)

        yield Intake(", ".join(capture.sources), capture.scan(tables), counters, capture.stop, live=True)


class Reader(threading.Thread):
    """A thread that takes the batches, so that whoever works on them can do something else meanwhile."""

    def __init__(self, batches: Iterable[tuple[str, pa.RecordBatch]], take: Callable[[str, pa.RecordBatch], None]) -> None:
        super().__init__(name="dicomfast-reader", daemon=True)
        self._batches = batches
        self._take = take
        self.ended = threading.Event()
        self.error: BaseException | None = None
        """What ended the batches early."""

    def run(self) -> None:
        """Take all."""
        try:
            for name, batch in self._batches:
                self._take(name, batch)
        except BaseException as error:  # noqa: BLE001 - it is raised by who waits for the end
            self.error = error
        finally:
            self.ended.set()


class Queued:
    """Batches through a queue, with a tick where none came for a while."""

    def __init__(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        self._queue: queue.Queue[tuple[str, pa.RecordBatch]] = queue.Queue(QUEUE)
        self._reader = Reader(batches, lambda name, batch: self._queue.put((name, batch)))
        self._reader.start()

    def ticking(self, seconds: float) -> Iterator[tuple[str, pa.RecordBatch] | None]:
        """The batches, and None wherever none came for so long."""
        while True:
            # Asked first: what was put before the end is found after it.
            ended = self._reader.ended.is_set()
            try:
                yield self._queue.get(timeout=0 if ended else seconds)
            except queue.Empty:
                if ended:
                    break
                yield None
        if self._reader.error is not None:
            raise self._reader.error
