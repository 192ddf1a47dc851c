"""Arrow values as the text formats write them. The one place that knows how a time or a duration looks.

Times are ISO 8601 in UTC with nanoseconds, durations are numbers of seconds, bytes are hexadecimal, what cannot be
known is null.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Value = str | int | float | bool | None | list[Any]

SECOND = 1_000_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def values(column: pa.Array) -> list[Value]:
    """A column as plain values."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return values(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        return [None if time is None else iso(time) for time in integers(column)]
    if pa.types.is_duration(kind):
        return [None if time is None else time / SECOND for time in integers(column)]
    plain: list[Any] = column.to_pylist()
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind):
        return [None if value is None else value.hex() for value in plain]
    return plain


def rows(batch: pa.RecordBatch) -> list[tuple[Value, ...]]:
    """The rows of a batch as plain values."""
    return list(zip(*(values(column) for column in batch.columns), strict=True))


def numbers(column: pa.Array) -> list[Any]:
    """A column as Python values; times and durations as whole nanoseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) or pa.types.is_duration(column.type):
        return integers(column)
    plain: list[Any] = column.to_pylist()
    return plain


def records(batch: pa.RecordBatch, *names: str) -> list[dict[str, Any]]:
    """The rows of a batch with these columns, each as `numbers` gives it."""
    cells = zip(*(numbers(batch.column(name)) for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in cells]


def integers(column: pa.Array) -> list[int | None]:
    """Times and durations as nanoseconds."""
    import pyarrow as pa

    unit = pa.timestamp("ns", column.type.tz) if pa.types.is_timestamp(column.type) else pa.duration("ns")
    nanoseconds: list[int | None] = column.cast(unit).cast(pa.int64()).to_pylist()
    return nanoseconds


def iso(time: int) -> str:
    """Nanoseconds since 1970 as 2024-05-17T08:30:00.123456789Z."""
    seconds, fraction = divmod(time, SECOND)
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


def to_the_millisecond(time: int) -> str:
    """A time for people: 2024-05-17 08:30:00.123 UTC."""
    return f"{iso(time)[:23].replace('T', ' ')} UTC"
