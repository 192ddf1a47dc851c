"""What rows of `anomalies` say of a capture itself while it goes on, as lines. Knows that table; not where the lines go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.dump import clock
from dicomfast.values import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

KINDS = ("capture-loss", "interface-down", "interface-up", "rows-shed")


def notices(batch: pa.RecordBatch) -> Iterator[tuple[str, str]]:
    """Kinds and lines."""
    for row in records(batch, "time", "kind", "detail"):
        if row["kind"] in KINDS:
            yield row["kind"], f"{clock(row['time'])} {row['kind']}: {row['detail']}"
