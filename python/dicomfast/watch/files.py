"""Files that are there whole or not at all, and a directory that one program at a time writes into. Knows no rows but as a table."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicomfast import _dicomfast
from dicomfast.errors import OpenError
from dicomfast.text import escape
from dicomfast.watch.layout import DIRECTORIES, LOCK, UNFINISHED, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from dicomfast.privileges import User

# Rows of one row group, as in `output`.
_GROUP = 131_072


@contextmanager
def owned(root: Path) -> Iterator[None]:
    """The directory, made where it is not there, for this process alone: the kernel lets go of it whatever ends the process."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise OpenError(f"cannot write to {escape(str(root))}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OpenError(f"another dicomfast watch writes to {escape(str(root))}") from error
        yield
    finally:
        os.close(lock)


def give(root: Path, user: User) -> None:
    """Let the user whom root becomes write here: the directory, and those of tables, days, hours and runs below. Links are not followed."""
    os.chown(root, user.uid, user.gid, follow_symlinks=False)
    for table in _dicomfast.table_names():
        for folder, names, _ in os.walk(root / table):
            os.chown(folder, user.uid, user.gid, follow_symlinks=False)
            names[:] = [name for name in names if any(pattern.fullmatch(name) for pattern in DIRECTORIES)]


def walk(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file below, with its path from there; links are not followed."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = root / folder / name
            yield path.relative_to(root).as_posix(), path


def remove_unfinished(root: Path) -> int:
    """Remove what a run that was killed left half written; how many there were."""
    found = [path for name, path in walk(root) if UNFINISHED.fullmatch(name)]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def write(path: Path, content: pa.Table) -> int:
    """Write a Parquet file whole, or raise OSError and leave nothing; its size."""
    import pyarrow.parquet as pq

    _make(path.parent)
    temporary = unfinished(path)
    try:
        with temporary.open("xb") as stream:
            pq.write_table(content, stream, compression="zstd", row_group_size=_GROUP)
            stream.flush()
            os.fsync(stream.fileno())
            size = os.fstat(stream.fileno()).st_size
        temporary.rename(path)
        _sync(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return size


def _make(folder: Path) -> None:
    """The directory, there also after a power cut."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
