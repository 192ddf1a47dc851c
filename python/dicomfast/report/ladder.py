"""The ladder of a connection as rows: what was said, by whom, when, and after how long a silence. Long ones lose their middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomfast.graphs.ladder import ladder
from dicomfast.graphs.series import column

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.report.facts import Row

# Rows that are shown: at the beginning, around the worst moment, at the end.
FIRST, AROUND, LAST = 8, 16, 6
_NAMES = ("time", "end", "y", "packet", "last_packet", "text")


@dataclass(frozen=True)
class Rung:
    """One PDU of the association, or one message."""

    time: int
    """Nanoseconds since the first packet of the connection."""
    lasted: int
    """From its first to its last byte."""
    after: int | None
    """Since the last byte of what was said before it; None where it began earlier, or is the first."""
    lane: int
    """Of its sender: 0 the requestor, 1 the acceptor."""
    packet: int | None
    text: str
    left_out: int = 0
    """So many were left out before it."""


def rungs(pdus: pa.Table, messages: pa.Table, origin: int, stall: Row | None) -> list[Rung]:
    """In the order of time; of many, those of the beginning, of the worst moment and of the end."""
    table = ladder(pdus, messages)
    rows = sorted(zip(*(column(table, name) for name in _NAMES), strict=True), key=lambda row: (row[0], row[1]))
    whole: list[Rung] = []
    before: int | None = None
    for time, end, lane, packet, _, text in rows:
        after = time - before if before is not None and time >= before else None
        whole.append(Rung(time - origin, end - time, after, int(lane), packet, text))
        before = end if before is None else max(before, end)
    return _shortened(whole, None if stall is None or stall["start"] is None else stall["start"] - origin)


def _shortened(whole: list[Rung], moment: int | None) -> list[Rung]:
    if len(whole) <= FIRST + AROUND + LAST:
        return whole
    if moment is None:
        middle = max(range(len(whole)), key=lambda index: max(whole[index].after or 0, whole[index].lasted))
    else:
        middle = next((index for index, rung in enumerate(whole) if rung.time + rung.lasted >= moment), len(whole) - 1)
    chosen = set(range(FIRST)) | set(range(len(whole) - LAST, len(whole)))
    chosen |= set(range(max(0, middle - AROUND // 2), min(len(whole), middle + AROUND // 2)))
    kept: list[Rung] = []
    last = -1
    for index in sorted(chosen):
        rung = whole[index]
        kept.append(rung if index == last + 1 else _after_gap(rung, index - last - 1))
        last = index
    return kept


def _after_gap(rung: Rung, left_out: int) -> Rung:
    return Rung(rung.time, rung.lasted, rung.after, rung.lane, rung.packet, rung.text, left_out)
