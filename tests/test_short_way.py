"""Bulk transfers take a short way through the engine, but not where the table segments is asked for: both give the same rows."""

from pathlib import Path

import pytest

import dicomfast

CASES = sorted((Path(__file__).parent / "cases").rglob("*.pcap*"))
TABLES = ["connections", "associations", "operations", "messages", "anomalies", "findings", "stalls", "pdus"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_same_rows(path: Path) -> None:
    try:
        long = dicomfast.read(path, tables=[*TABLES, "segments"], threads=1)
    except dicomfast.DicomfastError as error:
        with pytest.raises(type(error)):
            dicomfast.read(path, tables=TABLES, threads=1)
        return
    short = dicomfast.read(path, tables=TABLES, threads=1)
    for name in TABLES:
        assert short[name].equals(long[name]), name
