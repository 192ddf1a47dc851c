"""Hazards of IP fragments (B08 to B14, B16): out of order, overlapping, used twice, never whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from generate import Endpoints, Record, framed, impair, link, merge, packets, pcap
from hazards import assert_whole, connect, exchange, instances, read

ONE = exchange(2, 5_000)
PLAIN = connect(ONE)
PACKETS = packets(PLAIN.segments, PLAIN.endpoints)
PACKETS6 = packets(PLAIN.segments, Endpoints("2001:db8::1", 40_000, "2001:db8::2", 11112))
DATA = impair.data_positions(PLAIN.segments)
LONG = max(DATA, key=lambda at: len(PLAIN.segments[at].payload))


def with_packet(at: int, *new: bytes) -> bytes:
    """The capture with a packet replaced by others."""
    time = PACKETS[at].time
    changed = [*PACKETS[:at], *(Record(time, data, len(data)) for data in new), *PACKETS[at + 1 :]]
    return pcap(framed(changed))


Shuffle = Callable[[list[bytes]], Sequence[bytes]]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    "order",
    [
        list,
        lambda parts: parts[::-1],
        lambda parts: [*parts, *parts],
        lambda parts: random.Random(4).sample(parts, len(parts)),
    ],
    ids=["in order", "backwards", "twice", "shuffled"],
)
def test_b08_fragments_in_any_order_and_twice(version: int, order: Shuffle) -> None:
    cut: list[Record] = []
    for number, (time, data, _) in enumerate(PACKETS if version == 4 else PACKETS6):
        parts = order(link.fragments(data, 400, number)) if len(data) > 500 else [data]
        cut += [Record(time, part, len(part)) for part in parts]
    assert_whole(read(pcap(framed(cut))), ONE)


def overlapping(at: int, *, conflict: bool) -> bytes:
    """The capture with the packet at a position as fragments that overlap by 8 bytes, with other bytes if told so."""
    whole = PACKETS[at].data
    payload = whole[20:]
    first, second = payload[:408], payload[400:]
    if conflict:
        second = bytes(byte ^ 0xFF for byte in second[:8]) + second[8:]
    parts = [link.fragment(whole, 0, first, more=True), link.fragment(whole, 400, second, more=False)]
    return with_packet(at, *parts)


def test_b09_fragments_that_overlap_with_the_same_bytes_are_put_together() -> None:
    assert_whole(read(overlapping(LONG, conflict=False)), ONE)


def test_b09_fragments_that_overlap_with_other_bytes_are_dropped_and_told() -> None:
    rows = read(overlapping(LONG, conflict=True))
    assert len(rows.of("fragment-overlap")) == 1
    assert len(rows.of("lost-bytes")) == 1
    assert len(rows.stored) == len(instances(ONE)) - 1


def test_b09_a_last_fragment_that_ends_before_others_is_no_whole_datagram() -> None:
    # CVE-2024-32867: teardrop, and "complete" with a hole.
    whole = PACKETS[LONG].data
    payload = whole[20:]
    parts = [
        link.fragment(whole, 0, payload[:400], more=True),
        link.fragment(whole, 800, payload[800:1200], more=True),
        link.fragment(whole, 400, payload[400:800], more=False),
    ]
    rows = read(with_packet(LONG, *parts))
    assert rows.kinds & {"bad-fragment", "fragment-overlap"}
    assert len(rows.stored) == len(instances(ONE)) - 1


def test_b10_an_identification_used_again_at_once_is_another_datagram() -> None:
    cut = []
    for time, data, _ in PACKETS:
        parts = link.fragments(data, 400, identification=1) if len(data) > 500 else [data]
        cut += [Record(time, part, len(part)) for part in parts]
    assert_whole(read(pcap(framed(cut))), ONE)


def test_b10_pieces_of_two_datagrams_with_one_identification_are_never_mixed_into_the_stream() -> None:
    # The end of the first and the beginning of the second are lost; together they would look whole (CVE-2024-37151).
    long = [at for at in DATA if len(PLAIN.segments[at].payload) == 1460][:2]
    head = link.fragments(PACKETS[long[0]].data, 800)[0]
    tail = link.fragments(PACKETS[long[1]].data, 800)[1]
    changed = list(PACKETS)
    changed[long[0]] = Record(changed[long[0]].time, head, len(head))
    changed[long[1]] = Record(changed[long[1]].time, tail, len(tail))
    rows = read(pcap(framed(changed)))
    # The TCP checksum guards: what was put together wrongly is left out, and both segments are lost.
    assert sum(row["length"] for row in rows.of("lost-bytes")) == 2 * 1460
    assert len(rows.of("bad-checksum")) == 1


def test_b11_a_fragment_beyond_the_largest_datagram_is_rejected() -> None:
    whole = PACKETS[LONG].data
    ping = link.fragment(whole, 65_528, b"x" * 64, more=False, identification=99)
    rows = read(with_packet(LONG, ping, whole))
    assert_whole(rows, ONE)
    assert len(rows.of("bad-fragment")) == 1


def test_b12_a_first_fragment_that_splits_the_tcp_header() -> None:
    cut = []
    for number, (time, data, _) in enumerate(PACKETS):
        parts = link.fragments(data, 8, number) if len(data) > 500 else [data]
        cut += [Record(time, part, len(part)) for part in parts]
    assert_whole(read(pcap(framed(cut))), ONE)


def test_b13_overlapping_ipv6_fragments_drop_the_datagram() -> None:
    # RFC 5722: even with the same bytes.
    whole = PACKETS6[LONG].data
    parts = [link.fragment(whole, 0, whole[40:448], more=True), link.fragment(whole, 400, whole[440:], more=False)]
    time = PACKETS6[LONG].time
    changed = [*PACKETS6[:LONG], *(Record(time, part, len(part)) for part in parts), *PACKETS6[LONG + 1 :]]
    rows = read(pcap(framed(changed)))
    assert len(rows.of("fragment-overlap")) == 1
    assert len(rows.stored) == len(instances(ONE)) - 1


def test_b13_atomic_fragments_pass() -> None:
    assert_whole(read(pcap(framed([Record(t, link.atomic_fragment(data), n + 8) for t, data, n in PACKETS6]))), ONE)


def test_b13_a_long_chain_of_extension_headers() -> None:
    def chain(count: int) -> bytes:
        return pcap(framed([Record(t, link.extension_headers(data, count), n) for t, data, n in PACKETS6]))

    assert_whole(read(chain(16)), ONE)
    rows = read(chain(17))
    assert rows.connections == []
    assert len(rows.of("too-many-headers")) == len(PACKETS6)


def test_b14_a_flood_of_fragments_that_are_never_whole() -> None:
    first = link.fragments(PACKETS[LONG].data, 800)[0]
    time = PACKETS[0].time
    flood = [Record(time + n, link.fragment(first, 0, first[20:], more=True, identification=n), 820) for n in range(2_000)]
    rows = read(pcap(framed(merge(PACKETS, flood))), fragment_datagrams=100, anomalies_per_kind=10)
    assert_whole(rows, ONE)
    assert len(rows.of("fragment-limit")) == 11
    assert rows.of("fragment-limit")[-1]["detail"] == "1890 more of this kind"


def test_b14_a_fragment_waits_for_the_rest_only_so_long() -> None:
    parts = link.fragments(PACKETS[LONG].data, 800)
    time = PACKETS[-1].time
    late = [
        Record(time, parts[0], 820),
        Record(time + 60 * 10**9, parts[1], len(parts[1])),
        Record(time + 60 * 10**9, parts[0], 820),
    ]
    rows = read(pcap(framed([*PACKETS, *late[:2]])))
    assert rows.of("fragment-timeout")


def test_b16_a_syn_in_fragments_opens_the_connection() -> None:
    parts = link.fragments(PACKETS[0].data, 16)
    rows = read(with_packet(0, *parts))
    assert_whole(rows, ONE)
    assert rows.connections[0]["opened"] == "handshake"
