"""Filters on data elements: values against pydicom's, what is masked, and rows by what is in their data sets."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from data_sets import SYNTAXES, encoded, every_vr, sent, stored
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

import dicomfast
from dicomfast.filters.ask import collect
from dicomfast.filters.frames import needs_of
from dicomfast.filters.plan import build

CASES = Path(__file__).parent / "cases"
STATUSES = CASES / "store_statuses" / "capture.pcap"


@pytest.fixture(scope="module")
def made() -> bytes:
    return sent(stored(encoded(every_vr(), "explicit"), ExplicitVRLittleEndian)).getvalue()


def frames(data: bytes, text: str, **options: Any) -> list[int]:
    with dicomfast.open(io.BytesIO(data), **options) as capture:
        return capture.frame_numbers(text).to_pylist()


def comparisons(data: Dataset) -> list[str]:
    """Filters that are true of the elements, by what pydicom says of them."""
    found = []
    for element in data:
        if not element.keyword or element.VR in {"SQ", "OB", "OW", "UN", "OD", "OF", "OL", "OV"} or element.is_empty:
            continue
        for value in element.value if element.VM > 1 else [element.value]:
            if element.VR in {"US", "SS", "UL", "SL", "IS", "DS", "SV", "UV"}:
                found += [f"dicom.{element.keyword} == {value}", f"dicom.{element.keyword} in {{{value} .. {value}}}"]
            elif element.VR not in {"FL", "FD", "AT"}:
                text = str(value).replace("\\", "\\\\").replace("\r\n", "\\r\\n").replace('"', '\\"')
                found.append(f'dicom.{element.keyword} == "{text}"')
    return found


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_values_are_those_of_pydicom(syntax: str) -> None:
    data = every_vr()
    made = sent(stored(encoded(data, syntax), SYNTAXES[syntax])).getvalue()
    asked = comparisons(data)
    assert len(asked) > 20
    (frame,) = frames(made, "dicom.cmd == C-STORE-RQ")
    wrong = [text for text in asked if frames(made, text, phi="show") != [frame]]
    assert wrong == []
    assert frames(made, "dicom.Rows", phi="show") == [frame]
    for text in ("dicom.Rows > 4", "dicom.Rows < 4", "dicom.Rows == 40", 'dicom.Modality == "MR"', 'dicom.ImageType == "OTHER"'):
        assert frames(made, text, phi="show") == [], text


def test_numbers_compare_as_numbers_and_text_as_text(made: bytes) -> None:
    for text in ("dicom.Rows < 10", "dicom.Rows >= 4.0", 'dicom.Rows > "10"', "dicom.Rows != 5", "dicom.Modality != 5"):
        assert frames(made, text), text
    for text in ("dicom.Rows > 10", "dicom.Modality == 5", "dicom.Modality > 5", "dicom.Modality < 5", "any dicom.Rows != 4"):
        assert not frames(made, text), text


def test_a_masked_value_is_never_compared(made: bytes) -> None:
    """To find nothing, or everything with `not`, would be untrue."""
    for text in ('dicom.PatientID == "P2"', '!(dicom.PatientID == "P2")', "len(dicom.PatientName) > 3", 'dicom.tag.value.str matches "x"'):
        with pytest.raises(dicomfast.FilterError, match=r"identify a person, which are masked: ask with --phi show") as caught:
            frames(made, text)
        assert "P1" not in str(caught.value)
        assert "rg" not in str(caught.value)
    (frame,) = frames(made, "dicom.cmd == C-STORE-RQ")
    # That it is there is told, and so are tag, VR and length.
    for text in ("dicom.PatientID", "dicom.tag == 0x00100020", 'dicom.tag.vr == "PN"', "dicom.tag.value.str && dicom.PatientName"):
        assert frame in frames(made, text), text
    assert frames(made, 'dicom.PatientID == "P1"', phi="show") == [frame]
    assert frames(made, 'dicom.PatientID == "P2"', phi="show") == []
    # Who asks for an element that nobody sent learns that.
    assert frames(made, 'dicom.OtherPatientIDs == "P1"') == []


def test_a_pseudonym_compares_with_its_pseudonym(made: bytes) -> None:
    (frame,) = frames(made, "dicom.cmd == C-STORE-RQ")
    pseudonym = hmac.new(b"secret", b"P1", hashlib.sha256).hexdigest()[:16]
    assert frames(made, f'dicom.PatientID == "{pseudonym}"', phi="pseudonym", key=b"secret") == [frame]
    assert frames(made, 'dicom.PatientID == "P1"', phi="pseudonym", key=b"secret") == []


def test_commands_show_what_they_are_asked_to_show(made: bytes, tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(made)
    masked = run("fields", "-e", "dicom.PatientID", path)
    assert (masked.returncode, masked.stdout) == (2, "")
    assert "--phi show" in masked.stderr
    shown = run("fields", "--phi", "show", "-e", "dicom.PatientID", "-e", "dicom.ImageType", "-Y", "dicom.PatientID", path)
    assert shown.stdout == "P1\tORIGINAL,PRIMARY\n"
    assert run("dump", "-Y", 'dicom.PatientID == "P1"', path).returncode == 2
    assert "C-STORE-RQ" in run("dump", "--phi", "show", "-Y", 'dicom.PatientID == "P1"', path).stdout
    assert run("dump", "--phi", "show", "-Y", 'dicom.PatientID == "P2"', path).stdout == ""


def test_elements_of_a_data_set_that_was_cut_belong_to_its_last_frame() -> None:
    """Wireshark shows nothing of a data set whose end never came."""
    capture = dicomfast.open(CASES / "abort_by_scp" / "capture.pcap.zst")
    cut = [row["last_packet"] for row in capture.messages.to_pylist() if not row["complete"] and row["dataset_bytes"]]
    assert len(cut) == 1
    assert set(cut) <= set(capture.frame_numbers('dicom.tag == 0x00100010 && dicom.Modality == "CT"').to_pylist())


def test_elements_that_are_not_asked_for_are_not_held() -> None:
    """A data set has hundreds."""
    with dicomfast.open(STATUSES) as capture:
        elements = capture.read(["elements"])["elements"]
        for text, words in (("dicom.Rows == 8 && dicom.Modality", {"Rows", "Modality"}), ("dicom.Rows && dicom.tag", set())):
            plan = build(text)
            held = collect(capture, needs_of(plan), plan.fields)["elements"]
            wanted = [word for word in elements["keyword"].to_pylist() if not words or word in words]
            assert held.num_rows == len(wanted) > 0
