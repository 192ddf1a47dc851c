"""Findings that no recorded capture of tests/cases holds, on captures that are made for them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from generate import Connection, Context, Conversation, Endpoints, capture, dicom
from generate.conversation import Packing
from generate.dicom import UserInformation
from hazards import CONTEXTS, IDENTIFIER, exchange
from test_findings_time import SECOND, played

import dicomfast

if TYPE_CHECKING:
    from collections.abc import Callable

JPEG_2000 = "1.2.840.10008.1.2.4.90"
NO_SCALE = bytes.fromhex("020405b4")


def codes(data: bytes, **limits: int) -> set[str]:
    return set(dicomfast.read(io.BytesIO(data), tables=["findings"], limits=limits)["findings"]["code"].to_pylist())


def whole(conversation: Conversation, **options: int) -> bytes:
    return capture(Connection(**options).open().play(conversation.writes).close())


def opened(contexts: list[Context]) -> Conversation:
    conversation = Conversation(contexts=contexts)
    conversation.associate()
    return conversation


def get_without_role() -> bytes:
    conversation = opened([Context(1, dicom.STUDY_ROOT_GET), Context(3, dicom.CT_IMAGE)])
    asked = dicom.request("C-GET-RQ", 1, dicom.STUDY_ROOT_GET, data=True)
    conversation.message("requestor", 1, asked, IDENTIFIER)
    failed = {"NumberOfCompletedSuboperations": 0, "NumberOfFailedSuboperations": 3, "NumberOfWarningSuboperations": 0}
    conversation.message("acceptor", 1, dicom.response(asked, 0xB000) | failed)
    conversation.release()
    return whole(conversation)


def never_answered() -> bytes:
    conversation = Conversation(contexts=CONTEXTS)
    conversation.send("requestor", dicom.associate_rq("ARCHIVE", "MODALITY", CONTEXTS))
    return capture(Connection().open().play(conversation.writes).close())


def nobody_there() -> bytes:
    connection = Connection()
    for _ in range(3):
        connection.next["client"] = connection.isn[0]
        connection.emit("client", 0x02, options=NO_SCALE)
        connection.time += SECOND
    return capture(connection)


def given_up() -> bytes:
    conversation = opened(CONTEXTS)
    conversation.message("requestor", 1, dicom.request("C-ECHO-RQ", 1, dicom.VERIFICATION))
    conversation.abort("requestor")
    return capture(played(conversation, lambda number: 30 * SECOND if number == 3 else 0).close())


def one_refused() -> bytes:
    contexts = [Context(1, dicom.VERIFICATION), Context(3, dicom.CT_IMAGE, result=2)]
    conversation = opened(contexts)
    conversation.echo(1)
    conversation.release()
    return whole(conversation)


def stored(size: int, sent: int, taken: int) -> bytes:
    """An object in PDUs of one size, where the acceptor takes another."""
    conversation = Conversation(contexts=CONTEXTS, packing=Packing(max_pdu=sent))
    conversation.associate(None, UserInformation(max_pdu=taken))
    conversation.store(bytes(size), "1.2.3", 1, 3)
    conversation.release()
    return whole(conversation)


def small_pdus() -> bytes:
    return stored(1_200_000, sent=4096, taken=4096)


def too_large() -> bytes:
    return stored(50_000, sent=16384, taken=8192)


def damaged_segments() -> bytes:
    from dataclasses import replace

    connection = Connection().open().play(exchange().writes).close()
    connection.segments = [replace(one, bad_checksum=bool(at == 12 and one.payload)) for at, one in enumerate(connection.segments)]
    connection.segments[9] = replace(connection.segments[9], bad_checksum=True)
    return capture(connection)


def moved_slowly() -> bytes:
    conversation = opened([Context(1, dicom.STUDY_ROOT_MOVE)])
    conversation.move(IDENTIFIER, "WORKSTATION", 3)
    conversation.release()
    return capture(played(conversation, lambda number: 2 * SECOND if number >= 3 else 0).close())


def compression_declined() -> bytes:
    conversation = opened([Context(1, dicom.CT_IMAGE, (JPEG_2000, dicom.IMPLICIT_LE), accepted=dicom.IMPLICIT_LE)])
    conversation.store(bytes(2_000), "1.2.3")
    conversation.release()
    return whole(conversation)


def found_nothing() -> bytes:
    conversation = opened(CONTEXTS)
    conversation.find(IDENTIFIER, [], 1, 5)
    conversation.release()
    return whole(conversation)


MADE: dict[str, Callable[[], bytes]] = {
    "role-selection-missing": get_without_role,
    "suboperations-failed": get_without_role,
    "association-unanswered": never_answered,
    "connection-unanswered": nobody_there,
    "gave-up-waiting": given_up,
    "context-refused": one_refused,
    "small-max-pdu": small_pdus,
    "pdu-larger-than-agreed": too_large,
    "capture-bad-checksums": damaged_segments,
    "waiting-for-move": moved_slowly,
    "compression-declined": compression_declined,
    "query-found-nothing": found_nothing,
}


@pytest.mark.parametrize(("code", "made"), MADE.items())
def test_a_capture_that_triggers_it(code: str, made: Callable[[], bytes]) -> None:
    assert code in codes(made())


def test_an_ordinary_exchange_triggers_none() -> None:
    assert codes(whole(exchange())) == set()


def test_limits_that_are_reached_are_told() -> None:
    connection = Connection().open().play(exchange().writes).close()
    other = Connection(Endpoints(client_port=40_001)).open().play(exchange().writes).close()
    assert "limit-reached" in codes(capture(connection, other), connections=1)
