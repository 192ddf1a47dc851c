"""What is said on the wire in each workload, as scripts. Every name, number and date in the objects is made up."""

from __future__ import annotations

import random
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from generate import dicom
from generate.conversation import Conversation, Packing
from generate.dicom import Context

from wire import Script

UID_ROOT = "1.2.826.0.1.3680043.10.5118"
PACKING = Packing(max_pdu=16384)
PIXELS = 512 * 512 * 2
Cut = Callable[[int], Iterable[int] | None]


def mtu(_length: int) -> None:
    """Segments of the MSS."""
    return


def image(rng: random.Random, instance: str, sop_class: str, pixels: bytes, rows: int, columns: int) -> bytes:
    """An image in implicit VR little endian with a plain header."""
    patient = rng.randrange(10_000, 99_999)
    modality = "CT" if sop_class == dicom.CT_IMAGE else "OT"
    return dicom.data_set(
        [
            (0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
            (0x00080016, "UI", sop_class),
            (0x00080018, "UI", instance),
            (0x00080020, "DA", "20000101"),
            (0x00080030, "TM", "120000"),
            (0x00080060, "CS", modality),
            (0x00080070, "LO", "SYNTHETIC"),
            (0x00100010, "PN", f"SYNTHETIC^PATIENT{patient}"),
            (0x00100020, "LO", f"SYN{patient}"),
            (0x00100030, "DA", "19000101"),
            (0x00100040, "CS", "O"),
            (0x0020000D, "UI", f"{UID_ROOT}.2.{patient}"),
            (0x0020000E, "UI", f"{UID_ROOT}.3.{patient}"),
            (0x00200013, "IS", "1"),
            (0x00280002, "US", 1),
            (0x00280004, "CS", "MONOCHROME2"),
            (0x00280010, "US", rows),
            (0x00280011, "US", columns),
            (0x00280100, "US", 16),
            (0x00280101, "US", 12),
            (0x00280102, "US", 11),
            (0x00280103, "US", 0),
            (0x00281052, "DS", "-1024"),
            (0x00281053, "DS", "1"),
            (0x7FE00010, "OW", pixels),
        ]
    )


def script_of(conversation: Conversation, cut: Cut = mtu, port: int = 11112) -> Script:
    """A connection that carries one association. A segment's `message` is the index of its write, None for association PDUs."""
    script = Script(server_port=port)
    script.open()
    for number, (sender, data) in enumerate(conversation.writes):
        message = number if data[0] == dicom.P_DATA_TF else None
        script.send(0 if sender == "requestor" else 1, data, cut(len(data)), message=message)
    script.close()
    count_dicom(script, conversation)
    return script


def count_dicom(script: Script, conversation: Conversation) -> None:
    """The truth of the conversation, under the keys of the truth file ("operations/C-STORE")."""
    counts: Counter[str] = script.counts
    counts["associations"] += 1
    counts["dicom_payload_bytes"] += counts["payload_bytes"]
    for message in conversation.messages:
        counts["messages"] += 1
        counts["dataset_bytes"] += len(message.data or b"")
        counts["command_bytes"] += message.command_bytes
        if message.name.endswith("-RQ"):
            counts["operations/" + message.name.removesuffix("-RQ")] += 1
    for _, kind, _ in conversation.pdus:
        counts[f"pdus/{kind}"] += 1


class Stores:
    """W1: associations that store CT images of 512 KiB."""

    def __init__(self, rng: random.Random, objects: int) -> None:
        self.rng = rng
        self.objects = objects
        self.pixels = [rng.randbytes(PIXELS) for _ in range(4)]
        self.instances = 100_000_000

    def script(self) -> Script:
        conversation = Conversation("ARCHIVE", "CT_SYNTH", [Context(1, dicom.CT_IMAGE)], PACKING)
        conversation.associate()
        for message_id in range(1, self.objects + 1):
            self.instances += 1
            instance = f"{UID_ROOT}.4.{self.instances}"
            data = image(self.rng, instance, dicom.CT_IMAGE, self.rng.choice(self.pixels), 512, 512)
            conversation.store(data, instance, message_id)
        conversation.release()
        return script_of(conversation)


def small_association(rng: random.Random) -> Script:
    """W2: a C-ECHO, a C-FIND with matches, or a C-STORE of a small object."""
    contexts = [Context(1, dicom.VERIFICATION), Context(3, dicom.STUDY_ROOT_FIND), Context(5, dicom.SECONDARY_CAPTURE)]
    conversation = Conversation("ARCHIVE", f"STATION{rng.randrange(100):02}", contexts, PACKING)
    conversation.associate()
    kind = rng.choices(["echo", "find", "store"], [3, 4, 3])[0]
    if kind == "echo":
        conversation.echo()
    elif kind == "find":
        conversation.find(identifier(rng, ""), [identifier(rng, "SYNTHETIC^") for _ in range(rng.randrange(0, 21))], context_id=3)
    else:
        instance = f"{UID_ROOT}.5.{rng.randrange(10**9)}"
        side = rng.randrange(16, 129)
        data = image(rng, instance, dicom.SECONDARY_CAPTURE, rng.randbytes(side * side * 2), side, side)
        conversation.store(data, instance, context_id=5)
    conversation.release()
    return script_of(conversation, port=rng.choice([104, 11112]))


def identifier(rng: random.Random, name: str) -> bytes:
    """A C-FIND identifier at the study level; an empty name makes it a query."""
    return dicom.data_set(
        [
            (0x00080020, "DA", "20000101"),
            (0x00080050, "SH", f"A{rng.randrange(10**6)}" if name else ""),
            (0x00080052, "CS", "STUDY"),
            (0x00100010, "PN", f"{name}{rng.randrange(10**5)}" if name else "SYNTHETIC*"),
            (0x00100020, "LO", f"SYN{rng.randrange(10**5)}" if name else ""),
            (0x0020000D, "UI", f"{UID_ROOT}.2.{rng.randrange(10**8)}" if name else ""),
        ]
    )


def tiny_segments(rng: random.Random) -> Script:
    """W3: an association of several operations whose bytes travel 1 to 64 at a time."""
    contexts = [Context(1, dicom.VERIFICATION), Context(3, dicom.STUDY_ROOT_FIND), Context(5, dicom.SECONDARY_CAPTURE)]
    conversation = Conversation("ARCHIVE", "TINY_MTU", contexts, PACKING)
    conversation.associate()
    for message_id in range(1, 11):
        instance = f"{UID_ROOT}.6.{rng.randrange(10**9)}"
        data = image(rng, instance, dicom.SECONDARY_CAPTURE, rng.randbytes(64 * 96 * 2), 64, 96)
        conversation.store(data, instance, message_id, 5)
    conversation.echo(11)
    conversation.find(identifier(rng, ""), [identifier(rng, "SYNTHETIC^") for _ in range(8)], 12, 3)
    conversation.release()

    def tiny(_length: int) -> Iterator[int]:
        while True:
            yield rng.randrange(1, 65)

    return script_of(conversation, tiny)


# ---- other traffic of W2: enough of each protocol that a reader must decide, and none of it DICOM


def http(rng: random.Random) -> Script:
    script = Script(server_port=80)
    script.open()
    for _ in range(rng.randrange(1, 4)):
        body = rng.randbytes(rng.randrange(200, 30_000))
        script.send(0, b"GET /worklist HTTP/1.1\r\nHost: ris.example\r\nAccept: */*\r\n\r\n")
        script.send(1, b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    script.close()
    return script


def tls(rng: random.Random) -> Script:
    script = Script(server_port=443)
    script.open()
    hello = b"\x03\x03" + rng.randbytes(32) + b"\0" + b"\0\2\x13\x01" + b"\1\0" + struct.pack(">H", 0)
    script.send(0, _tls_record(22, b"\x01" + len(hello).to_bytes(3, "big") + hello, 0x0301))
    script.send(1, _tls_record(22, b"\x02" + (38).to_bytes(3, "big") + b"\x03\x03" + rng.randbytes(32) + b"\0\x13\x01\0"))
    for _ in range(rng.randrange(2, 8)):
        script.send(rng.randrange(2), _tls_record(23, rng.randbytes(rng.randrange(40, 8000))))
    script.close(rng.randrange(2))
    return script


def _tls_record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    return struct.pack(">BHH", kind, version, len(body)) + body


def ssh(rng: random.Random) -> Script:
    script = Script(server_port=22)
    script.open()
    script.send(1, b"SSH-2.0-synthetic\r\n")
    script.send(0, b"SSH-2.0-synthetic\r\n")
    for _ in range(rng.randrange(10, 60)):
        script.send(rng.randrange(2), rng.randbytes(rng.randrange(36, 200)))
    script.close()
    return script


def dns(rng: random.Random) -> Script:
    script = Script(udp=True, server_port=53)
    name = b"\4host\7example\0" + struct.pack(">HH", 1, 1)
    head = struct.pack(">H", rng.randrange(65536))
    script.datagram(0, head + bytes.fromhex("0100 0001 0000 0000 0000") + name)
    answer = bytes.fromhex("c00c 0001 0001 00000e10 0004 0a01000a")
    script.datagram(1, head + bytes.fromhex("8180 0001 0001 0000 0000") + name + answer)
    return script


def other(rng: random.Random) -> Script:
    return rng.choices([http, tls, ssh, dns], [3, 3, 2, 4])[0](rng)
