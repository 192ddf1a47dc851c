"""The generator of small captures against programs that are not ours: pynetdicom for the PDUs, tshark for the frames."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from generate import (
    JOINED,
    SEPARATE,
    Connection,
    Context,
    Conversation,
    Endpoints,
    Packing,
    Segment,
    UserInformation,
    capture,
    dicom,
    impair,
)

IDENTIFIER = dicom.data_set([(0x00080052, "CS", "STUDY"), (0x00100020, "LO", "SYN1")])
CONTEXTS = [
    Context(1, dicom.VERIFICATION),
    Context(3, dicom.CT_IMAGE, (dicom.EXPLICIT_LE, dicom.IMPLICIT_LE)),
    Context(5, dicom.STUDY_ROOT_FIND),
    Context(7, dicom.STUDY_ROOT_MOVE),
    Context(9, dicom.STUDY_ROOT_GET),
    Context(11, dicom.MPPS),
    Context(13, dicom.JPEG_BASELINE, result=3),
]
USER = UserInformation(async_window=(1, 1), roles=[(dicom.CT_IMAGE, 0, 1)], user_identity=(2, b"user", b"secret"))


def every_service(packing: Packing = SEPARATE) -> Conversation:
    c = Conversation(contexts=CONTEXTS, packing=packing)
    c.associate(USER)
    c.echo()
    c.store(random.Random(1).randbytes(50_000), "1.2.3", 2, 3)
    c.find(IDENTIFIER, [IDENTIFIER] * 3, 3, 5)
    c.move(IDENTIFIER, "ELSEWHERE", 2, 4, 7)
    c.get(IDENTIFIER, [("1.2.4", bytes(3000))], 5, 9, 3)
    c.normalized("N-CREATE-RQ", "1.2.5", IDENTIFIER, 6, 11)
    c.normalized("N-SET-RQ", "1.2.5", IDENTIFIER, 7, 11)
    c.normalized("N-GET-RQ", "1.2.5", None, 8, 11, AttributeIdentifierList=[0x00080020, 0x00100010])
    c.normalized("N-ACTION-RQ", "1.2.5", IDENTIFIER, 9, 11, ActionTypeID=1)
    c.normalized("N-EVENT-REPORT-RQ", "1.2.5", IDENTIFIER, 10, 11, EventTypeID=1)
    c.normalized("N-DELETE-RQ", "1.2.5", None, 11, 11)
    c.message("requestor", 5, dicom.cancel(3))
    c.release()
    return c


@pytest.mark.parametrize("packing", [SEPARATE, JOINED, Packing(joined=True, fragment=100), Packing(max_pdu=512)])
def test_pynetdicom_decodes_every_pdu_and_message(packing: Packing) -> None:
    pdus = pytest.importorskip("pynetdicom.pdu")
    messages = pytest.importorskip("pynetdicom.dimse_messages")
    primitives = pytest.importorskip("pynetdicom.pdu_primitives")
    kinds = [pdus.A_ASSOCIATE_RQ, pdus.A_ASSOCIATE_AC, pdus.A_ASSOCIATE_RJ, pdus.P_DATA_TF, pdus.A_RELEASE_RQ, pdus.A_RELEASE_RP]
    conversation = every_service(packing)
    for sender in ("requestor", "acceptor"):
        stream, at, found, message = conversation.stream(sender), 0, [], messages.DIMSEMessage()
        while at < len(stream):
            raw = stream[at : at + 6 + int.from_bytes(stream[at + 2 : at + 6], "big")]
            at += len(raw)
            decoded = kinds[raw[0] - 1]()
            decoded.decode(raw)
            assert decoded.encode() == raw
            for value in decoded.to_primitive().presentation_data_value_list if raw[0] == dicom.P_DATA_TF else []:
                one = primitives.P_DATA()
                one.presentation_data_value_list = [list(value)]
                if message.decode_msg(one):
                    data = message.data_set.getvalue() if message.data_set else b""
                    found.append((message.command_set.CommandField, message.context_id, data))
                    message = messages.DIMSEMessage()
        assert found == [(m.command["CommandField"], m.context_id, m.data or b"") for m in conversation.messages if m.sender == sender]


WRITES = every_service(JOINED).writes
PLAIN = Connection().open().play(WRITES).close().segments
DATA = impair.data_positions(PLAIN, "client")


def made(build: Callable[[Connection], object], **options: tuple[int, int]) -> list[Segment]:
    connection = Connection(**options)  # type: ignore[arg-type]
    build(connection)
    return connection.segments


WHOLE = {
    "plain": PLAIN,
    "cut at random": made(lambda c: c.open().play(WRITES, random.Random(3)).close()),
    "sequence wrap": made(lambda c: c.open().play(WRITES).close(), isn=(2**32 - 500, 2**32 - 77)),
    "simultaneous open": made(lambda c: c.open_simultaneously().play(WRITES).close()),
    "SYN with data": made(lambda c: c.open_with_data(WRITES[0][1]).play(WRITES[1:]).close()),
    "FIN with data": made(lambda c: c.open().play(WRITES[:-1]).close_with_data("server", WRITES[-1][1])),
    "keep-alive": made(lambda c: c.open().play(WRITES[:4]).keep_alive("client").keep_alive("server", b"").play(WRITES[4:]).close()),
    "zero-window probe": made(lambda c: c.open().play(WRITES[:4]).zero_window_probe("client", WRITES[4][1]).play(WRITES[4:]).close()),
    "reset": made(lambda c: c.open().play(WRITES).reset()),
    "reorder": impair.reorder(PLAIN, random.Random(1), 0.1, 3),
    "duplicate": impair.duplicate(PLAIN, random.Random(1)),
    "retransmit": impair.retransmit(PLAIN, DATA[5], 2, 100),
    "retransmit merged": impair.retransmit_merged(PLAIN, DATA[5], 2),
    "overlap": impair.overlap(PLAIN, DATA[6], 30, 40),
    "conflict": impair.conflict(PLAIN, DATA[5]),
    "skew": impair.skew(PLAIN, "server", 250_000),
    "bad checksum": impair.bad_checksum(PLAIN, DATA[4]),
}


def tshark(data: bytes, *arguments: str) -> list[str]:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    options = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE"]
    command = ["tshark", "-n", "-r", "-", *options, "-d", "tcp.port==11112,dicom", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode().splitlines()


def pdu_types(data: bytes) -> list[int]:
    lines = tshark(data, "-Y", "dicom", "-T", "fields", "-e", "dicom.pdu.type")
    return sorted(int(kind, 0) for line in lines for kind in line.split(",") if kind)


@pytest.mark.parametrize("name", WHOLE)
def test_tshark_finds_every_pdu(name: str) -> None:
    data = capture(Connection(segments=WHOLE[name]))
    assert pdu_types(data) == sorted(kind for _, kind, _ in every_service(JOINED).pdus)


@pytest.mark.parametrize("endpoints", [Endpoints(), Endpoints(vlan=120), Endpoints("fd00::1", 40000, "fd00::2", 11112)])
def test_tshark_finds_no_bad_checksum(endpoints: Endpoints) -> None:
    data = capture(Connection(endpoints, segments=PLAIN))
    assert len(tshark(data, "-Y", "tcp.checksum.status == 1")) == len(PLAIN)
    assert not tshark(data, "-Y", "ip.checksum.status == 0")


def test_tshark_finds_the_bad_checksum_that_was_made() -> None:
    data = capture(Connection(segments=WHOLE["bad checksum"]))
    assert tshark(data, "-Y", "tcp.checksum.status == 0", "-T", "fields", "-e", "frame.number") == [str(DATA[4] + 1)]


def test_tshark_sees_two_connections_where_a_port_is_used_again() -> None:
    first = Connection().open().play(WRITES).reset()
    second = Connection(isn=(7_000_000, 33_000_000), time=first.time + 10**6).open().play(WRITES).close()
    streams = set(tshark(capture(first, second), "-T", "fields", "-e", "tcp.stream"))
    assert streams == {"0", "1"}


@pytest.mark.parametrize(("order", "nanoseconds"), [("<", True), ("<", False), (">", True), (">", False)])
def test_tshark_reads_every_form_of_pcap(order: str, nanoseconds: bool) -> None:
    data = capture(Connection(segments=impair.cut_frames(PLAIN, 96)), order=order, nanoseconds=nanoseconds)
    lines = tshark(data, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len")
    assert len(lines) == len(PLAIN)
    time, captured, length = lines[DATA[3]].split("\t")
    assert (time[:16], captured) == (f"{PLAIN[DATA[3]].time / 10**9:.6f}", "96")
    assert int(length) == 54 + len(PLAIN[DATA[3]].payload)
