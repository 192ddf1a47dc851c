"""What goes on now: associations with their last operations, failures and findings, in bounded memory. Knows tables; no screen, no clock.

Fed with batches of `TABLES`. An association has its row in `associations` only when it ends: until then `events` tell of it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast.dashboard.rate import Recent
from dicomfast.dashboard.rows import Association, Finding, Operation, Trouble
from dicomfast.findings import Findings
from dicomfast.values import records

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.capture import Phi

TABLES = ["events", "operations", "associations", "findings", "capture_info"]

_EVENTS = (
    *("time", "connection", "association", "sender", "source_ip", "source_port", "destination_ip", "destination_port"),
    *("event", "calling_ae", "called_ae", "dataset_bytes"),
)
_OPERATIONS = (
    *("association", "message_id", "command", "sop_class_name", "sop_class", "status", "status_text", "status_category", "error_comment"),
    *("dataset_bytes", "response_dataset_bytes", "request_start", "end", "duration", "response_time", "answered"),
)
_ASSOCIATIONS = (
    *("association", "connection", "calling_ae", "called_ae", "requestor_ip", "requestor_port", "acceptor_ip", "acceptor_port"),
    *("requested", "end", "duration", "outcome", "ended_by", "operations", "failed", "dataset_bytes", "reject_reason_text"),
)


@dataclass(frozen=True)
class Bounds:
    """How much is remembered."""

    associations: int = 10_000
    """Closed ones give way first, the oldest first."""
    operations_each: int = 100
    """The last ones of an association."""
    operations: int = 100_000
    """Of all associations."""
    findings_each: int = 20
    troubles: int = 200


@dataclass
class Totals:
    """Counts of everything since the beginning, whatever is remembered of it."""

    associations: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Associations that ended, by outcome."""
    operations: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    """Operations that ended, by status category, or "unanswered"."""
    dataset_bytes: int = 0
    dropped: int = 0
    """Packets that the capturing program says it dropped."""


class Model:
    """Takes batches, remembers what a screen shows; error comments where `phi` is "show"."""

    def __init__(self, bounds: Bounds | None = None, phi: Phi = "mask") -> None:
        self.bounds = bounds or Bounds()
        self._phi = phi
        self.associations: OrderedDict[int, Association] = OrderedDict()
        """By number, in the order of their first event."""
        self._closed: OrderedDict[int, None] = OrderedDict()
        self._held: deque[Association] = deque()
        self._begun = -1
        self.totals = Totals()
        self.findings = Findings()
        self.troubles: deque[Trouble] = deque(maxlen=self.bounds.troubles)
        """What failed and what was found, the newest last."""
        self.newest = 0
        """The newest time told, in nanoseconds."""

    @property
    def open(self) -> int:
        """Associations that are remembered and have not ended."""
        return len(self.associations) - len(self._closed)

    def take(self, table: str, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch."""
        match table:
            case "events":
                for row in records(batch, *_EVENTS):
                    self._event(row)
            case "operations":
                for row in records(batch, *_OPERATIONS):
                    self._operation(row)
            case "associations":
                for row in records(batch, *_ASSOCIATIONS):
                    self._association(row)
            case "findings":
                self.findings.take(batch)
                for row in records(batch, "time", "severity", "title", "association", "evidence", "advice"):
                    self._finding(row)
            case "capture_info":
                self.totals.dropped += sum(row["dropped"] or 0 for row in records(batch, "dropped"))

    def _known(self, number: int) -> Association:
        """The association, made where it is not known."""
        found = self.associations.get(number)
        if found is None:
            found = self.associations[number] = Association(number, Recent(), self.bounds.operations_each, self.bounds.findings_each)
            if number > self._begun:
                # Numbers only rise: one that was forgotten is not counted again.
                self.totals.associations += number - self._begun
                self._begun = number
            self._forget(number)
        return found

    def _forget(self, but: int) -> None:
        while len(self.associations) > self.bounds.associations:
            if self._closed:
                number, _ = self._closed.popitem(last=False)
            else:
                number = next(number for number in self.associations if number != but)
            self.associations.pop(number, None)

    def _event(self, row: dict[str, Any]) -> None:
        if row["association"] is None:
            return
        one = self._known(row["association"])
        time = row["time"] or self.newest
        self.newest = max(self.newest, time)
        one.seen(time)
        one.calling = row["calling_ae"] or one.calling
        one.called = row["called_ae"] or one.called
        if one.peer is None:
            ends = (row["source_ip"], row["source_port"]), (row["destination_ip"], row["destination_port"])
            one.peer, one.acceptor = ends if row["sender"] == "requestor" else ends[::-1]
        one.last = row["event"]
        if one.closed:
            # Its row has counted everything already: tables come one after the other.
            return
        if row["dataset_bytes"]:
            one.bytes += row["dataset_bytes"]
            one.recent.add(time, row["dataset_bytes"])
        if not row["event"].startswith("A-") and row["event"].endswith("-RQ") and row["event"] != "C-CANCEL-RQ":
            one.operations += 1

    def _operation(self, row: dict[str, Any]) -> None:
        category = row["status_category"] if row["answered"] else "unanswered"
        one = Operation(
            row["message_id"],
            row["command"],
            row["sop_class_name"] or row["sop_class"],
            row["status"],
            row["status_text"],
            category,
            (row["dataset_bytes"] or 0) + (row["response_dataset_bytes"] or 0),
            row["request_start"] or row["end"],
            row["duration"],
            row["response_time"],
        )
        self.totals.operations += 1
        self.totals.categories[category or "unknown"] += 1
        self.totals.dataset_bytes += one.bytes
        association = self.associations.get(row["association"])
        if association is not None:
            if not association.closed:
                association.failed += category == "failure"
            association.rows.append(one)
            self._held.append(association)
            if len(self._held) > self.bounds.operations:
                oldest = self._held.popleft()
                if oldest.rows:
                    oldest.rows.popleft()
        if category == "failure":
            text = row["status_text"] or f"status 0x{row['status'] or 0:04X}"
            comment = f": {row['error_comment'] if self._phi == 'show' else '[masked]'}" if row["error_comment"] else ""
            self._trouble(row["end"], "failure", row["association"], f"{row['command']} {text}{comment}")

    def _association(self, row: dict[str, Any]) -> None:
        number = row["association"]
        one = self._known(number)
        self.newest = max(self.newest, row["end"] or 0)
        one.calling, one.called = row["calling_ae"] or one.calling, row["called_ae"] or one.called
        one.peer = (row["requestor_ip"], row["requestor_port"])
        one.acceptor = (row["acceptor_ip"], row["acceptor_port"])
        one.outcome, one.ended_by, one.duration = row["outcome"], row["ended_by"], row["duration"]
        one.operations, one.failed, one.bytes = row["operations"] or 0, row["failed"] or 0, row["dataset_bytes"] or 0
        one.ended = row["end"]
        if not one.closed:
            one.closed = True
            self._closed[number] = None
            self.totals.outcomes[one.outcome or "unknown"] += 1
        ended = row["ended_by"] or ""
        if row["outcome"] == "rejected":
            self._trouble(row["end"], "failure", number, f"association rejected: {row['reject_reason_text'] or 'no reason known'}")
        elif row["outcome"] in ("aborted", "unanswered") or "abort" in ended or ended == "rst":
            self._trouble(row["end"], "failure", number, f"association {row['outcome']}, ended by {ended or 'nothing seen'}")

    def _finding(self, row: dict[str, Any]) -> None:
        one = Finding(row["time"], row["severity"], row["title"], row["evidence"] or "", row["advice"] or "")
        association = self.associations.get(row["association"])
        if association is not None:
            association.findings.append(one)
        self._trouble(row["time"], row["severity"], row["association"], f"{row['title']}: {row['evidence'] or ''}")

    def _trouble(self, time: int | None, severity: str, association: int | None, text: str) -> None:
        self.newest = max(self.newest, time or 0)
        self.troubles.append(Trouble(time, severity, association, text))
