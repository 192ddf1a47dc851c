"""The screen says what the tables hold; hostile text does nothing to it."""

import pyarrow as pa
from conftest import DURATION, HOSTILE, START, TIME, WORD, batch

from dicomfast.summary import render, summarize
from dicomfast.terminal import Paint, count, duration, size

CAPTURE = {
    "name": pa.string(),
    "format": pa.string(),
    "packets": pa.uint64(),
    "bytes": pa.uint64(),
    "cut_packets": pa.uint64(),
    "dropped": pa.uint64(),
    "first_time": TIME,
    "last_time": TIME,
    "complete": pa.bool_(),
}
CONNECTIONS = {"protocol": WORD}
ASSOCIATIONS = {
    "calling_ae": WORD,
    "called_ae": WORD,
    "outcome": WORD,
    "ended_by": WORD,
    "operations": pa.uint64(),
    "failed": pa.uint64(),
    "dataset_bytes": pa.uint64(),
}
OPERATIONS = {
    "command": WORD,
    "status": pa.uint16(),
    "status_text": WORD,
    "status_category": WORD,
    "answered": pa.bool_(),
    "complete": pa.bool_(),
    "dataset_bytes": pa.uint64(),
    "response_dataset_bytes": pa.uint64(),
    "transfer_time": DURATION,
    "response_time": DURATION,
}
FINDINGS = {
    "severity": WORD,
    "code": WORD,
    "title": WORD,
    "evidence": pa.string(),
    "advice": WORD,
    "association": pa.uint64(),
    "connection": pa.uint64(),
    "packet": pa.uint64(),
    "time": pa.timestamp("ns", "UTC"),
}

SECOND = 1_000_000_000


def store(**more: object) -> dict[str, object]:
    sent = {"dataset_bytes": 500_000, "response_dataset_bytes": 0, "transfer_time": SECOND // 100}
    return {"command": "C-STORE", "answered": True, "complete": True, "response_time": 2_000_000} | sent | more


def screen() -> list[str]:
    accepted = {"calling_ae": HOSTILE, "called_ae": "PACS", "outcome": "accepted", "ended_by": "release"}
    refused = {"calling_ae": "CT1", "called_ae": "PACS", "outcome": "rejected", "ended_by": "reject"}
    counts = {"operations": 4, "failed": 1, "dataset_bytes": 2_000_000}
    failure = {"status": 0xA700, "status_text": "Refused: Out of Resources", "status_category": "failure"}
    capture = {"name": "x\x1b.pcap", "format": "pcap", "packets": 12_345, "bytes": 2_500_000, "cut_packets": 3}
    times = {"first_time": START, "last_time": START + 20 * SECOND, "complete": True}
    note = {"severity": "note", "code": "a", "title": "A note", "evidence": HOSTILE}
    error = {"severity": "error", "code": "b", "title": "An error", "evidence": "1 of 2", "advice": "Mend it."}
    tables = [
        ("operations", batch(OPERATIONS, store(), store(), store(**failure))),
        ("operations", batch(OPERATIONS, store(answered=False, response_time=None, transfer_time=None))),
        ("capture_info", batch(CAPTURE, capture | times)),
        ("connections", batch(CONNECTIONS, {"protocol": "dicom"}, {"protocol": "dicom"}, {"protocol": "other"})),
        ("associations", batch(ASSOCIATIONS, accepted | counts, refused | dict.fromkeys(counts, 0))),
        ("anomalies", batch({"kind": WORD}, {"kind": "lost-bytes"})),
        ("findings", batch(FINDINGS, note, error)),
    ]
    return render(summarize(tables), Paint(color=False))


def test_the_counts() -> None:
    lines = screen()
    assert lines[0] == r"x\x1b.pcap: pcap, 12,345 packets, 2.5 MB"
    assert lines[1] == "2024-05-17 08:30:00.123 UTC, 20 s, 1 Mbit/s on average"
    assert "Capture: 3 packets cut short by the snap length" in lines
    assert "3 TCP connections: 2 dicom, 1 other" in lines
    assert "2 associations: 1 accepted, 1 rejected" in lines
    assert "1 anomaly: 1 lost-bytes" in lines
    assert "  1 x C-STORE 0xA700 Refused: Out of Resources" in lines


def test_the_commands() -> None:
    (line,) = (line for line in screen() if line.startswith("C-STORE"))
    # 1.5 MB in 30 ms; the one without a transfer time does not count for the throughput.
    assert line.split() == ["C-STORE", "4", "1", "1", "2", "MB", "50", "MB/s", "2", "ms"]


def test_the_gravest_finding_comes_first() -> None:
    lines = screen()
    error, note = lines.index("  ERROR   An error"), lines.index("  NOTE    A note")
    assert error < note
    assert lines[error + 1 : error + 3] == ["          1 of 2", "          Mend it."]


def test_findings_of_one_kind_are_told_once() -> None:
    rows = [{"severity": "error", "code": "b", "title": "An error", "evidence": f"case {number}"} for number in range(500)]
    lines = render(summarize([("findings", batch(FINDINGS, *rows))]), Paint(color=False))
    assert lines[lines.index("Findings") + 1 :] == [
        "  ERROR   An error (500 times)",
        "          case 0",
        "          case 1",
        "          ... and 498 more",
    ]


def test_it_fits_a_screen_and_is_harmless() -> None:
    lines = screen()
    assert len(lines) < 40
    assert all(line.isprintable() for line in lines)


def test_an_empty_capture() -> None:
    assert render(summarize([]), Paint(color=False))[0] == "No input was read"


def test_numbers_for_people() -> None:
    assert [size(number) for number in (0, 999, 1000, 1_234_567, 999_600, 5e15)] == [
        "0 B", "999 B", "1 kB", "1.23 MB", "1 MB", "5e+03 TB",
    ]  # fmt: skip
    assert [duration(time) for time in (0, 850, 999_600, 1_250_000, 3_200_000_000, 125e9, 11_520e9)] == [
        "0 ns", "850 ns", "1 ms", "1.25 ms", "3.2 s", "2 min 05 s", "3 h 12 min",
    ]  # fmt: skip
    assert (count(1, "packet"), count(2_000, "packet")) == ("1 packet", "2,000 packets")
