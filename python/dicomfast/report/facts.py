"""What a report is made of: one pass over the tables, added up in plain values, everything bounded. Knows Arrow; knows no HTML."""

from __future__ import annotations

import functools
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast import diagnosis, summary
from dicomfast.budget import CLASSES, COLUMNS, lost
from dicomfast.summary import Summary
from dicomfast.top import Top
from dicomfast.values import records

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from dicomfast.diagnosis import Diagnosis

TABLES = sorted({*summary.TABLES, *diagnosis.TABLES})

# Rows that are kept of tables that may be long, and samples of one command of which a percentile is taken.
ASSOCIATIONS, CONNECTIONS, STALLS, SAMPLES = 200, 2000, 200, 1_000_000

# How an association is answered, and ends, where nothing went wrong.
GOOD_OUTCOMES, GOOD_ENDINGS = ("accepted", "unknown"), ("release", "open")

_ASSOCIATION = ("association", "connection", "calling_ae", "called_ae", "requestor_ip", "acceptor_ip", "requested", "end", "duration",
                "outcome", "ended_by", "operations", "failed", "dataset_bytes", "throughput")  # fmt: skip
_CONNECTION = ("connection", "client_ip", "client_port", "server_ip", "server_port", "start", "end", "closed", "tap", "syn_rtt",
               "client_payload_bytes", "server_payload_bytes", "client_retransmissions", "server_retransmissions", "client_zero_windows",
               "server_zero_windows", "client_lost_bytes", "server_lost_bytes")  # fmt: skip
_STALL = ("connection", "association", "message_id", "command", "sender", "start", "end", "duration", "resumed", "waits", "waited", "cause",
          "confidence", "bytes_in_flight", "window", "rtt", "packet_before", "packet_after")  # fmt: skip

Row = dict[str, Any]


@dataclass
class Times:
    """The transfer and response times of one command."""

    transfer: array[int] = field(default_factory=lambda: array("q"))
    response: array[int] = field(default_factory=lambda: array("q"))


@dataclass
class Facts:
    """What the tables add up to, beside the `Summary` and the `Diagnosis`."""

    summary: Summary = field(default_factory=Summary)
    diagnosis: Diagnosis = field(default_factory=lambda: diagnosis.empty(0))
    associations: Top = field(default_factory=lambda: Top(ASSOCIATIONS, trouble))
    connections: Top = field(default_factory=lambda: Top(CONNECTIONS, payload))
    stalls: Top = field(default_factory=lambda: Top(STALLS, lambda row: (row["duration"] or 0,)))
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Times))
    network: Counter[str] = field(default_factory=Counter)
    """retransmissions, lost_bytes, zero_windows and so on of both sides of all connections."""
    comments: int = 0
    """Error comments; what they say may name a patient, and stays where it is."""


def gather(batches: Iterable[tuple[str, pa.RecordBatch]]) -> Facts:
    """Add up the batches of `TABLES`, each once."""
    takers = {"connections": _connections, "associations": _associations, "operations": _operations, "stalls": _stalls}
    facts = Facts()
    # Both tell of the findings, which are counted once.
    facts.summary.findings = facts.diagnosis.findings
    for name, batch in batches:
        facts.diagnosis.take(name, batch)
        if name != "findings":
            facts.summary.take(name, batch)
        if name in takers:
            takers[name](facts, batch)
    return facts


def bad(row: Row) -> bool:
    """Whether something of an association went wrong, in its own words."""
    return row["outcome"] not in GOOD_OUTCOMES or row["ended_by"] not in GOOD_ENDINGS or bool(row["failed"])


def trouble(row: Row) -> tuple[int, ...]:
    """What went wrong first, then what lost the most time, then what is large."""
    return bad(row), lost(row), row["dataset_bytes"] or 0


def payload(row: Row) -> tuple[int, ...]:
    """Bytes of both sides."""
    return ((row["client_payload_bytes"] or 0) + (row["server_payload_bytes"] or 0),)


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
    for row in records(_highest(batch, [both], CONNECTIONS), *_CONNECTION):
        facts.connections.add(row)


def _associations(facts: Facts, batch: pa.RecordBatch) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    wrong = pc.or_(_other(batch, "outcome", GOOD_OUTCOMES), _other(batch, "ended_by", GOOD_ENDINGS))
    wrong = pc.or_(wrong, pc.greater(_integers(batch, "failed"), 0)).cast(pa.int8())
    first, *others = (_integers(batch, one.column) for one in CLASSES if one.lost)
    wasted = functools.reduce(pc.add, others, first)
    chosen = _highest(batch, [wrong, wasted, _integers(batch, "dataset_bytes")], ASSOCIATIONS)
    for row in records(chosen, *_ASSOCIATION, *COLUMNS):
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
    for row in records(batch, *_STALL):
        facts.stalls.add(row)
