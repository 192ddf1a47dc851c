"""The fields of TCP: headers as sent, and what Wireshark's sequence analysis says. Names and meaning are Wireshark's."""

from __future__ import annotations

from dicomfast.filters.fields import Field, Source, bits, or_zero

_FLAGS = {
    "fin": ("Fin", 0), "syn": ("Syn", 1), "reset": ("Reset", 2), "push": ("Push", 3), "ack": ("Acknowledgment", 4), "urg": ("Urgent", 5),
    "ece": ("ECN-Echo", 6), "cwr": ("Congestion window reduced", 7),
}  # fmt: skip
_ANALYSIS = {
    "retransmission": "Bytes that were sent before.",
    "fast_retransmission": "Sent again after duplicate acknowledgements.",
    "spurious_retransmission": "Sent again though it was acknowledged.",
    "out_of_order": "Overtaken by a later segment.",
    "lost_segment": "Bytes before it are not in the capture.",
    "ack_lost_segment": "It acknowledges bytes that are not in the capture.",
    "duplicate_ack": "It repeats the acknowledgement before it.",
    "zero_window": "It announces a window of zero.",
    "zero_window_probe": "It asks whether a window of zero has opened.",
    "zero_window_probe_ack": "The answer to such a question.",
    "window_full": "It fills the receiver's window.",
    "window_update": "It says nothing but another window.",
    "keep_alive": "A keep-alive.",
    "keep_alive_ack": "The answer to a keep-alive.",
    "reused_ports": "A SYN on addresses and ports that were used before.",
}

_STREAMS = tuple(
    Source(table, "connection")
    for table in ("connections", "associations", "events", "pdus", "pdvs", "items", "stalls", "anomalies", "findings")
)


def _header(name: str, kind: str, column: str, doc: str, *, how: object = None, display: int = 0) -> Field:
    return Field(name, kind, doc, (Source("frames", column, how=how),), display=display)  # type: ignore[arg-type]


def _ports(name: str, columns: tuple[str, ...], events: tuple[str, ...], doc: str) -> Field:
    rows = [Source("events", column) for column in events]
    rows += [Source("associations", column) for column in ("requestor_port", "acceptor_port")]
    rows += [Source("connections", column) for column in ("client_port", "server_port")]
    sources = tuple(Source("frames", column) for column in columns)
    return Field(name, "number", doc, sources, tuple(rows), directed=len(columns) == 1)


FIELDS = [
    _header("tcp", "label", "tcp_srcport", "A TCP header."),
    _ports("tcp.srcport", ("tcp_srcport",), ("source_port",), "Source port."),
    _ports("tcp.dstport", ("tcp_dstport",), ("destination_port",), "Destination port."),
    _ports("tcp.port", ("tcp_srcport", "tcp_dstport"), ("source_port", "destination_port"), "Source or destination port."),
    Field("tcp.stream", "number", "Number of the connection.", (Source("segments", "connection"),), _STREAMS),
    _header("tcp.len", "number", "tcp_length", "Bytes of payload."),
    Field("tcp.seq", "number", "Sequence number, relative to the first.", (Source("segments", "seq"),)),
    _header("tcp.seq_raw", "number", "tcp_seq_raw", "Sequence number as sent."),
    Field("tcp.ack", "number", "Acknowledgment number, relative; 0 without the ACK flag.", (Source("segments", "ack", how=or_zero),)),
    _header("tcp.ack_raw", "number", "tcp_ack_raw", "Acknowledgment number as sent."),
    _header("tcp.hdr_len", "number", "tcp_header_length", "Bytes of the header."),
    _header("tcp.flags", "number", "tcp_flags", "The flags, 12 bits.", display=4),
    *(_header(f"tcp.flags.{name}", "bool", "tcp_flags", f"{text}.", how=bits(1, bit)) for name, (text, bit) in _FLAGS.items()),
    _header("tcp.window_size_value", "number", "tcp_window_raw", "Window as sent."),
    Field("tcp.window_size", "number", "Window, scaled where the scale is known.", (Source("segments", "window"),)),
    _header("tcp.checksum", "number", "tcp_checksum", "Checksum.", display=4),
    _header("tcp.urgent_pointer", "number", "tcp_urgent_pointer", "Urgent pointer."),
    _header("tcp.options.mss_val", "number", "tcp_mss", "Maximum segment size."),
    _header("tcp.options.wscale.shift", "number", "tcp_window_scale", "Window scale, as a shift."),
    Field("tcp.options.sack_perm", "label", "SACK permitted.", (Source("frames", "packet", ("tcp_sack_permitted", (True,))),)),
    _header("tcp.options.timestamp.tsval", "number", "tcp_tsval", "TSval."),
    _header("tcp.options.timestamp.tsecr", "number", "tcp_tsecr", "TSecr."),
    *(Field(f"tcp.analysis.{name}", "label", doc, (Source("segments", "packet", (name, (True,))),)) for name, doc in _ANALYSIS.items()),
    Field(
        "tcp.analysis.flags",
        "label",
        "Any of the flags.",
        tuple(Source("segments", "packet", (name, (True,))) for name in _ANALYSIS),
    ),
    Field("tcp.analysis.bytes_in_flight", "number", "Bytes sent and not acknowledged.", (Source("segments", "bytes_in_flight"),)),
    Field("tcp.analysis.ack_rtt", "duration", "From the segment that it acknowledges.", (Source("segments", "ack_rtt"),)),
]
