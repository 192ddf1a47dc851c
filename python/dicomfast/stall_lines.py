"""Pauses as lines for people. Escapes what comes from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.dump import clock
from dicomfast.stalls import endless, in_words
from dicomfast.terminal import Paint, count, duration, size
from dicomfast.text import escape, titles

if TYPE_CHECKING:
    from dicomfast.stalls import Row, Totals

_INDENT = " " * 16


def lines(row: Row, paint: Paint) -> list[str]:
    """One pause: when, how long, who; then why; then the evidence."""
    length = duration(row["duration"] or 0)
    return [
        f"{paint(clock(row['start']), 'dim')} {paint(length, 'bold')} {_who(row)}",
        f"{_INDENT}{paint(escape(in_words(row['cause'])), 'yellow')} ({escape(row['confidence'] or 'unknown')} confidence)",
        f"{_INDENT}{paint(_evidence(row), 'dim')}",
    ]


def _who(row: Row) -> str:
    who = titles(row["calling_ae"], row["called_ae"])
    message = escape(row["command"] or "a message")
    if row["message_id"] is not None:
        message += f" id {row['message_id']}"
    after = ", and never went on" if endless(row) else ""
    return f"{who} {message} from the {escape(row['sender'] or 'unknown')}{after}"


def _evidence(row: Row) -> str:
    parts = []
    if (row["waits"] or 1) > 1:
        parts.append(f"{row['waits']:,} waits, {duration(row['waited'] or 0)} together")
    if row["bytes_in_flight"] is not None:
        parts.append(f"{size(row['bytes_in_flight'])} in flight")
    if row["window"] is not None:
        parts.append(f"window {size(row['window'])}")
    if row["rtt"] is not None:
        parts.append(f"RTT {duration(row['rtt'])}")
    if row["packet_before"] is not None:
        parts.append(f"packets {row['packet_before']} to {row['packet_after']}")
    return ", ".join([f"connection {row['connection']}", *parts])


def closing(totals: Totals, shown: int | None = None) -> str:
    """What all pauses add up to, by cause."""
    ranked = totals.ranked()
    pauses = sum(amount for _, amount, _ in ranked)
    if not pauses:
        return "No pause in the middle of a message"
    causes = ", ".join(f"{escape(cause)} {duration(time)} ({amount:,})" for cause, amount, time in ranked)
    hidden = f", {shown:,} shown" if shown is not None and shown < pauses else ""
    return f"{count(pauses, 'pause')}{hidden}, {duration(sum(totals.time.values()))} waited: {causes}"
