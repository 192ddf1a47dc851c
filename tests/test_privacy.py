"""Nothing of a data set that identifies a person is in the output unless it is asked for (PS3.15 annex E)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from data_sets import encoded, sent, stored
from generate import Context, Conversation, dicom
from pydicom.config import IGNORE
from pydicom.datadict import DicomDictionary, dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

import dicomfast
from dicomfast import _dicomfast

TEXT = {"PN", "LO", "SH", "LT", "ST", "UT", "UC"}
FREE = {"PN", "LT", "ST", "UT"}
# Characters besides, and what never has a value in a table.
CODES = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UR"}
BULK = {"OB", "OW", "UN"}
# Of no table: in the sequences of the table it is masked all the same.
MANUFACTURER = 0x00080070


def table_e1_1() -> dict[int, str]:
    """The attributes of PS3.15 table E.1-1 that a data set can hold, with their VRs, UIDs excepted; those of later editions are texts."""
    lines = (Path(__file__).parent / "privacy" / "table_e1_1.txt").read_text().splitlines()
    tags = [int(word.replace("x", "2"), 16) for line in lines if not line.startswith("#") for word in line.split()]
    known = {tag: dictionary_VR(tag)[:2] if dictionary_has_tag(tag) else "LO" for tag in tags if tag >> 16 >= 8}
    return {tag: vr for tag, vr in known.items() if vr != "UI"}


class Flock:
    """Data sets with a text of its own in each element."""

    def __init__(self) -> None:
        self.strings: list[str] = []

    def add(self, target: Dataset, tag: int, vr: str) -> None:
        self.strings.append(f"CANARY{len(self.strings):05}X")
        value = self.strings[-1].encode() if vr in BULK else self.strings[-1]
        target[tag] = DataElement(tag, vr, value, already_converted=vr != "PN", validation_mode=IGNORE)

    def add_listed(self, target: Dataset) -> None:
        """The attributes of the table, a sequence of it with an attribute that is not in it."""
        for tag, vr in table_e1_1().items():
            if vr == "SQ":
                target.add_new(tag, vr, Sequence([Dataset()]))
                self.add(target[tag].value[0], MANUFACTURER, "LO")
            elif vr in TEXT | CODES | BULK:
                self.add(target, tag, vr)
            else:
                target.add_new(tag, vr, 0)


def canaries() -> tuple[Dataset, list[str]]:
    """What identifies, each element with a text of its own: by the table, names, free texts, private ones, comments; also in sequences."""
    flock, data, inner = Flock(), Dataset(), Dataset()
    flock.add_listed(data)
    flock.add_listed(inner)
    for tag, (vr, *_) in DicomDictionary.items():
        if vr in FREE and tag >> 16 >= 8 and tag not in data:
            flock.add(data, tag, vr)
            flock.add(inner, tag, vr)
    for comments in (0x60004000, 0x50002600):
        flock.add(data, comments, "LO")
    for number, vr in enumerate(("LO", "UN", "SH", "OB", "UI")):
        flock.add(data, 0x00110010 + number, "LO")
        flock.add(data, 0x00111000 + 0x100 * number + 1, vr)
    # Of no table: what is in it is masked for itself.
    data.add_new(0x00081199, "SQ", Sequence([inner]))
    return data, flock.strings


def disguised() -> tuple[Dataset, list[str]]:
    """Attributes that identify, sent with VRs that are not theirs: such as UIDs, and free texts as short ones."""
    flock, data, inner = Flock(), Dataset(), Dataset()
    for tag, vr in table_e1_1().items():
        if vr != "SQ":
            flock.add(data, tag, "UI")
    for tag, (vr, *_) in DicomDictionary.items():
        if vr in FREE and tag >> 16 >= 8:
            flock.add(inner, tag, "SH")
    data.add_new(0x00081199, "SQ", Sequence([inner]))
    return data, flock.strings


def on_the_wire(data: Dataset) -> bytes:
    return sent(stored(encoded(data, "explicit"), ExplicitVRLittleEndian)).getvalue()


@pytest.fixture(scope="module", params=[canaries, disguised])
def made(request: pytest.FixtureRequest) -> tuple[bytes, list[str], Dataset]:
    data, strings = request.param()
    return on_the_wire(data), strings, data


def whole(data: bytes, **options: Any) -> dict[str, str]:
    import io

    tables = dicomfast.read(io.BytesIO(data), tables=_dicomfast.table_names(), **options)
    return {name: str(table.to_pylist()) for name, table in tables.items()}


def test_no_table_holds_one_by_default(made: tuple[bytes, list[str], Dataset]) -> None:
    tables = whole(made[0])
    for name, text in tables.items():
        assert "CANARY" not in text, name
    assert "data-set" not in tables["anomalies"], "every element has been read"


def test_no_command_prints_one(made: tuple[bytes, list[str], Dataset], tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(made[0])
    for command in (["summary"], ["dump", "-vvv"], ["diagnose"], *(["table", name] for name in ("elements", "objects", "findings"))):
        done = run(*command, path)
        assert done.returncode == 0, done.stderr
        assert "CANARY" not in done.stdout + done.stderr, command
    assert run("report", path, "-o", tmp_path / "report.html").returncode == 0
    assert "CANARY" not in (tmp_path / "report.html").read_text()


def test_all_are_shown_when_asked_for(made: tuple[bytes, list[str], Dataset]) -> None:
    text = whole(made[0], phi="show")
    shown = set(re.findall(r"CANARY\d{5}X", text["elements"]))
    # Bytes of no known meaning are not shown as text.
    bulk = {element.value.decode() for element in made[2].iterall() if element.VR in BULK}
    assert shown == set(made[1]) - bulk
    assert "CANARY" in text["objects"]


def test_each_attribute_of_the_standards_table_is_masked() -> None:
    import io

    rows = dicomfast.read(io.BytesIO(on_the_wire(canaries()[0])), tables=["elements"])["elements"].to_pylist()
    found = {row["path"]: row for row in rows}
    for tag, vr in table_e1_1().items():
        path = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        row = found[f"{path}[0].(0008,0070)"] if vr == "SQ" else found[path]
        assert (row["masked"], row["value"]) == (True, None), path
    assert len(table_e1_1()) > 590


def test_pseudonyms_are_the_same_for_the_same_key() -> None:
    import io

    data = canaries()[0]
    wire = on_the_wire(data)

    def read(key: bytes) -> tuple[list[Any], str]:
        tables = dicomfast.read(io.BytesIO(wire), tables=["elements", "objects"], phi="pseudonym", key=key)
        assert "CANARY" not in str(tables["elements"].to_pylist()) + str(tables["objects"].to_pylist())
        row = next(row for row in tables["elements"].to_pylist() if row["path"] == "(0010,0020)")
        assert row["masked"]
        assert row["value"] == tables["objects"]["patient_id"].to_pylist()[0]
        return tables["elements"]["value"].to_pylist(), row["value"]

    first, pseudonym = read(b"secret")
    assert first == read(b"secret")[0]
    assert pseudonym != read(b"other")[1]
    value = data.PatientID
    assert pseudonym == hmac.new(b"secret", value.encode(), hashlib.sha256).hexdigest()[:16]


@pytest.mark.parametrize(("phi", "key"), [("pseudonym", None), ("pseudonym", b""), ("show", b"x"), ("no", None)])
def test_arguments_that_make_no_sense(phi: Any, key: bytes | None) -> None:
    import io

    with pytest.raises(dicomfast.ArgumentError):
        dicomfast.read(io.BytesIO(b""), tables=["objects"], phi=phi, key=key)


COMMENT = "CANARY no such patient"
COMMAND_LINE = "(0000,0902) Error Comment: "


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A response with an Error Comment (PS3.7 annex C): a free text of the peer."""
    conversation = Conversation(contexts=[Context(1, dicom.CT_IMAGE, (ExplicitVRLittleEndian,))])
    conversation.associate()
    asked = dicom.request("C-STORE-RQ", 1, dicom.CT_IMAGE, "1.2.3", data=True)
    conversation.message("requestor", 1, asked, dicom.data_set([(0x00080060, "CS", "CT")], explicit=True))
    conversation.message("acceptor", 1, dicom.response(asked, 0xC123, ErrorComment=COMMENT))
    conversation.release()
    path = tmp_path_factory.mktemp("refused") / "refused.pcap"
    path.write_bytes(sent(conversation).getvalue())
    return path


def test_an_error_comment_is_on_no_screen_and_in_no_finding(refused: Path, tmp_path: Path, run: Callable[..., Any]) -> None:
    for command in (["summary"], ["dump", "-vvv"], ["diagnose"], ["live", "--once", "--json"], ["table", "events"], ["table", "findings"]):
        done = run(*command, refused)
        assert done.returncode == 0, done.stderr
        assert "CANARY" not in done.stdout + done.stderr, command
    assert run("report", refused, "-o", tmp_path / "report.html").returncode == 0
    assert "CANARY" not in (tmp_path / "report.html").read_text()


def test_that_there_is_an_error_comment_is_told(refused: Path, run: Callable[..., Any]) -> None:
    assert f"{COMMAND_LINE}[masked]\n" in run("dump", "-vv", refused).stdout
    assert "[masked]" in run("live", "--once", "--json", refused).stdout
    assert "1 with an error comment" in run("diagnose", refused).stdout


def test_an_error_comment_is_shown_when_asked_for(refused: Path, run: Callable[..., Any]) -> None:
    for command in (["dump", "-vv"], ["live", "--once", "--json"]):
        assert COMMENT in run(*command, "--phi", "show", refused).stdout, command
    digest = hmac.new(b"secret", COMMENT.encode(), hashlib.sha256).hexdigest()[:16]
    (details,) = [
        text
        for text in dicomfast.read(refused, tables=["events"], phi="pseudonym", key=b"secret")["events"]["details"].to_pylist()
        if "Comment" in str(text)
    ]
    assert f'{COMMAND_LINE.strip()} "{digest}" [pseudonym]' in str(details)
    for name, table in dicomfast.read(refused, tables=["messages", "operations"]).items():
        assert [value for value in table["error_comment"].to_pylist() if value] == [COMMENT], f"the column of {name} that is named so"
