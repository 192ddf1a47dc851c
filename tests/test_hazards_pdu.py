"""Hazards of upper-layer PDUs and their fragments (E01 to E04, E11 to E17, E22): PS3.8 section 9.3 and annex E."""

from __future__ import annotations

import random
import struct

import pytest
from generate import Connection, Context, Conversation, Endpoints, Packing, capture, dicom
from hazards import CONTEXTS, IDENTIFIER, Rows, assert_whole, connect, exchange, instances, read, told

ONE = exchange(3, 20_000)
STORE = dicom.request("C-STORE-RQ", 2, dicom.CT_IMAGE, "1.2.1.0", data=True)


def played(writes: list[tuple[str, bytes]], **options: object) -> Rows:
    return read(capture(Connection().open().play(writes).close()), **options)  # type: ignore[arg-type]


def between(*pdus: bytes, sender: str = "requestor", at: int = 6) -> list[tuple[str, bytes]]:
    """ONE with PDUs more, by default after the first store."""
    return [*ONE.writes[:at], *((sender, pdu) for pdu in pdus), *ONE.writes[at:]]


def length_changed(number: int, length: int) -> list[tuple[str, bytes]]:
    """ONE with another length in the first PDU of a write."""
    sender, data = ONE.writes[number]
    return [*ONE.writes[:number], (sender, data[:2] + struct.pack(">I", length) + data[6:]), *ONE.writes[number + 1 :]]


@pytest.mark.parametrize("length", [0, 1, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF])
def test_e01_a_p_data_of_an_impossible_length_costs_its_message_only(length: int) -> None:
    rows = played(length_changed(6, length))
    assert rows.stored == ["1.2.1.0", "1.2.1.2"]
    assert rows.kinds & {"bad-pdu", "bad-pdv"}
    assert rows.of("resynchronised")
    assert rows.associations[0]["ended_by"] == "release"


def unlimited() -> Conversation:
    """ONE where both sides take PDUs of any length, and its objects are sent in PDUs of 1 MiB."""
    conversation = Conversation(contexts=CONTEXTS, packing=Packing(max_pdu=1 << 20))
    user = dicom.UserInformation(max_pdu=0)
    conversation.associate(user, user)
    for number in range(3):
        conversation.store(bytes([number]) * 3_000_000, f"1.2.1.{number}", number + 2, 3)
    conversation.release()
    return conversation


@pytest.mark.parametrize("conversation", [ONE, unlimited()], ids=["16 KiB", "no limit"])
@pytest.mark.parametrize("length", [1_000_000, 0x04000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("fragment", ["none", "filling", "too long", "too short"])
def test_e01_a_forged_header_between_two_pdus_costs_only_itself(conversation: Conversation, length: int, fragment: str) -> None:
    header = struct.pack(">BBI", 4, 0, length)
    if fragment != "none":
        header += struct.pack(">IBB", {"filling": length - 4, "too long": 0xFFFFFFFF, "too short": 1}[fragment], 3, 2)
    at = next(n for n, write in enumerate(conversation.writes) if n > 3 and write[0] == "requestor")
    rows = played([*conversation.writes[:at], ("requestor", header), *conversation.writes[at:]])
    assert rows.seen == told(conversation)
    assert [row["sop_instance"] for row in rows.operations if row["command"] == "C-STORE" and row["answered"]] == instances(conversation)
    assert rows.kinds & {"bad-pdu", "bad-pdv"}
    assert [row["ended_by"] for row in rows.associations] == ["release"]
    largest = max(size for sender, kind, size in conversation.pdus if sender == "requestor" and kind == 4)
    assert rows.associations[0]["requestor_max_pdu_sent"] == largest


def test_e01_pdus_as_long_as_their_object_are_read_where_any_length_is_taken() -> None:
    conversation = unlimited()
    rows = read(capture(connect(conversation)))
    assert_whole(rows, conversation)
    assert not rows.anomalies


@pytest.mark.parametrize("length", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_e01_a_request_of_an_impossible_length_ends_in_no_association_row_that_is_complete(length: int) -> None:
    rows = played(length_changed(0, length))
    assert not any(row["complete"] for row in rows.associations)
    assert rows.connections[0]["closed"] == "fin"


@pytest.mark.parametrize(
    ("client", "server", "protocol"),
    [
        (b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", "other"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", "other"),
        (b"\x16\x03\x01\x02\0\x01" + bytes(512), b"\x16\x03\x03\0\x7a\x02" + bytes(121), "tls"),
        (b"MSH|^~\\&|MODALITY|\r", b"\x0bMSA|AE|\x1c\r", "other"),
        (b"\x04\x03\x02\x01" * 400, b"\x01\0\0\0" * 400, "other"),
        (random.Random(1).randbytes(200_000), random.Random(2).randbytes(200_000), "other"),
        # As an A-ASSOCIATE-RQ begins, with control bytes for a title, and none of what must follow.
        (b"\x01\0\0\0\x01\0\0\x01\0\0" + bytes(range(250)), b"\x02\0\0\0\x01\0\0\x01\0\0" + bytes(range(250)), "other"),
    ],
)
def test_e02_other_protocols_on_the_dicom_port_are_no_dicom(client: bytes, server: bytes, protocol: str) -> None:
    rows = read(capture(Connection().open().write("client", client).write("server", server).close()))
    assert [row["protocol"] for row in rows.connections] == [protocol]
    assert rows.associations == rows.messages == rows.pdus == []


@pytest.mark.parametrize("ports", [(40_000, 80), (50_000, 50_001), (104, 443)])
def test_e03_dicom_on_any_port_is_found_by_its_shape(ports: tuple[int, int]) -> None:
    rows = read(capture(connect(ONE, endpoints=Endpoints(client_port=ports[0], server_port=ports[1]))))
    assert_whole(rows, ONE)
    assert rows.connections[0]["protocol"] == "dicom"


@pytest.mark.parametrize("kind", [0, 8, 0x77, 0xFF])
def test_e04_an_unknown_pdu_type_is_skipped_by_its_length_and_told(kind: int) -> None:
    rows = played(between(dicom.pdu(kind, b"\x01\0\0\0\0\x44" * 50)))
    assert rows.stored == instances(ONE)
    assert [row["length"] for row in rows.of("unknown-pdu-type")] == [300]


@pytest.mark.parametrize("kind", [0, 8, 0xFF])
@pytest.mark.parametrize("length", [1_000, 0x10000, 0x7FFFFFFF])
def test_e04_an_unknown_pdu_type_with_a_length_that_is_a_lie_costs_only_itself(kind: int, length: int) -> None:
    rows = played(between(struct.pack(">BBI", kind, 0, length)))
    assert rows.seen == told(ONE)
    assert rows.kinds & {"bad-pdu", "unknown-pdu-type"}


@pytest.mark.parametrize("reserved", [1, 0x7F, 0xFF])
def test_e04_a_reserved_byte_that_is_not_0_changes_nothing(reserved: int) -> None:
    # PS3.8 section 9.3: it shall not be tested.
    def marked(data: bytes) -> bytes:
        pdus, at = b"", 0
        while at < len(data):
            end = at + 6 + struct.unpack_from(">I", data, at + 2)[0]
            pdus += data[at : at + 1] + bytes([reserved]) + data[at + 2 : end]
            at = end
        return pdus

    rows = played([(sender, marked(data)) for sender, data in ONE.writes])
    assert_whole(rows, ONE)
    assert len(rows.of("bad-pdu")) == len(ONE.pdus)


def store_with(*pdus: bytes) -> Rows:
    """ONE with its first store sent as these PDUs."""
    return played([*ONE.writes[:4], ("requestor", b"".join(pdus)), *ONE.writes[5:]])


def command(*, last: bool = True) -> bytes:
    return dicom.pdv(3, dicom.command_set(STORE), command=True, last=last)


@pytest.mark.parametrize("length", [0, 1, 300, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF])
def test_e11_a_fragment_length_that_cannot_be_costs_its_message_only(length: int) -> None:
    lying = struct.pack(">IBB", length, 3, 2) + b"d" * 100
    rows = store_with(dicom.p_data(command()), dicom.pdu(dicom.P_DATA_TF, lying))
    assert rows.stored == ["1.2.1.1", "1.2.1.2"]
    assert len(rows.of("bad-pdv")) == 1
    assert not any(row["complete"] for row in rows.messages if row["sop_instance"] == "1.2.1.0" and row["status"] is None)


def test_e12_a_hundred_thousand_empty_fragments() -> None:
    empty = dicom.pdv(3, b"", command=False, last=False)
    rows = store_with(
        dicom.p_data(command()),
        dicom.p_data(*([empty] * 100_000)),
        dicom.p_data(dicom.pdv(3, b"data", command=False, last=True)),
    )
    assert rows.stored == instances(ONE)
    assert max(row["pdvs"] for row in rows.pdus) == 100_000
    assert len(rows.of("pdu-too-large")) == 1


def test_e13_a_p_data_without_fragments_is_told() -> None:
    rows = played(between(dicom.p_data()))
    assert rows.stored == instances(ONE)
    assert len(rows.of("bad-pdv")) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_e13_bytes_after_the_last_fragment_are_told_and_passed_over(count: int) -> None:
    rows = store_with(
        dicom.pdu(dicom.P_DATA_TF, command() + b"\x01" * count),
        dicom.p_data(dicom.pdv(3, b"data", command=False, last=True)),
    )
    assert rows.stored == instances(ONE)
    assert [row["length"] for row in rows.of("bad-pdv")] == [count]


def test_e14_messages_of_two_contexts_mixed_are_taken_apart_and_told() -> None:
    # PS3.8 annex E.1: one message at a time.
    find = dicom.request("C-FIND-RQ", 9, dicom.STUDY_ROOT_FIND, data=True)
    rows = store_with(
        dicom.p_data(command(), dicom.pdv(5, dicom.command_set(find), command=True, last=True)),
        dicom.p_data(dicom.pdv(3, b"one ", command=False, last=False)),
        dicom.p_data(dicom.pdv(5, IDENTIFIER, command=False, last=True)),
        dicom.p_data(dicom.pdv(3, b"two.", command=False, last=True)),
    )
    assert rows.stored == instances(ONE)
    (asked,) = [row for row in rows.messages if row["message_id"] == 9]
    assert (asked["complete"], asked["dataset_bytes"]) == (True, len(IDENTIFIER))
    assert len(rows.of("interleaved-message")) == 1


def test_e15_the_same_rows_wherever_a_segment_ends() -> None:
    small = Conversation(contexts=[Context(1, dicom.VERIFICATION)])
    small.associate()
    small.echo()
    small.release()
    longest = max(len(data) for _, data in small.writes)
    for first in range(1, longest + 1):
        rows = read(capture(Connection(ack_every=0).open().play(small.writes, cut=(first, longest)).close()))
        assert_whole(rows, small)
        assert not rows.anomalies, first


@pytest.mark.parametrize("packing", [Packing(joined=True), Packing(joined=True, fragment=50), Packing(max_pdu=64)])
@pytest.mark.parametrize("cut", [1_000, 60_000])
def test_e15_many_pdus_in_a_segment_and_many_segments_of_a_pdu(packing: Packing, cut: int) -> None:
    packed = Conversation(contexts=CONTEXTS, packing=packing)
    packed.associate()
    packed.store(bytes(20_000), "1.2.3", 1, 3)
    packed.find(IDENTIFIER, [IDENTIFIER] * 30, 2, 5)
    packed.release()
    assert_whole(read(capture(Connection().open().play(packed.writes, cut).close())), packed)


@pytest.mark.parametrize(("maximum", "told"), [(16_384, 1), (0, 0), (0xFFFFFFFF, 0)])
def test_e16_a_pdu_above_the_negotiated_maximum_is_read_and_told(maximum: int, told: int) -> None:
    # PS3.8 annex D.1: the maximum counts the bytes after the PDU header; 0 is no limit.
    large = Conversation(contexts=CONTEXTS, packing=Packing(max_pdu=1 << 20))
    large.associate(acceptor=dicom.UserInformation(max_pdu=maximum))
    large.store(bytes(100_000), "1.2.3", 1, 3)
    large.release()
    rows = read(capture(connect(large)))
    assert_whole(rows, large)
    assert len(rows.of("pdu-too-large")) == told
    assert rows.associations[0]["acceptor_max_pdu"] == maximum


def test_e17_a_last_fragment_that_never_comes_is_an_incomplete_message() -> None:
    rows = store_with(dicom.p_data(command()), dicom.p_data(dicom.pdv(3, bytes(500), command=False, last=False)))
    assert rows.stored == ["1.2.1.1", "1.2.1.2"]
    (row,) = [row for row in rows.messages if row["sop_instance"] == "1.2.1.0" and row["command"] == "C-STORE-RQ"]
    assert (row["complete"], row["dataset_bytes"]) == (False, 500)


def test_e17_a_last_fragment_that_comes_early_leaves_a_data_set_without_command() -> None:
    rows = store_with(
        dicom.p_data(command()),
        dicom.p_data(dicom.pdv(3, bytes(500), command=False, last=True)),
        dicom.p_data(dicom.pdv(3, bytes(300), command=False, last=True)),
    )
    assert rows.stored == instances(ONE)
    assert [row["dataset_bytes"] for row in rows.messages if row["command"] is None] == [300]
    assert len(rows.of("data-set-mismatch")) == 1


@pytest.mark.parametrize("prefix", [b"PROXY TCP4 10.2.0.1 10.1.0.10 40000 11112\r\n", b"\0", b"\r\n" * 20])
def test_e22_a_preamble_is_passed_over_and_told(prefix: bytes) -> None:
    connection = Connection().open().write("client", prefix).play(ONE.writes).close()
    rows = read(capture(connection))
    assert_whole(rows, ONE)
    assert [row["length"] for row in rows.of("prefix-bytes")] == [len(prefix)]
