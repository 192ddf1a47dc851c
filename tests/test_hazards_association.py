"""Hazards of associations (E05 to E10, E18 to E21): negotiation that lies, PDUs out of their turn (PS3.8 section 9)."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from generate import Connection, Context, Conversation, UserInformation, capture, dicom
from hazards import CONTEXTS, Rows, assert_whole, connect, exchange, instances, made, read, told

ONE = exchange(3, 3_000)
OTHER = exchange(2, 3_000, seed=2)
SECRET = b"CANARYpassw0rd"


def played(writes: list[tuple[str, bytes]]) -> Rows:
    return read(capture(Connection().open().play(writes).close()))


def negotiated(request: bytes, accept: bytes | None = None) -> Rows:
    """ONE with another A-ASSOCIATE-RQ, and AC."""
    return played([("requestor", request), ("acceptor", accept or ONE.writes[1][1]), *ONE.writes[2:]])


def request_of(*items: bytes, called: bytes = b"ARCHIVE", calling: bytes = b"MODALITY") -> bytes:
    """A-ASSOCIATE-RQ with these items after the application context."""
    fixed = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16), calling.ljust(16))
    return dicom.pdu(1, fixed + dicom.item(0x10, dicom.APPLICATION_CONTEXT.encode()) + b"".join(items))


PROPOSED = [context.proposed() for context in CONTEXTS]
USER = UserInformation().encode()


@pytest.mark.parametrize("count", [128, 129, 256])
def test_e05_more_contexts_than_there_are_ids_are_told_and_bounded(count: int) -> None:
    contexts = [Context(1 + 2 * (n % 128), dicom.CT_IMAGE) for n in range(3, count)]
    rows = negotiated(request_of(*PROPOSED, *(context.proposed() for context in contexts), USER))
    assert_whole_content(rows)
    assert len([row for row in rows.presentation_contexts if row["abstract_syntax"]]) == 128
    assert bool(rows.of("bad-item")) == (count > 128)


def assert_whole_content(rows: Rows) -> None:
    """The negotiation differs from ONE's, the rest is the same."""
    assert rows.seen == told(ONE)
    assert rows.stored == instances(ONE)
    assert [row["ended_by"] for row in rows.associations] == ["release"]


@pytest.mark.parametrize("context_id", [0, 2, 254, 3])
def test_e05_even_ids_and_ids_that_stand_twice_are_told(context_id: int) -> None:
    rows = negotiated(request_of(*PROPOSED, Context(context_id, dicom.MR_IMAGE).proposed(), USER))
    assert_whole_content(rows)
    assert len(rows.of("bad-context-id")) == 1
    assert len(rows.presentation_contexts) == 4


def test_e05_a_request_of_more_than_a_megabyte_is_not_decoded_and_the_rest_is_read() -> None:
    large = request_of(*PROPOSED, *[dicom.item(0x7F, bytes(60_000))] * 20, USER)
    rows = negotiated(large)
    assert_whole_content(rows)
    assert not rows.associations[0]["complete"]
    rows = played([*OTHER.writes, ("requestor", large), *ONE.writes[1:]])
    assert rows.stored == [*instances(ONE), *instances(OTHER)]
    assert [row["complete"] for row in rows.associations] == [True, False]
    assert [row["length"] for row in rows.of("bad-pdu")] == [len(large) - 6]


@pytest.mark.parametrize(
    "bad",
    [
        dicom.item(0x20, b"\x07\0\0\0", length=0xFFFF),
        dicom.item(0x20, b"\x07\0\0\0", length=0xFFFC),
        dicom.item(0x20, b"\x07\0"),
        dicom.item(0x20, b"\x07\0\0\0" + dicom.item(0x30, b"1.2.3", length=0xFFFD)),
        dicom.item(0x50, dicom.item(0x51, b"\0\0\x40\0") + dicom.item(0x7E, b"", length=0xFFFF)),
        dicom.item(0x50, dicom.item(0x54, b"\xff\xff1.2")),
        dicom.item(0x50, dicom.item(0x54, b"\0\x05" + b"1.2.3")),
        b"\x50\0",
    ],
)
def test_e06_item_lengths_that_lie_stay_in_their_container_and_are_told(bad: bytes) -> None:
    rows = negotiated(request_of(*PROPOSED, bad))
    assert_whole_content(rows)
    assert rows.of("bad-item")
    known = [row["context_id"] for row in rows.presentation_contexts if row["abstract_syntax"]]
    assert known[:3] == [1, 3, 5]


@pytest.mark.parametrize("length", [0, 1, 3, 5, 8])
def test_e07_a_maximum_length_item_of_a_wrong_size_is_told(length: int) -> None:
    rows = negotiated(request_of(*PROPOSED, dicom.item(0x50, dicom.item(0x51, bytes(length)))))
    assert_whole_content(rows)
    assert len(rows.of("bad-item")) == 1


@pytest.mark.parametrize("value", [0, 1, 0xFFFFFFFF])
def test_e07_every_maximum_length_is_kept_and_0_is_no_limit(value: int) -> None:
    rows = negotiated(request_of(*PROPOSED, UserInformation(max_pdu=value).encode()))
    assert_whole_content(rows)
    assert rows.associations[0]["requestor_max_pdu"] == value
    # All that the acceptor sends is above a maximum of one byte.
    assert bool(rows.of("pdu-too-large")) == (value == 1)


def answer(context_id: int, result: int, *transfer_syntaxes: bytes) -> bytes:
    body = struct.pack(">BBBB", context_id, 0, result, 0)
    return dicom.item(0x21, body + b"".join(dicom.item(0x40, uid) for uid in transfer_syntaxes))


def accept_of(*items: bytes) -> bytes:
    body = request_of(*items, USER)[6:]
    return dicom.pdu(2, body)


@pytest.mark.parametrize("rejected", [answer(7, 3), answer(7, 4, b""), answer(7, 1, b"1.2.840.10008.1.2")])
def test_e08_a_rejected_context_may_have_any_transfer_syntax_or_none(rejected: bytes) -> None:
    # PS3.8 section 9.3.3.2: the transfer syntax is not significant where the result is not acceptance.
    proposed = request_of(*PROPOSED, Context(7, dicom.MR_IMAGE).proposed(), USER)
    rows = negotiated(proposed, accept_of(*(context.answered() for context in CONTEXTS), rejected))
    assert_whole(rows, told_by(proposed, rejected))
    assert rows.presentation_contexts[3]["transfer_syntax"] is None
    assert not rows.anomalies


def told_by(proposed: bytes, rejected: bytes) -> Conversation:
    """ONE with the lengths of these PDUs as truth."""
    conversation = exchange(3, 3_000)
    accept = accept_of(*(context.answered() for context in CONTEXTS), rejected)
    conversation.pdus[:2] = [("requestor", 1, len(proposed) - 6), ("acceptor", 2, len(accept) - 6)]
    return conversation


@pytest.mark.parametrize("uids", [[], [b""], [b"1.2.840.10008.1.2"] * 2, [b"not a uid"]])
def test_e08_accepted_contexts_with_no_two_or_impossible_transfer_syntaxes_are_told(uids: list[bytes]) -> None:
    accept = accept_of(CONTEXTS[0].answered(), answer(3, 0, *uids), CONTEXTS[2].answered())
    rows = negotiated(ONE.writes[0][1], accept)
    assert_whole_content(rows)
    assert rows.of("bad-item")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b" " * 16, ""),
        (b"\0" * 16, ""),
        (b"PACS\0\0\0\0", "PACS"),
        (b"\x1b[31mEVIL", "\\x1B[31mEVIL"),
        (b"R\xf6ntgen", "R\\xF6ntgen"),
        (b"SIXTEEN_FULL_AET", "SIXTEEN_FULL_AET"),
        (b"  LEADING", "LEADING"),
    ],
)
def test_e09_ae_titles_are_shown_harmless_and_kept_as_sent(raw: bytes, shown: str) -> None:
    rows = negotiated(request_of(*PROPOSED, USER, calling=raw))
    assert_whole_content(rows)
    assert rows.associations[0]["calling_ae"] == shown
    assert rows.associations[0]["calling_ae_raw"] == raw.ljust(16)


CONTROL = [b"\x1b[31mEVIL", b"\0\x01\x02\x03", b"R\xf6ntgen\x07", b"\r\n" * 8, b"\x7f" * 16, b"\x04\0\0\0"]


@pytest.mark.parametrize("raw", CONTROL)
@pytest.mark.parametrize("begun", [True, False], ids=["whole", "midstream"])
def test_e09_control_bytes_in_the_called_ae_title_hide_no_association(raw: bytes, *, begun: bool) -> None:
    request = request_of(*PROPOSED, USER, called=raw)
    answered = request_of(*(context.answered() for context in CONTEXTS), USER, called=raw)[6:]
    connection = Connection()
    if begun:
        connection.open()
    rows = read(capture(connection.play([("requestor", request), ("acceptor", dicom.pdu(2, answered)), *ONE.writes[2:]]).close()))
    assert_whole_content(rows)
    assert rows.associations[0]["called_ae_raw"] == raw.ljust(16)
    assert rows.associations[0]["complete"]
    assert rows.associations[0]["outcome"] == "accepted"
    shown = rows.associations[0]["called_ae"]
    assert shown.isprintable()
    assert rows.connections[0]["protocol"] == "dicom"


def test_e10_the_answer_before_the_request_is_the_same_association() -> None:
    segments = connect(ONE).segments
    request = next(at for at, s in enumerate(segments) if s.payload[:1] == b"\x01")
    accept = next(at for at, s in enumerate(segments) if s.payload[:1] == b"\x02")
    early = [*segments[:request], segments[accept], *segments[request:accept], *segments[accept + 1 :]]
    assert_whole(read(made(early)), ONE)


def test_e10_data_before_the_answer_is_told_only_where_its_sender_knew_better() -> None:
    writes = [ONE.writes[0], ONE.writes[2], ONE.writes[1], *ONE.writes[3:]]
    assert_whole_content(played(writes))


def test_e10_a_second_answer_is_told_and_the_first_counts() -> None:
    other = dicom.associate_ac("OTHER", "OTHER", [Context(3, dicom.CT_IMAGE, result=3)])
    rows = played([*ONE.writes[:4], ("acceptor", other), *ONE.writes[4:]])
    assert_whole_content(rows)
    assert len(rows.of("unexpected-pdu")) == 1
    assert [row["result"] for row in rows.presentation_contexts] == [0, 0, 0]


def test_e10_a_second_request_begins_a_second_association() -> None:
    # PS3.8 section 9.2 has the acceptor abort; a reader takes it as a new beginning and loses no message.
    rows = played([*ONE.writes[:4], *OTHER.writes])
    assert [row["calling_ae"] for row in rows.associations] == ["MODALITY"] * 2
    assert [row["ended_by"] for row in rows.associations] == ["open", "release"]
    assert rows.stored == instances(OTHER)


@pytest.mark.parametrize(
    ("sender", "source", "ended_by"),
    [
        ("requestor", 0, "requestor abort"),
        ("acceptor", 0, "acceptor abort"),
        ("requestor", 2, "provider abort"),
        ("acceptor", 2, "provider abort"),
    ],
)
def test_e18_an_abort_inside_an_object(sender: str, source: int, ended_by: str) -> None:
    # The requestor ends its command set first; the acceptor breaks in.
    begun = ONE.writes[6][1][: 114 if sender == "requestor" else 1_000]
    rows = played([*ONE.writes[:6], ("requestor", begun), (sender, dicom.abort(source, 0))])
    (row,) = rows.associations
    assert (row["ended_by"], row["abort_source"], row["abort_sender"]) == (ended_by, source, sender)
    assert rows.stored == ["1.2.1.0"]


@pytest.mark.parametrize("before", [[], OTHER.writes], ids=["first", "second"])
def test_e18_an_abort_before_the_whole_request_was_received(before: list[tuple[str, bytes]]) -> None:
    request = ONE.writes[0][1]
    connection = Connection().open().play(before)
    heard = connection.next["client"]
    segments = connection.write("client", request, 100).write("server", dicom.abort()).close().segments
    # The acceptor had received the first hundred bytes when it aborted.
    segments = [replace(s, ack=heard + 100) if s.payload == dicom.abort() else s for s in segments]
    rows = read(made(segments))
    assert [row["ended_by"] for row in rows.associations] == [*(["release"] if before else []), "acceptor abort"]
    assert rows.associations[-1]["calling_ae"] == "MODALITY"


def test_e18_both_sides_release_at_once() -> None:
    # PS3.8 section 7.2.2.7: release collision.
    release = [("requestor", dicom.release_rq()), ("acceptor", dicom.release_rq())]
    answers = [("requestor", dicom.release_rp()), ("acceptor", dicom.release_rp())]
    rows = played([*ONE.writes[:-2], *release, *answers])
    assert rows.seen == told(ONE)
    assert [row["ended_by"] for row in rows.associations] == ["release"]
    assert not rows.of("unexpected-pdu")


def test_e18_a_response_after_the_release_was_requested_still_counts() -> None:
    # PS3.8 section 7.2.2.4: the acceptor may still send data until it answers.
    assert ONE.writes[7][0] == "acceptor"
    writes = [*ONE.writes[:7], ("requestor", dicom.release_rq()), ONE.writes[7], ("acceptor", dicom.release_rp())]
    rows = played(writes)
    assert rows.stored == ["1.2.1.0", "1.2.1.1"]
    assert not rows.of("data-after-release")


def test_e18_a_request_after_its_sender_released_is_told() -> None:
    rows = played([*ONE.writes[:4], ("requestor", dicom.release_rq()), ONE.writes[4], ONE.writes[5]])
    assert rows.stored == ["1.2.1.0"]
    assert len(rows.of("data-after-release")) >= 1


def test_e19_data_after_the_release_is_told() -> None:
    rows = played([*ONE.writes, *ONE.writes[4:6]])
    assert {row["layer"] for row in rows.of("data-after-release")} == {"upper-layer"}
    assert [row["ended_by"] for row in rows.associations] == ["release"]


def test_e19_a_second_association_on_the_same_connection() -> None:
    rows = played([*ONE.writes, *OTHER.writes])
    assert_whole(rows, ONE, OTHER)
    assert [row["connection"] for row in rows.associations] == [0, 0]
    assert [row["associations"] for row in rows.connections] == [2]


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 77])
@pytest.mark.parametrize("broken", [False, True])
def test_e20_the_secret_of_a_user_identity_is_in_no_table(kind: int, *, broken: bool) -> None:
    identity = UserInformation(user_identity=(kind, SECRET, SECRET))
    user = identity.encode()
    if broken:
        # Lengths that lie, so that the secret stands where another field should.
        user = user.replace(struct.pack(">H", len(SECRET)), b"\0\x03")
    rows = negotiated(request_of(*PROPOSED, user))
    assert_whole_content(rows)
    assert rows.associations[0]["user_identity_type"] == kind
    everything = str({name: rows_of for name, rows_of in vars(rows).items() if name != "pdus"})
    assert SECRET.decode() not in everything
    assert SECRET.hex() not in everything
    assert all(SECRET not in row["header"] for row in rows.pdus)


def test_e21_unknown_and_giant_items_of_the_user_information_are_skipped() -> None:

    # The user information item itself has a length of 16 bits, so each goes into one of its own.
    parts = [
        dicom.item(0x50, dicom.item(0x56, struct.pack(">H", 5) + b"1.2.3" + b"x" * 60_000)),
        dicom.item(0x50, dicom.item(0x99, bytes(200)) + dicom.item(0x57, b"\xff" * 300)),
    ]
    rows = negotiated(request_of(*PROPOSED, *parts, USER))
    assert_whole_content(rows)
    assert rows.associations[0]["requestor_max_pdu"] == 16_384
    assert len(rows.of("unknown-item")) == 1
