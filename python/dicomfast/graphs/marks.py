"""What is drawn behind every graph: where DICOM messages begin and end, and the stalls. Knows the tables; draws nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast.graphs.series import column

if TYPE_CHECKING:
    import pyarrow as pa

REQUESTOR, ACCEPTOR = 0.0, 1.0
LANES = {"requestor": REQUESTOR, "acceptor": ACCEPTOR}

# What tells the cause of a stall beside its beginning, as the table `stalls` has it.
_EVIDENCE = ("end", "duration", "resumed", "waits", "waited", "sender", "command", "message_id", "cause", "confidence", "bytes_in_flight",
             "window", "rtt", "packet_before", "packet_after", "association")  # fmt: skip


def messages(table: pa.Table) -> pa.Table:
    """DIMSE messages by their first byte: time, end, y (the lane of the sender), packet, last_packet, text.

    A message whose beginning was not seen has no place in time and is left out.
    """
    rows = []
    names = ("start", "end", "sender", "first_packet", "last_packet", "command", "message_id", "sop_class", "sop_class_name", "status",
             "status_text", "dataset_bytes", "complete")  # fmt: skip
    for start, end, sender, first, last, *words in zip(*(column(table, name) for name in names), strict=True):
        if start is not None and sender in LANES:
            rows.append((start, max(end or start, start), LANES[sender], first, last, _message(*words)))
    return spans(rows)


def _message(
    command: str | None, number: int | None, uid: str | None, name: str | None, status: int | None, text: str | None,
    size: int | None, complete: bool | None,  # noqa: FBT001 - as it comes from the table
) -> str:  # fmt: skip
    parts = [command or "unknown command", "" if number is None else f"id {number}"]
    if status is None:
        parts.append(name or uid or "")
    else:
        parts.append(f"0x{status:04X} {text or ''}".rstrip())
    if size:
        parts.append(f"{size:,} bytes of data set")
    if complete is False:
        parts.append("incomplete")
    return ", ".join(part for part in parts if part)


def spans(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Things that last, by the time of their first byte."""
    import pyarrow as pa

    time = pa.timestamp("ns", "UTC")
    kinds = {"time": time, "end": time, "y": pa.float64(), "packet": pa.uint64(), "last_packet": pa.uint64(), "text": pa.string()}
    columns = list(zip(*sorted(rows, key=lambda row: (row[0], row[1])), strict=True)) or [()] * len(kinds)
    return pa.table({name: pa.array(values, kind) for (name, kind), values in zip(kinds.items(), columns, strict=True)})


def stalls(table: pa.Table) -> pa.Table:
    """Stalls by their beginning, `time`, with what tells their cause; those without beginning or end are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = {name: pa.uint64() for name in _EVIDENCE} | {"end": pa.timestamp("ns", "UTC")}
    kinds |= {name: pa.duration("ns") for name in ("duration", "waited", "rtt")}
    kinds |= {name: pa.string() for name in ("sender", "command", "cause", "confidence")}
    kinds |= {"resumed": pa.bool_()}
    columns = {"time": _cast(table, "start", pa.timestamp("ns", "UTC"))}
    columns |= {name: _cast(table, name, kind) for name, kind in kinds.items()}
    whole = pa.table(columns)
    return whole.filter(pc.less_equal(whole["time"], whole["end"])).sort_by("time")


def _cast(table: pa.Table, name: str, kind: pa.DataType) -> Any:
    import pyarrow as pa

    return table[name].cast(kind) if name in table.column_names else pa.nulls(table.num_rows, kind)
