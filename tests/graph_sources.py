"""What graphs are made of, by hand: one conversation of which every point is known, and sources of any tables."""

from typing import Any

import pyarrow as pa
from conftest import START
from tshark_segments import table

from dicomfast import _dicomfast
from dicomfast.graphs.source import Source

MILLISECOND = 1_000_000
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
STALL = {field.name: field.type for field in pa.schema(_dicomfast.schema("stalls"))}


def at(milliseconds: float) -> int:
    """Nanoseconds since 1970."""
    return START + round(milliseconds * MILLISECOND)


def segment(
    packet: int, milliseconds: float, sender: str, flags: int, seq: int, ack: int | None, length: int, window: int, **more: Any
) -> dict[str, Any]:
    known = {"connection": 0, "packet": packet, "time": at(milliseconds), "sender": sender, "flags": flags, "seq": seq, "ack": ack}
    return known | {"length": length, "window": window} | more


def conversation() -> pa.Table:
    """100 bytes a segment; bytes 201 to 300 are lost, told by SACK, and sent again; then the server's window closes."""
    client, server = "client", "server"
    return table(
        [
            segment(1, 0, client, SYN, 0, None, 0, 64000),
            segment(2, 10, server, SYN | ACK, 0, 1, 0, 65000, ack_rtt=10 * MILLISECOND),
            segment(3, 20, client, ACK, 1, 1, 0, 64000),
            segment(4, 21, client, ACK, 1, 1, 100, 64000),
            segment(5, 22, client, ACK | PSH, 101, 1, 100, 64000),
            segment(6, 31, server, ACK, 1, 101, 0, 900, ack_rtt=10 * MILLISECOND),
            segment(7, 32, client, ACK, 301, 1, 100, 64000),
            segment(8, 42, server, ACK, 1, 201, 0, 900, ack_rtt=20 * MILLISECOND),
            segment(9, 43, server, ACK, 1, 201, 0, 900, sack=[{"start": 301, "end": 401}], duplicate_ack=True),
            segment(10, 50, client, ACK, 201, 1, 100, 64000, retransmission=True, fast_retransmission=True),
            segment(11, 60, server, ACK, 1, 401, 0, 0, zero_window=True, ack_rtt=10 * MILLISECOND),
            segment(12, 70, client, FIN | ACK, 401, 1, 0, 0),
            segment(13, 80, server, RST | ACK, 1, 402, 0, 0),
        ]
    )


def rows(schema: str, *values: dict[str, Any]) -> pa.Table:
    """Rows of a table of the engine; what a row does not name is null."""
    fields = list(pa.schema(_dicomfast.schema(schema)))
    arrays = [pa.array([row.get(field.name) for row in values], field.type) for field in fields]
    return pa.table(arrays, names=[field.name for field in fields])


def stall(start: float, end: float, cause: str, **more: Any) -> dict[str, Any]:
    known = {"connection": 0, "start": at(start), "end": at(end), "duration": round((end - start) * MILLISECOND), "cause": cause}
    return known | {"sender": "requestor", "confidence": "high", "waits": 1, "command": "C-STORE-RQ", "message_id": 7} | more


def source(segments: pa.Table, **more: Any) -> Source:
    """One connection with a message, a stall and a PDU."""
    message = {"association": 0, "sender": "requestor", "command": "C-STORE-RQ", "message_id": 7, "start": at(21), "end": at(50)}
    message |= {"first_packet": 4, "last_packet": 10, "complete": True, "dataset_bytes": 300, "sop_class_name": more.pop("words", "CT")}
    pdu = {"connection": 0, "sender": "requestor", "type_name": "P-DATA-TF", "length": 394, "start": at(21), "end": at(50)}
    stalls = [stall(32, 50, more.pop("cause", "fast-recovery"), bytes_in_flight=100, window=900, packet_before=7, packet_after=10)]
    titles = {"association": 0, "connection": 0, "calling_ae": more.pop("calling_ae", "SCU"), "called_ae": "SCP"}
    known = {
        "connection": 0,
        "client": "10.0.0.1:50000",
        "server": "10.0.0.2:104",
        "start": at(0),
        "associations": rows("associations", titles),
        "messages": rows("messages", message),
        "tables": {
            "segments": segments,
            "stalls": rows("stalls", *stalls),
            "pdus": rows("pdus", pdu | {"first_packet": 4, "last_packet": 10, "complete": True}),
        },
    }
    return Source(**(known | more))
