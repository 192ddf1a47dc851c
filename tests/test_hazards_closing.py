"""Hazards of closing a TCP connection and of odd headers (C12, C21 to C26, C34 to C36, C38)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from generate import Connection, Segment, capture, impair
from generate.tcp import ACK, FIN, MODULUS, PSH, RST, SYN, URG
from hazards import assert_whole, connect, exchange, instances, made, read

ONE = exchange(3, 9_000)
PLAIN = connect(ONE).segments
DATA = impair.data_positions(PLAIN)
CLIENT = impair.data_positions(PLAIN, "client")
MIDDLE = CLIENT[len(CLIENT) // 2]
OPEN = Connection().open().play(ONE.writes)


def upcoming(sender: str, at: int = MIDDLE) -> Segment:
    return next(s for s in PLAIN[at:] if s.sender == sender)


def insert(at: int, *new: Segment) -> list[Segment]:
    return [*PLAIN[:at], *new, *PLAIN[at:]]


def timestamps(value: int, echo: int) -> bytes:
    return b"\x01\x01\x08\x0a" + value.to_bytes(4, "big") + echo.to_bytes(4, "big")


@pytest.mark.parametrize("values", ["old", "absent", "zero in SYN-ACK"])
def test_c12_timestamps_filter_nothing(values: str) -> None:
    stamped = [replace(s, options=timestamps(1_000_000 + at, 0)) for at, s in enumerate(PLAIN)]
    if values == "old":
        stamped[MIDDLE] = replace(PLAIN[MIDDLE], options=timestamps(1, 0))
    elif values == "absent":
        stamped[MIDDLE:] = PLAIN[MIDDLE:]
    else:
        stamped[1] = replace(PLAIN[1], options=timestamps(0, 0))
    rows = read(made(stamped))
    assert_whole(rows, ONE)
    assert not rows.anomalies


def test_c21_a_reset_at_the_next_number_closes() -> None:
    rows = read(capture(Connection().open().play(ONE.writes).reset()))
    assert [row["closed"] for row in rows.connections] == ["rst"]
    assert rows.stored == instances(ONE)


@pytest.mark.parametrize("sender", ["client", "server"])
@pytest.mark.parametrize("distance", [0, 1, 3_000])
def test_c21_after_a_forged_reset_inside_the_window_what_follows_still_counts(distance: int, sender: str) -> None:
    # RFC 5961: a receiver would challenge it; a reader sees that the connection goes on.
    rows = read(made(impair.reset_in_window(PLAIN, MIDDLE, sender, distance)))  # type: ignore[arg-type]
    assert_whole(rows, ONE)
    assert [row["closed"] for row in rows.connections] == ["fin"]


@pytest.mark.parametrize("distance", [1_000_000_000, -1_000_000_000])
def test_c21_a_reset_outside_the_window_is_ignored_and_told(distance: int) -> None:
    rows = read(made(impair.reset_in_window(PLAIN, MIDDLE, "client", distance)))
    assert_whole(rows, ONE)
    assert len(rows.of("reset-ignored")) == 1


def test_c21_the_text_in_a_reset_is_no_data() -> None:
    # RFC 9293 section 3.5.2 allows text in a RST; it is not part of the stream.
    last = OPEN.next["client"]
    reset = Segment("client", last, 0, RST | ACK, b"connection limit exceeded", time=OPEN.time)
    rows = read(made([*OPEN.segments, reset]))
    assert_whole(rows, ONE)
    assert rows.connections[0]["closed"] == "rst"


@pytest.mark.parametrize("options", [b"", b"\x13\x12" + b"m" * 16], ids=["wrong ack", "MD5"])
def test_c22_a_reset_that_cannot_be_checked_ends_nothing(options: bytes) -> None:
    genuine = upcoming("server")
    forged = Segment("server", genuine.seq, (genuine.ack - 500_000) % MODULUS, RST | ACK, options=options, time=genuine.time)
    rows = read(made(insert(MIDDLE, forged)))
    assert_whole(rows, ONE)
    assert [row["closed"] for row in rows.connections] == ["fin"]


@pytest.mark.parametrize("before", [1, 2, 3])
def test_c23_a_reset_before_the_last_data_is_acknowledged_loses_nothing(before: int) -> None:
    # What the server was sent and did not acknowledge.
    until = CLIENT[-2] + 1
    while PLAIN[until - 1].sender == "server":
        until -= 1
    cut = [s for s in PLAIN[: until - before + 1] if s.payload or s.flags & SYN or s.sender == "client"]
    last = max((s for s in cut if s.sender == "client"), key=lambda s: s.time)
    rows = read(made([*cut, Segment("client", last.after, 0, RST, time=last.time)]))
    assert rows.connections[0]["closed"] == "rst"
    assert rows.connections[0]["client_lost_bytes"] == 0
    assert rows.connections[0]["client_payload_bytes"] == sum(len(s.payload) for s in cut if s.sender == "client")
    assert not rows.of("lost-bytes")


def test_c24_fins_that_are_sent_again_and_one_with_the_last_data() -> None:
    connection = Connection().open().play(ONE.writes[:-1]).close_with_data("server", ONE.writes[-1][1])
    again = [s for s in connection.segments if s.flags & FIN]
    rows = read(made([*connection.segments, *again, *again]))
    assert_whole(rows, ONE)
    assert [row["closed"] for row in rows.connections] == ["fin"]
    assert not rows.anomalies


def test_c24_a_fin_before_a_hole_is_filled_ends_nothing_yet() -> None:
    at = CLIENT[-1]
    # The release request comes after both FINs.
    moved = [*PLAIN[:at], *PLAIN[at + 1 :], PLAIN[at]]
    rows = read(made(moved))
    assert_whole(rows, ONE)
    assert not rows.of("lost-bytes")


def test_c24_data_after_the_fin_is_told_and_left_out() -> None:
    fin = next(at for at, s in enumerate(PLAIN) if s.flags & FIN)
    beyond = Segment("client", PLAIN[fin].after, PLAIN[fin].ack, ACK | PSH, b"after", time=PLAIN[fin].time)
    rows = read(made(insert(fin + 1, beyond)))
    assert_whole(rows, ONE)
    assert len(rows.of("data-after-fin")) == 1


@pytest.mark.parametrize("flags", [FIN | ACK, RST])
def test_c25_a_storm_of_fins_or_resets_is_bounded(flags: int) -> None:
    storm = [Segment("client", (seq * 1_000_003) % MODULUS, 0, flags, time=PLAIN[MIDDLE].time) for seq in range(5_000)]
    rows = read(made([*PLAIN, *(replace(s, time=PLAIN[-1].time) for s in storm)]), anomalies_per_kind=50)
    assert_whole(rows, ONE)
    assert len(rows.anomalies) <= 2 * 51
    assert len(rows.connections) == 1


@pytest.mark.parametrize(("flags", "told"), [(0, False), (0x3F, True), (0xFF, True)])
def test_c26_flags_that_exclude_each_other_damage_nothing(*, flags: int, told: bool) -> None:
    genuine = upcoming("client")
    odd = Segment("client", genuine.seq, genuine.ack, flags, time=genuine.time)
    rows = read(made(insert(MIDDLE, odd)))
    assert_whole(rows, ONE)
    assert len(rows.connections) == 1
    assert len(rows.of("bad-tcp-flags")) == told


@pytest.mark.parametrize("urgent", [0, 1, 1_000, 65_535])
def test_c34_urgent_data_stays_in_the_stream(urgent: int) -> None:
    # RFC 6093 section 3.
    segments = [replace(s, flags=s.flags | URG, urgent=urgent) if at in CLIENT else s for at, s in enumerate(PLAIN)]
    rows = read(made(segments), anomalies_per_kind=5)
    assert_whole(rows, ONE)
    assert len(rows.of("urgent-data")) == 6


@pytest.mark.parametrize(
    "options",
    [
        b"\x08\0",
        b"\x08\x01",
        b"\x02\x28\x05\xb4",
        b"\xfe\xff\0\0",
        b"\x01" * 40,
        b"\0\xff\xff\xff",
        b"\x03\x03\x07\x03",
    ],
)
def test_c35_bad_options_end_the_options_and_keep_the_segment(options: bytes) -> None:
    assert_whole(read(made([replace(s, options=options) for s in PLAIN])), ONE)


@pytest.mark.parametrize("words", [0, 1, 4, 15])
def test_c36_a_data_offset_that_cannot_be_is_told_and_dropped(words: int) -> None:
    # An acknowledgement has no 40 bytes of options.
    acknowledgement = next(at for at in range(MIDDLE, len(PLAIN)) if not PLAIN[at].payload)
    rows = read(made(insert(acknowledgement, replace(PLAIN[acknowledgement], data_offset=words))))
    assert_whole(rows, ONE)
    assert len(rows.of("bad-tcp-header")) == 1


@pytest.mark.parametrize(
    "options",
    [b"\x1e\x0c\x00\x81" + b"k" * 8, b"\x1d\x10\x01\x01" + b"a" * 12, b"\x13\x12" + b"m" * 16],
    ids=["MPTCP", "AO", "MD5"],
)
def test_c38_signed_connections_and_subflows_are_taken_as_they_are(options: bytes) -> None:
    assert_whole(read(made([replace(s, options=options) for s in PLAIN])), ONE)
