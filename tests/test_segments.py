"""The table segments against tshark's sequence analysis, packet by packet (stored by tests/segment_views.py, tshark 4.0.17)."""

import gzip
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from generate import Connection, capture
from segment_views import NUMBERS, SUFFIX
from segment_views import view as view_of
from tshark_segments import FLAGS

import dicomfast

CASES = Path(__file__).parent / "cases"
VIEWS = sorted(CASES.glob(f"*/*{SUFFIX}"))
# Where the two differ, with the reason: the column, and how many packets.
DIFFERENCES: dict[str, dict[str, int]] = {
    # Packets in another order than the wire's, which both judge as they come. tshark tells some acknowledgements of bytes
    # that are not there yet and not others, and takes a packet for a fast retransmission that came before what it answers.
    "shuffled.pcap": {"ack_lost_segment": 1, "fast_retransmission": 2, "ack_rtt": 1},
    # tshark shows no round-trip time of zero nanoseconds.
    "snaplen96": {"ack_rtt": 1},
}


def expected(text: bytes) -> dict[int, dict[str, Any]]:
    rows = {}
    for line in text.decode().splitlines():
        packet, *cells = line.split("\t")
        row: dict[str, Any] = dict(zip([*NUMBERS, *FLAGS], cells, strict=True))
        for name in NUMBERS:
            row[name] = None if not row[name] else round(float(row[name]) * 1e9) if name == "ack_rtt" else int(row[name])
        for flag in FLAGS:
            row[flag] = bool(row[flag])
        rows[int(packet)] = row
    return rows


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.parent.name}-{view.name.removesuffix(SUFFIX)}")
def test_every_flag_and_number_is_tsharks(view: Path) -> None:
    known = next((found for name, found in DIFFERENCES.items() if name in str(view)), {})
    path = view.with_name(view.name.removesuffix(SUFFIX))
    assert differences(path, expected(gzip.decompress(view.read_bytes()))) == known


def segments(path: Path) -> dict[int, dict[str, Any]]:
    table = dicomfast.read(path, tables=["segments"])["segments"]
    table = table.set_column(table.schema.get_field_index("ack_rtt"), "ack_rtt", table["ack_rtt"].cast(pa.int64()))
    return {row["packet"]: row for row in table.drop_columns(["time", "sender"]).to_pylist()}


def differences(path: Path, truth: dict[int, dict[str, Any]]) -> dict[str, int]:
    """How many packets differ from tshark's view, by column."""
    rows = segments(path)
    assert rows.keys() == truth.keys()
    wrong: dict[str, int] = {}
    for packet, row in rows.items():
        there = truth[packet]
        if row["ack"] is None:
            # tshark writes 0 where there is no acknowledgment.
            assert there["ack"] in (0, None)
            there["ack"] = None
        for name, value in there.items():
            if row[name] != value:
                wrong[name] = wrong.get(name, 0) + 1
    return wrong


def test_the_flags_are_all_there() -> None:
    views = [expected(gzip.decompress(view.read_bytes())) for view in VIEWS]
    seen = {flag for view in views for row in view.values() for flag in FLAGS if row[flag]}
    # What no peer of the cases did: probes of a closed window, and answers to them and to keep-alives; see below.
    assert set(FLAGS) - seen == {"zero_window_probe", "zero_window_probe_ack", "keep_alive_ack"}


def test_probes_and_keep_alives(tmp_path: Path) -> None:
    connection = Connection().open().write("client", b"x" * 3_000)
    connection.zero_window_probe("client", b"y").write("client", b"y" * 100).keep_alive("client").keep_alive("server", b"")
    connection.zero_window_probe("client", b"z", accepted=True).write("client", b"z" * 99).close()
    path = tmp_path / "probes.pcap"
    path.write_bytes(capture(connection))
    rows = segments(path)
    flags = {flag: [packet for packet, row in rows.items() if row[flag]] for flag in FLAGS}
    assert {flag: packets for flag, packets in flags.items() if packets} == {
        "lost_segment": [23],
        "ack_lost_segment": [21, 24],
        "zero_window": [9, 11, 19, 21],
        "zero_window_probe": [10, 20],
        "zero_window_probe_ack": [11],
        "window_update": [12, 22],
        "keep_alive": [15, 17],
        "keep_alive_ack": [16, 18],
    }
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not here: its view is not compared")
    assert differences(path, expected(view_of(path))) == {}
