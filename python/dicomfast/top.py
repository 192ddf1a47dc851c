"""The rows that rank highest, of any number of rows, in bounded memory."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Top:
    """Keeps the `size` rows of the highest rank; of equals those that came first."""

    def __init__(self, size: int, rank: Callable[[dict[str, Any]], tuple[int, ...]]) -> None:
        self.size = size
        self._rank = rank
        self._heap: list[tuple[tuple[int, ...], int, dict[str, Any]]] = []
        self.seen = 0

    def add(self, row: dict[str, Any]) -> None:
        """Keep this row, if it ranks high enough."""
        self.seen += 1
        entry = (self._rank(row), -self.seen, row)
        if len(self._heap) < self.size:
            heapq.heappush(self._heap, entry)
        elif self._heap and entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)

    def rows(self) -> list[dict[str, Any]]:
        """The highest first."""
        return [row for _, _, row in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]
