"""The model, fed by a thread of its own. Knows when it is safe to look at it; nothing of what is looked for."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicomfast.dashboard.lines import Speed
from dicomfast.dashboard.model import Model
from dicomfast.dashboard.rate import Slope
from dicomfast.errors import FormatError
from dicomfast.intake import Intake, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

# Rows that are taken while nobody may look: a screen waits for no more.
_AT_ONCE = 512
# Seconds to wait for the last rows of what was told to end.
_PATIENCE = 5.0


class Feed:
    """An intake that runs, with the model it fills."""

    def __init__(self, intake: Intake, model: Model | None = None) -> None:
        self.intake = intake
        self._model = model or Model()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._stopping = False
        self._elapsed: float | None = None
        self._packets = Slope()
        self._bytes = Slope()
        self._reader = Reader(intake.batches, self._take)
        self._reader.start()

    def _take(self, table: str, batch: pa.RecordBatch) -> None:
        for start in range(0, batch.num_rows, _AT_ONCE):
            with self._lock:
                self._model.take(table, batch.slice(start, _AT_ONCE))

    @contextmanager
    def model(self) -> Iterator[Model]:
        """The model, as long as nothing comes in."""
        with self._lock:
            yield self._model

    @property
    def ended(self) -> bool:
        """Whether there is no more to come."""
        return self._reader.ended.is_set()

    @property
    def failed(self) -> bool:
        """Whether something else than the last packet ended it; `check` raises what."""
        return self._reader.error is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning; it stands still at the end."""
        if self._elapsed is None and self.ended:
            self._elapsed = time.monotonic() - self._began
        return self._elapsed if self._elapsed is not None else time.monotonic() - self._began

    def now(self, model: Model) -> int:
        """The time that ages are counted to: of the wall for an interface, of the newest packet for a file."""
        return max(model.newest, time.time_ns()) if self.intake.live and not self.ended else model.newest

    @property
    def dropped(self) -> int:
        """What should have been seen and was not, also as the files say."""
        with self._lock:
            return self.intake.counters().lost + (0 if self.intake.live else self._model.totals.dropped)

    def speed(self) -> Speed:
        """How fast it comes in, by what was asked in the last seconds."""
        counters, now = self.intake.counters(), time.monotonic()
        self._packets.add(now, counters.packets)
        self._bytes.add(now, counters.bytes)
        return Speed(self._packets.per_second, self._bytes.per_second * 8)

    def wait(self, seconds: float | None) -> None:
        """Until the end, or for so long."""
        self._reader.ended.wait(seconds)

    def stop(self) -> None:
        """End it, and take what still comes."""
        self._stopping = True
        self.intake.stop()
        self._reader.join(_PATIENCE)

    def check(self) -> None:
        """Raise what ended it early."""
        error = self._reader.error
        # Ended before its first packet: too early to say what it is.
        if error is not None and not (self._stopping and isinstance(error, FormatError) and not self.intake.counters().packets):
            raise error
