"""The table `elements` against pydicom reading the same bytes."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from data_sets import INSTANCE, SYNTAXES, encoded, every_vr, sent, stored
from generate import JOINED, Connection, Packing, capture, impair
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import ExplicitVRLittleEndian

import dicomfast

BULK = {"OB", "OW", "OD", "OF", "OL", "OV", "UN"}


def expected(data: Dataset, where: str = "") -> Iterator[tuple[str, str, Any]]:
    """Path, VR and value of every element, as pydicom has them."""
    for element in data:
        path = f"{where}({element.tag.group:04X},{element.tag.element:04X})"
        yield path, element.VR, None if element.VR == "SQ" else value(element)
        if element.VR == "SQ":
            for at, item in enumerate(element.value):
                yield f"{path}[{at}]", "", None
                yield from expected(item, f"{path}[{at}].")


def value(element: DataElement) -> Any:
    if element.VR in BULK:
        return None
    if element.VR in {"LT", "ST", "UT", "UR"}:
        return element.value or ""
    values = element.value if element.VM > 1 else [] if element.VM == 0 else [element.value]
    if element.VR in {"FD", "FL"}:
        return [float(one) for one in values]
    if element.VR == "AT":
        return "\\".join(f"({one >> 16:04X},{one & 0xFFFF:04X})" for one in values)
    if element.VR == "DS":
        return [Decimal(str(one)) for one in values]
    return "\\".join(str(one) for one in values)


def ours(row: dict[str, Any]) -> Any:
    text = row["value"]
    if text is None:
        return None
    if row["vr"] in {"FD", "FL"}:
        return [float(one) if row["vr"] == "FD" else pytest.approx(float(one), rel=1e-6) for one in text.split("\\")]
    if row["vr"] == "DS":
        return [Decimal(one) for one in text.split("\\")]
    return text


def read_back(raw: bytes, syntax: str) -> Dataset:
    import zlib

    if syntax == "deflated":
        raw = zlib.decompress(raw, -zlib.MAX_WBITS) if len(raw) % 2 == 0 else raw
    return read_dataset(io.BytesIO(raw), syntax == "implicit", syntax != "big")


@pytest.mark.parametrize("cut", [None, 1, 7, random.Random(3)], ids=["mss", "1", "7", "random"])
@pytest.mark.parametrize("packing", [Packing(), Packing(fragment=5, joined=True), Packing(max_pdu=64)], ids=["whole", "tiny", "small"])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_element_is_what_pydicom_reads(syntax: str, packing: Packing, cut: Any) -> None:
    raw = encoded(every_vr(), syntax)
    tables = dicomfast.read(sent(stored(raw, SYNTAXES[syntax], packing), cut), tables=["elements", "anomalies"], phi="show")
    found = [(row["path"], row["vr"] or "", ours(row)) for row in tables["elements"].to_pylist()]
    assert found == list(expected(read_back(raw, syntax)))
    assert not any(row["kind"].startswith(("bad-element", "data-set")) for row in tables["anomalies"].to_pylist())


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("", "Buc^Jerome"),
        ("ISO_IR 100", "Buc^Jérôme"),
        ("ISO_IR 101", "Wałęsa"),
        ("ISO_IR 109", "Ħaż-Żebbuġ"),
        ("ISO_IR 110", "ŠĀĒĢ"),
        ("ISO_IR 144", "Люкceмбypг"),  # noqa: RUF001 - the example of PS3.5, with Latin letters
        ("ISO_IR 127", "قباني^لنزار"),
        ("ISO_IR 126", "Διονυσιος"),
        ("ISO_IR 138", "שרון^דבורה"),
        ("ISO_IR 148", "Çavuşoğlu"),
        ("ISO_IR 166", "นามสกุล"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小東"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("GBK", "Wang^XiaoDong=王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    ],
    ids=str,
)
def test_character_sets(charset: Any, name: str) -> None:
    data = Dataset()
    data.SpecificCharacterSet = charset
    data.PatientName = name
    rows = dicomfast.read(sent(stored(encoded(data, "explicit"), ExplicitVRLittleEndian)), tables=["elements"], phi="show")["elements"]
    assert rows["value"].to_pylist()[-1] == name


def test_long_values_are_cut_and_bulk_is_not_read() -> None:
    data = Dataset()
    data.add_new(0x0040A160, "UT", "x" * 100)
    data.add_new(0x7FE00010, "OB", bytes(100_000))
    capture_ = sent(stored(encoded(data, "explicit"), ExplicitVRLittleEndian))
    text, pixels = dicomfast.read(capture_, tables=["elements"], phi="show", limits={"value_bytes": 10})["elements"].to_pylist()
    assert (text["value"], text["truncated"], text["length"], text["vm"]) == ("x" * 10, True, 100, None)
    assert (pixels["value"], pixels["truncated"], pixels["length"], pixels["vm"]) == (None, False, 100_000, 1)


def test_another_encoding_than_was_negotiated_is_told_and_read() -> None:
    raw = encoded(every_vr(), "implicit")
    tables = dicomfast.read(sent(stored(raw, ExplicitVRLittleEndian)), tables=["elements", "anomalies"], phi="show")
    assert "data-set-encoding" in tables["anomalies"]["kind"].to_pylist()
    assert [row["path"] for row in tables["elements"].to_pylist()] == [path for path, _, _ in expected(read_back(raw, "implicit"))]


@pytest.mark.parametrize("depth", [10, 70, 5_000])
def test_deep_sequences(depth: int) -> None:
    head = bytes.fromhex("08004011 5351 0000 ffffffff feff00e0 ffffffff")
    tail = bytes.fromhex("feff0de0 00000000 feffdde0 00000000")
    raw = head * depth + tail * depth + bytes.fromhex("10002000 4c4f 0200 5031")
    tables = dicomfast.read(sent(stored(raw, ExplicitVRLittleEndian)), tables=["elements", "anomalies"], phi="show")
    assert tables["elements"]["value"].to_pylist()[-1] == "P1"
    assert ("data-set-limit" in tables["anomalies"]["kind"].to_pylist()) == (depth > 64)
    # The sequence that is too deep has a row, and its items have none.
    assert len(tables["elements"]) == 2 * min(depth, 64) + (depth > 64) + 1


@pytest.mark.parametrize("seed", range(40))
def test_lost_ranges_are_exact(seed: int) -> None:
    """Segments are lost; what is missing of the data set is told to the byte, or that nobody knows."""
    rng = random.Random(seed)
    data = Dataset()
    data.PatientID = "P1"
    data.Modality = "CT"
    data.add_new(0x7FE00010, "OB", rng.randbytes(200_000))
    raw = encoded(data, "explicit")
    conversation = stored(raw, ExplicitVRLittleEndian, Packing(max_pdu=rng.choice([4096, 16384, 1 << 20])))
    connection = Connection().open().play(conversation.writes).close()
    # Where the data set's bytes stand in what the requestor sent.
    offsets = positions(conversation)
    candidates = impair.data_positions(connection.segments, "client")[4:-6]
    lost = sorted(rng.sample(candidates, rng.randint(1, 3)))
    first = next(segment.seq for segment in connection.segments if segment.payload and segment.sender == "client")
    gone: set[int] = set()
    for at in lost:
        segment = connection.segments[at]
        start = segment.seq - first
        gone.update(range(start, start + len(segment.payload)))
    missing = {offsets[byte] for byte in gone if byte in offsets}
    connection.segments = impair.lose(connection.segments, *lost)
    row = dicomfast.read(io.BytesIO(capture(connection)), tables=["objects"])["objects"].to_pylist()[0]
    told = {byte for part in row["lost_ranges"] or [] for byte in range(part["offset"], part["offset"] + (part["length"] or 0))}
    unknown = [part for part in row["lost_ranges"] or [] if part["length"] is None]
    assert not row["complete"]
    if unknown:
        assert all(byte >= unknown[0]["offset"] for byte in missing - told)
    elif gone & headers(conversation):
        # The rest of a PDU whose header is missing cannot be put in its place.
        assert missing <= told
        assert row["bytes"] == len(raw)
    else:
        assert told == missing
        assert row["bytes"] == len(raw)


def positions(conversation: Any) -> dict[int, int]:
    """Offset in the stream of each byte of the data set, to its offset in the data set."""
    stream = conversation.stream("requestor")
    found: dict[int, int] = {}
    at = 0
    while at < len(stream):
        length = int.from_bytes(stream[at + 2 : at + 6])
        if stream[at] == 4 and not stream[at + 11] & 1:
            for byte in range(at + 12, at + 6 + length):
                found[byte] = len(found)
        at += 6 + length
    return found


def headers(conversation: Any) -> set[int]:
    """Offsets in the stream of the bytes of all headers."""
    stream = conversation.stream("requestor")
    heads: set[int] = set()
    at = 0
    while at < len(stream):
        heads.update(range(at, at + 12))
        at += 6 + int.from_bytes(stream[at + 2 : at + 6])
    return heads


def test_objects_tells_what_an_object_is_about() -> None:
    raw = encoded(every_vr(), "explicit")
    row = dicomfast.read(sent(stored(raw, ExplicitVRLittleEndian, JOINED)), tables=["objects"], phi="show", hashes=True)
    row = row["objects"].to_pylist()[0]
    assert row["sha256"] == hashlib.sha256(raw).hexdigest()
    assert (row["role"], row["bytes"], row["complete"], row["lost_ranges"]) == ("store", len(raw), True, None)
    assert (row["rows"], row["columns"], row["modality"], row["patient_id"]) == (4, 2, "CT", "P1")
    assert (row["patient_name"], row["accession_number"], row["sop_instance"]) == ("Müller^Jörg=山田^太郎", "A1", INSTANCE)


def test_a_filter_names_a_tag_as_tags_are_written() -> None:
    capture = dicomfast.open(Path(__file__).parent / "cases" / "find_dcmqrscp" / "capture.pcap", phi="show")
    wanted = [row for row in capture.elements.to_pylist() if row["tag"] == 0x0020000D]
    assert wanted
    for text in ("dicom.tag == 0020000D", "dicom.tag == 0x0020000d", "dicom.tag in {0020000d}", "dicom.StudyInstanceUID"):
        assert capture.filter(text).elements.to_pylist() == wanted, text
