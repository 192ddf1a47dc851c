"""The table segments against tshark's sequence analysis, packet by packet (stored by tests/segment_views.py, tshark 4.0.17)."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from segment_views import FLAGS, NUMBERS, SUFFIX

import dicomfast

CASES = Path(__file__).parent / "cases"
VIEWS = sorted(CASES.glob(f"*/*{SUFFIX}"))
# Where the two differ, with the reason: the column, and how many packets.
DIFFERENCES: dict[str, dict[str, int]] = {
    # Packets in another order than the wire's, which both judge as they come. tshark tells some acknowledgements of bytes
    # that are not there yet and not others, and takes a packet for a fast retransmission that came before what it answers.
    "shuffled.pcap": {"ack_lost_segment": 2, "fast_retransmission": 2, "ack_rtt": 1},
    # tshark shows no round-trip time of zero nanoseconds.
    "snaplen96": {"ack_rtt": 1},
}


def expected(view: Path) -> dict[int, dict[str, Any]]:
    rows = {}
    for line in gzip.decompress(view.read_bytes()).decode().splitlines():
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
    capture = view.with_name(view.name.removesuffix(SUFFIX))
    truth = expected(view)
    table = dicomfast.read(capture, tables=["segments"])["segments"]
    table = table.set_column(table.schema.get_field_index("ack_rtt"), "ack_rtt", table["ack_rtt"].cast(pa.int64()))
    rows = {row["packet"]: row for row in table.drop_columns(["time", "sender"]).to_pylist()}
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
    known = next((found for name, found in DIFFERENCES.items() if name in str(view)), {})
    assert wrong == known


def test_the_flags_are_all_there() -> None:
    seen = {flag for view in VIEWS for row in expected(view).values() for flag in FLAGS if row[flag]}
    # What no peer of the cases did: probes of a closed window, and answers to them and to keep-alives.
    assert set(FLAGS) - seen == {"zero_window_probe", "zero_window_probe_ack", "keep_alive_ack"}
