"""Which files are removed when there are too many or they are too old. Knows names alone; touches nothing that is not named as ours."""

from __future__ import annotations

import datetime as dt
import heapq
from typing import TYPE_CHECKING

from dicomfast.watch import layout
from dicomfast.watch.files import walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Retention:
    """The files of this directory, oldest first."""

    def __init__(self, root: Path, say: Callable[[str], None], *, most: int | None, days: float | None) -> None:
        """`most`: bytes of all files. `days`: since a file was written, as its name says."""
        self._root = root
        self._say = say
        self._most = most
        self._days = days
        self._files: list[tuple[str, str, Path, int]] = []
        self._total = 0
        self._troubled = False
        self.removed = 0
        if self._wanted:
            for name, path in walk(root):
                if (layout.PART.fullmatch(name) or layout.ROTATED.fullmatch(name)) and not path.is_symlink():
                    self.add(path, path.stat().st_size)

    @property
    def _wanted(self) -> bool:
        return self._most is not None or self._days is not None

    def add(self, path: Path, size: int) -> None:
        """One more file."""
        if not self._wanted:
            return
        name = path.relative_to(self._root).as_posix()
        found = layout.PART.fullmatch(name) or layout.ROTATED.fullmatch(name)
        if found is None:
            return
        heapq.heappush(self._files, (found["stamp"], found["number"].rjust(20, "0"), path, size))
        self._total += size

    def apply(self) -> None:
        """Remove the oldest until the rest may stay."""
        oldest = None if self._days is None else layout.stamp(dt.datetime.now(dt.UTC) - dt.timedelta(days=self._days))
        while self._files and (
            (self._most is not None and self._total > self._most) or (oldest is not None and self._files[0][0] < oldest)
        ):
            _, _, path, size = self._files[0]
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                # The next one would not go either; tried again with the next file.
                if not self._troubled:
                    self._troubled = True
                    self._say(f"cannot remove old files: {error.strerror}")
                return
            self._troubled = False
            heapq.heappop(self._files)
            self._total -= size
            self.removed += 1
            self._prune(path.parent)

    def _too_much(self) -> bool:
        return self._most is not None and self._total > self._most

    def _prune(self, folder: Path) -> None:
        """Remove the directories of a run, an hour and a day that are empty now."""
        for pattern in layout.DIRECTORIES:
            if not pattern.fullmatch(folder.name):
                return
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent
