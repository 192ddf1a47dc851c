"""Captures made for findings of what was said: negotiation, operations, ends, and what is wrong with the file. Each maker takes what
makes the difference between a capture that has the finding and one that has not."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from generate import Connection, Context, Conversation, Endpoints, Packing, UserInformation, capture, dicom, impair, pcapng, records
from hazards import CONTEXTS, IDENTIFIER, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generate import Segment
    from generate.tcp import Side

SECOND = 1_000_000_000
JPEG_2000 = "1.2.840.10008.1.2.4.90"
# A SYN that announces the MSS alone.
NO_SCALE = bytes.fromhex("020405b4")


def opened(contexts: Sequence[Context] = CONTEXTS, *users: UserInformation) -> Conversation:
    conversation = Conversation(contexts=contexts)
    conversation.associate(*users)
    return conversation


def whole(conversation: Conversation, **options: int) -> bytes:
    return capture(Connection(**options).open().play(conversation.writes).close())


def released(conversation: Conversation) -> bytes:
    conversation.release()
    return whole(conversation)


def played(conversation: Conversation, late: Callable[[int], int], **options: int) -> Connection:
    """A conversation whose write of this number is so much later."""
    connection = Connection(**options).open()
    for number, write in enumerate(conversation.writes):
        connection.time += late(number)
        connection.play([write])
    return connection


# ---- how it begins


def rejected(source: int, reason: int) -> bytes:
    conversation = Conversation()
    conversation.rejected(1, source, reason)
    return whole(conversation)


def contexts_answered(*results: int) -> bytes:
    classes = (dicom.VERIFICATION, dicom.CT_IMAGE, dicom.MR_IMAGE)
    return released(opened([Context(2 * at + 1, classes[at], result=result) for at, result in enumerate(results)]))


def association_answered(*, answered: bool) -> bytes:
    conversation = opened()
    del conversation.writes[1 + answered :]
    return whole(conversation)


def syn_answered(*flags: int) -> bytes:
    """A SYN, thrice where nobody answers."""
    connection = Connection()
    for _ in range(1 if flags else 3):
        connection.next["client"] = connection.isn[0]
        connection.emit("client", 0x02, options=NO_SCALE)
        connection.time += SECOND
    for one in flags:
        connection.emit("server", one, options=b"" if one & 0x04 else NO_SCALE)
    return capture(connection)


def one_object_each(count: int) -> bytes:
    connections = []
    for number in range(count):
        conversation = opened()
        conversation.store(bytes(2_000), f"1.2.{number}", 1, 3)
        conversation.release()
        connection = Connection(Endpoints(client_port=40_000 + number), time=(946_728_000 + number) * SECOND)
        connections.append(connection.open().play(conversation.writes).close())
    return capture(*connections)


def stored(size: int, sent: int, taken: int) -> bytes:
    """An object in PDUs of one size, where the acceptor takes another."""
    conversation = Conversation(contexts=CONTEXTS, packing=Packing(max_pdu=sent))
    conversation.associate(None, UserInformation(max_pdu=taken))
    conversation.store(bytes(size), "1.2.3", 1, 3)
    return released(conversation)


def compressed(accepted: str) -> bytes:
    conversation = opened([Context(1, dicom.CT_IMAGE, (JPEG_2000, dicom.IMPLICIT_LE), accepted=accepted)])
    conversation.store(bytes(2_000), "1.2.3")
    return released(conversation)


# ---- operations


def retrieved(failed: int, *users: UserInformation) -> bytes:
    """C-GET that ends with so many failed sub-operations."""
    conversation = opened([Context(1, dicom.STUDY_ROOT_GET), Context(3, dicom.CT_IMAGE)], *users)
    asked = dicom.request("C-GET-RQ", 1, dicom.STUDY_ROOT_GET, data=True)
    conversation.message("requestor", 1, asked, IDENTIFIER)
    counts = {"NumberOfCompletedSuboperations": 0, "NumberOfFailedSuboperations": failed, "NumberOfWarningSuboperations": 0}
    conversation.message("acceptor", 1, dicom.response(asked, 0xB000 if failed else 0) | counts)
    return released(conversation)


def retrieved_with_role() -> bytes:
    role = UserInformation(roles=[(dicom.CT_IMAGE, 0, 1)])
    return retrieved(3, role, role)


def store_status(status: int) -> bytes:
    conversation = opened()
    conversation.store(bytes(2_000), "1.2.3", 1, 3, status)
    return released(conversation)


def move_status(status: int) -> bytes:
    conversation = opened([Context(1, dicom.STUDY_ROOT_MOVE)])
    asked = dicom.request("C-MOVE-RQ", 1, dicom.STUDY_ROOT_MOVE, data=True, MoveDestination="NOWHERE")
    conversation.message("requestor", 1, asked, IDENTIFIER)
    conversation.message("acceptor", 1, dicom.response(asked, status))
    return released(conversation)


def found(matches: int, *, cancelled: bool = False) -> bytes:
    conversation = opened()
    asked = dicom.request("C-FIND-RQ", 1, dicom.STUDY_ROOT_FIND, data=True)
    conversation.message("requestor", 5, asked, IDENTIFIER)
    for _ in range(matches):
        conversation.message("acceptor", 5, dicom.response(asked, 0xFF00, data=True), IDENTIFIER)
    if cancelled:
        conversation.message("requestor", 5, dicom.cancel(1))
    conversation.message("acceptor", 5, dicom.response(asked, 0xFE00 if cancelled else 0))
    return released(conversation)


def echoed(*, answered: bool) -> bytes:
    conversation = opened()
    conversation.echo()
    del conversation.writes[3 + answered :]
    return released(conversation)


# ---- how it ends


def aborted() -> bytes:
    conversation = opened()
    conversation.abort()
    return whole(conversation)


def closed(*, reset: bool, busy: bool) -> bytes:
    """The connection ends without a release, in the middle of an object or after it."""
    conversation = opened()
    conversation.store(bytes(9_000), "1.2.3", 1, 3)
    connection = Connection().open().play(conversation.writes[:2])
    if busy:
        connection.write("client", conversation.writes[2][1][:5_000])
    else:
        connection.play(conversation.writes[2:])
    return capture(connection.reset() if reset else connection.close())


def with_pdu(kind: int) -> bytes:
    """An echo, then a PDU of this type (7: A-ABORT)."""
    conversation = opened()
    conversation.echo()
    conversation.send("requestor", dicom.pdu(kind, bytes(4)))
    return whole(conversation)


# ---- the capture


def changed(change: Callable[[list[Segment]], list[Segment]]) -> bytes:
    """An exchange whose segments were changed on the way or by the capture."""
    connection = Connection().open().play(exchange().writes).close()
    connection.segments = change(connection.segments)
    return capture(connection)


def data_at(segments: list[Segment], number: int = 8) -> int:
    """The place of a data segment of the client: 1 is the echo, 8 in the middle of an object."""
    return impair.data_positions(segments, "client")[number]


def sent_twice(*, alike: bool) -> bytes:
    """The bytes of a segment come again before they are acknowledged."""
    connection = Connection(ack_every=0).open().play(exchange().writes).close()
    again = impair.retransmit if alike else impair.conflict
    connection.segments = again(connection.segments, data_at(connection.segments), 1)
    return capture(connection)


def wrong_checksums(sender: Side) -> bytes:
    """No checksum of a side is right: its network card is to compute them."""
    return changed(lambda segments: [replace(one, bad_checksum=one.sender == sender) for one in segments])


def dropped(by_interface: int, by_system: int) -> bytes:
    """What the interface and the operating system say they have dropped."""
    connection = Connection().open().play(exchange().writes).close()
    counts = pcapng.statistics((pcapng.IF_DROP, by_interface), (pcapng.OS_DROP, by_system))
    return pcapng.pcapng(records(connection.segments, connection.endpoints)) + counts


def copied(share: float) -> bytes:
    return changed(lambda segments: impair.duplicate(segments, random.Random(1), share))


def two_at_once() -> bytes:
    connections = [Connection(Endpoints(client_port=port)).open().play(exchange().writes).close() for port in (40_000, 40_001)]
    return capture(*connections)
