"""A capture on one screen: what was seen, what failed, how fast. Counts while it reads, and keeps no table."""

from __future__ import annotations

import statistics
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast import findings
from dicomfast.findings import Findings
from dicomfast.terminal import Paint, columns, count, duration, size
from dicomfast.text import escape
from dicomfast.values import numbers, records, to_the_millisecond

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

TABLES = ["capture_info", "connections", "associations", "operations", "anomalies", "findings"]
# Lines of one section before the rest is counted in one line: a screen is all there is.
_LINES = 8
# What is unknown, and what is more than is told apart.
_UNKNOWN = "(unknown)"
_OTHERS = "(others)"
_PAIRS = 10_000
# Response times kept for one command: the median of more is that of the first ones.
_SAMPLES = 1_000_000


@dataclass
class Commands:
    """The operations of one command."""

    count: int = 0
    failed: int = 0
    unanswered: int = 0
    bytes: int = 0
    timed_bytes: int = 0
    transfer_time: int = 0
    response_times: array[int] = field(default_factory=lambda: array("q"))


@dataclass
class Pair:
    """The associations between one calling and one called AE title."""

    associations: int = 0
    not_accepted: int = 0
    operations: int = 0
    failed: int = 0
    bytes: int = 0


@dataclass
class Summary:
    """What the tables add up to."""

    inputs: list[dict[str, Any]] = field(default_factory=list)
    connections: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    pairs: dict[tuple[str, str], Pair] = field(default_factory=lambda: defaultdict(Pair))
    commands: dict[str, Commands] = field(default_factory=lambda: defaultdict(Commands))
    failures: Counter[tuple[str, int | None, str]] = field(default_factory=Counter)
    anomalies: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)

    def take(self, name: str, batch: pa.RecordBatch) -> None:
        """Add a batch; those of other tables tell nothing."""
        takers = {
            "capture_info": _capture,
            "connections": _connections,
            "associations": _associations,
            "operations": _operations,
            "anomalies": _anomalies,
        }
        if name in takers:
            takers[name](self, batch)
        elif name == "findings":
            self.findings.take(batch)


def summarize(batches: Iterable[tuple[str, pa.RecordBatch]]) -> Summary:
    """Add up the batches of `TABLES`."""
    summary = Summary()
    for name, batch in batches:
        summary.take(name, batch)
    return summary


def _capture(summary: Summary, batch: pa.RecordBatch) -> None:
    names = ("name", "format", "packets", "bytes", "cut_packets", "dropped", "first_time", "last_time", "complete")
    summary.inputs += records(batch, *names)


def _connections(summary: Summary, batch: pa.RecordBatch) -> None:
    summary.connections.update(numbers(batch.column("protocol")))


def _associations(summary: Summary, batch: pa.RecordBatch) -> None:
    columns = ("calling_ae", "called_ae", "outcome", "ended_by", "operations", "failed", "dataset_bytes")
    for row in records(batch, *columns):
        summary.outcomes[row["outcome"]] += 1
        summary.endings[row["ended_by"]] += 1
        names = (row["calling_ae"] or _UNKNOWN, row["called_ae"] or _UNKNOWN)
        pair = summary.pairs[names if names in summary.pairs or len(summary.pairs) < _PAIRS else (_OTHERS, _OTHERS)]
        pair.associations += 1
        pair.not_accepted += row["outcome"] in ("rejected", "unanswered")
        pair.operations += row["operations"]
        pair.failed += row["failed"]
        pair.bytes += row["dataset_bytes"]


def _operations(summary: Summary, batch: pa.RecordBatch) -> None:
    names = ("command", "status", "status_text", "status_category", "answered", "complete", "dataset_bytes",
             "response_dataset_bytes", "transfer_time", "response_time")  # fmt: skip
    for row in records(batch, *names):
        command = summary.commands[row["command"]]
        command.count += 1
        command.bytes += (row["dataset_bytes"] or 0) + (row["response_dataset_bytes"] or 0)
        if row["status_category"] == "failure":
            command.failed += 1
            summary.failures[row["command"], row["status"], row["status_text"] or ""] += 1
        command.unanswered += not row["answered"]
        if row["dataset_bytes"] and row["transfer_time"]:
            command.timed_bytes += row["dataset_bytes"]
            command.transfer_time += row["transfer_time"]
        if row["response_time"] is not None and len(command.response_times) < _SAMPLES:
            command.response_times.append(row["response_time"])


def _anomalies(summary: Summary, batch: pa.RecordBatch) -> None:
    summary.anomalies.update(numbers(batch.column("kind")))


def render(summary: Summary, paint: Paint, width: int = 100) -> list[str]:
    """The lines of the screen, of about this width."""
    sections = [
        _render_capture(summary),
        _render_associations(summary),
        _render_pairs(summary, paint),
        _render_commands(summary, paint),
        _render_failures(summary, paint),
        _render_anomalies(summary),
        findings.render(summary.findings, paint, width) if summary.findings or summary.outcomes else [],
    ]
    lines: list[str] = []
    for section in sections:
        if section:
            lines += [*([""] if lines else []), *section]
    return lines


def _render_capture(summary: Summary) -> list[str]:
    inputs = summary.inputs
    if not inputs:
        return ["No input was read"]
    what = escape(inputs[0]["name"]) if len(inputs) == 1 else count(len(inputs), "capture file")
    packets, captured = sum(one["packets"] for one in inputs), sum(one["bytes"] for one in inputs)
    lines = [f"{what}: {escape(inputs[0]['format'])}, {count(packets, 'packet')}, {size(captured)}"]
    starts = [one["first_time"] for one in inputs if one["first_time"] is not None]
    ends = [one["last_time"] for one in inputs if one["last_time"] is not None]
    if starts and ends:
        start, end = min(starts), max(ends)
        span = f"{to_the_millisecond(start)}, {duration(end - start)}"
        if end > start:
            span += f", {size(captured * 8e9 / (end - start), 'bit')}/s on average"
        lines.append(span)
    return lines + [f"Capture: {text}" for text in limits(inputs)]


def limits(inputs: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the captures themselves."""
    cut = sum(one["cut_packets"] for one in inputs)
    dropped = sum(one["dropped"] or 0 for one in inputs)
    torn = sum(one["complete"] is False for one in inputs)
    return [
        text
        for amount, text in (
            (dropped, f"{count(dropped, 'packet')} dropped while capturing"),
            (cut, f"{count(cut, 'packet')} cut short by the snap length"),
            (torn, f"{count(torn, 'file')} not read to the end"),
        )
        if amount
    ]


def tally(counter: Counter[str]) -> str:
    """How many of each, the most frequent first."""
    return ", ".join(f"{amount:,} {escape(str(what))}" for what, amount in counter.most_common())


def _render_associations(summary: Summary) -> list[str]:
    connections = summary.connections.total()
    lines = [f"{count(connections, 'TCP connection')}" + (f": {tally(summary.connections)}" if connections else "")]
    associations = summary.outcomes.total()
    lines.append(f"{count(associations, 'association')}" + (f": {tally(summary.outcomes)}" if associations else ""))
    if associations:
        lines.append(f"  ended by: {tally(summary.endings)}")
    return lines


def _render_pairs(summary: Summary, paint: Paint) -> list[str]:
    if not summary.pairs:
        return []
    header = ["Calling AE", "Called AE", "associations", "refused", "operations", "failed", "data"]
    ranked = sorted(summary.pairs.items(), key=lambda item: (-item[1].bytes, -item[1].associations, item[0]))
    body = [
        [escape(calling), escape(called), *(f"{number:,}" for number in
         (pair.associations, pair.not_accepted, pair.operations, pair.failed)), size(pair.bytes) if pair.bytes else ""]
        for (calling, called), pair in ranked[:_LINES]
    ]  # fmt: skip
    return _titled(header, body, len(ranked), paint, right=range(2, 7))


def _render_commands(summary: Summary, paint: Paint) -> list[str]:
    if not summary.commands:
        return []
    header = ["Command", "count", "failed", "unanswered", "data", "throughput", "response (median)"]
    ranked = sorted(summary.commands.items(), key=lambda item: (-item[1].count, item[0]))
    body = []
    for name, command in ranked:
        rate = f"{size(command.timed_bytes * 1e9 / command.transfer_time)}/s" if command.transfer_time else ""
        times = command.response_times
        median = duration(statistics.median(times)) if times else ""
        counts = (f"{number:,}" for number in (command.count, command.failed, command.unanswered))
        body.append([escape(name), *counts, size(command.bytes) if command.bytes else "", rate, median])
    return _titled(header, body, len(ranked), paint, right=range(1, 7))


def _titled(header: list[str], body: list[list[str]], total: int, paint: Paint, right: range) -> list[str]:
    title, *lines = columns([header, *body], right=frozenset(right))
    more = [f"... and {total - len(body):,} more"] if total > len(body) else []
    return [paint(title, "bold"), *lines, *more]


def _render_failures(summary: Summary, paint: Paint) -> list[str]:
    if not summary.failures:
        return []
    lines = [paint("Failures", "bold")]
    for (command, status, text), amount in summary.failures.most_common(_LINES):
        code = "no status" if status is None else f"0x{status:04X}"
        lines.append(f"  {count(amount)} x {escape(command)} {paint(f'{code} {escape(text)}'.rstrip(), 'red')}")
    hidden = len(summary.failures) - _LINES
    return lines + ([f"  ... and {hidden:,} more kinds"] if hidden > 0 else [])


def _render_anomalies(summary: Summary) -> list[str]:
    if not summary.anomalies:
        return []
    return [f"{count(summary.anomalies.total(), 'anomaly', plural='anomalies')}: {tally(summary.anomalies)}"]
