"""Hazards of TCP's bytes (C01 to C10, C31, C33, C37, C39, C40, C44, C45): order, loss, overlap, copies.

C06, all mixes of loss and order, is test_impairments.py.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from generate import (
    Connection,
    Conversation,
    Endpoints,
    Record,
    Segment,
    capture,
    dicom,
    framed,
    impair,
    link,
    merge,
    packets,
    pcap,
)
from generate.tcp import ACK, FIN, MODULUS, PSH, SYN
from hazards import CONTEXTS, Row, assert_whole, connect, exchange, instances, made, read

ONE = exchange(6, 30_000)
PLAIN = connect(ONE).segments
DATA = impair.data_positions(PLAIN, "client")
MIDDLE = DATA[len(DATA) // 2]


def lost(rows: object) -> list[tuple[int, int]]:
    return [(row["stream_offset"], row["length"]) for row in rows.of("lost-bytes")]  # type: ignore[attr-defined]


def place(at: int, isn: int = 1_000) -> tuple[int, int]:
    """Offset in the client's stream, and length, of the segment at a position."""
    return (PLAIN[at].seq - isn - 1) % MODULUS, len(PLAIN[at].payload)


@pytest.mark.parametrize("before", [500, 20_000, 100_000])
def test_c01_sequence_numbers_wrap_inside_a_segment(before: int) -> None:
    assert_whole(read(capture(connect(ONE, isn=(MODULUS - before, MODULUS - 77)))), ONE)


def test_c01_sequence_numbers_wrap_inside_a_hole() -> None:
    offset, length = place(MIDDLE)
    wrapping = connect(ONE, isn=((MODULUS - offset - length // 2) % MODULUS, 5)).segments
    rows = read(made(impair.lose(wrapping, MIDDLE)))
    assert lost(rows) == [(offset, length)]
    assert len(rows.stored) == 5


def test_c02_offsets_are_exact_beyond_4_gib() -> None:
    """Twenty P-DATA-TF of a gibibyte each, of which only the headers are in the capture; the acknowledgements are."""
    size = 1 << 30
    connection = Connection(step=10**9).open()
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    connection.play(conversation.writes)
    begin = len(conversation.stream("requestor"))
    for _ in range(20):
        head = dicom.pdu(dicom.P_DATA_TF, dicom.pdv(3, b"", command=False, last=False), size)
        head = head[:6] + (size - 4).to_bytes(4, "big") + head[10:]
        connection.write("client", head)
        connection.next["client"] = (connection.next["client"] + size + 6 - len(head)) % MODULUS
        connection.emit("server", ACK)
    connection.write("client", dicom.release_rq()).write("server", dicom.release_rp()).close()
    rows = read(capture(connection))
    large = [row for row in rows.pdus if row["type"] == dicom.P_DATA_TF]
    assert [row["stream_offset"] for row in large] == [begin + n * (size + 6) for n in range(20)]
    assert [row["stream_offset"] for row in rows.pdus if row["type"] == dicom.A_RELEASE_RQ] == [begin + 20 * (size + 6)]
    assert rows.connections[0]["client_lost_bytes"] == 20 * (size - 6)
    assert not any(row["complete"] for row in large)


@pytest.mark.parametrize("again", ["exact", "cut anew", "overlap", "merged"])
def test_c03_retransmitted_bytes_are_not_there_twice(again: str) -> None:
    segments = {
        "exact": impair.retransmit(PLAIN, MIDDLE),
        "cut anew": impair.retransmit(PLAIN, MIDDLE, 2, 100),
        "overlap": impair.overlap(PLAIN, MIDDLE, 30, 40),
        "merged": impair.retransmit_merged(PLAIN, MIDDLE, 3),
    }[again]
    rows = read(made(segments))
    assert_whole(rows, ONE)
    repeated = sum(len(s.payload) for s in segments) - sum(len(s.payload) for s in PLAIN)
    assert rows.connections[0]["client_retransmitted_bytes"] == repeated
    assert rows.connections[0]["client_lost_bytes"] == 0
    assert not rows.anomalies


def command_position() -> int:
    """The segment with the command set of the third C-STORE."""
    return next(at for at in DATA if b"1.2.1.2" in PLAIN[at].payload)


def forged(at: int) -> Segment:
    return replace(PLAIN[at], payload=PLAIN[at].payload.replace(b"1.2.1.2", b"6.6.6.6"))


def test_c04_of_different_bytes_the_first_count_and_the_conflict_is_told() -> None:
    at = command_position()
    rows = read(made([*PLAIN[: at + 1], forged(at), *PLAIN[at + 1 :]]))
    assert_whole(rows, ONE)
    assert rows.stored == instances(ONE)
    assert [(row["stream_offset"], row["length"], row["packet"]) for row in rows.of("overlap-conflict")] == [(*place(at), at + 2)]


def test_c04_the_same_where_the_forgery_came_first() -> None:
    # Quantum Insert: the reader cannot know which the peer took, so it keeps to its rule and tells.
    at = command_position()
    rows = read(made([*PLAIN[:at], forged(at), *PLAIN[at:]]))
    assert "6.6.6.6" in rows.stored
    assert len(rows.of("overlap-conflict")) == 1


def test_c04_the_same_beyond_a_hole() -> None:
    at = command_position()
    before = DATA[DATA.index(at) - 1]
    segments = [*PLAIN[:before], *PLAIN[before + 1 : at + 1], forged(at), PLAIN[before], *PLAIN[at + 1 :]]
    rows = read(made(segments))
    assert rows.stored == instances(ONE)
    assert len(rows.of("overlap-conflict")) == 1


@pytest.mark.parametrize("places", [1, 3, 30, 100])
def test_c05_a_segment_that_comes_later_is_put_in_its_place(places: int) -> None:
    rows = read(made(impair.swap(PLAIN, DATA[10], places)))
    assert_whole(rows, ONE)
    assert not rows.anomalies


def test_c05_a_segment_that_comes_a_thousand_later_and_is_not_acknowledged_before() -> None:
    large = exchange(2, 900_000)
    unacknowledged = connect(large, ack_every=0).segments
    first = [at for at in impair.data_positions(unacknowledged, "client") if len(unacknowledged[at].payload) == 1460][2]
    segments = [s for s in unacknowledged if s.payload or s.flags & (SYN | FIN)]
    first = segments.index(unacknowledged[first])
    # What waits longest is still acknowledged by what the server writes, so only the first object's data moves.
    until = next(at for at in range(first, len(segments)) if segments[at].sender == "server")
    rows = read(made(impair.swap(segments, first, min(1_000, until - first - 1))))
    assert rows.stored == instances(large)
    assert not rows.of("lost-bytes")


def test_c05_beyond_the_cap_the_oldest_hole_is_given_up_and_the_rest_goes_on() -> None:
    segments = [s for s in PLAIN if s.payload or s.flags & (SYN | FIN)]
    at = [at for at in impair.data_positions(segments, "client") if len(segments[at].payload) == 1460][3]
    rows = read(made(impair.swap(segments, at, 12)), held_pieces=5)
    assert len(rows.stored) == 5
    assert len(rows.of("held-bytes-limit")) == 1
    assert len(rows.of("lost-bytes")) == 1


@pytest.mark.parametrize("at", [DATA[4], MIDDLE, DATA[-20]])
def test_c07_a_hole_that_is_acknowledged_becomes_a_gap_of_its_exact_bytes(at: int) -> None:
    rows = read(made(impair.lose(PLAIN, at)))
    assert lost(rows) == [place(at)]
    assert len(rows.stored) == 5
    assert rows.connections[0]["client_lost_bytes"] == place(at)[1]


@pytest.mark.parametrize("limits", [{"unacknowledged_bytes": 20_000}, {"hole_timeout": 2_000_000}])
def test_c08_a_hole_without_acknowledgements_is_bounded_by_bytes_and_by_time(limits: dict[str, int]) -> None:
    segments = impair.one_direction(impair.lose(PLAIN, DATA[5]), "client")
    rows = read(made(segments), **limits)
    assert lost(rows)[0] == place(DATA[5])
    assert rows.of("lost-bytes")[0]["packet"] < len(segments) // 2
    assert sum(row["complete"] and row["command"] == "C-STORE-RQ" for row in rows.messages) == 5


@pytest.mark.parametrize("unseen", [{"client"}, {"server"}, {"client", "server"}])
def test_c08_the_acknowledgement_of_a_fin_that_is_not_there_is_no_lost_byte(unseen: set[str]) -> None:
    rows = read(made([s for s in PLAIN if not (s.flags & FIN and s.sender in unseen)]))
    assert_whole(rows, ONE)
    assert not rows.anomalies


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("tail", [0, 1])
def test_c08_of_a_direction_that_is_not_there_the_fin_is_no_lost_byte(side: str, tail: int) -> None:
    # All of it, or its last data and its FIN.
    unseen = [at for at, s in enumerate(PLAIN) if s.sender == side and (s.payload or s.flags & (SYN | FIN))][-2 * tail :]
    rows = read(made([s for at, s in enumerate(PLAIN) if at not in unseen and (tail or s.sender != side)]))
    assert rows.connections[0][f"{side}_lost_bytes"] == sum(len(PLAIN[at].payload) for at in unseen)
    assert sum(row["length"] for row in rows.of("lost-bytes")) == sum(len(PLAIN[at].payload) for at in unseen)


@pytest.mark.parametrize("garbage", [b"", b"\0", b"\xff"])
def test_c09_keep_alives_are_neither_data_nor_conflicts(garbage: bytes) -> None:
    connection = Connection().open().play(ONE.writes[:4])
    for _ in range(3):
        connection.keep_alive("client", garbage).keep_alive("server", garbage)
    rows = read(capture(connection.play(ONE.writes[4:]).close()))
    assert_whole(rows, ONE)
    assert not rows.anomalies


@pytest.mark.parametrize("accepted", [True, False])
def test_c10_the_byte_of_a_zero_window_probe_is_delivered_once(*, accepted: bool) -> None:
    sender, data = ONE.writes[4]
    connection = Connection().open().play(ONE.writes[:4]).zero_window_probe("client", data, accepted)
    connection.play([(sender, data[1:] if accepted else data)]).play(ONE.writes[5:])
    rows = read(capture(connection.close()))
    assert_whole(rows, ONE)
    assert rows.connections[0]["server_zero_windows"] == 2
    assert not rows.anomalies


@pytest.mark.parametrize("nanoseconds", [150_000, 5_000_000])
@pytest.mark.parametrize("sender", ["client", "server"])
def test_c31_a_direction_that_comes_late_changes_no_object(sender: str, nanoseconds: int) -> None:
    rows = read(made(impair.skew(PLAIN, sender, nanoseconds)))  # type: ignore[arg-type]
    assert rows.seen == read(made(PLAIN)).seen
    assert rows.stored == instances(ONE)
    assert not rows.of("lost-bytes")


def sent(side: str) -> int:
    return sum(s.sender == side for s in PLAIN)


def without_copies(rows: list[Row]) -> list[Row]:
    """The rows as they are without copies: no packet numbers, times, and counts of packets as they were captured."""
    captured = ("packet", "packets", "payload_bytes", "start", "end", "duration", "syn_rtt")
    return [{name: value for name, value in row.items() if not name.endswith(captured)} for row in rows]


def test_c33_copies_made_by_a_mirror_are_counted_and_cost_nothing() -> None:
    rows = read(made(impair.duplicate(PLAIN, random.Random(1))))
    assert_whole(rows, ONE)
    (row,) = rows.connections
    assert (row["client_duplicate_packets"], row["server_duplicate_packets"]) == (sent("client"), sent("server"))
    # Neither the SYN nor an acknowledgement nor data counts as sent again.
    assert without_copies(rows.connections) == without_copies(read(made(PLAIN)).connections)
    assert not rows.anomalies


def test_c33_copies_of_what_came_out_of_order_and_of_what_was_sent_again() -> None:
    segments = impair.swap(impair.retransmit(impair.swap(PLAIN, DATA[7], 3), DATA[20], 2, 100), MIDDLE, 40)
    rows = read(made(impair.duplicate(segments, random.Random(1))))
    assert_whole(rows, ONE)
    (row,) = rows.connections
    plain = read(made(segments))
    assert plain.connections[0]["client_retransmissions"] > 0
    assert plain.connections[0]["client_out_of_order"] > 0
    assert without_copies(rows.connections) == without_copies(plain.connections)
    assert row["client_duplicate_packets"] + row["server_duplicate_packets"] == len(segments)


def test_c33_a_syn_that_is_sent_again_is_no_copy() -> None:
    # RFC 6298: after a second at the earliest. Its IP identification may be the same (0 in many a SYN-ACK).
    again = [replace(PLAIN[0], time=PLAIN[0].time - 10**9), PLAIN[0], replace(PLAIN[1], time=PLAIN[1].time + 1), *PLAIN[1:]]
    rows = read(capture(Connection(segments=again)))
    assert_whole(rows, ONE)
    assert rows.connections[0]["client_retransmissions"] == 1
    assert rows.connections[0]["client_duplicate_packets"] == 0


@pytest.mark.parametrize("copy", ["vlan", "ttl"])
@pytest.mark.parametrize("nanoseconds", [1, 350_000])
def test_c33_copies_with_and_without_tag_or_one_hop_later(copy: str, nanoseconds: int) -> None:
    plain = packets(PLAIN, Endpoints())
    if copy == "vlan":
        second = framed(plain, lambda packet: link.ethernet(packet, (0x8100, 9)))
    else:
        second = framed(plain, lambda packet: link.ethernet(link.set_ipv4(packet, 8, b"\x3f")))
    later = [Record(time + nanoseconds, data, length) for time, data, length in second]
    rows = read(pcap(merge(framed(plain), later)))
    assert_whole(rows, ONE)
    (row,) = rows.connections
    assert (row["client_duplicate_packets"], row["server_duplicate_packets"]) == (sent("client"), sent("server"))
    assert row["client_retransmissions"] == row["server_retransmissions"] == 0
    assert row["client_duplicate_acks"] == row["server_duplicate_acks"] == 0


def test_c37_nonsense_in_sack_blocks_delivers_nothing() -> None:
    sack = b"\x01\x01\x05\x12" + b"\xff\xff\xff\xff\0\0\0\0" * 2
    segments = [replace(s, options=sack) if not s.payload and s.flags == ACK else s for s in PLAIN]
    assert_whole(read(made(segments)), ONE)


def test_c39_segments_of_one_byte() -> None:
    small = exchange(2, 3_000)
    connection = Connection(ack_every=50).open().play(small.writes, cut=1).close()
    assert_whole(read(capture(connection)), small)


def test_c40_alternating_holes_of_one_byte() -> None:
    """Every second byte of an object first, then the rest backwards."""
    small = exchange(1, 3_000)
    connection = Connection(ack_every=0).open().play(small.writes[:4])
    before = len(connection.segments)
    connection.write("client", small.writes[4][1], cut=1)
    single = connection.segments[before:]
    mixed = [*single[1::2], *single[::2][::-1]]
    connection.segments[before:] = mixed
    connection.play(small.writes[5:]).close()
    assert_whole(read(made(connection.segments)), small)
    rows = read(made(connection.segments), held_pieces=100)
    assert rows.stored == []
    assert rows.associations[0]["ended_by"] == "release"


def test_c44_a_loopback_interface_shows_every_packet_twice() -> None:
    packed = packets(PLAIN, Endpoints("127.0.0.1", 40_000, "127.0.0.1", 11112))
    twice = [record for record in framed(packed, link.null) for _ in range(2)]
    assert_whole(read(pcap(twice, link_type=link.LINK_TYPES["null"])), ONE)


def test_c45_a_forged_segment_far_ahead_is_not_believed() -> None:
    ahead = replace(PLAIN[MIDDLE], seq=PLAIN[MIDDLE].seq + 1_000_000, payload=b"\x01\0\0\0" * 300, flags=ACK | PSH)
    rows = read(made([*PLAIN[:MIDDLE], ahead, *PLAIN[MIDDLE:]]))
    assert rows.seen == read(made(PLAIN)).seen
    assert rows.stored == instances(ONE)
    assert len(rows.associations) == 1
