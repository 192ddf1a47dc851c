"""`dicomfast graph` and `Capture.graph`: from a capture to a file, in one line where that cannot be."""

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomfast
from dicomfast import _dicomfast
from dicomfast.graphs.ask import Question

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CASE = Path(__file__).parent / "cases/find_dcmqrscp/capture.pcap"
MANY = Path(__file__).parent / "cases/reject_variants/capture.pcap"


@pytest.mark.parametrize("suffix", ["html", "svg", "png", "csv", "json", "ndjson", "parquet", "arrow"])
def test_a_ladder_of_a_capture(run: Run, tmp_path: Path, suffix: str) -> None:
    result = run("graph", "ladder", CASE, "--connection", 0, "-o", tmp_path / f"out.{suffix}")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / f"out.{suffix}").stat().st_size > 500


def test_the_ladder_is_what_the_tables_say(run: Run, tmp_path: Path) -> None:
    run("graph", "ladder", CASE, "--connection", 0, "-o", tmp_path / "out.csv")
    capture = dicomfast.open(CASE)
    whole = zip(capture.pdus["connection"].to_pylist(), capture.pdus["first_packet"].to_pylist(), strict=True)
    expected = sorted(packet for connection, packet in whole if connection == 0)
    with (tmp_path / "out.csv").open(encoding="utf-8") as stream:
        drawn = list(csv.DictReader(stream))
    pdus = [row for row in drawn if row["series"] in ("association", "data")]
    assert sorted(int(row["packet"]) for row in pdus) == expected
    assert sum(row["series"] == "messages" for row in drawn) > 0
    assert capture.graph("ladder", connection=0).series.num_rows == len(drawn)


@pytest.mark.parametrize("kind", ["stevens", "tcptrace", "throughput", "rtt", "window"])
def test_graphs_of_segments(run: Run, tmp_path: Path, kind: str) -> None:
    result = run("graph", kind, CASE, "--connection", 0, "-o", tmp_path / "out.html")
    if "segments" in _dicomfast.table_names():
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        assert (tmp_path / "out.html").exists()
    else:
        assert result.returncode == 1
        assert result.stderr == f"dicomfast: a {kind} graph is made of the table segments, which this version does not have\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["graph", "pie", CASE], 2, "pie"),
        (["graph", "ladder"], 2, "name a capture file"),
        (["graph", "ladder", CASE, "--compare", "1"], 2, "--connection"),
        (["graph", "ladder", CASE, "--connection", "1", "--compare", "1"], 2, "another"),
        (["graph", "ladder", CASE, "--by", "sequence"], 2, "rtt"),
        (["graph", "throughput", CASE, "--window", "0"], 2, "window"),
        (["graph", "ladder", CASE, "-o", "x.docx"], 1, "suffix"),
        (["graph", "ladder", CASE, "--connection", "999"], 1, "no TCP connection 999"),
        (["graph", "ladder", MANY], 1, "several TCP connections"),
        (["graph", "ladder", "missing.pcap"], 1, "missing.pcap"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(run: Run, tmp_path: Path, arguments: list[object], code: int, says: str) -> None:
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == code
    (line,) = result.stderr.splitlines()
    assert says in line
    assert not list(tmp_path.iterdir())


def test_the_stalls_of_a_capture_are_shaded_with_their_evidence(run: Run, tmp_path: Path) -> None:
    closed = CASE.parent.parent / "blame_window_closed_dp/capture.pcap.gz"
    assert run("graph", "tcptrace", closed, "-o", tmp_path / "out.html").returncode == 0
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert ">window-closed</span>" in page
    assert '["command", "C-STORE-RQ"]' in page


def test_time_sequence_is_another_name_of_tcptrace() -> None:
    assert Question("time-sequence") == Question("tcptrace")
