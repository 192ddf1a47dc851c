"""Hazards of the link and IP layers (B): tags, tunnels, lengths that lie, headers that are cut.

Not here: B01's tag in auxiliary data, which is a matter of live capture. B07's IP header checksum is not looked at: the
TCP checksum covers the addresses and the length.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import pytest
from generate import Connection, Endpoints, Record, capture, framed, impair, link, packets, pcap, records
from generate.tcp import other, tcp_bytes
from hazards import assert_whole, connect, exchange, made, read

ONE = exchange(2, 5_000)
PLAIN = connect(ONE)
PACKETS = packets(PLAIN.segments, PLAIN.endpoints)
SIX = Endpoints("2001:db8::1", 40_000, "2001:db8::2", 11112)
PACKETS6 = packets(connect(ONE).segments, SIX)
DATA = impair.data_positions(PLAIN.segments)
LONG = max(DATA, key=lambda at: len(PLAIN.segments[at].payload))


def tagged(*tags: tuple[int, int]) -> bytes:
    return pcap(framed(PACKETS, lambda packet: link.ethernet(packet, *tags)))


@pytest.mark.parametrize(
    ("tags", "vlan"),
    [
        ([(0x8100, 120)], 120),
        ([(0x88A8, 7), (0x8100, 120)], 120),
        ([(0x9100, 7), (0x8100, 8), (0x8100, 120)], 120),
        ([(0x8100, 5 << 13)], None),
    ],
)
def test_b01_tags_are_passed_and_the_innermost_vlan_is_told(tags: list[tuple[int, int]], vlan: int | None) -> None:
    rows = read(tagged(*tags))
    assert_whole(rows, ONE)
    assert rows.connections[0]["vlan"] == vlan


def test_b01_the_two_directions_of_a_mirror_may_have_different_tags() -> None:
    tags = {"client": (), "server": ((0x8100, 9),)}
    frames = [
        record._replace(data=link.ethernet(record.data, *tags[segment.sender]))
        for record, segment in zip(PACKETS, PLAIN.segments, strict=True)
    ]
    rows = read(pcap(Record(time, data, len(data)) for time, data, _ in frames))
    assert_whole(rows, ONE)
    assert len(rows.connections) == 1


@pytest.mark.parametrize(
    ("frame", "tunnel"),
    [
        (lambda packet: link.mpls(packet, 17, 18), None),
        (link.pppoe, None),
        (link.gre, "gre"),
        (lambda packet: link.gre(packet, 5), "gre key 5"),
        (link.ip_in_ip, "ipip"),
        (lambda packet: link.erspan(link.ethernet(packet), 1), "erspan 1"),
        (lambda packet: link.erspan(link.ethernet(packet), 2), "erspan 2 session 77"),
        (lambda packet: link.erspan(link.ethernet(packet), 3), "erspan 3 session 77"),
        (lambda packet: link.vxlan(link.ethernet(packet)), "vxlan 4711"),
        (lambda packet: link.geneve(link.ethernet(packet)), "geneve 4711"),
        (lambda packet: link.vxlan(link.gre(packet)), "vxlan 4711 > gre"),
    ],
)
def test_b02_tunnels_and_mirror_headers(frame: Callable[[bytes], bytes], tunnel: str | None) -> None:
    rows = read(pcap(framed(PACKETS, frame)))
    assert_whole(rows, ONE)
    assert [row["tunnel"] for row in rows.connections] == [tunnel]


def test_b02_ip_above_llc_and_snap() -> None:
    # The length field of 802.3 ends at 1500, header and all.
    small = Connection().open().play(ONE.writes, cut=1_400).close()
    assert_whole(read(pcap(framed(packets(small.segments, small.endpoints), link.llc_snap))), ONE)


def test_b02_too_many_tunnels_inside_each_other_are_told_and_left_out() -> None:
    assert_whole(read(pcap(framed(PACKETS, lambda packet: link.ip_in_ip(packet, 8)))), ONE)
    rows = read(pcap(framed(PACKETS, lambda packet: link.ip_in_ip(packet, 9))))
    assert rows.connections == []
    assert len(rows.of("too-many-headers")) == len(PACKETS)


def test_b03_the_padding_of_short_frames_is_no_payload() -> None:
    padded = [Record(time, data + b"\x04\0\0\0\0\x09", length + 6) for time, data, length in records(PLAIN.segments, PLAIN.endpoints)]
    rows = read(pcap(padded))
    assert_whole(rows, ONE)
    assert rows.connections[0]["client_payload_bytes"] == len(ONE.stream("requestor"))


def test_b04_a_total_length_of_0_is_taken_from_the_frame_and_told_once() -> None:
    # Frames of less than 60 bytes are padded: a sender that leaves the length to its card shows them before that.
    frames = framed(PACKETS, lambda packet: link.ethernet(link.set_ipv4(packet, 2, b"\0\0"))[: 14 + len(packet)])
    rows = read(pcap(frames))
    assert_whole(rows, ONE)
    assert len(rows.of("bad-ip-length")) == 1


def test_b05_super_packets_of_64_kib() -> None:
    large = exchange(3, 300_000)
    connection = Connection().open().play(large.writes, cut=65_000).close()
    assert_whole(read(capture(connection)), large)


def jumbo(packet: bytes) -> bytes:
    """RFC 2675: payload length 0, and the length in a hop-by-hop option."""
    option = struct.pack(">BBBBI", packet[6], 0, 0xC2, 4, len(packet) - 40 + 8)
    return link.ethernet(link.ipv6(option + packet[40:], 0, packet[8:24], packet[24:40], 0))


@pytest.mark.parametrize("big_tcp", [True, False])
def test_b05_ipv6_jumbograms_and_big_tcp_of_500_kb(*, big_tcp: bool) -> None:
    large = exchange(2, 600_000)
    connection = Connection(SIX).open().play(large.writes, cut=500_000).close()
    # The length does not fit into the header, so `packets` cannot make it.
    frames = []
    for number, segment in enumerate(connection.segments):
        source, target = SIX.of(segment.sender), SIX.of(other(segment.sender))
        whole = link.ipv6(tcp_bytes(segment, source, target), 6, source[0], target[0], 0)
        frame = link.ethernet(whole)[: 14 + len(whole)] if big_tcp else jumbo(whole)
        frames.append(Record(segment.time + number, frame, len(frame)))
    assert_whole(read(pcap(frames, snap_length=1 << 20)), large)


def with_packet(at: int, *new: bytes) -> bytes:
    """The capture with a packet replaced by others."""
    time = PACKETS[at].time
    changed = [*PACKETS[:at], *(Record(time, data, len(data)) for data in new), *PACKETS[at + 1 :]]
    return pcap(framed(changed))


@pytest.mark.parametrize(
    ("at", "new", "kind"),
    [
        (0, b"\x44", "bad-ip-header"),
        (0, b"\x4f", None),
        (2, b"\0\x13", "bad-ip-length"),
        (2, b"\0\x18", "bad-tcp-header"),
    ],
)
def test_b06_a_header_that_cannot_be_is_told_and_dropped(at: int, new: bytes, kind: str | None) -> None:
    good = PACKETS[LONG].data
    rows = read(with_packet(LONG, good[:at] + new + good[at + len(new) :], good))
    assert_whole(rows, ONE)
    assert kind is None or len(rows.of(kind)) == 1


def test_b06_options_longer_than_the_packet_are_told_and_dropped() -> None:
    good = PACKETS[LONG].data
    rows = read(with_packet(LONG, b"\x4f" + good[1:2] + b"\0\x3c" + good[4:40], good))
    assert_whole(rows, ONE)
    assert rows.kinds & {"bad-ip-header", "bad-tcp-header", "truncated-header", "bad-ip-length"}


def test_b07_a_damaged_segment_is_left_out_and_counted() -> None:
    rows = read(made(impair.bad_checksum(PLAIN.segments, LONG)))
    assert_whole(rows, ONE)
    assert sum(row["client_bad_checksums"] + row["server_bad_checksums"] for row in rows.connections) == 1
    assert len(rows.of("bad-checksum")) == 1


@pytest.mark.parametrize("senders", [{"client"}, {"client", "server"}])
def test_b07_where_no_checksum_of_a_side_is_right_they_are_left_to_its_network_card(senders: set[str]) -> None:
    segments = [replace(s, bad_checksum=s.sender in senders) for s in PLAIN.segments]
    rows = read(made(segments))
    assert_whole(rows, ONE)
    assert not rows.of("bad-checksum")


@pytest.mark.parametrize("snap", [0, 5, 13, 20, 33, 40, 53])
def test_b15_a_snap_length_inside_the_headers(snap: int) -> None:
    rows = read(pcap([Record(time, data[:snap], length) for time, data, length in framed(PACKETS)]))
    assert rows.connections == []
    assert len(rows.of("truncated-header")) == len(PACKETS)
    assert len(rows.of("cut-packet")) == 1


def test_b15_a_snap_length_after_the_headers_keeps_the_count_of_bytes() -> None:
    rows = read(pcap([Record(time, data[:54], length) for time, data, length in framed(PACKETS)]))
    (row,) = rows.connections
    assert row["client_payload_bytes"] == len(ONE.stream("requestor"))
    assert row["client_lost_bytes"] == 0
    assert not any(message["complete"] for message in rows.messages)


@pytest.mark.parametrize("ttl", [1, 255])
def test_b17_chaff_with_a_low_ttl_and_a_source_route_is_a_conflict(ttl: int) -> None:
    chaff = impair.conflict(PLAIN.segments, LONG)[LONG + 2]
    data = packets([chaff], PLAIN.endpoints)[0].data
    route = b"\x83\x07\x04\xc0\0\x02\x09\0"
    routed = link.ipv4(data[20:], 6, data[12:16], data[16:20], 9_999, ttl=ttl, options=route)
    rows = read(with_packet(LONG, PACKETS[LONG].data, routed))
    assert_whole(rows, ONE)
    assert [row["length"] for row in rows.of("overlap-conflict")] == [len(chaff.payload)]
