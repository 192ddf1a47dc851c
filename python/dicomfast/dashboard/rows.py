"""What the model remembers: associations, operations, findings, failures, as plain values. Knows no tables, no screen.

Text is as it came from the wire: whoever shows it escapes it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dicomfast.dashboard.rate import Recent

End = tuple[str | None, int | None]


class Operation(NamedTuple):
    """A DIMSE operation that ended."""

    message_id: int | None
    command: str | None
    sop_class: str | None
    status: int | None
    status_text: str | None
    category: str | None
    bytes: int
    start: int | None
    duration: int | None
    response_time: int | None


class Finding(NamedTuple):
    """A finding about an association."""

    time: int | None
    severity: str
    title: str
    evidence: str
    advice: str


class Trouble(NamedTuple):
    """Something that failed or was found, for the list of all."""

    time: int | None
    severity: str
    """That of a finding, or "failure"."""
    association: int | None
    text: str


class Association:
    """An association, open or closed."""

    __slots__ = (
        *("acceptor", "begun", "bytes", "called", "calling", "closed", "duration", "ended", "ended_by", "failed", "findings", "last"),
        *("number", "operations", "outcome", "peer", "recent", "rows"),
    )

    def __init__(self, number: int, recent: Recent, operations: int, findings: int) -> None:
        self.number = number
        self.calling: str | None = None
        self.called: str | None = None
        self.peer: End | None = None
        """Address and port of the requestor."""
        self.acceptor: End | None = None
        self.begun: int | None = None
        self.ended: int | None = None
        self.duration: int | None = None
        self.closed = False
        self.outcome: str | None = None
        self.ended_by: str | None = None
        self.operations = 0
        self.failed = 0
        self.bytes = 0
        """Of data sets."""
        self.last: str | None = None
        """The last event."""
        self.recent = recent
        self.rows: deque[Operation] = deque(maxlen=operations)
        self.findings: deque[Finding] = deque(maxlen=findings)

    @property
    def troubled(self) -> bool:
        """Whether an operation failed, or it was never accepted."""
        return bool(self.failed) or (self.closed and self.outcome in ("rejected", "aborted", "unanswered"))

    def seen(self, time: int) -> None:
        """Something happened."""
        if self.begun is None or time < self.begun:
            self.begun = time

    def age(self, now: int) -> int:
        """Nanoseconds since it began; of a closed one, from its beginning to its end."""
        if self.duration is not None:
            return self.duration
        return 0 if self.begun is None else max(0, now - self.begun)

    def rate(self, now: int) -> float:
        """Bits of data sets a second: of the last seconds, or of the whole time where it is closed."""
        if self.closed:
            return self.bytes * 8 / (self.duration / 1e9) if self.duration else 0.0
        return self.recent.per_second(now) * 8
