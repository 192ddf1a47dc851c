"""A path or standard input that can be told to end while it is read. Knows file descriptors; nothing of captures.

The engine sees an end of the input, so what is open gets its rows, as at the end of a file.
"""

from __future__ import annotations

import os
import select
import stat
import threading

from dicomfast.errors import OpenError
from dicomfast.sources import STANDARD_INPUT
from dicomfast.text import escape

# Seconds after which a wait looks up: whether it was stopped, whether the file has grown.
_LOOK_UP = 0.1


class Tap:
    """A binary file object over one input."""

    def __init__(self, name: str, *, follow: bool = False) -> None:
        """`follow`: at the end wait for more, until it is stopped."""
        self.name = name
        self._follow = follow
        self._stopped = threading.Event()
        self._file = self._open()
        self._waits = not stat.S_ISREG(os.fstat(self._file).st_mode)

    def _open(self) -> int:
        if self.name == STANDARD_INPUT:
            return 0
        try:
            # Without waiting for whoever writes into a pipe: `read` waits, and can be stopped.
            return os.open(self.name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise OpenError(f"cannot open {escape(self.name)}: {error.strerror}") from error

    def stop(self) -> None:
        """Let the input end here. May be called from another thread, or a signal handler."""
        self._stopped.set()

    def read(self, size: int) -> bytes:
        """Bytes as soon as there are some; none at the end, or once it was stopped."""
        if size == 0:
            return b""
        while not self._stopped.is_set():
            if self._waits and not self._ready():
                continue
            data = os.read(self._file, size)
            if data or not self._follow:
                return data
            self._stopped.wait(_LOOK_UP)
        return b""

    def _ready(self) -> bool:
        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        return bool(poll.poll(_LOOK_UP * 1000))

    def close(self) -> None:
        """Let go of the file."""
        self.stop()
        if self._file:
            os.close(self._file)
            self._file = 0
