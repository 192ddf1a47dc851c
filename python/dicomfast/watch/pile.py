"""The rows that will be one file, in the order they came. Knows nothing of files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# So many batches are made one: live, a batch may be a single row, with all that a batch costs beside its rows.
_MERGED = 64


@dataclass
class Pile:
    """Rows of one table and one hour."""

    table: str
    hour: int
    rows: int = 0
    bytes: int = 0
    since: float = field(default_factory=time.monotonic)
    _levels: list[list[pa.RecordBatch]] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch) -> None:
        """Lay rows on top."""
        self.rows += batch.num_rows
        self.bytes += batch.nbytes
        self._add(batch, 0)

    def _add(self, batch: pa.RecordBatch, level: int) -> None:
        import pyarrow as pa

        if level == len(self._levels):
            self._levels.append([])
        held = self._levels[level]
        held.append(batch)
        # Level by level, so that a row is copied as often as there are levels, not as often as something comes.
        if len(held) == _MERGED:
            merged = pa.concat_batches(held)
            # Each batch brought its own dictionaries.
            self.bytes += merged.nbytes - sum(one.nbytes for one in held)
            held.clear()
            self._add(merged, level + 1)

    def content(self) -> pa.Table:
        """All rows."""
        import pyarrow as pa

        return pa.Table.from_batches([batch for level in reversed(self._levels) for batch in level])
