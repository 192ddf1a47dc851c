"""One line for each thing that happens, as it happens, in tcpdump's manner: `events`, at -vvv also `pdus` and data sets."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast.elements import COLUMN
from dicomfast.terminal import Paint, size
from dicomfast.text import escape, titles
from dicomfast.values import SECOND, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

Row = dict[str, Any]

NEGOTIATION = 1
COMMANDS = 2
PDUS = 3
DATA_SETS = 3

# PS3.7 annex C.
_CANCEL = 0xFE00
_WARNING = 0xB000
_WARNINGS = (0x0001, 0x0107, 0x0116)

_DAY = 86_400
# Rows that wait for the other table to come to the same packet.
_WAITING = 65_536

_FINAL = "bold red"
_STYLES = {"A-ASSOCIATE-RJ": _FINAL, "A-ABORT": _FINAL, "A-P-ABORT": _FINAL, "A-ASSOCIATE-AC": "green"}


@dataclass(frozen=True)
class Detail:
    """How much to print."""

    verbose: int = 0
    """1: what is negotiated; 2: command elements; 3: PDUs with their first bytes, and the elements of data sets."""
    numeric: bool = False
    """UIDs and status codes in place of their names."""

    @property
    def tables(self) -> list[str]:
        """The tables it takes."""
        return ["events", "pdus"] if self.verbose >= PDUS else ["events"]


def lines(batches: Iterable[tuple[str, pa.RecordBatch]], detail: Detail, paint: Paint) -> Iterator[list[str]]:
    """For each event or PDU its lines: the first, and the indented ones that `-v` asks for."""
    for name, row in _merged(batches) if detail.verbose >= PDUS else _rows(batches):
        yield pdu_lines(row, paint) if name == "pdus" else event_lines(row, detail, paint)


def _rows(batches: Iterable[tuple[str, pa.RecordBatch]]) -> Iterator[tuple[str, Row]]:
    for name, batch in batches:
        columns = {field.name: numbers(batch.column(field.name)) for field in batch.schema}
        found = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        # Bytes that had to wait for others are told later than they came.
        found.sort(key=lambda row: _packet(name, row))
        for row in found:
            yield name, row


def _packet(name: str, row: Row) -> int:
    return row["last_packet" if name == "pdus" else "packet"] or 0


def _merged(batches: Iterable[tuple[str, pa.RecordBatch]]) -> Iterator[tuple[str, Row]]:
    """Events and PDUs in the order of their packets, a PDU before what it completes."""
    waiting: list[tuple[int, int, int, str, Row]] = []
    reached = {"events": -1, "pdus": -1}
    number = itertools.count()
    for name, row in _rows(batches):
        packet = _packet(name, row)
        reached[name] = max(reached[name], packet)
        heapq.heappush(waiting, (packet, name != "pdus", next(number), name, row))
        while waiting and (waiting[0][0] < min(reached.values()) or len(waiting) > _WAITING):
            yield heapq.heappop(waiting)[3:]
    while waiting:
        yield heapq.heappop(waiting)[3:]


def clock(time: int | None) -> str:
    """The time of day in UTC, to the microsecond, as tcpdump prints it."""
    if time is None:
        return "--:--:--.------"
    seconds, nanoseconds = divmod(time, SECOND)
    minutes, second = divmod(seconds % _DAY, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{nanoseconds // 1000:06}"


def event_lines(row: Row, detail: Detail, paint: Paint) -> list[str]:
    """One event."""
    event = escape(row["event"])
    style = _style(event, row)
    where = f"{row['source_ip']}.{row['source_port']} > {row['destination_ip']}.{row['destination_port']}:"
    line = f"{paint(clock(row['time']), 'dim')} {escape(where)} {paint(_what(event, row, detail), style)}"
    if row["complete"] is False:
        line += paint(" [incomplete]", "yellow")
    indented = row.get("details") or []
    wanted = detail.verbose >= (NEGOTIATION if event.startswith("A-") else COMMANDS)
    below = [*(indented if wanted else []), *(row.get(COLUMN) or [])]
    return [line, *(f"    {escape(text)}" for text in below)]


def _what(event: str, row: Row, detail: Detail) -> str:
    parts = [event]
    if row["message_id"] is not None:
        parts.append(f"id {row['message_id']}")
    if row["calling_ae"] is not None or row["called_ae"] is not None:
        parts.append(titles(row["calling_ae"], row["called_ae"]))
    name = row["sop_class"] if detail.numeric else row["sop_class_name"] or row["sop_class"]
    if name and row["status"] is None:
        parts.append(escape(name))
    if row["status"] is not None:
        parts.append(f"0x{row['status']:04X}")
        if row["status_text"] and not detail.numeric:
            parts.append(escape(row["status_text"]))
    text = " ".join(parts)
    if row["dataset_bytes"]:
        text += f", {size(row['dataset_bytes'])}"
    if row["summary"]:
        text += f", {escape(row['summary'])}"
    return text


def _style(event: str, row: Row) -> str | None:
    if event in _STYLES:
        return _STYLES[event]
    status = row["status"]
    if status is None:
        return "cyan" if event.endswith("-RQ") else None
    return {"success": "green", "pending": None, "cancel": "yellow", "warning": "yellow"}.get(category(status), "red")


def category(status: int) -> str:
    """The category of a status code (PS3.7 annex C)."""
    if status == 0:
        return "success"
    if status in (0xFF00, 0xFF01):
        return "pending"
    if status == _CANCEL:
        return "cancel"
    if status & 0xF000 == _WARNING or status in _WARNINGS:
        return "warning"
    return "failure"


def pdu_lines(row: Row, paint: Paint) -> list[str]:
    """One PDU with its first bytes."""
    cut = "" if row["complete"] else " [incomplete]"
    head = f"{clock(row['end'])}     PDU {row['type_name']} from {row['sender']}, length {row['length']}"
    header = row.get("header")
    lines = [f"{head}, packets {row['first_packet']} to {row['last_packet']}{cut}"]
    if header:
        lines.append(f"        {header.hex(' ')}")
    return [paint(escape(line), "dim") for line in lines]
