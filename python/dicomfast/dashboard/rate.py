"""How much in the last few seconds, in constant memory. Knows no clock: the time comes with what is counted."""

from __future__ import annotations

from collections import deque

from dicomfast.values import SECOND

# Seconds that a rate looks back. DIMSE messages may be large: a shorter time would show nothing between two of them.
WINDOW = 10


class Recent:
    """Amounts of the last seconds."""

    __slots__ = ("_amounts", "_seconds")

    def __init__(self) -> None:
        self._seconds: deque[int] = deque(maxlen=WINDOW)
        self._amounts: deque[int] = deque(maxlen=WINDOW)

    def add(self, time: int, amount: int) -> None:
        """Count an amount at a time in nanoseconds; one that is late counts as of now."""
        second = time // SECOND
        if self._seconds and second <= self._seconds[-1]:
            self._amounts[-1] += amount
        else:
            self._seconds.append(second)
            self._amounts.append(amount)

    def per_second(self, now: int) -> float:
        """The mean of the window that ends now."""
        first = now // SECOND - WINDOW
        return sum(amount for second, amount in zip(self._seconds, self._amounts, strict=True) if second > first) / WINDOW


class Slope:
    """How fast a counter grows, by the samples of the last seconds."""

    def __init__(self, seconds: float = 3.0) -> None:
        self._seconds = seconds
        self._samples: deque[tuple[float, int]] = deque(maxlen=64)

    def add(self, now: float, value: int) -> None:
        """The counter now, in seconds of a clock that only goes forward."""
        self._samples.append((now, value))
        while len(self._samples) > 2 and self._samples[1][0] <= now - self._seconds:  # noqa: PLR2004 - a slope has two ends
            self._samples.popleft()

    @property
    def per_second(self) -> float:
        """The growth."""
        if not self._samples:
            return 0.0
        (first, low), (last, high) = self._samples[0], self._samples[-1]
        return (high - low) / (last - first) if last > first else 0.0
