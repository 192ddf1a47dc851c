"""Hazards of what goes out (F10, I05, I06, I10), and that no data set is looked into (G01 to G15)."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from generate import Connection, Conversation, capture, dicom, pcap, records
from hazards import CONTEXTS, TABLES, assert_whole, connect, exchange, read

import dicomfast

CANARY = "CANARY^PATIENT"
ONE = exchange(2, 3_000)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def with_patient() -> bytes:
    """A patient's name in an object, in an identifier and in the answers to it; the last ones break off."""
    named = dicom.data_set([(0x00080052, "CS", "STUDY"), (0x00100010, "PN", CANARY), (0x00100020, "LO", CANARY)])
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    conversation.store(named, "1.2.3", 1, 3)
    conversation.find(named, [named] * 3, 2, 5)
    asked = dicom.request("C-STORE-RQ", 3, dicom.CT_IMAGE, "1.2.4", data=True)
    broken = dicom.p_data(dicom.pdv(3, dicom.command_set(asked), command=True, last=True)) + dicom.p_data(
        dicom.pdv(3, named, command=False, last=False)
    )
    # The name where a PDU, a fragment and an element should begin.
    conversation.writes.append(("requestor", broken + named + dicom.pdu(4, named) + dicom.pdu(9, named)))
    return capture(Connection().open().play(conversation.writes).close())


def test_f10_i05_what_data_sets_say_of_a_patient_is_in_no_table() -> None:
    rows = read(with_patient())
    assert len(rows.messages) >= 7
    everything = str(vars(rows))
    assert CANARY not in everything
    assert CANARY.encode().hex() not in everything
    # The first bytes of a PDU are kept: none of them is of a data set.
    assert all(b"CANARY" not in row["header"] for row in rows.pdus)


@pytest.mark.parametrize(
    "command",
    [["summary"], ["dump"], *(["table", name, "--format", "csv"] for name in ("messages", "anomalies", "pdus"))],
    ids=" ".join,
)
def test_i05_what_data_sets_say_of_a_patient_is_never_printed(run: Run, command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "patient.pcap"
    path.write_bytes(with_patient())
    done = run(*command, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 1
    assert "CANARY" not in done.stdout


DATA_SETS = {
    "lengths past the end": struct.pack("<HHI", 0x0008, 0x0018, 0xFFFFFFFE) + b"1.2",
    "nested sequences": struct.pack("<HHI", 0x0008, 0x1140, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) * 5_000,
    "stray delimiters": struct.pack("<HHI", 0xFFFE, 0xE0DD, 7) * 500,
    "a value representation that is none": struct.pack("<HH2sH", 0x0010, 0x0010, b"Pi", 0xFFFF) * 100,
    "a PDU": dicom.release_rq() + dicom.abort() + ONE.writes[0][1],
    "a command set": dicom.command_set(dicom.request("C-ECHO-RQ", 9, dicom.VERIFICATION)),
    "an executable": b"MZ" + bytes(126) + b"DICM" + b"\x7fELF" * 50,
    "UIDs that are paths": dicom.data_set([(0x00080018, "UI", "../../../etc/passwd"), (0x0020000D, "UI", "CON")]),
    "noise": random.Random(1).randbytes(20_000),
    "nothing": b"",
}


@pytest.mark.parametrize("data", DATA_SETS.values(), ids=DATA_SETS)
@pytest.mark.parametrize("cut", [7, 1_460])
def test_g01_to_g15_whatever_a_data_set_holds_it_is_counted_and_not_read(data: bytes, cut: int) -> None:
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    conversation.store(data, "1.2.3", 1, 3)
    conversation.find(data, [data], 2, 5)
    conversation.release()
    rows = read(capture(Connection().open().play(conversation.writes, cut).close()))
    assert_whole(rows, conversation)
    assert not rows.anomalies


def tables_of(data: bytes) -> dict[str, object]:
    return {name: table.to_pylist() for name, table in dicomfast.read(io.BytesIO(data), tables=TABLES).items() if name != "capture_info"}


def test_i06_captures_are_read_in_many_threads_at_once() -> None:
    data = capture(connect(ONE))
    expected = tables_of(data)
    found: list[dict[str, object]] = []
    threads = [threading.Thread(target=lambda: found.append(tables_of(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [expected] * 8


LEFT = """
import sys, dicomfast
scan = dicomfast.scan(sys.argv[1], tables=["messages"], threads=int(sys.argv[2]))
next(scan, None)
kept = scan
{end}
"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("end", ["", "sys.exit(0)", "import os; pid = os.fork(); os.waitpid(pid, 0) if pid else sys.exit(0)"])
def test_i06_an_interpreter_ends_with_a_capture_half_read(end: str, threads: int, tmp_path: Path) -> None:
    path = tmp_path / "one.pcap"
    path.write_bytes(capture(connect(ONE)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LEFT.format(end=end), str(path), str(threads)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "nonsense"])
@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8", "tr_TR.UTF-8"])
def test_i10_what_is_printed_depends_on_neither_zone_nor_language(zone: str, language: str, tmp_path: Path) -> None:
    path = tmp_path / "one.pcap"
    path.write_bytes(capture(connect(ONE)))

    def dump(**environment: str) -> bytes:
        command = [sys.executable, "-m", "dicomfast", "dump", str(path)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True, env={"PYTHONPATH": ":".join(sys.path), **environment})
        return done.stdout

    assert dump(TZ=zone, LC_ALL=language, LANG=language) == dump(TZ="UTC", LC_ALL="C.UTF-8")


@pytest.mark.parametrize("second", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_i10_every_time_that_a_capture_can_hold_is_kept(second: int) -> None:
    connection = connect(ONE)
    first = connection.segments[0].time
    moved = [
        record._replace(time=second * 10**9 + (record.time - first) % 10**9)
        for record in records(connection.segments, connection.endpoints)
    ]
    rows = read(pcap(moved))
    assert len(rows.messages) == len(ONE.messages)
    assert {row["time"].timestamp() // 1 for row in rows.events if row["time"] is not None} <= {float(second)}
