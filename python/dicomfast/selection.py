"""Which objects an export keeps: those that a display filter selects, as the table `objects` shows them. Knows nothing of their bytes.

The engine can leave out whole connections. What else it writes on a connection with a chosen object is removed as soon as its row comes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dicomfast.errors import ArgumentError
from dicomfast.filters.ask import Filter
from dicomfast.sources import can_be_read_again

if TYPE_CHECKING:
    import os

    import pyarrow as pa

    from dicomfast.capture import Capture


class Selection:
    """Made in a pass of its own, before anything is written."""

    def __init__(self, capture: Capture, text: str, folder: str | os.PathLike[str]) -> None:
        chosen = Filter(text)
        if not can_be_read_again(capture.sources):
            raise ArgumentError(
                "objects are chosen in one pass and written in another: standard input and file objects cannot be read twice"
            )
        self._folder = Path(folder)
        messages: set[int] = set()
        connections: set[int] = set()
        for _, batch in chosen.matching(capture, ["objects"]):
            messages.update(batch.column("message").to_pylist())
            connections.update(batch.column("connection").to_pylist())
        self._messages = messages
        self.connections = sorted(connections)

    def keep(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of `exports` that were chosen; the files of the others are removed."""
        import pyarrow as pa

        from dicomfast import arrays

        chosen = [message in self._messages for message in rows.column("message").to_pylist()]
        for name, stays in zip(rows.column("file").to_pylist(), chosen, strict=True):
            if not stays and name is not None:
                (self._folder / name).unlink()
        return rows.filter(arrays.array(chosen, pa.bool_()))
