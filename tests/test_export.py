"""Objects written to files: the bytes that were sent, under names that no peer can choose."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pydicom
import pytest
from data_sets import SYNTAXES, encoded, every_vr, sent, stored
from generate import Connection, Endpoints, Packing, capture, impair
from pydicom.uid import ExplicitVRLittleEndian

import dicomfast
from dicomfast.selection import Selection


def content(path: Path) -> bytes:
    """The data set of a Part 10 file: what follows group 0002."""
    raw = path.read_bytes()
    assert raw[:128] == bytes(128)
    assert raw[128:132] == b"DICM"
    return raw[144 + int.from_bytes(raw[140:144], "little") :]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_bytes_that_were_sent(syntax: str, threads: int, tmp_path: Path) -> None:
    raw = encoded(every_vr(), syntax)
    conversation = stored(raw, SYNTAXES[syntax], Packing(fragment=301))
    segments = Connection().open().play(conversation.writes, cut=random.Random(1)).close()
    segments.segments = impair.reorder(segments.segments, random.Random(2))
    with dicomfast.open(io.BytesIO(capture(segments)), threads=threads) as cap:
        (row,) = cap.export(tmp_path / "new").to_pylist()
    assert content(tmp_path / "new" / row["file"]) == raw
    assert row["sha256"] == hashlib.sha256(raw).hexdigest()
    assert (row["file"], row["complete"], row["transfer_syntax"]) == ("1.2.3.4.dcm", True, SYNTAXES[syntax])
    read = pydicom.dcmread(tmp_path / "new" / row["file"])
    assert read.PatientName == every_vr().PatientName
    assert read.file_meta.MediaStorageSOPInstanceUID == "1.2.3.4"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["1.2.3.4.dcm"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_pydicom_gets_what_was_sent(syntax: str) -> None:
    raw = encoded(every_vr(), syntax)
    with dicomfast.open(sent(stored(raw, SYNTAXES[syntax]))) as cap:
        (found,) = [one.to_pydicom() for one in cap.datasets()]
    assert encoded(found, syntax) == raw


@pytest.mark.parametrize("instance", ["../../../etc/passwd", "/abs", "..", "", "1/../2", "1.2\x00.3", "C:\\x", "1" * 300])
def test_no_uid_becomes_a_path(instance: str, tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with dicomfast.open(sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian, instance=instance))) as cap:
        (row,) = cap.export(target).to_pylist()
    assert [path.name for path in target.iterdir()] == [row["file"]]
    assert set(row["file"].removesuffix(".dcm")) <= set("0123456789._object")
    assert len(row["file"]) <= 70
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "1.2.3.4.dcm").write_bytes(b"mine")
    for _ in range(2):
        with dicomfast.open(sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian))) as cap:
            cap.export(tmp_path)
    assert (tmp_path / "1.2.3.4.dcm").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.2.3.4.dcm", "1.2.3.4_2.dcm", "1.2.3.4_3.dcm"]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_has_the_name_of_an_unfinished_file_stays(threads: int, tmp_path: Path) -> None:
    theirs = tmp_path / f".dicomfast-{os.getpid()}-1.part"
    theirs.write_bytes(b"theirs")
    with (
        dicomfast.open(sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian)), threads=threads) as cap,
        pytest.raises(dicomfast.DicomfastError, match="cannot write"),
    ):
        cap.export(tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(theirs.name, b"theirs")]


def test_incomplete_objects_only_when_asked_for(tmp_path: Path) -> None:
    data = every_vr()
    data.PixelData = random.Random(1).randbytes(100_000)
    raw = encoded(data, "explicit")
    connection = Connection().open().play(stored(raw, ExplicitVRLittleEndian, Packing(max_pdu=1 << 20)).writes).close()
    at = impair.data_positions(connection.segments, "client")[20]
    connection.segments = impair.lose(connection.segments, at)
    made = capture(connection)
    with dicomfast.open(io.BytesIO(made)) as cap:
        (row,) = cap.export(tmp_path).to_pylist()
    assert (row["file"], row["complete"]) == (None, False)
    assert list(tmp_path.iterdir()) == []
    with dicomfast.open(io.BytesIO(made)) as cap:
        (row,) = cap.export(tmp_path, incomplete=True).to_pylist()
    assert row["file"] == "1.2.3.4.incomplete.dcm"
    (lost,) = row["lost_ranges"]
    start, end = lost["offset"], lost["offset"] + lost["length"]
    assert end - start == 1460
    assert content(tmp_path / row["file"]) == raw[:start] + bytes(end - start) + raw[end:]


@pytest.mark.parametrize("incomplete", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_files_that_are_written_at_the_same_time(threads: int, incomplete: bool, tmp_path: Path) -> None:
    """Of all lengths around the pieces in which files are written and hashed; of two a segment is missing."""
    rng = random.Random(3)
    sizes = (2, 60_000, 65_000, 65_536, 66_000, 131_072, 200_000, 400_000)
    raws, connections = {}, []
    for number, size in enumerate(sizes):
        data = every_vr()
        data.PixelData = rng.randbytes(size)
        instance = f"1.2.{size}"
        raws[instance] = encoded(data, "explicit")
        conversation = stored(raws[instance], ExplicitVRLittleEndian, Packing(max_pdu=16384), instance)
        connection = Connection(Endpoints(client_port=40_000 + number)).open().play(conversation.writes, cut=rng).close()
        if size in (66_000, 200_000):
            at = impair.data_positions(connection.segments, "client")
            connection.segments = impair.lose(connection.segments, at[len(at) // 2])
        connections.append(connection)
    with dicomfast.open(io.BytesIO(capture(*connections)), threads=threads) as cap:
        rows = cap.export(tmp_path, incomplete=incomplete).to_pylist()
    assert sum(row["complete"] for row in rows) == len(rows) - 2 == len(sizes) - 2
    for row in rows:
        raw = raws[row["sop_instance"]]
        assert row["sha256"] == (hashlib.sha256(raw).hexdigest() if row["complete"] else None)
        if row["complete"]:
            assert content(tmp_path / row["file"]) == raw
        elif incomplete:
            assert len(content(tmp_path / row["file"])) == len(raw)
        else:
            assert row["file"] is None


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("sizes", [(400_000, 40_000), (40_000, 400_000), (40_000,) * 8 + (400_000,)])
def test_a_file_that_cannot_be_written(sizes: tuple[int, ...], threads: str, tmp_path: Path) -> None:
    """A limit of the size of files stands for a full disk."""
    connections = []
    for number, size in enumerate(sizes):
        data = every_vr()
        data.PixelData = bytes(size)
        conversation = stored(encoded(data, "explicit"), ExplicitVRLittleEndian, Packing(max_pdu=16384), f"1.2.{number}")
        connection = Connection(Endpoints(client_port=40_000 + number), time=(946_728_000 + 10 * number) * 10**9)
        connections.append(connection.open().play(conversation.writes).close())
    path, target = tmp_path / "made.pcap", tmp_path / "objects"
    path.write_bytes(capture(*connections))
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
    limit += "from dicomfast.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", limit, "export", "--threads", threads, path, "-o", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "File too large" in done.stderr
    # Those before it are whole.
    written = {one.name for one in target.iterdir()}
    assert written >= {f"1.2.{number}.dcm" for number in range(sizes.index(400_000))}
    assert written <= {f"1.2.{number}.dcm" for number, size in enumerate(sizes) if size < 100_000}


def test_command(tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian)).getvalue())
    done = run("export", path, "-o", tmp_path / "objects")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 file,")
    with (tmp_path / "objects" / "manifest.csv").open() as stream:
        assert [row["file"] for row in csv.DictReader(stream)] == ["1.2.3.4.dcm"]
    assert pq.read_table(tmp_path / "objects" / "manifest.parquet")["complete"].to_pylist() == [True]


def test_a_folder_that_cannot_be_made(tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian)).getvalue())
    done = run("export", path, "-o", path / "objects")
    assert (done.returncode, "cannot write" in done.stderr) == (1, True)


CASES = Path(__file__).parent / "cases"
FILTERS = [
    "tcp.stream == 1",
    "tcp.stream != 1",
    "tcp.stream in {0, 2}",
    "ip.addr == 203.0.113.99",
    'dicom.assoc.ae.called contains "A"',
]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "case", ["blame_negotiation_pp/capture.pcap.gz", "many_associations/capture.pcap.zst", "abort_by_scp/capture.pcap.zst"]
)
def test_a_filter_chooses_the_objects_that_the_table_shows(case: str, threads: int, tmp_path: Path) -> None:
    with dicomfast.open(CASES / case, threads=threads) as cap:
        whole = cap.export(tmp_path / "whole").to_pylist()
        sizes = []
        for number, text in enumerate(FILTERS):
            shown = set(cap.filter(text).objects["message"].to_pylist())
            rows = cap.export(tmp_path / str(number), where=text).to_pylist()
            assert {row["message"] for row in rows} == {row["message"] for row in whole} & shown, text
            written = {row["file"] for row in rows if row["file"] is not None}
            assert {path.name for path in tmp_path.glob(f"{number}/*")} == written, text
            hashes = {row["message"]: row["sha256"] for row in whole}
            for row in rows:
                assert row["sha256"] == hashes[row["message"]]
            sizes.append(len(rows))
        # Else nothing was chosen.
        assert 0 in sizes
        assert any(0 < size < len(whole) for size in sizes)


def test_what_else_is_on_the_connection_is_removed(tmp_path: Path) -> None:
    with dicomfast.open(CASES / "blame_negotiation_pp/capture.pcap.gz") as cap:
        whole = cap.export(tmp_path)
        kept = [Selection(cap, "tcp.stream == 1", tmp_path).keep(batch) for batch in whole.to_batches()]
        shown = cap.filter("tcp.stream == 1").objects["message"].to_pylist()
    rows = [row for batch in kept for row in batch.to_pylist()]
    assert [row["message"] for row in rows] == shown
    assert {path.name for path in tmp_path.iterdir()} == {row["file"] for row in rows}


def test_command_with_a_filter(tmp_path: Path, run: Callable[..., Any]) -> None:
    path = CASES / "blame_negotiation_pp/capture.pcap.gz"
    shown = run("table", "objects", path, "-Y", "tcp.stream == 1", "--format", "csv", "--columns", "sop_instance,role").stdout
    done = run("export", path, "-o", tmp_path / "objects", "-Y", "tcp.stream == 1")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "objects" / "manifest.csv").open() as stream:
        names = [row["sop_instance"] for row in csv.DictReader(stream)]
    assert names == [row["sop_instance"] for row in csv.DictReader(io.StringIO(shown)) if row["role"] == "store"] != []
    assert run("export", path, "-o", tmp_path / "wrong", "-Y", "no.such.field").returncode == 2
    assert not (tmp_path / "wrong").exists()


def test_a_filter_needs_to_read_twice(tmp_path: Path) -> None:
    made = sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian))
    with dicomfast.open(made) as cap, pytest.raises(dicomfast.ArgumentError, match="read twice"):
        cap.export(tmp_path / "new", where="tcp.stream == 1")
    assert not (tmp_path / "new").exists()


SENT = ["store_ts_matrix_dcmtk/capture.pcap.zst", "store_statuses/capture.pcap", "move_three_hosts/capture.pcap.zst"]
OF_DATA_SETS: list[tuple[str, Callable[[Any], bool]]] = [
    ('dicom.Modality == "CT"', lambda data: data.Modality == "CT"),
    ('dicom.Modality != "CT"', lambda data: data.Modality != "CT"),
    ('dicom.Modality in {"MR", "OT"} && dicom.Rows < 100', lambda data: data.Modality in {"MR", "OT"} and data.get("Rows", 100) < 100),
    ("dicom.Rows >= 64", lambda data: data.get("Rows", 0) >= 64),
    ("dicom.tag == 0x0008103e", lambda data: "SeriesDescription" in data),
    ("dicom.SeriesDescription", lambda data: "SeriesDescription" in data),
    ("dicom.Rows && !dicom.PixelSpacing", lambda data: "Rows" in data and "PixelSpacing" not in data),
    ('dicom.ImageType == "DERIVED"', lambda data: "DERIVED" in data.get("ImageType", [])),
    ("dicom.tag == 0x00001000", bool),
    ('dicom.PatientID contains "SYN"', lambda data: "SYN" in data.PatientID),
]


@pytest.mark.parametrize("case", SENT)
def test_objects_are_chosen_by_what_is_in_them(case: str, tmp_path: Path) -> None:
    with dicomfast.open(CASES / case, phi="show") as cap:
        truth = {one.message: one.to_pydicom() for one in cap.datasets()}
        assert truth
        for number, (text, wanted) in enumerate(OF_DATA_SETS):
            rows = cap.export(tmp_path / str(number), where=text).to_pylist()
            assert {row["message"] for row in rows} == {message for message, data in truth.items() if wanted(data)}, text


def test_every_filter_of_these_chooses_some_objects_and_not_all() -> None:
    chosen: dict[str, set[bool]] = {text: set() for text, _ in OF_DATA_SETS}
    for case in SENT:
        with dicomfast.open(CASES / case, phi="show") as cap:
            for one in cap.datasets():
                for text, wanted in OF_DATA_SETS:
                    chosen[text].add(wanted(one.to_pydicom()))
    assert {text for text, found in chosen.items() if found != {True, False}} <= {"dicom.tag == 0x00001000"}


def test_objects_are_chosen_by_what_became_of_them(tmp_path: Path, run: Callable[..., Any]) -> None:
    path = CASES / "store_statuses/capture.pcap"
    messages = json.loads((path.parent / "truth.json").read_text())["connections"][0]["dicom"]["messages"]
    statuses = {one["sop_instance"]: int(one["status"], 16) for one in messages if one["command"] == "C-STORE-RSP"}
    asked: list[tuple[str, Callable[[int], bool]]] = [
        ("dicom.cmd.status == 0xa700", lambda status: status == 0xA700),
        ("dicom.cmd.status == 0", lambda status: status == 0),
        ("dicom.cmd.status >= 0xa000 && dicom.cmd == C-STORE-RQ", lambda status: status >= 0xA000),
        ('dicom.cmd.status_category == "warning"', lambda status: status & 0xF000 == 0xB000),
        ("dicom.status_msg", lambda status: status != 0),
    ]
    with dicomfast.open(path) as cap:
        for number, (text, wanted) in enumerate(asked):
            found = cap.export(tmp_path / str(number), where=text)["sop_instance"].to_pylist()
            assert sorted(found) == sorted(instance for instance, status in statuses.items() if wanted(status)), text
            assert 0 < len(found) < len(statuses)
    done = run("export", path, "-o", tmp_path / "command", "-Y", 'dicom.cmd.status == 0xa700 && dicom.Modality == "OT"')
    assert done.stdout.startswith("1 file,"), done.stderr
    masked = run("export", path, "-o", tmp_path / "masked", "-Y", 'dicom.PatientID == "SYN0005"')
    assert (masked.returncode, "--phi show" in masked.stderr, (tmp_path / "masked").exists()) == (2, True, False)
    shown = run("export", path, "-o", tmp_path / "shown", "--phi", "show", "-Y", 'dicom.PatientID == "SYN0005"')
    assert shown.stdout.startswith(f"{len(statuses)} files,"), shown.stderr
