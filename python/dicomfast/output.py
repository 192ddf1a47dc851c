"""Tables to files and streams, batch by batch: CSV, JSON, NDJSON, Arrow IPC, Parquet. Knows nothing of captures.

The text formats hold what `values` makes. CSV and JSON are safe to look at in a terminal, CSV in a spreadsheet.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from dicomfast.errors import ArgumentError
from dicomfast.text import csv_cell, escape
from dicomfast.values import Value, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    import pyarrow as pa

SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".arrows": "arrows",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "text",
}
FORMATS = ("text", "csv", "json", "ndjson", "arrow", "arrows", "parquet")
BINARY = frozenset({"arrow", "arrows", "parquet"})


class Writer(Protocol):
    """Takes batches of one schema."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""

    def close(self) -> None:
        """Write what comes after the last row."""


def format_of(path: str) -> str:
    """The format that a file's suffix names."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise ArgumentError(f"the suffix of {escape(path)} names no format; use one of {known}, or --format")
    return SUFFIXES[suffix]


def writer(form: str, stream: BinaryIO, schema: pa.Schema) -> Writer:
    """A writer of this format ("text" is `terminal.TextWriter`)."""
    makers: dict[str, Callable[[BinaryIO, pa.Schema], Writer]] = {
        "csv": CsvWriter,
        "json": JsonWriter,
        "ndjson": NdjsonWriter,
        "arrow": ArrowFileWriter,
        "arrows": ArrowStreamWriter,
        "parquet": ParquetWriter,
    }
    return makers[form](stream, schema)


class _Encoded:
    """Text into a stream of bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(text.encode())


class CsvWriter:
    """RFC 4180, with a header line. Cells that a spreadsheet would compute begin with '; null is an empty cell."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._csv = csv.writer(_Encoded(stream))
        self._csv.writerow(schema.names)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""
        self._csv.writerows([_cell(value) for value in row] for row in rows(batch))

    def close(self) -> None:
        """Nothing comes after the last row."""


def _cell(value: Value) -> str | int | float | None:
    if isinstance(value, str):
        return csv_cell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return csv_cell("; ".join(str(item) for item in value))
    return value


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Plain values as JSON."""
    # ASCII alone, so that no terminal obeys it; DEL is the one control that JSON leaves.
    return json.dumps(value, ensure_ascii=True, indent=indent).replace("\x7f", "\\u007f")


def _json(names: list[str], row: tuple[Value, ...]) -> str:
    return json_text(dict(zip(names, row, strict=True)))


class NdjsonWriter:
    """One JSON object a line."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._stream = stream
        self._names = list(schema.names)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""
        self._stream.write("".join(f"{_json(self._names, row)}\n" for row in rows(batch)).encode())

    def close(self) -> None:
        """Nothing comes after the last row."""


class JsonWriter:
    """One JSON array of objects, one a line."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._stream = stream
        self._names = list(schema.names)
        self._before = "[\n"

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""
        for row in rows(batch):
            self._stream.write(f"{self._before}{_json(self._names, row)}".encode())
            self._before = ",\n"

    def close(self) -> None:
        """Close the array."""
        self._stream.write(b"[]\n" if self._before == "[\n" else b"\n]\n")


class ArrowStreamWriter:
    """Arrow IPC, stream format."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        import pyarrow as pa

        self._writer = pa.ipc.new_stream(stream, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """Write the end of the stream."""
        self._writer.close()


class ArrowFileWriter:
    """Arrow IPC, file format ("Feather V2"). It cannot replace a dictionary, so repeating text is written out."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        import pyarrow as pa

        self._schema = pa.schema([_decoded(field) for field in schema], metadata=schema.metadata)
        self._writer = pa.ipc.new_file(stream, self._schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch."""
        self._writer.write_batch(batch.cast(self._schema))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


def _decoded(field: pa.Field) -> pa.Field:
    import pyarrow as pa

    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


class ParquetWriter:
    """Parquet with zstd; one row group for about a hundred thousand rows."""

    ROWS = 131_072

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self._writer = pq.ParquetWriter(stream, schema, compression="zstd")
        self._held: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Hold the batch until a row group is full."""
        self._held.append(batch)
        self._rows += batch.num_rows
        if self._rows >= self.ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held))
            self._held.clear()
            self._rows = 0

    def close(self) -> None:
        """Write the last row group and the footer."""
        self._flush()
        self._writer.close()


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A file that takes its name only when it is whole; a run that fails leaves what was there before."""
    target = Path(path)
    if target.exists() and not target.is_file():
        # A pipe or a device has nothing to be replaced.
        with target.open("wb") as stream:
            yield stream
        return
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as temporary:
        try:
            yield cast("BinaryIO", temporary)
            temporary.flush()
            Path(temporary.name).chmod(_mode(target))
            Path(temporary.name).replace(target)
        except BaseException:
            Path(temporary.name).unlink(missing_ok=True)
            raise


def _mode(target: Path) -> int:
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
