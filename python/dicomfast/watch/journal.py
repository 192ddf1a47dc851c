"""Findings as they come: one JSON object a line, in a file that can be followed. Knows nothing of the other tables."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import TYPE_CHECKING

from dicomfast.output import json_text
from dicomfast.values import rows
from dicomfast.watch import layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

# When the file takes another name: as large, or as old (seconds).
_LARGE = 16 << 20
_OLD = 86_400.0


class Journal:
    """`findings.ndjson`: whole lines alone, whatever happens."""

    def __init__(self, names: layout.Names, say: Callable[[str], None], written: Callable[[os.PathLike[str], int], None]) -> None:
        """`written` is told each file that is full, and its size."""
        self._names = names
        self._say = say
        self._written = written
        self._path: Path = names.root / layout.FINDINGS
        self._failing = False
        self._since = time.monotonic()
        self.lost = 0
        """Findings that could not be written here."""
        # What an earlier run left keeps its lines under another name.
        self._mend()
        self.rotate()

    def _mend(self) -> None:
        """Cut a line that a crash left without its end."""
        if not self._path.exists():
            return
        with self._path.open("rb+") as stream:
            end = stream.seek(0, os.SEEK_END)
            while end:
                start = max(0, end - 65_536)
                stream.seek(start)
                line = stream.read(end - start).rfind(b"\n")
                if line >= 0:
                    end = start + line + 1
                    break
                end = start
            stream.truncate(end)

    def take(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch of `findings`, with the run they belong to."""
        found = [{"run": self._names.run} | dict(zip(batch.schema.names, row, strict=True)) for row in rows(batch)]
        text = "".join(f"{json_text(row)}\n" for row in found).encode()
        try:
            with self._path.open("ab", buffering=0) as stream:
                before = stream.tell()
                try:
                    if stream.write(text) != len(text):
                        raise OSError(28, "No space left on device")  # noqa: TRY301 - as a write that takes nothing says
                except OSError:
                    stream.truncate(before)
                    raise
        except OSError as error:
            self.lost += len(found)
            if not self._failing:
                self._failing = True
                self._say(f"cannot write {layout.FINDINGS}: {error.strerror}")
            return
        self._failing = False
        if before + len(text) >= _LARGE:
            self.rotate()

    def tick(self) -> None:
        """Begin a new file once a day."""
        if time.monotonic() - self._since >= _OLD:
            self.rotate()

    def rotate(self) -> None:
        """Begin a new file, if there is something in this one."""
        self._since = time.monotonic()
        try:
            size = self._path.stat().st_size
            if not size:
                return
            target = self._names.rotated(dt.datetime.now(dt.UTC))
            self._path.rename(target)
        except FileNotFoundError:
            return
        except OSError as error:
            self._say(f"cannot rotate {layout.FINDINGS}: {error.strerror}")
            return
        self._written(target, size)
