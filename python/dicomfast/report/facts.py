"""What a report is made of: one pass over the tables, added up in plain values, everything bounded. Knows Arrow; knows no HTML."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast.report.top import Top
from dicomfast.report.words import CLASSES
from dicomfast.summary import SEVERITIES, Summary, summarize
from dicomfast.values import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

TABLES = ["capture_info", "connections", "associations", "operations", "stalls", "anomalies", "findings"]

# Rows that are kept of tables that may be long, and samples of one command of which a percentile is taken.
ASSOCIATIONS, CONNECTIONS, STALLS, EVIDENCE, SAMPLES = 500, 2000, 200, 8, 1_000_000

_ASSOCIATION = ("association", "connection", "calling_ae", "called_ae", "requestor_ip", "acceptor_ip", "requested", "end", "duration",
                "outcome", "ended_by", "operations", "failed", "dataset_bytes", "throughput")  # fmt: skip
_CONNECTION = ("connection", "client_ip", "client_port", "server_ip", "server_port", "start", "end", "closed", "tap", "syn_rtt",
               "client_payload_bytes", "server_payload_bytes", "client_retransmissions", "server_retransmissions", "client_zero_windows",
               "server_zero_windows", "client_lost_bytes", "server_lost_bytes")  # fmt: skip
_STALL = ("connection", "association", "message_id", "command", "sender", "start", "end", "duration", "waits", "waited", "cause",
          "confidence", "bytes_in_flight", "window", "rtt", "packet_before", "packet_after")  # fmt: skip
_FINDING = ("severity", "code", "title", "advice", "evidence", "association", "connection", "packet", "time")

Row = dict[str, Any]


@dataclass
class Finding:
    """The findings of one code."""

    severity: str
    code: str
    title: str
    advice: str
    count: int = 0
    cases: list[Row] = field(default_factory=list)


@dataclass
class Cause:
    """The stalls of one cause."""

    count: int = 0
    time: int = 0
    longest: int = 0


@dataclass
class Times:
    """The transfer and response times of one command."""

    transfer: array[int] = field(default_factory=lambda: array("q"))
    response: array[int] = field(default_factory=lambda: array("q"))


@dataclass
class Facts:
    """What the tables add up to, beside the `Summary`."""

    summary: Summary = field(default_factory=Summary)
    budget: Counter[str] = field(default_factory=Counter)
    """Nanoseconds of all associations by the column of their class."""
    duration: int = 0
    """Of the associations that have a budget."""
    without_budget: int = 0
    associations: Top = field(default_factory=lambda: Top(ASSOCIATIONS, trouble))
    connections: Top = field(default_factory=lambda: Top(CONNECTIONS, payload))
    stalls: Top = field(default_factory=lambda: Top(STALLS, lambda row: (row["duration"] or 0,)))
    causes: dict[str, Cause] = field(default_factory=lambda: defaultdict(Cause))
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Times))
    found: dict[str, Finding] = field(default_factory=dict)
    network: Counter[str] = field(default_factory=Counter)
    """retransmissions, lost_bytes, zero_windows and so on of both sides of all connections."""
    comments: int = 0
    """Error comments; what they say may name a patient, and stays where it is."""

    def findings(self) -> list[Finding]:
        """The gravest first, of equals the most frequent."""
        return sorted(self.found.values(), key=lambda found: (SEVERITIES.index(found.severity), -found.count, found.code))


def gather(batches: Iterable[tuple[str, pa.RecordBatch]]) -> Facts:
    """Add up the batches of `TABLES`, each once."""
    facts = Facts()
    facts.summary = summarize(_watched(batches, facts))
    return facts


def lost(row: Row) -> int:
    """The time of an association that somebody could give back."""
    return sum(row[one.column] or 0 for one in CLASSES if one.lost)


def bad(row: Row) -> bool:
    """Whether something of an association went wrong, in its own words."""
    return row["outcome"] not in ("accepted", "unknown") or row["ended_by"] not in ("release", "open") or bool(row["failed"])


def trouble(row: Row) -> tuple[int, ...]:
    """What went wrong first, then what lost the most time, then what is large."""
    return bad(row), lost(row), row["dataset_bytes"] or 0


def payload(row: Row) -> tuple[int, ...]:
    """Bytes of both sides."""
    return ((row["client_payload_bytes"] or 0) + (row["server_payload_bytes"] or 0),)


def _watched(batches: Iterable[tuple[str, pa.RecordBatch]], facts: Facts) -> Iterator[tuple[str, pa.RecordBatch]]:
    takers = {
        "connections": _connections,
        "associations": _associations,
        "operations": _operations,
        "stalls": _stalls,
        "findings": _findings,
    }
    for name, batch in batches:
        if name in takers:
            takers[name](facts, batch)
        yield name, batch


def _rows(batch: pa.RecordBatch, names: Iterable[str]) -> Iterator[Row]:
    known = list(names)
    for row in zip(*(numbers(batch.column(name)) for name in known), strict=True):
        yield dict(zip(known, row, strict=True))


def _connections(facts: Facts, batch: pa.RecordBatch) -> None:
    for row in _rows(batch, _CONNECTION):
        facts.connections.add(row)
        for name in ("retransmissions", "zero_windows", "lost_bytes"):
            facts.network[name] += (row[f"client_{name}"] or 0) + (row[f"server_{name}"] or 0)


def _associations(facts: Facts, batch: pa.RecordBatch) -> None:
    for row in _rows(batch, (*_ASSOCIATION, *(one.column for one in CLASSES))):
        facts.associations.add(row)
        if row[CLASSES[0].column] is None:
            facts.without_budget += 1
        else:
            facts.duration += row["duration"] or 0
            for one in CLASSES:
                facts.budget[one.column] += row[one.column] or 0


def _operations(facts: Facts, batch: pa.RecordBatch) -> None:
    facts.comments += batch.num_rows - batch.column("error_comment").null_count
    columns = (numbers(batch.column(name)) for name in ("command", "transfer_time", "response_time"))
    for command, transfer, response in zip(*columns, strict=True):
        times = facts.times[command]
        if transfer is not None and len(times.transfer) < SAMPLES:
            times.transfer.append(transfer)
        if response is not None and len(times.response) < SAMPLES:
            times.response.append(response)


def _stalls(facts: Facts, batch: pa.RecordBatch) -> None:
    for row in _rows(batch, _STALL):
        facts.stalls.add(row)
        cause = facts.causes[row["cause"] or "unknown"]
        cause.count += 1
        cause.time += row["duration"] or 0
        cause.longest = max(cause.longest, row["duration"] or 0)


def _findings(facts: Facts, batch: pa.RecordBatch) -> None:
    for row in _rows(batch, _FINDING):
        found = facts.found.setdefault(row["code"], Finding(row["severity"], row["code"], row["title"], row["advice"] or ""))
        found.count += 1
        if len(found.cases) < EVIDENCE:
            found.cases.append(row)
