"""How far a run is: a bar on standard error for what takes longer than a second, and the counts after Ctrl-C."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicomfast.terminal import count, size
from dicomfast.text import markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomfast.capture import Capture, Scan
    from dicomfast.narrowing import Connections

_PATIENCE = 1.0
_REFRESH = 0.2
# A longer name would leave no room for the bar.
_LABEL = 30
# Of these it is not known how much will come out.
_COMPRESSED = (".gz", ".zst", ".lz4")

_running: list[Scan] = []


def interrupted() -> str:
    """What was read before Ctrl-C, for the last line."""
    if not _running:
        return ""
    stats = _running[-1].stats()
    return f" after {count(stats['packets'], 'packet')}, {size(stats['bytes'])}"


@contextmanager
def watched(capture: Capture, tables: list[str], connections: Connections | None = None, *, bar: bool = True) -> Iterator[Scan]:
    """A pass over the capture, as `watching`."""
    with watching(capture, capture.scan(tables, connections), bar=bar) as scan:
        yield scan


@contextmanager
def watching(capture: Capture, scan: Scan, *, bar: bool = True) -> Iterator[Scan]:
    """A pass that was begun, with a bar where a person looks at standard error and nothing else is printed there."""
    _running.append(scan)
    done = threading.Event()
    shown = None
    if bar and sys.stderr.isatty():
        shown = threading.Thread(target=_show, args=(scan, _total(capture), _label(capture), done), daemon=True)
        shown.start()
    try:
        yield scan
        _running.clear()
    except GeneratorExit:
        # Whoever asked for rows one by one has enough of them.
        _running.clear()
        raise
    finally:
        done.set()
        if shown is not None:
            shown.join()
        if not _running:
            scan.close()


def _total(capture: Capture) -> int | None:
    """Bytes of all inputs, where they are plain files."""
    total = 0
    for source in capture.sources:
        if not isinstance(source, str) or source.endswith(_COMPRESSED) or not os.path.isfile(source):  # noqa: PTH113 - as below
            return None
        total += os.path.getsize(source)  # noqa: PTH202 - as above
    return total


def _label(capture: Capture) -> str:
    names = [source if isinstance(source, str) else "file object" for source in capture.sources]
    return os.path.basename(names[0])[:_LABEL] if len(names) == 1 else f"{len(names)} files"  # noqa: PTH119 - "-" is no path


def _show(scan: Scan, total: int | None, label: str, done: threading.Event) -> None:
    if done.wait(_PATIENCE):
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        task = progress.add_task(markup(label), total=total, counts="")
        while not done.wait(_REFRESH):
            stats = scan.stats()
            counts = f"{count(stats['packets'], 'packet')}, {size(stats['bytes'])}"
            progress.update(task, completed=stats["bytes"], counts=counts)
