"""Hazards of the capture container (A): what a file may be besides right, and what is read of it all the same.

Not here: A08 (following a growing file) and the pipes of A22, which test_sources.py and the Rust tests of the capture
stage have; A23 (a file changed under a memory map) cannot be: files are read, not mapped.
"""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import pytest
from generate import Endpoints, Record, link, pcap, pcapng, records
from generate.pcap import file_header, record_header
from hazards import assert_whole, connect, exchange, instances, read

import dicomfast

ONE = exchange()
RECORDS = records(connect(ONE).segments, connect(ONE).endpoints)
FILE = pcap(RECORDS)
TIMES = [record.time for record in RECORDS]
HEADER = 24
MICROSECONDS = 0xA1B2C3D4


def offset(number: int) -> int:
    """Where the record with this index begins in FILE."""
    return HEADER + sum(16 + len(record.data) for record in RECORDS[:number])


@pytest.mark.parametrize("size", [0, 1, 3, 4, 16, 23])
def test_a01_less_than_a_file_header_is_an_error_that_says_how_much_there_is(size: int) -> None:
    with pytest.raises(dicomfast.FormatError, match=f"empty|only {size} bytes"):
        read(FILE[:size])


def test_a01_a_file_header_alone_is_an_empty_capture() -> None:
    rows = read(FILE[:HEADER])
    assert rows.connections == []
    assert rows.capture_info[0]["packets"] == 0
    assert rows.capture_info[0]["complete"]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nanoseconds", [True, False])
def test_a02_both_resolutions_in_both_byte_orders(*, order: str, nanoseconds: bool) -> None:
    rows = read(pcap(RECORDS, order=order, nanoseconds=nanoseconds))
    assert_whole(rows, ONE)
    assert rows.capture_info[0]["first_time"].value == TIMES[0]


@pytest.mark.parametrize("order", "<>")
def test_a02_the_modified_form_has_longer_record_headers(order: str) -> None:
    parts = [file_header(0xA1B2CD34, order=order)]
    for time, data, length in RECORDS:
        # Interface index, protocol, packet type and padding follow the usual record header.
        extra = struct.pack(order + "IHBB", 1, 0x800, 0, 0)
        parts += [record_header(time // 10**9, time % 10**9 // 1000, len(data), length, order), extra, data]
    assert_whole(read(b"".join(parts)), ONE)


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        (b"\x1c\0\x01\xac", "IXIA"),
        (b"\xa1\x2b\x3c\x4d", "Navtel"),
        (b"snoop\0\0\0", "snoop"),
        (b"RTSS", "Network Monitor"),
    ],
)
def test_a02_known_formats_that_are_not_read_are_refused_by_name(magic: bytes, name: str) -> None:
    with pytest.raises(dicomfast.FormatError, match=name):
        read(magic + FILE[len(magic) :])


@pytest.mark.parametrize("snap_length", [0, -1, 0x7FFFFFFF, 262_145, 1])
def test_a03_the_snap_length_of_the_header_is_never_a_reason_to_refuse(snap_length: int) -> None:
    assert_whole(read(file_header(0xA1B23C4D, snap_length) + FILE[HEADER:]), ONE)


def test_a04_captured_more_than_the_snap_length_is_kept_and_told_once() -> None:
    rows = read(file_header(0xA1B23C4D, 100) + FILE[HEADER:])
    assert_whole(rows, ONE)
    assert len(rows.of("record-length")) == 1


def changed(number: int, seconds: int, fraction: int, captured: int, length: int) -> bytes:
    at = offset(number)
    return FILE[:at] + record_header(seconds, fraction, captured, length) + FILE[at + 16 :]


def test_a05_captured_more_than_was_sent_is_kept_and_told() -> None:
    time, data, _ = RECORDS[8]
    rows = read(changed(8, time // 10**9, time % 10**9, len(data), len(data) - 4))
    assert_whole(rows, ONE)
    assert [row["packet"] for row in rows.of("record-length")] == [9]


def test_a05_before_version_2_4_the_two_lengths_may_stand_the_other_way_round() -> None:
    cut = [Record(time, data[:70], length) for time, data, length in RECORDS]
    parts = [file_header(minor=3)]
    for time, data, length in cut:
        parts += [record_header(time // 10**9, time % 10**9 // 1000, length, len(data)), data]
    rows = read(b"".join(parts))
    assert rows.capture_info[0]["packets"] == len(RECORDS)
    assert rows.capture_info[0]["cut_packets"] == sum(record.length > 70 for record in RECORDS)


def test_a06_an_impossible_captured_length_ends_the_file_with_what_was_before() -> None:
    rows = read(changed(20, 946_728_000, 0, 0xFFFFFFFF, 0xFFFFFFFF))
    assert rows.capture_info[0]["packets"] == 20
    assert not rows.capture_info[0]["complete"]
    assert len(rows.of("bad-record")) == 1


@pytest.mark.parametrize("size", [offset(30) + 5, offset(30) + 16, offset(31) - 1])
def test_a07_a_file_that_ends_inside_a_record_gives_everything_before_it(size: int) -> None:
    rows = read(FILE[:size])
    assert rows.capture_info[0]["packets"] == 30
    assert not rows.capture_info[0]["complete"]
    assert [row["length"] for row in rows.of("truncated-tail")] == [size - offset(30)]


def test_a09_garbage_between_records_ends_the_file_and_is_told() -> None:
    """Resynchronising is optional; the reader stops, because nothing tells a record of pcap from garbage for sure."""
    at = offset(20)
    rows = read(FILE[:at] + b"\xff" * 64 + FILE[at:])
    assert rows.capture_info[0]["packets"] == 20
    assert len(rows.of("bad-record")) == 1


def test_a10_a_second_file_header_at_a_record_edge_begins_another_file() -> None:
    other = exchange(seed=2)
    connection = connect(other, endpoints=Endpoints(client_port=40_001), time=TIMES[-1] + 10**9)
    later = records(connection.segments, connection.endpoints)
    rows = read(FILE + pcap(later, order=">", nanoseconds=False) + pcapng.pcapng([]))
    assert_whole(rows, ONE, other)
    assert rows.capture_info[0]["packets"] == len(RECORDS) + len(later)


def test_a11_each_section_has_its_own_byte_order_and_interfaces() -> None:
    half = len(RECORDS) // 2
    rows = read(pcapng.pcapng(RECORDS[:half], "<") + pcapng.pcapng(RECORDS[half:], ">"))
    assert_whole(rows, ONE)


@pytest.mark.parametrize("total", [0, 4, 11, 13, 0xFFFFFFFF])
def test_a12_an_impossible_block_length_ends_the_file(total: int) -> None:
    bad = pcapng.block(pcapng.ENHANCED, bytes(40), total=total)
    rows = read(pcapng.pcapng(RECORDS[:20]) + bad + pcapng.packets(RECORDS[20:]))
    assert rows.capture_info[0]["packets"] == 20
    assert not rows.capture_info[0]["complete"]
    assert rows.kinds & {"bad-block", "truncated-tail"}


def test_a12_two_lengths_of_a_block_that_differ_end_the_file() -> None:
    bad = pcapng.block(pcapng.NAMES, bytes(8), trailer=24)
    rows = read(pcapng.pcapng(RECORDS[:20]) + bad + pcapng.packets(RECORDS[20:]))
    assert rows.capture_info[0]["packets"] == 20
    assert len(rows.of("bad-block")) == 1


def test_a13_a_block_above_the_limit_is_passed_over_by_its_length() -> None:
    large = pcapng.enhanced(bytes(200_000), 0)
    rows = read(pcapng.pcapng(RECORDS[:20]) + large + pcapng.packets(RECORDS[20:]), block_bytes=100_000)
    assert_whole(rows, ONE)
    assert len(rows.of("bad-block")) == 1


def test_a13_a_section_header_with_megabytes_of_options_is_read() -> None:
    comments = b"".join(pcapng.option(pcapng.COMMENT, b"x" * 60_000) for _ in range(40))
    data = pcapng.section(options=comments + bytes(4)) + pcapng.interface() + pcapng.packets(RECORDS)
    rows = read(data)
    assert_whole(rows, ONE)
    assert sum(len(comment) for comment in rows.capture_info[0]["comments"]) <= 1 << 20


@pytest.mark.parametrize(
    ("resolution", "offset_seconds", "count", "nanoseconds"),
    [
        (0, 0, 7, 7 * 10**9),
        (3, 5, 1, 5 * 10**9 + 10**6),
        (9, -1, 2 * 10**9, 10**9),
        (12, 0, 5_999, 5),
        (127, 0, 2**64 - 1, 0),
        (0x80 | 10, 0, 1536, 1_500_000_000),
        (0xFF, 0, 2**64 - 1, 0),
        (0, 0, 2**64 - 1, 2**63 - 1),
        (6, 2**63 - 1, 1, 2**63 - 1),
        (6, -(2**63), 1, -(2**63) + 1),
    ],
)
def test_a14_every_resolution_and_offset_is_exact_and_saturates(resolution: int, offset_seconds: int, count: int, nanoseconds: int) -> None:
    """Truth: draft-ietf-opsawg-pcapng section 4.2 in whole numbers; the least time is one above null."""
    described = pcapng.interface(options=pcapng.clock(resolution, offset_seconds))
    session = dicomfast.read(
        io.BytesIO(pcapng.section() + described + pcapng.enhanced(RECORDS[0].data, count)),
        tables=["capture_info", "anomalies"],
    )
    time = session["capture_info"]["first_time"][0].value
    assert time == nanoseconds
    saturated = abs(nanoseconds) > 2**63 - 2
    assert session["anomalies"]["kind"].to_pylist() == ["timestamp-invalid"] * saturated


def test_a15_an_unknown_interface_leaves_out_its_packets_and_is_told_once() -> None:
    strange = pcapng.packets(RECORDS[:5], number=9)
    rows = read(pcapng.pcapng(RECORDS[:20]) + strange + pcapng.packets(RECORDS[20:]))
    assert_whole(rows, ONE)
    assert len(rows.of("unknown-interface")) == 1


def test_a15_interfaces_of_two_link_types_with_one_described_after_packets() -> None:
    cooked = [Record(time, link.sll(data[14:]), length + 2) for time, data, length in RECORDS[20:]]
    data = pcapng.pcapng(RECORDS[:20]) + pcapng.interface(link.LINK_TYPES["sll"]) + pcapng.packets(cooked, number=1)
    rows = read(data)
    assert_whole(rows, ONE)
    assert rows.capture_info[0]["link_types"] == ["EN10MB", "LINUX_SLL"]


def test_a16_packets_without_time_are_read_in_their_order_with_null_times() -> None:
    rows = read(pcapng.section() + pcapng.interface() + b"".join(pcapng.simple(record.data) for record in RECORDS))
    assert rows.stored == instances(ONE)
    assert {row["request_start"] for row in rows.operations} == {None}
    assert {row["start"] for row in rows.connections} == {None}
    assert len(rows.of("missing-time")) == 1


def test_a17_secrets_and_names_are_in_no_table() -> None:
    canary = b"CANARY7d1f"
    secrets = pcapng.block(pcapng.SECRETS, struct.pack("<II", 0x544C534B, len(canary)) + canary)
    names = pcapng.block(pcapng.NAMES, struct.pack("<HH", 1, 4 + len(canary)) + b"\x0a\x01\0\x0a" + canary)
    data = pcapng.section() + pcapng.interface() + secrets + names + pcapng.packets(RECORDS)
    rows = read(data)
    assert_whole(rows, ONE)
    assert canary.decode() not in str(vars(rows))


def test_a18_times_that_go_back_jump_and_stand_still_change_no_content() -> None:
    year = 365 * 86_400 * 10**9
    bent = list(RECORDS)
    for number, time in [(9, TIMES[9] + 20 * year), (15, TIMES[15] - 20 * year), (22, TIMES[21]), (23, TIMES[21])]:
        bent[number] = bent[number]._replace(time=time)
    rows = read(pcap(bent))
    assert rows.seen == read(FILE).seen
    assert rows.stored == instances(ONE)
    assert len(rows.of("timestamp-order")) == 1
    assert len(rows.connections) == 1


def test_a18_one_time_for_all_packets() -> None:
    rows = read(pcap([record._replace(time=TIMES[0]) for record in RECORDS]))
    assert_whole(rows, ONE)
    assert rows.kinds == set()


def test_a19_a_fraction_of_more_than_a_second_counts_as_seconds_and_is_told_once() -> None:
    parts = [file_header()]
    for time, data, length in RECORDS:
        parts += [record_header(time // 10**9 - 1, 10**6 + time % 10**9 // 1000, len(data), length), data]
    rows = read(b"".join(parts))
    assert_whole(rows, ONE)
    assert rows.capture_info[0]["first_time"].value == TIMES[0]
    assert len(rows.of("timestamp-invalid")) == 1


def test_a20_a_bomb_ends_at_the_ratio_and_is_told() -> None:
    # 42 MB of packets that are all zeros, of which gzip makes a thousandth.
    record = record_header(1, 0, 60_000, 60_000) + bytes(60_000)
    bomb = gzip.compress(file_header() + record * 700, 9)
    rows = read(bomb, compression_ratio=100, compression_ratio_from=1 << 20)
    assert len(rows.of("damaged-compression")) == 1
    assert not rows.capture_info[0]["complete"]
    assert rows.capture_info[0]["bytes"] < 100 * len(bomb) + (1 << 20)


def test_a20_compression_inside_compression_is_refused() -> None:
    with pytest.raises(dicomfast.FormatError, match="gzip inside gzip"):
        read(gzip.compress(gzip.compress(FILE)))


def test_a20_a_compressed_file_that_ends_early_gives_what_was_before() -> None:
    whole = gzip.compress(FILE, 1)
    rows = read(whole[: len(whole) // 2])
    assert 0 < rows.capture_info[0]["packets"] < len(RECORDS)
    assert rows.kinds & {"damaged-compression"}


@pytest.mark.parametrize("name", ["null", "loop", "raw", "ipv4", "sll", "sll2"])
def test_a21_link_types_other_than_ethernet(name: str) -> None:
    frames = {
        "null": link.null,
        "loop": lambda packet: link.null(packet, ">"),
        "sll": link.sll,
        "sll2": link.sll2,
    }.get(name, lambda packet: packet)
    # The packet without its Ethernet header; the padding of short frames stays, as real captures have it.
    framed = [Record(time, frames(data[14:]), len(frames(data[14:]))) for time, data, _ in RECORDS]
    assert_whole(read(pcap(framed, link_type=link.LINK_TYPES[name])), ONE)


def test_a21_a_link_type_that_is_not_read_is_one_error() -> None:
    with pytest.raises(dicomfast.FormatError, match="IEEE802_11"):
        read(pcap(RECORDS, link_type=105))


def test_a21_an_unknown_link_type_beside_a_known_one_is_told_once() -> None:
    strange = pcapng.packets(RECORDS[:8], number=1)
    rows = read(pcapng.section() + pcapng.interface() + pcapng.interface(147) + strange + pcapng.packets(RECORDS))
    assert_whole(rows, ONE)
    assert len(rows.of("unsupported-link-type")) == 1


def test_a22_a_sparse_file_of_zeros_is_no_capture(tmp_path: Path) -> None:
    path = tmp_path / "sparse.pcap"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(dicomfast.FormatError, match="no known capture format"):
        dicomfast.read(path)
