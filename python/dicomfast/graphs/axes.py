"""An axis: from values to pixels, and the round values that are written beside it. Knows nothing of what is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast.terminal import size

if TYPE_CHECKING:
    import numpy.typing as npt

_TICKS = 6


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on pixels from `start` to `end`; what is written is the value times `unit`."""

    low: float
    high: float
    start: float
    end: float
    unit: float
    bytes_: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def all(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The pixels of values."""
        pixels: npt.NDArray[Any] = self.start + (values - self.low) / (self.high - self.low) * (self.end - self.start)
        return pixels

    def ticks(self) -> list[tuple[float, str]]:
        """Round values within, with their text."""
        low, high = self.low * self.unit, self.high * self.unit
        rough = (high - low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
        first = math.ceil(low / step - 1e-9)
        count = math.floor(high / step + 1e-9) - first + 1
        return [((first + number) * step / self.unit, self._text((first + number) * step, step)) for number in range(count)]

    def _text(self, value: float, step: float) -> str:
        if self.bytes_:
            return size(value) if value >= 0 else ""
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return f"{value:,.{digits}f}"


def scale(low: float, high: float, start: float, end: float, unit: float, *, bytes_: bool = False) -> Scale:
    """A scale that always has a length."""
    if not math.isfinite(high - low) or high - low <= 0:
        high = low + 1.0 / unit
    return Scale(low, high, start, end, unit, bytes_)
