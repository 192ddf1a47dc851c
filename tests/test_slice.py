"""Slices: the packets of connections as tshark selects them, byte for byte, with findings as comments."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from generate import Connection, Context, Conversation, Endpoints, Record, dicom, framed, link, merge, packets, pcap

import dicomfast
from dicomfast.slicing import FrameSet

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
    segments = dicomfast.read(*cases, tables=["segments"])["segments"]
    assert written.frames == segments.num_rows > 0
    assert dicomfast.read(target)["operations"].num_rows == whole["operations"].num_rows
    copy = tmp_path / "copy.pcap"
    copy.write_bytes(cases[0].read_bytes())
    result = run("slice", copy, "-Y", "tcp", "-w", copy)
    assert result.returncode == 2
    assert copy.read_bytes() == cases[0].read_bytes()


def pc_equal(column: object, value: str) -> object:
    import pyarrow.compute as pc

    return pc.equal(pc.cast(column, "string"), value)


def in_fragments(client: str, server: str, port: int) -> list[Record]:
    """A store whose larger packets came in fragments."""
    one = Conversation(contexts=[Context(1, dicom.CT_IMAGE)])
    one.associate()
    one.store(bytes(4_000), "1.2.3")
    one.release()
    segments = Connection().open().play(one.writes).close().segments
    made = []
    for number, (time, data, size) in enumerate(packets(segments, Endpoints(client, port, server, 11112))):
        made += [Record(time, part, len(part)) for part in link.fragments(data, 400, number)] if size > 500 else [Record(time, data, size)]
    return framed(made)


@needs_tshark
@pytest.mark.parametrize("ends", [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")], ids=["IPv4", "IPv6"])
def test_the_fragments_of_one_connection_and_not_of_another(tmp_path: Path, ends: tuple[str, str]) -> None:
    wanted, other = in_fragments(*ends, 40_000), in_fragments(ends[0], ends[1][:-1] + "9", 40_001)
    for name, records in {"all.pcap": merge(wanted, other), "wanted.pcap": wanted}.items():
        (tmp_path / name).write_bytes(pcap(records))
    written = dicomfast.open(tmp_path / "all.pcap").slice("tcp.port == 40000 && dicom", tmp_path / "slice.pcapng", comments=False)
    assert written.frames == len(wanted)
    assert bytes_of(tmp_path / "slice.pcapng") == bytes_of(tmp_path / "wanted.pcap")


@needs_tshark
@pytest.mark.parametrize(
    "text",
    [
        "ipv6.fraghdr",
        "ipv6.fraghdr.more == 1",
        "ipv6.fraghdr.offset == 50",
        "ipv6.fraghdr.ident == 10",
        'frame.protocols contains "fraghdr"',
    ],
)
def test_fragment_headers_as_tshark_has_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fragments.pcap"
    path.write_bytes(pcap(in_fragments("2001:db8::1", "2001:db8::2", 40_000)))
    theirs = [int(number) for number in tshark(path, "-Y", text, "-T", "fields", "-e", "frame.number")]
    assert dicomfast.open(path).frame_numbers(text).to_pylist() == theirs != []


def test_a_set_of_frames_is_a_set() -> None:
    rng = random.Random(1)
    numbers = {rng.randint(1, 5_000) for _ in range(500)}
    chosen = FrameSet()
    chosen.update(rng.sample(sorted(numbers), len(numbers)))
    assert {number for number in range(1, 6_000) if number in chosen} == numbers
    assert None not in chosen
    assert len(chosen.bits) == (max(numbers) + 7) // 8
