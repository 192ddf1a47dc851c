"""What a capture is read from: paths, patterns, standard input, file objects. Knows nothing of their content."""

import glob
import os
from collections.abc import Sequence
from typing import BinaryIO

from dicomfast.errors import ArgumentError, OpenError
from dicomfast.text import escape

Source = str | os.PathLike[str] | BinaryIO

STANDARD_INPUT = "-"


def expand(sources: Sequence[Source]) -> list[str | BinaryIO]:
    """Paths and file objects in the order in which they are read; patterns are expanded and sorted."""
    if not sources:
        raise ArgumentError("no capture is named")
    expanded: list[str | BinaryIO] = []
    for source in sources:
        if isinstance(source, str | os.PathLike):
            expanded.extend(_paths(os.fspath(source)))
        else:
            expanded.append(source)
    streams = sum(not isinstance(source, str) or source == STANDARD_INPUT for source in expanded)
    distinct = {source if isinstance(source, str) else id(source) for source in expanded}
    if streams and len(distinct) < len(expanded):
        raise ArgumentError("standard input or a file object is named twice; it can be read only once")
    return expanded


def _paths(path: str) -> list[str]:
    if not isinstance(path, str):
        raise ArgumentError("a path is text, not bytes; use os.fsdecode")
    # A file whose name holds a bracket is that file.
    if not glob.has_magic(path) or os.path.lexists(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - a pattern may be absolute
    if not found:
        raise OpenError(f"no file matches {escape(path)}")
    return found


def can_be_read_again(sources: Sequence[str | BinaryIO]) -> bool:
    """Whether a second pass finds the same bytes."""
    return all(isinstance(source, str) and source != STANDARD_INPUT for source in sources)
