"""Reports of captures that never were: hand-made rows, with text as bad as a peer can send it."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from conftest import HOSTILE
from graph_sources import MILLISECOND, at, conversation, rows, source, stall

from dicomfast import _dicomfast
from dicomfast.report import closer, facts, page
from dicomfast.report.pick import pick

NAME = '"></td></p></script><script>alert(1)</script><img src=x onerror=alert(2)>\' style="color:red" ' + HOSTILE


NO_TIME = {field.name: 0 for field in pa.schema(_dicomfast.schema("associations")) if field.name.startswith("time_")}


def association(number: int = 0, **more: Any) -> dict[str, Any]:
    known = {"association": number, "connection": number, "calling_ae": "SCU", "called_ae": "SCP", "requested": at(20), "end": at(80)}
    known |= {
        "duration": 60 * MILLISECOND,
        "outcome": "accepted",
        "ended_by": "release",
        "operations": 1,
        "failed": 0,
        "dataset_bytes": 300,
    }
    return known | NO_TIME | more


def batches(name: str = NAME, **more: list[dict[str, Any]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Every table of a report, `name` wherever text of the network may stand."""
    made = source(conversation(), calling_ae=name, words=name, cause=name)
    budget = {"time_sending": 10 * MILLISECOND, "time_stalled_loss": 50 * MILLISECOND}
    operation = {"association": 0, "command": "C-STORE", "status": 0xA700, "status_text": name, "status_category": "failure"}
    operation |= {"answered": True, "dataset_bytes": 300, "response_time": MILLISECOND, "transfer_time": 29 * MILLISECOND}
    finding = {"severity": "error", "code": "store-failed", "title": name, "advice": name, "evidence": name, "association": 0}
    connection = {"connection": 0, "client_ip": name, "client_port": 1, "server_ip": name, "server_port": 104, "protocol": "dicom"}
    about = {"name": name, "format": name, "packets": 13, "bytes": 900, "cut_packets": 1, "dropped": 2, "complete": False}
    tables = {
        "capture_info": [about | {"first_time": at(0), "last_time": at(80)}],
        "connections": [connection | {"start": at(0), "end": at(80), "closed": name, "tap": name, "client_payload_bytes": 400}],
        "associations": [
            association(calling_ae=name, called_ae=name, outcome=name, ended_by=name, requestor_ip=name, **budget),
        ],
        "operations": [operation | {"error_comment": f"DOE^JOHN {name}"}],
        "stalls": [stall(32, 50, name, command=name, association=0, packet_before=7, packet_after=10)],
        "anomalies": [{"kind": name, "connection": 0}],
        "findings": [finding],
    } | more
    for key, values in tables.items():
        yield from ((key, batch) for batch in rows(key, *values).to_batches())
    for key in ("segments", "pdus"):
        yield from ((key, batch) for batch in made.tables[key].to_batches())
    yield from (("messages", batch) for batch in made.messages.to_batches())


def hostile() -> str:
    """A whole report with graphs and ladder."""
    return whole(list(batches()))


def whole(all_of_it: list[tuple[str, pa.RecordBatch]]) -> str:
    """The report of these batches."""
    found = facts.gather(pair for pair in all_of_it if pair[0] in facts.TABLES)
    looks = closer.look((pair for pair in all_of_it if pair[0] in closer.TABLES), pick(found))
    return page.render(found, looks)
