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
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

import dicomfast
from dicomfast import _dicomfast

TEXT = {"PN", "LO", "SH", "LT", "ST", "UT", "UC"}
# Text of PS3.15 table E.1-1 that is neither a name nor free text by its VR.
LISTED = [
    "AccessionNumber",
    "PatientID",
    "IssuerOfPatientID",
    "InstitutionName",
    "StationName",
    "StudyDescription",
    "SeriesDescription",
    "InstitutionalDepartmentName",
    "ProtocolName",
    "DeviceSerialNumber",
    "StudyID",
    "AdmissionID",
    "CurrentPatientLocation",
    "PatientTelephoneNumbers",
    "MedicalRecordLocator",
    "MilitaryRank",
    "BranchOfService",
    "Occupation",
    "OtherPatientIDs",
    "CountryOfResidence",
    "RegionOfResidence",
    "EthnicGroup",
    "RequestedProcedureID",
    "ScheduledProcedureStepID",
    "PerformedProcedureStepID",
    "PerformedProcedureStepDescription",
    "RequestingService",
    "InsurancePlanIdentification",
    "ClinicalTrialSubjectID",
    "ContentCreatorName",
    "DetectorID",
    "PlateID",
    "GantryID",
    "CassetteID",
    "AdmittingDiagnosesDescription",
    "SpecimenAccessionNumber",
]


def canaries() -> tuple[Dataset, list[str]]:
    """A data set with a text of its own in every name, free text and listed attribute, at the top and in a sequence, private ones too."""
    data, inner, strings = Dataset(), Dataset(), []
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        group = tag >> 16
        listed = keyword in LISTED or vr in {"PN", "LT", "ST", "UT"}
        if listed and vr in TEXT and group >= 8 and group not in {0xFFFA, 0xFFFC, 0xFFFE}:
            for target in (data, inner):
                strings.append(f"CANARY{len(strings):05}X")
                target.add_new(tag, vr, strings[-1])
    for comments in (0x60004000, 0x50002600):
        strings.append(f"CANARY{len(strings):05}X")
        data.add_new(comments, "LO", strings[-1])
    for number, vr in enumerate(("LO", "UN", "SH", "OB")):
        strings.append(f"CANARY{len(strings):05}X")
        data.add_new(0x00110010 + number, "LO", strings[-1])
        strings.append(f"CANARY{len(strings):05}X")
        text = strings[-1]
        data.add_new(0x00111000 + 0x100 * number + 1, vr, text.encode() if vr in {"UN", "OB"} else text)
    data.add_new(0x00081110, "SQ", Sequence([inner]))
    data.add_new(0x00081111, "SQ", Sequence([inner]))
    return data, strings


@pytest.fixture(scope="module")
def made() -> tuple[bytes, list[str]]:
    data, strings = canaries()
    return sent(stored(encoded(data, "explicit"), ExplicitVRLittleEndian)).getvalue(), strings


def whole(data: bytes, **options: Any) -> dict[str, str]:
    import io

    tables = dicomfast.read(io.BytesIO(data), tables=_dicomfast.table_names(), **options)
    return {name: str(table.to_pylist()) for name, table in tables.items()}


def test_no_table_holds_one_by_default(made: tuple[bytes, list[str]]) -> None:
    for name, text in whole(made[0]).items():
        assert "CANARY" not in text, name


def test_no_command_prints_one(made: tuple[bytes, list[str]], tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(made[0])
    for command in (["summary"], ["dump", "-vvv"], ["diagnose"], ["table", "elements"], ["table", "objects"]):
        done = run(*command, path)
        assert done.returncode == 0, done.stderr
        assert "CANARY" not in done.stdout + done.stderr, command
    assert run("report", path, "-o", tmp_path / "report.html").returncode == 0
    assert "CANARY" not in (tmp_path / "report.html").read_text()


def test_all_are_shown_when_asked_for(made: tuple[bytes, list[str]]) -> None:
    text = whole(made[0], phi="show", limits={"elements": 1_000_000})
    shown = set(re.findall(r"CANARY\d{5}X", text["elements"]))
    data, strings = canaries()
    # Bytes of no known meaning are not shown as text.
    bulk = {element.value.decode() for element in data if element.VR in {"UN", "OB"}}
    assert shown == set(strings) - bulk
    assert "CANARY" in text["objects"]


def test_pseudonyms_are_the_same_for_the_same_key(made: tuple[bytes, list[str]]) -> None:
    import io

    def read(key: bytes) -> tuple[list[Any], str]:
        tables = dicomfast.read(io.BytesIO(made[0]), tables=["elements", "objects"], phi="pseudonym", key=key)
        assert "CANARY" not in str(tables["elements"].to_pylist()) + str(tables["objects"].to_pylist())
        row = next(row for row in tables["elements"].to_pylist() if row["path"] == "(0010,0020)")
        assert row["masked"]
        assert row["value"] == tables["objects"]["patient_id"].to_pylist()[0]
        return tables["elements"]["value"].to_pylist(), row["value"]

    first, pseudonym = read(b"secret")
    assert first == read(b"secret")[0]
    assert pseudonym != read(b"other")[1]
    value = canaries()[0].PatientID
    assert pseudonym == hmac.new(b"secret", value.encode(), hashlib.sha256).hexdigest()[:16]


@pytest.mark.parametrize(("phi", "key"), [("pseudonym", None), ("pseudonym", b""), ("show", b"x"), ("no", None)])
def test_arguments_that_make_no_sense(phi: Any, key: bytes | None) -> None:
    import io

    with pytest.raises(dicomfast.ArgumentError):
        dicomfast.read(io.BytesIO(b""), tables=["objects"], phi=phi, key=key)
