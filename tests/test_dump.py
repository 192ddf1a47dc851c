"""Lines like tcpdump's, from rows made by hand; at -vvv in the order of the packets."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import HOSTILE, START, TIME, WORD, batch

import dicomfast
from dicomfast.dump import Detail, clock, lines
from dicomfast.terminal import Paint

EVENTS = {
    "time": TIME,
    "packet": pa.uint64(),
    "connection": pa.uint64(),
    "association": pa.uint64(),
    "sender": WORD,
    "source_ip": WORD,
    "source_port": pa.uint16(),
    "destination_ip": WORD,
    "destination_port": pa.uint16(),
    "event": WORD,
    "calling_ae": WORD,
    "called_ae": WORD,
    "context_id": pa.uint8(),
    "message_id": pa.uint16(),
    "sop_class": WORD,
    "sop_class_name": WORD,
    "sop_instance": pa.string(),
    "status": pa.uint16(),
    "status_text": WORD,
    "dataset_bytes": pa.uint64(),
    "complete": pa.bool_(),
    "summary": pa.string(),
    "details": pa.list_(pa.string()),
}
PDUS = {
    "sender": WORD,
    "type_name": WORD,
    "length": pa.uint32(),
    "start": TIME,
    "end": TIME,
    "first_packet": pa.uint64(),
    "last_packet": pa.uint64(),
    "header": pa.binary(),
    "complete": pa.bool_(),
}
WHERE = {"source_ip": "10.20.30.4", "source_port": 42578, "destination_ip": "10.20.30.5", "destination_port": 104}
BACK = {"source_ip": "10.20.30.5", "source_port": 104, "destination_ip": "10.20.30.4", "destination_port": 42578}

REQUEST = WHERE | {
    "time": START,
    "packet": 4,
    "event": "A-ASSOCIATE-RQ",
    "calling_ae": "MODALITY1",
    "called_ae": "PACS1",
    "complete": True,
    "summary": "3 contexts, max PDU 16384",
    "details": ["context 1: CT Image Storage"],
}
STORE = WHERE | {
    "time": START,
    "packet": 9,
    "event": "C-STORE-RQ",
    "message_id": 1,
    "sop_class": "1.2.840.10008.5.1.4.1.1.2",
    "sop_class_name": "CT Image Storage",
    "dataset_bytes": 524_000,
    "complete": True,
    "summary": "",
    "details": ["Message ID: 1"],
}
REFUSED = BACK | {
    "time": START,
    "packet": 11,
    "event": "C-STORE-RSP",
    "message_id": 1,
    "status": 0xA700,
    "status_text": "Refused: Out of Resources",
    "complete": True,
}
PDU = {"sender": "requestor", "type_name": "P-DATA-TF", "length": 16, "end": START, "complete": True}


def printed(*tables: tuple[str, pa.RecordBatch], color: bool = False, **detail: Any) -> list[str]:
    return [line for group in lines(tables, Detail(**detail), Paint(color=color)) for line in group]


def test_a_line_an_event() -> None:
    there, back = "10.20.30.4.42578 > 10.20.30.5.104:", "10.20.30.5.104 > 10.20.30.4.42578:"
    assert printed(("events", batch(EVENTS, REQUEST, STORE, REFUSED))) == [
        f"08:30:00.123456 {there} A-ASSOCIATE-RQ MODALITY1 > PACS1, 3 contexts, max PDU 16384",
        f"08:30:00.123456 {there} C-STORE-RQ id 1 CT Image Storage, 524 kB",
        f"08:30:00.123456 {back} C-STORE-RSP id 1 0xA700 Refused: Out of Resources",
    ]


def test_codes_in_place_of_names() -> None:
    _, store, refused = printed(("events", batch(EVENTS, REQUEST, STORE, REFUSED)), numeric=True)
    assert store.endswith("C-STORE-RQ id 1 1.2.840.10008.5.1.4.1.1.2, 524 kB")
    assert refused.endswith("C-STORE-RSP id 1 0xA700")


def test_verbosity() -> None:
    events = ("events", batch(EVENTS, REQUEST, STORE))
    assert [line.strip() for line in printed(events, verbose=1)[1::2]] == ["context 1: CT Image Storage"]
    assert printed(events, verbose=2)[3] == "    Message ID: 1"


def test_pdus_stand_before_what_they_complete() -> None:
    pdus = [PDU | {"first_packet": 5, "last_packet": packet, "header": b"\x04\x00\x00"} for packet in (4, 9, 10, 11)]
    printed_lines = printed(("events", batch(EVENTS, REQUEST, STORE, REFUSED)), ("pdus", batch(PDUS, *pdus)), verbose=3)
    kinds = ("PDU P", "A-A", "-RQ", "-RSP")
    shown = [next(kind for kind in kinds if kind in line) for line in printed_lines if not line.startswith(" ")]
    assert shown == ["PDU P", "A-A", "PDU P", "-RQ", "PDU P", "PDU P", "-RSP"]
    assert "        04 00 00" in printed_lines


@pytest.mark.parametrize(
    ("row", "style"),
    [
        (REFUSED, "\x1b[31m"),
        (REFUSED | {"status": 0}, "\x1b[32m"),
        (REFUSED | {"status": 0xB000}, "\x1b[33m"),
        (REQUEST | {"event": "A-ABORT"}, "\x1b[1;31m"),
        (REQUEST | {"event": "A-ASSOCIATE-RJ"}, "\x1b[1;31m"),
    ],
)
def test_colours(row: dict[str, object], style: str) -> None:
    (line, *_) = printed(("events", batch(EVENTS, row)), color=True)
    assert f"{style}{row['event']}" in line


def test_hostile_text_is_escaped_and_what_is_incomplete_says_so() -> None:
    hostile = dict.fromkeys(("calling_ae", "called_ae", "sop_class_name", "status_text", "summary"), HOSTILE)
    row = REQUEST | hostile | {"complete": False, "details": [HOSTILE]}
    first, detail = printed(("events", batch(EVENTS, row)), verbose=1)
    assert first.isprintable()
    assert detail.isprintable()
    assert first.endswith("[incomplete]")


def test_the_clock() -> None:
    assert clock(0) == "00:00:00.000000"
    assert clock(-1) == "23:59:59.999999"
    assert clock(None) == "--:--:--.------"


@pytest.mark.parametrize("verbose", [0, 3])
def test_lines_are_in_the_order_of_the_packets(verbose: int) -> None:
    """Of a capture that begins in the middle, one side's bytes wait until it is known what they are."""
    detail = Detail(verbose)
    batches = dicomfast.scan(Path(__file__).parent / "cases/defects/midstart.pcap.zst", tables=detail.tables)
    times = [first.lstrip()[:15] for first, *_ in lines(batches, detail, Paint(color=False))]
    assert len(times) > 10
    assert times == sorted(times)
