"""Hazards of opening a TCP connection (C11, C13 to C19, C27 to C30, C32, C41, C43): handshakes, reuse, unseen starts.

Not here: C42 (collisions of a hash that is seeded anew in each process cannot be made from outside).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from generate import Connection, Endpoints, Segment, capture, impair, merge, pcap, records
from generate.tcp import ACK, MODULUS, PSH, SYN, SYN_OPTIONS
from hazards import Row, assert_whole, connect, exchange, instances, made, read

ONE = exchange(3, 9_000)
OTHER = exchange(3, 9_000, seed=2)
PLAIN = connect(ONE).segments
DATA = impair.data_positions(PLAIN)
HOUR = 3_600 * 10**9
LATER = {"isn": (7_000_000, 33_000_000), "time": Connection().time + 30 * 10**9}


@pytest.mark.parametrize(("shift", "scale"), [(0, 0), (14, 14), (15, 14), (255, 14)])
def test_c11_window_scales_above_14_count_as_14(shift: int, scale: int) -> None:
    # RFC 7323 section 2.3. The row has what was sent, the largest window is computed with 14.
    options = bytes([2, 4, 5, 0xB4, 3, 3, shift, 0])
    rows = read(made([replace(s, options=options) if s.flags & SYN else s for s in PLAIN]))
    assert_whole(rows, ONE)
    assert rows.connections[0]["client_window_scale"] == shift
    assert rows.connections[0]["client_max_window"] == 64_240 << scale


def test_c11_an_unseen_window_scale_judges_nothing() -> None:
    rows = read(made([replace(s, window=1) for s in PLAIN[3:]]))
    assert_whole(rows, ONE)
    assert rows.connections[0]["client_window_scale"] is None
    assert not rows.of("out-of-window")


def test_c13_a_syn_with_data() -> None:
    connection = Connection().open_with_data(ONE.writes[0][1]).play(ONE.writes[1:]).close()
    assert_whole(read(capture(connection)), ONE)


def fast_open(*, taken: bool) -> Connection:
    """RFC 7413: cookie and data in the SYN, which the server takes or ignores; ignored data is sent again."""
    data = ONE.writes[0][1]
    connection = Connection()
    connection.emit("client", SYN, data, options=SYN_OPTIONS + b"\x22\x0a12345678")
    if not taken:
        connection.next["client"] = connection.isn[0] + 1
    connection.emit("server", SYN | ACK, options=SYN_OPTIONS)
    connection.emit("client", ACK | PSH, b"" if taken else data)
    return connection.play(ONE.writes[1:]).close()


@pytest.mark.parametrize("taken", [True, False])
def test_c13_fast_open_data_that_the_server_takes_or_ignores(*, taken: bool) -> None:
    assert_whole(read(capture(fast_open(taken=taken))), ONE)


def test_c14_a_simultaneous_open_is_one_connection() -> None:
    rows = read(capture(Connection().open_simultaneously().play(ONE.writes).close()))
    assert_whole(rows, ONE)
    assert [(row["client_port"], row["opened"]) for row in rows.connections] == [(40_000, "handshake")]


def test_c14_a_split_handshake_is_one_connection() -> None:
    rows = read(capture(Connection().split_handshake().play(ONE.writes).close()))
    assert_whole(rows, ONE)
    assert [(row["client_port"], row["opened"]) for row in rows.connections] == [(40_000, "handshake")]


def test_c15_of_many_syns_the_last_one_is_answered() -> None:
    tries = [replace(PLAIN[0], seq=seq) for seq in (5_000_000, 77, 3_000_000_000)]
    rows = read(made([*tries, *PLAIN]))
    assert_whole(rows, ONE)
    assert rows.connections[-1]["closed"] == "fin"


@pytest.mark.parametrize("answered", [0, 1, 2])
@pytest.mark.parametrize("others", [(5_000_000, 77), (1_900, 3_000_000_000)])
def test_c15_of_many_syns_the_acknowledged_one_counts(others: tuple[int, int], answered: int) -> None:
    tries = [replace(PLAIN[0], seq=seq) for seq in others]
    tries.insert(answered, PLAIN[0])
    rows = read(made([*tries, *PLAIN[1:]]))
    assert_whole(rows, ONE)
    # Wireshark, too, calls each another connection.
    assert [row["closed"] for row in rows.connections] == ["tuple_reused", "tuple_reused", "fin"]
    assert [row["connection"] for row in rows.associations] == [2]
    assert not rows.of("lost-bytes")


def test_c15_a_flood_of_syns_before_the_answer() -> None:
    tries = [replace(PLAIN[0], seq=(seq * 40_000_003) % MODULUS) for seq in range(1, 200)]
    rows = read(made([*tries, *PLAIN]))
    assert_whole(rows, ONE)
    rows = read(made([*tries, PLAIN[0], *tries[:5], *PLAIN[1:]]))
    assert_whole(rows, ONE)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_c16_of_many_syn_acks_the_acknowledged_one_counts(place: int) -> None:
    answers = [replace(PLAIN[1], seq=seq) for seq in (5_000_000, 77, 3_000_000_000)]
    answers.insert(place, PLAIN[1])
    rows = read(made([PLAIN[0], *answers, *PLAIN[2:]]))
    assert_whole(rows, ONE)
    assert len(rows.connections) == 1
    assert [row["packet"] for row in rows.of("syn-on-live-connection")] == [2 + at for at in range(4) if at != place]
    assert not rows.of("lost-bytes")


def without_packets(rows: list[Row]) -> list[Row]:
    """The rows as they are whatever else was in the capture: no packet numbers, no times."""
    number = ("packet", "start", "end", "time", "requested", "answered", "released", "first_response", "duration", "throughput")
    return [{name: value for name, value in row.items() if not name.endswith(number)} for row in rows]


@pytest.mark.parametrize("challenged", [True, False])
@pytest.mark.parametrize("distance", [300, 1_000_000, 2_000_000_000, -2_000_000_000])
@pytest.mark.parametrize("side", ["client", "server"])
def test_c17_a_forged_syn_leaves_the_rows_of_the_live_connection(side: str, distance: int, *, challenged: bool) -> None:
    at = DATA[len(DATA) // 2]
    genuine = next(s for s in PLAIN[at:] if s.sender == side)
    forged = Segment(genuine.sender, (genuine.seq + distance) % MODULUS, 0, SYN, options=SYN_OPTIONS, time=genuine.time)
    answer = next(s for s in PLAIN[at:] if s.sender != side)
    challenge = Segment(answer.sender, answer.seq, genuine.seq, ACK, time=genuine.time)
    rows = read(made([*PLAIN[:at], forged, *([challenge] if challenged else []), *PLAIN[at:]]))
    assert_whole(rows, ONE)
    plain = read(made(PLAIN))
    for table in ("associations", "operations", "messages", "pdus", "presentation_contexts"):
        assert without_packets(getattr(rows, table)) == without_packets(getattr(plain, table))
    assert [row["closed"] for row in rows.connections] == ["fin"]
    assert [row["packet"] for row in rows.of("syn-on-live-connection")] == [at + 1]


def test_c17_a_syn_sent_again_inside_the_connection_is_ignored() -> None:
    rows = read(made([*PLAIN[: DATA[6]], PLAIN[0], PLAIN[1], *PLAIN[DATA[6] :]]))
    assert_whole(rows, ONE)
    assert len(rows.connections) == 1


@pytest.mark.parametrize("end", ["fin", "rst"])
def test_c18_new_syn_after_fin_is_a_new_connection(end: str) -> None:
    first = Connection().open().play(ONE.writes)
    first = first.close() if end == "fin" else first.reset()
    second = connect(OTHER, isn=(7_000_000, 33_000_000), time=first.time + 10**6)
    rows = read(capture(first, second))
    assert_whole(rows, ONE, OTHER)
    assert [row["closed"] for row in rows.connections] == [end, "fin"]
    assert [row["connection"] for row in rows.associations] == [0, 1]


@pytest.mark.parametrize("hours", [1, 30])
def test_c18_new_syn_after_silence_is_a_new_connection(hours: int) -> None:
    first = Connection().open().play(ONE.writes)
    second = connect(OTHER, isn=(7_000_000, 33_000_000), time=first.time + hours * HOUR)
    rows = read(capture(first, second))
    assert_whole(rows, ONE, OTHER)
    assert len(rows.connections) == 2


def test_c19_new_syn_without_a_close_ends_the_old_connection() -> None:
    # RFC 9293 section 3.5.1: the client crashed in the middle of an object.
    cut = DATA[len(DATA) // 2]
    first = Connection(segments=PLAIN[:cut])
    rows = read(capture(first, connect(OTHER, **LATER)))
    assert [row["closed"] for row in rows.connections] == ["tuple_reused", "fin"]
    assert [row["ended_by"] for row in rows.associations] == ["open", "release"]
    assert rows.stored[-3:] == instances(OTHER)
    assert not any(row["complete"] for row in rows.operations if row["association"] == 0 and not row["answered"])
    # The new connection begins with its SYN, though only the answer told that it is one.
    assert [row["first_packet"] for row in rows.connections] == [1, cut + 1]
    assert not rows.of("syn-on-live-connection")


@pytest.mark.parametrize("missing", [{1}, {1, 2}, {2}])
def test_c19_the_same_where_the_answer_was_not_captured(missing: set[int]) -> None:
    first = Connection(segments=PLAIN[: DATA[len(DATA) // 2]])
    second = Connection(segments=[s for at, s in enumerate(connect(OTHER, **LATER).segments) if at not in missing])
    rows = read(capture(first, second))
    assert [row["closed"] for row in rows.connections] == ["tuple_reused", "fin"]
    assert rows.stored[-3:] == instances(OTHER)


def test_c27_data_without_an_ack_flag_is_delivered() -> None:
    bare = [replace(s, flags=PSH, ack=0) if at in DATA else s for at, s in enumerate(PLAIN)]
    assert_whole(read(made(bare)), ONE)


def test_c27_data_before_the_handshake_is_over_is_delivered() -> None:
    assert_whole(read(made([PLAIN[0], PLAIN[3], *PLAIN[1:3], *PLAIN[4:]])), ONE)


@pytest.mark.parametrize("packets", [1, 2, 3])
def test_c28_without_the_handshake_the_first_bytes_begin_the_stream(packets: int) -> None:
    rows = read(made(impair.mid_start(PLAIN, packets)))
    assert_whole(rows, ONE)
    assert rows.connections[0]["opened"] == ("midstream" if packets > 1 else "handshake")


def test_c28_from_the_middle_of_an_object_the_next_ones_are_found() -> None:
    start = next(at for at in DATA if b"1.2.1.0" in PLAIN[at].payload) + 3
    rows = read(made(impair.mid_start(PLAIN, start)))
    assert rows.stored == instances(ONE)[1:]
    assert rows.connections[0]["opened"] == "midstream"
    assert rows.of("midstream")


def test_c28_responses_before_the_first_byte_that_is_known_may_be_missing() -> None:
    # The capture begins with a C-FIND-RQ, and has of the acceptor only the last response: what the requestor had received then
    # stands before the first byte of the acceptor that is known.
    find = [at for at in DATA if PLAIN[at].sender == "client"][-2]
    answers = [at for at in DATA if PLAIN[at].sender == "server" and at > find]
    rows = read(made([s for at, s in enumerate(PLAIN) if at >= find and at not in answers[:2]]))
    (row,) = rows.operations
    assert (row["command"], row["responses"], row["answered"]) == ("C-FIND", 1, True)
    assert not row["complete"]


def test_c29_the_requestor_is_who_asked_whatever_the_ports_say() -> None:
    # No SYN, the requestor uses a well-known port: by its ports it would be the server.
    rows = read(made(PLAIN[3:], Endpoints(client_port=104, server_port=51_000)))
    assert_whole(rows, ONE)
    assert (rows.associations[0]["requestor_port"], rows.associations[0]["acceptor_port"]) == (104, 51_000)


@pytest.mark.parametrize("side", ["client", "server"])
def test_c30_one_direction_is_decoded_and_called_so(side: str) -> None:
    rows = read(made(impair.one_direction(PLAIN, side)))  # type: ignore[arg-type]
    sender = "requestor" if side == "client" else "acceptor"
    assert rows.seen == [row for row in read(made(PLAIN)).seen if row[0] == sender]
    assert len(rows.of("one-direction")) == 1
    assert not any(row["complete"] for row in rows.operations)
    assert {row["answered"] for row in rows.operations} == {side == "server"}
    assert bool(rows.of("unpaired-response")) == (side == "server")


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_c32_a_handshake_out_of_order_has_the_same_roles(order: tuple[int, int, int]) -> None:
    rows = read(made([*(PLAIN[at] for at in order), *PLAIN[3:]]))
    assert_whole(rows, ONE)
    assert [(row["client_port"], row["opened"]) for row in rows.connections] == [(40_000, "handshake")]


def test_c41_a_flood_of_syns_leaves_the_connection_that_works() -> None:
    syns = [
        record
        for number in range(3_000)
        for record in records(
            [Segment("client", number, 0, SYN, options=SYN_OPTIONS, time=PLAIN[number % len(PLAIN)].time)],
            Endpoints(client=f"10.9.{number >> 8}.{number & 255}", client_port=1_024 + number),
        )
    ]
    rows = read(pcap(merge(records(PLAIN, Endpoints()), syns)), connections=64, anomalies_per_kind=20)
    assert_whole(rows, ONE)
    assert len(rows.connections) == 3_001
    assert len(rows.of("connection-limit")) == 21


@pytest.mark.parametrize("hours", [1, 8, 23])
def test_c43_hours_of_silence_inside_an_association(hours: int) -> None:
    connection = Connection().open().play(ONE.writes[:6])
    connection.time += hours * HOUR
    # Other traffic moves the clock on meanwhile.
    other = connect(OTHER, endpoints=Endpoints(client_port=40_001), time=connection.time - HOUR // 2)
    rows = read(capture(connection.play(ONE.writes[6:]).close(), other))
    assert_whole(rows, ONE, OTHER)
    assert len(rows.connections) == 2
