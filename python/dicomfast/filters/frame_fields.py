"""The fields of frames, Ethernet, tags, IP and UDP. Names and meaning are Wireshark's."""

from __future__ import annotations

from dicomfast.filters.fields import PACKETS, Field, Source, bits, since_first, since_previous

_FRAMES = "frames"
_STACKS = ("frames", "outer_headers")
_DIRECTED = ("ip_src", "ip_dst")
# Rows that are no frames, but end in one.
_NUMBERS = tuple(Source(table, column) for table, column in PACKETS.items() if table not in _STACKS)
_TIMES = (
    *(Source(table, "time") for table in ("events", "segments", "pdvs", "items", "anomalies", "findings")),
    *(Source(table, "end") for table in ("messages", "operations", "pdus")),
)
_V4 = ("ip_version", (4,))
_V6 = ("ip_version", (6,))


def _frame(name: str, kind: str, column: str, doc: str, how: object = None, *, rows: tuple[Source, ...] = ()) -> Field:
    return Field(name, kind, doc, (Source(_FRAMES, column, how=how),), rows)  # type: ignore[arg-type]


def _stack(
    name: str,
    kind: str,
    columns: str,
    doc: str,
    *,
    where: object = None,
    how: object = None,
    display: int = 0,
    rows: tuple[Source, ...] = (),
) -> Field:
    sources = tuple(Source(table, column, where, how) for table in reversed(_STACKS) for column in columns.split())  # type: ignore[arg-type]
    return Field(name, kind, doc, sources, rows, display, directed=columns in _DIRECTED)


def _ends(*roles: str) -> tuple[Source, ...]:
    """Addresses of who takes part, on rows that are no frames. Rows with a sender know which end is which."""
    events = {"src": ("source_ip",), "dst": ("destination_ip",), "both": ("source_ip", "destination_ip")}
    found = [Source("events", column) for role in roles for column in events[role]]
    found += [Source("associations", column) for column in ("requestor_ip", "acceptor_ip")]
    return (*found, *(Source("connections", column) for column in ("client_ip", "server_ip")))


def _ip(family: str, where: tuple[str, tuple[int, ...]], kind: str) -> list[Field]:
    return [
        _stack(f"{family}.src", kind, "ip_src", "Source address.", where=where, rows=_ends("src")),
        _stack(f"{family}.dst", kind, "ip_dst", "Destination address.", where=where, rows=_ends("dst")),
        _stack(f"{family}.addr", kind, "ip_src ip_dst", "Source or destination address.", where=where, rows=_ends("both")),
    ]


FIELDS = [
    _frame("frame", "label", "packet", "Any frame."),
    _frame("frame.number", "number", "packet", "Number of the frame, from 1.", rows=_NUMBERS),
    _frame("frame.len", "number", "length", "Bytes on the wire."),
    _frame("frame.cap_len", "number", "captured_length", "Bytes in the capture."),
    _frame("frame.time", "time", "time", "Time of the frame.", rows=_TIMES),
    _frame("frame.time_epoch", "duration", "time", "Time of the frame as seconds since 1970.", rows=_TIMES),
    _frame("frame.time_relative", "duration", "time", "Seconds since the first frame.", since_first),
    _frame("frame.time_delta", "duration", "time", "Seconds since the frame before.", since_previous),
    _frame("frame.protocols", "text", "protocols", "The protocols in it, outermost first, up to TCP or UDP."),
    _stack("eth", "label", "eth_src", "An Ethernet header."),
    _stack("eth.src", "mac", "eth_src", "Source address."),
    _stack("eth.dst", "mac", "eth_dst", "Destination address."),
    _stack("eth.addr", "mac", "eth_dst eth_src", "Source or destination address."),
    Field(
        "eth.type",
        "number",
        "Type field; not of frames with a length there (IEEE 802.3).",
        tuple(Source(table, "eth_type", ("eth_type", tuple(range(0x600, 0x10000)))) for table in reversed(_STACKS)),
        display=4,
    ),
    _stack("vlan", "label", "vlan_id", "An IEEE 802.1Q tag."),
    _stack("vlan.id", "number", "vlan_id", "VLAN identifier.", rows=(Source("connections", "vlan"),)),
    _stack("vlan.priority", "number", "vlan_priority", "Priority."),
    _stack("vlan.dei", "bool", "vlan_dei", "Drop eligible indicator."),
    _stack("vlan.etype", "number", "vlan_etype", "Type field after the tag.", display=4),
    _stack("ieee8021ad", "label", "service_vlan_id", "An IEEE 802.1ad service tag."),
    _stack("ieee8021ad.id", "number", "service_vlan_id", "VLAN identifier of a service tag."),
    _stack("ip", "label", "ip_src", "An IPv4 header.", where=_V4),
    *_ip("ip", _V4, "ipv4"),
    _stack("ip.version", "number", "ip_version", "IP version, 4 or 6."),
    _stack("ip.hdr_len", "number", "ip_header_length", "Bytes of the header.", where=_V4),
    _stack("ip.dsfield", "number", "ip_dsfield", "Differentiated services field.", where=_V4, display=2),
    _stack("ip.dsfield.dscp", "number", "ip_dsfield", "Differentiated services codepoint.", where=_V4, how=bits(0x3F, 2)),
    _stack("ip.dsfield.ecn", "number", "ip_dsfield", "Explicit congestion notification.", where=_V4, how=bits(3)),
    _stack("ip.len", "number", "ip_length", "Total length.", where=_V4),
    _stack("ip.id", "number", "ip_id", "Identification.", display=4),
    _stack("ip.flags", "number", "ip_flags", "The three flags.", display=2),
    _stack("ip.flags.rb", "bool", "ip_flags", "Reserved bit.", how=bits(1, 2)),
    _stack("ip.flags.df", "bool", "ip_flags", "Don't fragment.", how=bits(1, 1)),
    _stack("ip.flags.mf", "bool", "ip_flags", "More fragments.", how=bits(1)),
    _stack("ip.frag_offset", "number", "ip_fragment_offset", "Fragment offset in units of 8 bytes.", how=bits(0x1FFF, 3)),
    _stack("ip.ttl", "number", "ip_ttl", "Time to live.", where=_V4),
    _stack("ip.proto", "number", "ip_protocol", "Protocol.", where=_V4),
    _stack("ip.checksum", "number", "ip_checksum", "Header checksum.", display=4),
    _stack("ipv6", "label", "ip_src", "An IPv6 header.", where=_V6),
    *_ip("ipv6", _V6, "ipv6"),
    _stack("ipv6.version", "number", "ip_version", "IP version, 6.", where=_V6),
    _stack("ipv6.tclass", "number", "ip_dsfield", "Traffic class.", where=_V6, display=8),
    _stack("ipv6.tclass.dscp", "number", "ip_dsfield", "Differentiated services codepoint.", where=_V6, how=bits(0x3F, 2)),
    _stack("ipv6.tclass.ecn", "number", "ip_dsfield", "Explicit congestion notification.", where=_V6, how=bits(3)),
    _stack("ipv6.flow", "number", "ip_flow_label", "Flow label.", display=6),
    _stack("ipv6.plen", "number", "ip_length", "Payload length.", where=_V6),
    _stack("ipv6.nxt", "number", "ip_protocol", "Next header.", where=_V6),
    _stack("ipv6.hlim", "number", "ip_ttl", "Hop limit.", where=_V6),
    _stack("ipv6.fraghdr", "label", "ipv6_fragment_id", "A fragment header."),
    _stack("ipv6.fraghdr.ident", "number", "ipv6_fragment_id", "Its identification.", display=8),
    _stack("ipv6.fraghdr.offset", "number", "ipv6_fragment_offset", "Its offset in units of 8 bytes.", how=bits(0x1FFF, 3)),
    _stack("ipv6.fraghdr.more", "bool", "ipv6_more_fragments", "More fragments follow."),
    _frame("udp", "label", "udp_srcport", "A UDP header."),
    _frame("udp.srcport", "number", "udp_srcport", "Source port."),
    _frame("udp.dstport", "number", "udp_dstport", "Destination port."),
    Field("udp.port", "number", "Source or destination port.", (Source(_FRAMES, "udp_srcport"), Source(_FRAMES, "udp_dstport"))),
    _frame("udp.length", "number", "udp_length", "Length field."),
]
