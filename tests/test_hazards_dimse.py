"""Hazards of DIMSE messages (F01 to F08), against PS3.7 sections 6.3, 9.3 and 10.3.

Not here: F09 (SOP instance of the data set itself) and F10 (patient data in identifiers): they need decoded data sets.
"""

from __future__ import annotations

import struct

import pytest
from generate import Connection, Context, Conversation, capture, dicom
from generate.dicom import Value
from hazards import CONTEXTS, IDENTIFIER, Row, Rows, assert_whole, connect, exchange, instances, read

ONE = exchange(3, 3_000)
GROUP_LENGTH = 12
STORE = dicom.request("C-STORE-RQ", 9, dicom.CT_IMAGE, "1.2.9", data=True)


def message(command: bytes, data: bytes | None = b"data", context_id: int = 3) -> bytes:
    parts = [dicom.p_data(dicom.pdv(context_id, command, command=True, last=True))]
    if data is not None:
        parts.append(dicom.p_data(dicom.pdv(context_id, data, command=False, last=True)))
    return b"".join(parts)


def with_messages(*messages: tuple[str, bytes]) -> Rows:
    """ONE with messages more after the first store."""
    return read(capture(Connection().open().play([*ONE.writes[:6], *messages, *ONE.writes[6:]]).close()))


def stored_with(command: bytes) -> tuple[Rows, Row]:
    """The rows, and the row of a store with this command set, which is answered."""
    answer = message(dicom.command_set(dicom.response(STORE)), None)
    rows = with_messages(("requestor", message(command)), ("acceptor", answer))
    (row,) = [row for row in rows.operations if row["message_id"] == 9]
    return rows, row


EXPLICIT = b"".join(
    dicom.element(number, vr, STORE[name], explicit=True)
    for name, (number, vr) in sorted(dicom.COMMAND_ELEMENTS.items(), key=lambda known: known[1])
    if name in STORE
)
PLAIN = dicom.command_set(STORE)
ODD = PLAIN[GROUP_LENGTH:].replace(dicom.element(0x1000, "UI", "1.2.9"), struct.pack("<HHI", 0, 0x1000, 5) + b"1.2.9")


@pytest.mark.parametrize(
    "command",
    [
        dicom.element(0, "UL", len(EXPLICIT), explicit=True) + EXPLICIT,
        dicom.element(0, "UL", len(ODD)) + ODD,
        PLAIN + dicom.element(0x1000, "UI", "6.6.6"),
        PLAIN + b"\0\0",
        PLAIN[:GROUP_LENGTH] + dicom.element(0x0700, "US", 2) + PLAIN[GROUP_LENGTH:],
    ],
    ids=["explicit VR", "odd length", "tag twice", "bytes after the end", "out of order"],
)
def test_f01_command_sets_that_break_the_rules_are_read_and_told(command: bytes) -> None:
    rows, row = stored_with(command)
    assert (row["sop_instance"], row["complete"], row["answered"]) == ("1.2.9", True, True)
    assert rows.of("bad-command")
    assert rows.stored == [*instances(ONE), "1.2.9"]


@pytest.mark.parametrize("value", [0, 1, 0xFFFF, 0xFFFFFFFF])
def test_f02_the_group_length_bounds_nothing(value: int) -> None:
    rows, row = stored_with(dicom.element(0, "UL", value) + PLAIN[GROUP_LENGTH:])
    assert (row["sop_instance"], row["complete"]) == ("1.2.9", True)
    assert len(rows.of("bad-command")) == 1


def test_f02_a_command_set_without_group_length() -> None:
    _, row = stored_with(PLAIN[GROUP_LENGTH:])
    assert (row["sop_instance"], row["complete"]) == ("1.2.9", True)


def test_f03_a_data_set_that_was_not_announced_is_told_and_counted() -> None:
    rows, row = stored_with(dicom.command_set(STORE | {"CommandDataSetType": dicom.NO_DATA_SET}))
    assert len(rows.of("data-set-mismatch")) == 1
    assert row["answered"]
    assert [row["dataset_bytes"] for row in rows.messages if row["command"] is None] == [4]
    assert set(instances(ONE)) <= set(rows.stored)


def test_f03_a_data_set_that_was_announced_and_never_comes_is_incomplete() -> None:
    command = dicom.command_set(STORE)
    rows = with_messages(("requestor", message(command, None)))
    (row,) = [row for row in rows.messages if row["message_id"] == 9]
    assert (row["complete"], row["dataset_bytes"]) == (False, 0)
    assert rows.stored == instances(ONE)


@pytest.mark.parametrize("field", [0x0002, 0x7FFF, 0x4001, 0xFFFF])
def test_f04_an_unknown_command_field_is_a_row_and_told(field: int) -> None:
    command = dicom.command_set(STORE | {"CommandField": field})
    rows = with_messages(("requestor", message(command)))
    (row,) = [row for row in rows.messages if row["command_field"] == field]
    assert row["complete"]
    assert len(rows.of("unknown-command")) == 1
    assert rows.stored == instances(ONE)


def test_f04_a_response_without_a_request_is_a_row_and_told() -> None:
    rows = with_messages(("acceptor", message(dicom.command_set(dicom.response(STORE)), None)))
    (row,) = [row for row in rows.operations if row["message_id"] == 9]
    assert (row["complete"], row["responses"], row["request_start"]) == (False, 1, None)
    assert len(rows.of("unpaired-response")) == 1
    assert rows.stored == instances(ONE)


def test_f04_a_message_id_used_twice_is_two_operations() -> None:
    twice = [("requestor", message(PLAIN)), ("acceptor", message(dicom.command_set(dicom.response(STORE)), None))] * 2
    rows = with_messages(*twice)
    assert [row["answered"] for row in rows.operations if row["message_id"] == 9] == [True, True]


def test_f05_responses_out_of_order_are_paired_by_their_ids() -> None:
    # PS3.7 annex D.3.3.3: asynchronous operations.
    asked = [dicom.request("C-STORE-RQ", n, dicom.CT_IMAGE, f"1.2.9.{n}", data=True) for n in range(10, 20)]
    out = [("requestor", message(dicom.command_set(one))) for one in asked]
    back = [("acceptor", message(dicom.command_set(dicom.response(one, 0xA700 + n)), None)) for n, one in enumerate(asked)]
    rows = with_messages(*out, *back[::-1])
    status = {row["sop_instance"]: row["status"] for row in rows.operations if row["message_id"] in range(10, 20)}
    assert status == {f"1.2.9.{n + 10}": 0xA700 + n for n in range(10)}


def test_f06_requests_that_are_never_answered_are_bounded_and_all_have_rows() -> None:
    many = Conversation(contexts=[Context(1, dicom.VERIFICATION)])
    many.associate()
    for number in range(1_000):
        many.message("requestor", 1, dicom.request("C-ECHO-RQ", number, dicom.VERIFICATION))
    many.release()
    rows = read(capture(connect(many)), pending_operations=100)
    assert [row["message_id"] for row in rows.operations] == list(range(1_000))
    assert not any(row["answered"] for row in rows.operations)
    assert len(rows.of("pending-limit")) == 900


def test_f07_a_cancel_belongs_to_its_operation_and_is_none_itself() -> None:
    cancelled = Conversation(contexts=CONTEXTS)
    cancelled.associate()
    asked = dicom.request("C-FIND-RQ", 4, dicom.STUDY_ROOT_FIND, data=True)
    cancelled.message("requestor", 5, asked, IDENTIFIER)
    cancelled.message("acceptor", 5, dicom.response(asked, 0xFF00, data=True), IDENTIFIER)
    cancelled.message("requestor", 5, dicom.cancel(4))
    cancelled.message("acceptor", 5, dicom.response(asked, 0xFE00))
    cancelled.release()
    rows = read(capture(connect(cancelled)))
    assert_whole(rows, cancelled)
    (row,) = rows.operations
    assert (row["cancelled"], row["status"], row["status_category"], row["responses"]) == (True, 0xFE00, "cancel", 2)


def test_f07_the_stores_of_a_c_get_go_the_other_way() -> None:
    got = Conversation(contexts=[Context(1, dicom.STUDY_ROOT_GET), Context(3, dicom.CT_IMAGE)])
    got.associate()
    got.get(IDENTIFIER, [("1.2.3", bytes(500)), ("1.2.4", bytes(700))])
    got.release()
    rows = read(capture(connect(got)))
    assert_whole(rows, got)
    found = sorted((row["command"], row["initiator"], row["dataset_bytes"]) for row in rows.operations)
    assert found == [
        ("C-GET", "requestor", len(IDENTIFIER)),
        ("C-STORE", "acceptor", 500),
        ("C-STORE", "acceptor", 700),
    ]
    (get,) = [row for row in rows.operations if row["command"] == "C-GET"]
    assert (get["completed_suboperations"], get["responses"]) == (2, 3)


@pytest.mark.parametrize("status", [0x0001, 0x1234, 0xC123, 0xFFFF, 0xB999])
def test_f08_an_unknown_status_is_kept_as_it_is(status: int) -> None:
    answer = message(dicom.command_set(dicom.response(STORE, status)), None)
    rows = with_messages(("requestor", message(PLAIN)), ("acceptor", answer))
    (row,) = [row for row in rows.operations if row["message_id"] == 9]
    assert row["status"] == status
    assert row["status_text"]


def test_f08_a_response_without_status_answers_and_has_none() -> None:
    response: dict[str, Value] = dicom.response(STORE)
    del response["Status"]
    rows = with_messages(("requestor", message(PLAIN)), ("acceptor", message(dicom.command_set(response), None)))
    (row,) = [row for row in rows.operations if row["message_id"] == 9]
    assert (row["status"], row["status_text"], row["answered"]) == (None, None, True)
