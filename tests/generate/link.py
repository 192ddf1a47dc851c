"""What stands around a TCP segment: IP headers, link layers, tunnels and mirror headers.

Each function takes what is inside and gives what is outside; nothing is checked, so that wrong headers can be made too.
"""

from __future__ import annotations

import struct

IPV4, IPV6, MPLS, PPPOE, TRANSPARENT_ETHERNET = 0x0800, 0x86DD, 0x8847, 0x8864, 0x6558
ERSPAN, ERSPAN_III = 0x88BE, 0x22EB
IPIP, UDP, GRE = 4, 17, 47
OUTER = (b"\xc0\0\x02\x01", b"\xc0\0\x02\x02")  # 192.0.2.1 and 192.0.2.2
LINK_TYPES = {"null": 0, "ethernet": 1, "raw": 101, "loop": 108, "sll": 113, "ipv4": 228, "ipv6": 229, "sll2": 276}


def checksum(data: bytes) -> int:
    """RFC 1071: the ones' complement of the sum of 16-bit words, a sum modulo 65535."""
    total = int.from_bytes(data + b"\0" if len(data) % 2 else data, "big")
    return 65534 - (total - 1) % 65535


# ---- IP


def ipv4(
    payload: bytes,
    protocol: int,
    source: bytes = OUTER[0],
    target: bytes = OUTER[1],
    identification: int = 0,
    *,
    fragment: int = 0x4000,
    ttl: int = 64,
    options: bytes = b"",
    length: int | None = None,
) -> bytes:
    """RFC 791. `fragment` is the word of flags and offset; `length` overrides the total length."""
    words = 5 + len(options) // 4
    total = words * 4 + len(payload) if length is None else length
    head = struct.pack(">BBHHHBBH4s4s", 0x40 | words, 0, total, identification, fragment, ttl, protocol, 0, source, target)
    head += options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(payload: bytes, next_header: int, source: bytes, target: bytes, length: int | None = None) -> bytes:
    """RFC 8200. `length` overrides the payload length."""
    size = len(payload) if length is None else length
    return struct.pack(">IHBB16s16s", 6 << 28, size, next_header, 64, source, target) + payload


def set_ipv4(packet: bytes, at: int, new: bytes) -> bytes:
    """An IPv4 packet with bytes of its header replaced, and the checksum made right again."""
    words = packet[0] & 0x0F
    head = packet[:at] + new + packet[at + len(new) : words * 4]
    head = head[:10] + b"\0\0" + head[12:]
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + packet[words * 4 :]


def fragments(packet: bytes, size: int, identification: int = 7) -> list[bytes]:
    """An IP packet in fragments of at most `size` payload bytes (a multiple of 8), in order."""
    payload = packet[20:] if packet[0] >> 4 == 4 else packet[40:]
    starts = range(0, len(payload), size)
    return [fragment(packet, at, payload[at : at + size], more=at + size < len(payload), identification=identification) for at in starts]


def fragment(packet: bytes, offset: int, payload: bytes, *, more: bool, identification: int = 7) -> bytes:
    """One fragment with the addresses of an IP packet: any offset (a multiple of 8), any bytes."""
    if packet[0] >> 4 == 4:
        word = more << 13 | offset >> 3
        return ipv4(payload, packet[9], packet[12:16], packet[16:20], identification, fragment=word)
    header = struct.pack(">BBHI", packet[6], 0, offset | more, identification)
    return ipv6(header + payload, 44, packet[8:24], packet[24:40])


# ---- link layers


def ether_type(packet: bytes) -> int:
    return IPV4 if packet[0] >> 4 == 4 else IPV6


def ethernet(packet: bytes, *tags: tuple[int, int], kind: int | None = None) -> bytes:
    """Ethernet II with tags (TPID, TCI), padded to 60 bytes. `kind` is the type of what is no IP packet."""
    source, target = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
    if kind is None:
        kind = ether_type(packet)
        source, target = (packet[12:16], packet[16:20]) if kind == IPV4 else (packet[20:24], packet[36:40])
        source, target = b"\x02\0" + source, b"\x02\0" + target
    tagged = b"".join(struct.pack(">HH", *tag) for tag in tags)
    return (target + source + tagged + struct.pack(">H", kind) + packet).ljust(60, b"\0")


def llc_snap(packet: bytes) -> bytes:
    """IEEE 802.3 with LLC and SNAP (RFC 1042)."""
    body = b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", ether_type(packet)) + packet
    return ethernet(body, kind=len(body))


def mpls(packet: bytes, *labels: int) -> bytes:
    stack = b"".join(struct.pack(">I", label << 12 | (at == len(labels) - 1) << 8 | 64) for at, label in enumerate(labels))
    return ethernet(stack + packet, kind=MPLS)


def pppoe(packet: bytes) -> bytes:
    body = struct.pack(">H", 0x21 if packet[0] >> 4 == 4 else 0x57) + packet
    return ethernet(struct.pack(">BBHH", 0x11, 0, 1, len(body)) + body, kind=PPPOE)


def null(packet: bytes, order: str = "<") -> bytes:
    """BSD loopback: the address family in the order of the machine; LOOP has it in the network's."""
    return struct.pack(order + "I", 2 if packet[0] >> 4 == 4 else 30) + packet


def sll(packet: bytes) -> bytes:
    """Linux cooked capture."""
    return struct.pack(">HHH8sH", 0, 1, 6, b"\x02\0\0\0\0\x01", ether_type(packet)) + packet


def sll2(packet: bytes) -> bytes:
    return struct.pack(">HHIHBB8s", ether_type(packet), 0, 2, 1, 0, 6, b"\x02\0\0\0\0\x01") + packet


# ---- tunnels and mirror headers: what is given is an IP packet, or an Ethernet frame where the tunnel carries those


def udp(payload: bytes, port: int) -> bytes:
    return ethernet(ipv4(struct.pack(">HHHH", 50_000, port, 8 + len(payload), 0) + payload, UDP))


def ip_in_ip(packet: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        packet = ipv4(packet, IPIP)
    return ethernet(packet)


def gre(packet: bytes, key: int | None = None) -> bytes:
    head = struct.pack(">HH", 0x2000 if key is not None else 0, ether_type(packet))
    head += b"" if key is None else struct.pack(">I", key)
    return ethernet(ipv4(head + packet, GRE))


def erspan(frame: bytes, version: int, session: int = 77) -> bytes:
    """Type I has no header of its own; types II and III have 8 and 12 bytes."""
    if version == 1:
        return ethernet(ipv4(struct.pack(">HH", 0, ERSPAN) + frame, GRE))
    kind = ERSPAN if version == 2 else ERSPAN_III
    head = struct.pack(">HHI", 0x1000, kind, 1) + struct.pack(">HH", (version - 1) << 12, session)
    head += bytes(4) if version == 2 else bytes(8)
    return ethernet(ipv4(head + frame, GRE))


def vxlan(frame: bytes, vni: int = 4711) -> bytes:
    return udp(struct.pack(">II", 0x08000000, vni << 8) + frame, 4789)


def geneve(frame: bytes, vni: int = 4711) -> bytes:
    return udp(struct.pack(">BBHI", 0, 0, TRANSPARENT_ETHERNET, vni << 8) + frame, 6081)


def extension_headers(packet: bytes, count: int) -> bytes:
    """An IPv6 packet with so many destination-options headers before its payload."""
    payload, following = packet[40:], packet[6]
    for _ in range(count):
        payload = struct.pack(">BB", following, 0) + b"\x01\x04\0\0\0\0" + payload
        following = 60
    return ipv6(payload, following, packet[8:24], packet[24:40])


def atomic_fragment(packet: bytes) -> bytes:
    """RFC 6946: a fragment header on a packet that is whole."""
    return fragment(packet, 0, packet[40:], more=False)
