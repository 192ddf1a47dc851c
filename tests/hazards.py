"""What the hazard tests share: a small exchange with its truth, and the rows that dicomfast makes of a capture."""

from __future__ import annotations

import io
import random
from typing import Any

from generate import Connection, Context, Conversation, Endpoints, Segment, capture, dicom, impair

import dicomfast

TABLES = ["connections", "associations", "presentation_contexts", "operations", "messages", "findings", "anomalies"]
TABLES += ["capture_info", "pdus", "events"]
CONTEXTS = [Context(1, dicom.VERIFICATION), Context(3, dicom.CT_IMAGE), Context(5, dicom.STUDY_ROOT_FIND)]
IDENTIFIER = dicom.data_set([(0x00080052, "CS", "STUDY"), (0x00100020, "LO", "SYN1")])

Row = dict[str, Any]


class Rows:
    """The tables of a capture as lists of rows."""

    connections: list[Row]
    associations: list[Row]
    presentation_contexts: list[Row]
    operations: list[Row]
    messages: list[Row]
    findings: list[Row]
    anomalies: list[Row]
    capture_info: list[Row]
    pdus: list[Row]
    events: list[Row]

    def __init__(self, data: bytes, limits: dict[str, int]) -> None:
        for name, table in dicomfast.read(io.BytesIO(data), tables=TABLES, limits=limits).items():
            setattr(self, name, table.to_pylist())

    @property
    def kinds(self) -> set[str]:
        return {row["kind"] for row in self.anomalies}

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.anomalies if row["kind"] == kind]

    @property
    def seen(self) -> list[tuple[object, ...]]:
        """The messages that are whole."""
        names = ("sender", "command", "context_id", "command_bytes", "dataset_bytes")
        return sorted(tuple(row[name] for name in names) for row in self.messages if row["complete"])

    @property
    def stored(self) -> list[str]:
        """The instances whose C-STORE is whole and answered."""
        whole = [row for row in self.operations if row["complete"] and row["answered"]]
        return sorted(row["sop_instance"] for row in whole if row["command"] == "C-STORE")


def read(data: bytes, **limits: int) -> Rows:
    return Rows(data, limits)


def told(*conversations: Conversation) -> list[tuple[object, ...]]:
    """The messages that were sent, as `Rows.seen` has them."""
    messages = [message for conversation in conversations for message in conversation.messages]
    return sorted((m.sender, m.name, m.context_id, m.command_bytes, len(m.data or b"")) for m in messages)


def instances(*conversations: Conversation) -> list[str]:
    messages = [message.command for conversation in conversations for message in conversation.messages]
    return sorted(str(c["AffectedSOPInstanceUID"]) for c in messages if c["CommandField"] == 0x0001)


def exchange(stores: int = 3, size: int = 9_000, seed: int = 1) -> Conversation:
    """An echo, some stores (instances 1.2.<seed>.<number>) and a find, released."""
    bytes_of = random.Random(seed)
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    conversation.echo(1, 1)
    for number in range(stores):
        conversation.store(bytes_of.randbytes(size), f"1.2.{seed}.{number}", number + 2, 3)
    conversation.find(IDENTIFIER, [IDENTIFIER] * 2, stores + 2, 5)
    conversation.release()
    return conversation


def connect(conversation: Conversation, **options: Any) -> Connection:
    """The whole conversation on a connection of its own."""
    return Connection(**options).open().play(conversation.writes).close()


def made(segments: list[Segment], endpoints: Endpoints | None = None) -> bytes:
    """The capture of these segments, with times in their order."""
    return capture(Connection(endpoints or Endpoints(), segments=impair.in_order(segments)))


def assert_whole(rows: Rows, *conversations: Conversation) -> None:
    """Every message was found, nothing else was, and all is complete."""
    assert rows.seen == told(*conversations)
    assert len(rows.messages) == len(rows.seen)
    assert all(row["complete"] and row["answered"] for row in rows.operations)
    assert [row["ended_by"] for row in rows.associations] == ["release"] * len(conversations)
    assert all(row["complete"] for row in rows.associations)
    sent = sorted(pdu for conversation in conversations for pdu in conversation.pdus)
    assert sorted((row["sender"], row["type"], row["length"]) for row in rows.pdus) == sent
