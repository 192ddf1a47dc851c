"""The command line: exit codes, one-line errors, silence on broken pipes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_sources import EMPTY

import dicomfast
from dicomfast import _dicomfast

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "empty.pcap"
    path.write_bytes(EMPTY)
    return path


def failed(result: "subprocess.CompletedProcess[str]") -> str:
    """The one line on standard error."""
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("dicomfast: ")
    assert "Traceback" not in line
    return line


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"dicomfast {dicomfast.__version__}\n"


@pytest.mark.parametrize(
    "command", [[], ["summary"], ["dump"], ["table"], ["tables"], ["graph"], ["diagnose"], ["stalls"], ["compare"], ["watch"], ["live"]]
)
def test_help(run: Run, command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.returncode == 0
    assert "Usage:" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "nothing"),
        (["summary"], "name a capture file"),
        (["summary", "x.pcap", "--colour"], "--colour"),
        (["summary", "x.pcap", "--threads", "9"], "9"),
        (["summary", "x.pcap", "--limit", "connections"], "KEY=NUMBER"),
        (["table", "nothing", "x.pcap"], "nothing"),
        (["table", "associations", "x.pcap", "--columns", "nothing"], "no column"),
        (["dump", "x.pcap", "-c", "0"], "0"),
        (["diagnose"], "name a capture file"),
        (["stalls"], "name a capture file"),
        (["stalls", "x.pcap", "--longest", "0"], "0"),
        (["compare", "x.pcap"], "name two captures"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert says in failed(result)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["summary", "missing.pcap"], "missing.pcap"),
        (["diagnose", "missing.pcap"], "missing.pcap"),
        (["stalls", "missing.pcap"], "missing.pcap"),
        (["stalls", "x.pcap", "-o", "x.docx"], "suffix"),
        (["compare", "missing.pcap", "other.pcap"], "missing.pcap"),
        (["summary", "*.missing"], "no file matches"),
        (["table", "associations", "x.pcap", "-o", "x.docx"], "suffix"),
        (["dump", "-r", "x.pcap", "--limit", "nothing=1"], "no limit"),
        (["summary", "x\x1b[2J.pcap"], r"x\x1b[2J.pcap"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, arguments: list[str], says: str, tmp_path: Path) -> None:
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 1
    assert says in failed(result)


def test_tables_lists_every_column(run: Run) -> None:
    result = run("tables")
    assert result.returncode == 0
    words = result.stdout.replace(":", " ").split()
    for name in _dicomfast.table_names():
        assert name in words
        assert set(_dicomfast.schema(name).names) <= set(words)


@pytest.mark.parametrize("form", ["csv", "json", "text"])
def test_a_table_of_an_empty_capture(run: Run, empty: Path, form: str) -> None:
    result = run("table", "associations", empty, "--format", form)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout


def test_columns_in_the_order_asked_for(run: Run, empty: Path) -> None:
    first, second, *_ = _dicomfast.schema("associations").names
    result = run("table", "associations", "-r", empty, "--columns", f"{second},{first}", "--format", "csv")
    assert result.stdout.split() == [f"{second},{first}"]


def test_standard_input(empty: Path) -> None:
    command = [sys.executable, "-m", "dicomfast", "dump", "-"]
    result = subprocess.run(command, input=empty.read_bytes(), capture_output=True, check=False, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_the_output_is_never_an_input(run: Run, empty: Path, tmp_path: Path) -> None:
    target = tmp_path / "link.csv"
    target.hardlink_to(empty)
    result = run("table", "associations", empty, "-o", target)
    assert result.returncode == 2
    assert empty.read_bytes() == EMPTY


@pytest.mark.parametrize("suffix", ["csv", "json", "ndjson", "arrow", "arrows", "parquet", "txt"])
def test_output_files(run: Run, empty: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out.{suffix}"
    assert run("table", "associations", empty, "-o", target).returncode == 0
    assert target.exists()
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask()


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_broken_pipe_is_silent() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as broken:
        command = [sys.executable, "-m", "dicomfast", "tables"]
        result = subprocess.run(command, stdout=broken, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, b"")


def test_ctrl_c_ends_with_130_and_the_counts() -> None:
    command = [sys.executable, "-m", "dicomfast", "summary", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stderr
        # More than a pipe holds: it is written when most of it has been read.
        process.stdin.write(EMPTY + 10_000 * (bytes(8) + 2 * (60).to_bytes(4, "little") + bytes(60)))
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        assert process.wait(10) == 130
        line = process.stderr.read().decode()
    assert line.startswith("dicomfast: interrupted after ")
    assert "Traceback" not in line
