"""What a report is made of: one pass over the tables, added up in plain values, everything bounded. Knows Arrow; knows no HTML."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast.findings import SEVERITIES
from dicomfast.report.top import Top
from dicomfast.report.words import CLASSES
from dicomfast.summary import Summary, summarize
from dicomfast.values import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

TABLES = ["capture_info", "connections", "associations", "operations", "stalls", "anomalies", "findings"]

# Rows that are kept of tables that may be long, and samples of one command of which a percentile is taken.
ASSOCIATIONS, CONNECTIONS, STALLS, EVIDENCE, SAMPLES = 200, 2000, 200, 8, 1_000_000

# How an association is answered, and ends, where nothing went wrong.
GOOD_OUTCOMES, GOOD_ENDINGS = ("accepted", "unknown"), ("release", "open")

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
    """Nanoseconds of all associations that have a budget, by the column of their class; and their `duration`."""
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

    @property
    def duration(self) -> int:
        """Of the associations that have a budget, together."""
        return self.budget["duration"]

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
    return row["outcome"] not in GOOD_OUTCOMES or row["ended_by"] not in GOOD_ENDINGS or bool(row["failed"])


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


def _highest(batch: pa.RecordBatch, keys: list[Any], count: int) -> pa.RecordBatch:
    """The rows whose keys are highest: the others need not become Python values. Of equals those that come first."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if batch.num_rows <= count:
        return batch
    names = [str(number) for number in range(len(keys))]
    order = pc.sort_indices(pa.table(keys, names=names), [(name, "descending") for name in names])
    return batch.take(order[:count].sort())


def _integers(batch: pa.RecordBatch, name: str) -> Any:
    """A column of numbers or durations as whole numbers, 0 where it is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(batch.column(name).cast(pa.int64()), 0)


def _connections(facts: Facts, batch: pa.RecordBatch) -> None:
    import pyarrow.compute as pc

    sides = ("client", "server")
    for name in ("retransmissions", "zero_windows", "lost_bytes"):
        facts.network[name] += sum(pc.sum(_integers(batch, f"{side}_{name}")).as_py() or 0 for side in sides)
    both = pc.add(*(_integers(batch, f"{side}_payload_bytes") for side in sides))
    for row in _rows(_highest(batch, [both], CONNECTIONS), _CONNECTION):
        facts.connections.add(row)


def _associations(facts: Facts, batch: pa.RecordBatch) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    known = batch.filter(pc.is_valid(batch.column(CLASSES[0].column)))
    facts.without_budget += batch.num_rows - known.num_rows
    for name in ("duration", *(one.column for one in CLASSES)):
        facts.budget[name] += pc.sum(_integers(known, name)).as_py() or 0
    wrong = pc.or_(_other(batch, "outcome", GOOD_OUTCOMES), _other(batch, "ended_by", GOOD_ENDINGS))
    wrong = pc.or_(wrong, pc.greater(_integers(batch, "failed"), 0)).cast(pa.int8())
    wasted = _integers(batch, CLASSES[0].column)
    wasted = pc.subtract(wasted, wasted)
    for one in CLASSES:
        wasted = pc.add(wasted, _integers(batch, one.column)) if one.lost else wasted
    chosen = _highest(batch, [wrong, wasted, _integers(batch, "dataset_bytes")], ASSOCIATIONS)
    for row in _rows(chosen, (*_ASSOCIATION, *(one.column for one in CLASSES))):
        facts.associations.add(row)


def _other(batch: pa.RecordBatch, name: str, usual: tuple[str, ...]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.invert(pc.is_in(batch.column(name).cast(pa.string()), pa.array(usual)))


def _operations(facts: Facts, batch: pa.RecordBatch) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    facts.comments += batch.num_rows - batch.column("error_comment").null_count
    commands = batch.column("command").cast(pa.string())
    for command in pc.unique(commands).to_pylist():
        of_it = batch.filter(pc.is_in(commands, pa.array([command], pa.string())))
        times = facts.times[command]
        for name, samples in (("transfer_time", times.transfer), ("response_time", times.response)):
            found = pc.drop_null(of_it.column(name)).cast(pa.int64())
            samples.extend(found[: max(0, SAMPLES - len(samples))].to_pylist())


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
