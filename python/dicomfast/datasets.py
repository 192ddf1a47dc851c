"""Objects that were stored, for pydicom. Knows the files that `export` writes; nothing of captures."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicomfast.errors import DicomfastError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa


@dataclass(frozen=True)
class DataSet:
    """An object that was stored whole."""

    association: int
    message: int
    sop_class: str | None
    sop_instance: str | None
    transfer_syntax: str
    # As a file: the data set's bytes behind the file meta information.
    content: bytes

    def to_pydicom(self) -> Any:
        """As a `pydicom.FileDataset`; needs pydicom (`pip install dicomfast[dicom]`)."""
        try:
            import pydicom
        except ImportError as error:
            raise DicomfastError("pydicom is not installed: pip install 'dicomfast[dicom]'") from error
        return pydicom.dcmread(io.BytesIO(self.content))


def datasets(export: Callable[[str], pa.Table], most: int) -> Iterator[DataSet]:
    """Each object that is no larger than `most` bytes, one at a time in memory; until then they are in a folder that only we can read."""
    with tempfile.TemporaryDirectory(prefix="dicomfast-") as folder:
        for row in export(folder).to_pylist():
            if row["file"] is not None and row["complete"]:
                path = Path(folder) / row["file"]
                content = path.read_bytes() if row["bytes"] <= most else None
                path.unlink()
                if content is not None:
                    names = ("association", "message", "sop_class", "sop_instance", "transfer_syntax")
                    yield DataSet(content=content, **{name: row[name] for name in names})
