"""Which message stood still: also where its command set was not over when it did, as with Nagle's algorithm."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from generate import Connection, Conversation, capture, dicom
from hazards import CONTEXTS, IDENTIFIER

import dicomfast

CASES = Path(__file__).parent / "cases"
MILLISECOND = 1_000_000
HEADER = 12  # of a PDU and its first presentation data value


def stalls(data: bytes) -> list[tuple[Any, ...]]:
    table = dicomfast.read(io.BytesIO(data), tables=["stalls"])["stalls"]
    return [tuple(row.values()) for row in table.select(["sender", "command", "message_id", "cause"]).to_pylist()]


def held_back(conversation: Conversation, *first: int) -> bytes:
    """Writes whose first bytes are sent alone; the rest waits 40 ms for their acknowledgement."""
    connection = Connection().open()
    for number, (sender, data) in enumerate(conversation.writes):
        side, peer = ("client", "server") if sender == "requestor" else ("server", "client")
        size = first[number - 2] if 0 <= number - 2 < len(first) else 0
        if size:
            connection.emit(side, 0x18, data[:size])  # type: ignore[arg-type]
            connection.time += 40 * MILLISECOND
            connection.emit(peer, 0x10)  # type: ignore[arg-type]
        connection.write(side, data[size:])  # type: ignore[arg-type]
    return capture(connection.close())


def asked() -> Conversation:
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    conversation.echo(41)
    conversation.store(bytes(9_000), "1.2.3", 42, 3)
    conversation.find(IDENTIFIER, [], 43, 5)
    conversation.release()
    return conversation


@pytest.mark.parametrize("size", [1, 6, HEADER, HEADER + 30])
def test_messages_that_are_over_in_the_next_segment_and_such_that_go_on(size: int) -> None:
    assert stalls(held_back(asked(), size, size, size, size, size, size)) == [
        ("requestor", "C-ECHO-RQ", 41, "nagle-delayed-ack"),
        ("acceptor", "C-ECHO-RSP", 41, "nagle-delayed-ack"),
        ("requestor", "C-STORE-RQ", 42, "nagle-delayed-ack"),
        ("acceptor", "C-STORE-RSP", 42, "nagle-delayed-ack"),
        ("requestor", "C-FIND-RQ", 43, "nagle-delayed-ack"),
        ("acceptor", "C-FIND-RSP", 43, "nagle-delayed-ack"),
    ]


def test_a_message_that_begins_in_the_segment_that_ends_the_wait_lends_it_no_name() -> None:
    """Two requests at a time; the rest of the first and the head of the second come together."""
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    echoes = [dicom.request("C-ECHO-RQ", number, dicom.VERIFICATION) for number in (7, 8)]
    for echo in echoes:
        conversation.message("requestor", 1, echo)
    (_, first), (_, second) = conversation.writes[2:]
    connection = Connection().open().play(conversation.writes[:2])
    connection.emit("client", 0x18, first[:HEADER])
    connection.time += 40 * MILLISECOND
    connection.emit("server", 0x10)
    connection.write("client", first[HEADER:] + second[:20])
    connection.write("client", second[20:])
    assert stalls(capture(connection.close())) == [("requestor", "C-ECHO-RQ", 7, "nagle-delayed-ack")]


def test_a_message_whose_command_set_never_comes_has_no_name() -> None:
    conversation = asked()
    connection = Connection().open().play(conversation.writes[:2])
    connection.emit("client", 0x18, conversation.writes[2][1][:HEADER])
    connection.time += 40 * MILLISECOND
    connection.emit("server", 0x10)
    connection.write("client", conversation.writes[2][1][HEADER:30])
    assert stalls(capture(connection.reset("server"))) == [("requestor", None, None, "nagle-delayed-ack")]


@pytest.mark.parametrize("case", ["blame_nagle_dd/capture.pcap.gz", "many_associations/capture.pcap.zst", "loss/capture.pcap.zst"])
def test_the_message_that_is_named_stands_around_the_stall(case: str) -> None:
    tables = dicomfast.read(CASES / case, tables=["stalls", "messages"])
    messages: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    key = ("association", "sender", "command", "message_id")
    for row in tables["messages"].to_pylist():
        messages.setdefault(tuple(row[name] for name in key), []).append(row)
    found = tables["stalls"].to_pylist()
    assert found
    for row in found:
        named = messages[tuple(row[name] for name in key)]
        assert any(one["first_packet"] <= row["packet_before"] and one["last_packet"] >= row["packet_after"] for one in named), row
