"""What the tests of the dashboard share: batches made by hand, a source that waits for them, and what a screen shows."""

import queue
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from conftest import START, batch
from textual.pilot import Pilot

from dicomfast import _dicomfast
from dicomfast.dashboard.app import Dashboard
from dicomfast.dashboard.feed import Feed
from dicomfast.dashboard.model import Model
from dicomfast.intake import Counters, Intake

SECOND = 10**9
SIZE = (80, 24)


def table(name: str, *rows: dict[str, Any]) -> tuple[str, pa.RecordBatch]:
    """Rows of a table of the contract."""
    schema = pa.schema(_dicomfast.schema(name))
    return name, batch({field.name: field.type for field in schema}, *rows)


def event(association: int, name: str, second: float = 0, **more: Any) -> dict[str, Any]:
    ends = {"sender": "requestor", "source_ip": "10.0.0.1", "source_port": 40_000 + association % 9000}
    ends |= {"destination_ip": "10.0.0.2", "destination_port": 104}
    titles = {"calling_ae": f"SCU{association}", "called_ae": "PACS"}
    return {"association": association, "event": name, "time": START + int(second * SECOND), "complete": True} | ends | titles | more


def operation(association: int, message_id: int = 1, status: int = 0, **more: Any) -> dict[str, Any]:
    category = "success" if status == 0 else "failure"
    row = {"association": association, "message_id": message_id, "command": "C-STORE", "status": status, "status_category": category}
    times = {"request_start": START, "end": START + SECOND, "duration": SECOND, "response_time": SECOND // 4}
    return row | times | {"answered": True, "dataset_bytes": 1_000_000, "sop_class_name": "CT Image Storage"} | more


def association(number: int, **more: Any) -> dict[str, Any]:
    row = {"association": number, "calling_ae": f"SCU{number}", "called_ae": "PACS", "requestor_ip": "10.0.0.1", "requestor_port": 40_000}
    times = {"requested": START, "end": START + 2 * SECOND, "duration": 2 * SECOND}
    ended = {"outcome": "accepted", "ended_by": "release", "operations": 1, "failed": 0, "dataset_bytes": 1_000_000}
    return row | times | ended | {"acceptor_ip": "10.0.0.2", "acceptor_port": 104} | more


def finding(number: int, **more: Any) -> dict[str, Any]:
    row = {"association": number, "severity": "error", "code": "status-failure", "title": "It failed", "time": START}
    return row | {"evidence": "three of four", "advice": "Free some space."} | more


class Source:
    """Batches that come when a test gives them."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.stopped = False
        self._batches: queue.Queue[tuple[str, pa.RecordBatch] | BaseException | None] = queue.Queue()
        self.intake = Intake("eth0", self._iterate(), lambda: self.counters, self.stop)

    def _iterate(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        while (item := self._batches.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def give(self, *batches: tuple[str, pa.RecordBatch]) -> None:
        for item in batches:
            self._batches.put(item)

    def fail(self, error: BaseException) -> None:
        self._batches.put(error)

    def stop(self) -> None:
        self.stopped = True
        self._batches.put(None)

    def feed(self, model: Model | None = None) -> Feed:
        return Feed(self.intake, model)


def shown(pilot: Pilot[None]) -> list[str]:
    """The lines of the screen as text."""
    return ["".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()]  # noqa: SLF001


async def settled(pilot: Pilot[None], what: str) -> list[str]:
    """The screen, once it shows this."""
    for _ in range(100):
        if isinstance(pilot.app, Dashboard):
            pilot.app.tick()
        await pilot.pause(0.02)
        if any(what in line for line in shown(pilot)):
            return shown(pilot)
    raise AssertionError((what, shown(pilot)))
