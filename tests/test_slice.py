"""Slices: the packets of connections as tshark selects them, byte for byte, with findings as comments."""

import shutil
import subprocess
from pathlib import Path

import pytest

import dicomfast

CASES = Path(__file__).parent / "cases"
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is missing: slices are not compared with it")


def tshark(path: Path, *arguments: str) -> list[str]:
    return subprocess.run(["tshark", "-r", path, *arguments], check=True, capture_output=True, text=True).stdout.splitlines()


def bytes_of(path: Path, wanted: str = "") -> list[str]:
    """Time, lengths and bytes of each frame."""
    lines = tshark(path, *(["-Y", wanted] if wanted else []), "-x")
    fields = tshark(
        path, *(["-Y", wanted] if wanted else []), "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"
    )
    return [*fields, *lines]


@needs_tshark
def test_whole_connections_byte_for_byte(tmp_path: Path) -> None:
    case = CASES / "reject_variants" / "capture.pcap"
    target = tmp_path / "slice.pcapng"
    text = "dicom.assoc.reject.reason == 7"
    written = dicomfast.open(case).slice(text, target)
    streams = sorted({int(stream) for stream in tshark(case, "-Y", text, "-T", "fields", "-e", "tcp.stream")})
    assert written.connections == len(streams) > 0
    wanted = " || ".join(f"tcp.stream == {stream}" for stream in streams)
    assert bytes_of(target) == bytes_of(case, wanted)
    assert written.frames == dicomfast.open(target).capture_info["packets"].to_pylist()[0]


@needs_tshark
def test_findings_are_comments_that_tshark_shows(tmp_path: Path) -> None:
    case = CASES / "reject_variants" / "capture.pcap"
    target = tmp_path / "slice.pcapng"
    written = dicomfast.open(case).slice("dicom", target)
    comments = [comment for comment in tshark(target, "-T", "fields", "-e", "frame.comment") if comment]
    assert written.comments > 0
    assert sum(comment.count("dicomfast ") for comment in comments) == written.comments
    bare = dicomfast.open(case).slice("dicom", tmp_path / "bare.pcapng", comments=False)
    assert (bare.frames, bare.comments) == (written.frames, 0)
    assert not any(tshark(tmp_path / "bare.pcapng", "-T", "fields", "-e", "frame.comment"))


def test_the_rows_of_a_slice_are_those_of_its_connections(tmp_path: Path, run) -> None:  # noqa: ANN001 - the fixture of conftest
    case = CASES / "move_three_hosts" / "capture.pcap.zst"
    target = tmp_path / "slice.pcapng"
    whole = dicomfast.read(case)
    result = run("slice", case, "-Y", "dicom.assoc.ae.called == DEST3", "-w", target)
    assert result.returncode == 0, result.stderr
    part = dicomfast.read(target)
    wanted = whole["associations"].filter(pc_equal(whole["associations"]["called_ae"], "DEST3"))
    assert part["associations"].num_rows == wanted.num_rows == 1
    same = ["calling_ae", "called_ae", "requested", "messages", "operations", "dataset_bytes", "complete"]
    assert part["associations"].select(same).to_pylist() == wanted.select(same).to_pylist()
    assert part["connections"]["opened"].to_pylist() == ["handshake"]


def test_every_fragment_comes_along(tmp_path: Path) -> None:
    tunnels = [path for path in sorted((CASES / "links").iterdir()) if "frag" in path.name and ".pcap" in path.name]
    assert tunnels
    for case in tunnels:
        target = tmp_path / "slice.pcapng"
        dicomfast.open(case).slice("dicom", target)
        whole, part = dicomfast.read(case), dicomfast.read(target)
        assert part["messages"].num_rows == whole["messages"].num_rows > 0
        assert part["messages"]["complete"].to_pylist() == whole["messages"]["complete"].to_pylist()


def test_several_inputs_become_one_and_none_is_written_over(tmp_path: Path, run) -> None:  # noqa: ANN001 - as above
    cases = [CASES / name / "capture.pcap" for name in ("echo_orthanc", "store_statuses")]
    target = tmp_path / "both.pcapng"
    written = dicomfast.open(*cases).slice("tcp", target)
    whole = dicomfast.read(*cases)
    assert written.frames == sum(whole["capture_info"]["packets"].to_pylist())
    assert dicomfast.read(target)["operations"].num_rows == whole["operations"].num_rows
    copy = tmp_path / "copy.pcap"
    copy.write_bytes(cases[0].read_bytes())
    result = run("slice", copy, "-Y", "tcp", "-w", copy)
    assert result.returncode == 2
    assert copy.read_bytes() == cases[0].read_bytes()


def pc_equal(column: object, value: str) -> object:
    import pyarrow.compute as pc

    return pc.equal(pc.cast(column, "string"), value)
