"""DICOM upper-layer PDUs (PS3.8 section 9.3), command sets (PS3.7 section 9.3, 10.3, annex E) and small data sets, as exact bytes.

Knows the standard's encoding and nothing of TCP. Values are taken as they come, so that broken ones can be made too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"

VERIFICATION = "1.2.840.10008.1.1"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"
MPPS = "1.2.840.10008.3.1.2.3.3"
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"

A_ASSOCIATE_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, P_DATA_TF, A_RELEASE_RQ, A_RELEASE_RP, A_ABORT = range(1, 8)

COMMAND_FIELDS = {
    "C-STORE-RQ": 0x0001,
    "C-GET-RQ": 0x0010,
    "C-FIND-RQ": 0x0020,
    "C-MOVE-RQ": 0x0021,
    "C-ECHO-RQ": 0x0030,
    "N-EVENT-REPORT-RQ": 0x0100,
    "N-GET-RQ": 0x0110,
    "N-SET-RQ": 0x0120,
    "N-ACTION-RQ": 0x0130,
    "N-CREATE-RQ": 0x0140,
    "N-DELETE-RQ": 0x0150,
    "C-CANCEL-RQ": 0x0FFF,
}
COMMAND_FIELDS |= {name.replace("-RQ", "-RSP"): code | 0x8000 for name, code in COMMAND_FIELDS.items() if name != "C-CANCEL-RQ"}

# The requests that name an existing instance do so with Requested SOP Class and Instance UID (PS3.7 section 10.3).
_REQUESTED = {"N-GET-RQ", "N-SET-RQ", "N-ACTION-RQ", "N-DELETE-RQ"}
_WITH_PRIORITY = {"C-STORE-RQ", "C-FIND-RQ", "C-GET-RQ", "C-MOVE-RQ"}
NO_DATA_SET = 0x0101

# Element number in group 0000, and VR (PS3.7 annex E).
COMMAND_ELEMENTS = {
    "AffectedSOPClassUID": (0x0002, "UI"),
    "RequestedSOPClassUID": (0x0003, "UI"),
    "CommandField": (0x0100, "US"),
    "MessageID": (0x0110, "US"),
    "MessageIDBeingRespondedTo": (0x0120, "US"),
    "MoveDestination": (0x0600, "AE"),
    "Priority": (0x0700, "US"),
    "CommandDataSetType": (0x0800, "US"),
    "Status": (0x0900, "US"),
    "OffendingElement": (0x0901, "AT"),
    "ErrorComment": (0x0902, "LO"),
    "ErrorID": (0x0903, "US"),
    "AffectedSOPInstanceUID": (0x1000, "UI"),
    "RequestedSOPInstanceUID": (0x1001, "UI"),
    "EventTypeID": (0x1002, "US"),
    "AttributeIdentifierList": (0x1005, "AT"),
    "ActionTypeID": (0x1008, "US"),
    "NumberOfRemainingSuboperations": (0x1020, "US"),
    "NumberOfCompletedSuboperations": (0x1021, "US"),
    "NumberOfFailedSuboperations": (0x1022, "US"),
    "NumberOfWarningSuboperations": (0x1023, "US"),
    "MoveOriginatorApplicationEntityTitle": (0x1030, "AE"),
    "MoveOriginatorMessageID": (0x1031, "US"),
}

Value = int | str | bytes | Sequence[int]


# ---- elements and command sets


def value_bytes(vr: str, value: Value) -> bytes:
    """The value field: text padded to even length with NUL (UI) or blank, US and AT in little endian."""
    if isinstance(value, bytes):
        raw = value
    elif isinstance(value, str):
        raw = value.encode("utf-8")
    elif vr == "AT":
        tags = [value] if isinstance(value, int) else value
        return b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in tags)
    else:
        numbers = [value] if isinstance(value, int) else value
        return b"".join(struct.pack("<I" if vr == "UL" else "<H", number) for number in numbers)
    return raw if len(raw) % 2 == 0 else raw + (b"\0" if vr in {"UI", "OB"} else b" ")


def element(tag: int, vr: str, value: Value, *, explicit: bool = False) -> bytes:
    """One data element in little endian, implicit VR unless told."""
    raw = value_bytes(vr, value)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not explicit:
        return head + struct.pack("<I", len(raw)) + raw
    if vr in {"OB", "OW", "OF", "SQ", "UN", "UT"}:
        return head + vr.encode() + b"\0\0" + struct.pack("<I", len(raw)) + raw
    return head + vr.encode() + struct.pack("<H", len(raw)) + raw


def data_set(elements: Iterable[tuple[int, str, Value]], *, explicit: bool = False) -> bytes:
    """A data set of (tag, VR, value), in the order given."""
    return b"".join(element(tag, vr, value, explicit=explicit) for tag, vr, value in elements)


def command_set(elements: dict[str, Value]) -> bytes:
    """A command set: always implicit VR little endian, by ascending tag, after its group length (PS3.7 section 6.3)."""
    known = sorted((COMMAND_ELEMENTS[name], value) for name, value in elements.items())
    body = b"".join(element(number, vr, value) for (number, vr), value in known)
    return element(0x00000000, "UL", len(body)) + body


def request(
    name: str, message_id: int, sop_class: str, sop_instance: str | None = None, *, data: bool = False, **more: Value
) -> dict[str, Value]:
    """The elements of a -RQ command; `more` adds or overrides by keyword, for example MoveDestination="ARCHIVE"."""
    side = "Requested" if name in _REQUESTED else "Affected"
    elements: dict[str, Value] = {
        f"{side}SOPClassUID": sop_class,
        "CommandField": COMMAND_FIELDS[name],
        "MessageID": message_id,
        "CommandDataSetType": 0x0000 if data else NO_DATA_SET,
    }
    if name in _WITH_PRIORITY:
        elements["Priority"] = 0
    if sop_instance is not None:
        elements[f"{side}SOPInstanceUID"] = sop_instance
    return elements | more


def response(to: dict[str, Value], status: int = 0x0000, *, data: bool = False, **more: Value) -> dict[str, Value]:
    """The elements of the -RSP command that answers the request `to`."""
    elements: dict[str, Value] = {
        "CommandField": int(to["CommandField"]) | 0x8000,  # type: ignore[arg-type]
        "MessageIDBeingRespondedTo": to["MessageID"],
        "CommandDataSetType": 0x0000 if data else NO_DATA_SET,
        "Status": status,
    }
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        for side in ("Affected", "Requested"):
            if side + keyword in to:
                elements["Affected" + keyword] = to[side + keyword]
    return elements | more


def cancel(message_id: int) -> dict[str, Value]:
    """The elements of C-CANCEL-RQ (PS3.7 section 9.3.2.3): it names the operation, and has no SOP class."""
    return {
        "CommandField": COMMAND_FIELDS["C-CANCEL-RQ"],
        "MessageIDBeingRespondedTo": message_id,
        "CommandDataSetType": NO_DATA_SET,
    }


# ---- PDUs


def pdu(pdu_type: int, body: bytes, length: int | None = None) -> bytes:
    """A PDU; `length` overrides the length field."""
    return struct.pack(">BBI", pdu_type, 0, len(body) if length is None else length) + body


def item(item_type: int, body: bytes, length: int | None = None) -> bytes:
    """An item or sub-item of an A-ASSOCIATE PDU."""
    return struct.pack(">BBH", item_type, 0, len(body) if length is None else length) + body


@dataclass(frozen=True)
class Context:
    """A presentation context: proposed syntaxes, and the acceptor's answer."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...] = (IMPLICIT_LE,)
    result: int = 0
    accepted: str | None = None

    @property
    def transfer_syntax(self) -> str:
        return self.accepted or self.transfer_syntaxes[0]

    def proposed(self) -> bytes:
        """Section 9.3.2.2."""
        body = item(0x30, self.abstract_syntax.encode()) + b"".join(item(0x40, uid.encode()) for uid in self.transfer_syntaxes)
        return item(0x20, struct.pack(">BBBB", self.context_id, 0, 0, 0) + body)

    def answered(self) -> bytes:
        """Section 9.3.3.2."""
        body = struct.pack(">BBBB", self.context_id, 0, self.result, 0) + item(0x40, self.transfer_syntax.encode())
        return item(0x21, body)


@dataclass(frozen=True)
class UserInformation:
    """The user information item (PS3.8 annex D.1, PS3.7 annex D.3.3); None leaves a sub-item out."""

    max_pdu: int | None = 16384
    implementation_class_uid: str | None = "1.2.826.0.1.3680043.10.5118.1"
    implementation_version: str | None = "GENERATED_1"
    async_window: tuple[int, int] | None = None
    roles: Sequence[tuple[str, int, int]] = ()
    user_identity: tuple[int, bytes, bytes] | None = None
    extended: Sequence[tuple[str, bytes]] = ()
    other: Sequence[tuple[int, bytes]] = field(default=())

    def encode(self) -> bytes:
        parts = []
        if self.max_pdu is not None:
            parts.append(item(0x51, struct.pack(">I", self.max_pdu)))
        if self.implementation_class_uid is not None:
            parts.append(item(0x52, self.implementation_class_uid.encode()))
        if self.async_window is not None:
            parts.append(item(0x53, struct.pack(">HH", *self.async_window)))
        for uid, scu, scp in self.roles:
            parts.append(item(0x54, struct.pack(">H", len(uid)) + uid.encode() + bytes([scu, scp])))
        if self.implementation_version is not None:
            parts.append(item(0x55, self.implementation_version.encode()))
        for uid, information in self.extended:
            parts.append(item(0x56, struct.pack(">H", len(uid)) + uid.encode() + information))
        if self.user_identity is not None:
            kind, primary, secondary = self.user_identity
            fields = struct.pack(">BBH", kind, 0, len(primary)) + primary + struct.pack(">H", len(secondary)) + secondary
            parts.append(item(0x58, fields))
        parts.extend(item(item_type, body) for item_type, body in self.other)
        return item(0x50, b"".join(parts))


def _associate(pdu_type: int, called: str, calling: str, items: Iterable[bytes], user: UserInformation) -> bytes:
    fixed = struct.pack(">HH16s16s32x", 1, 0, called.encode().ljust(16), calling.encode().ljust(16))
    body = fixed + item(0x10, APPLICATION_CONTEXT.encode()) + b"".join(items) + user.encode()
    return pdu(pdu_type, body)


def associate_rq(called: str, calling: str, contexts: Iterable[Context], user: UserInformation | None = None) -> bytes:
    return _associate(A_ASSOCIATE_RQ, called, calling, (c.proposed() for c in contexts), user or UserInformation())


def associate_ac(called: str, calling: str, contexts: Iterable[Context], user: UserInformation | None = None) -> bytes:
    return _associate(A_ASSOCIATE_AC, called, calling, (c.answered() for c in contexts), user or UserInformation())


def associate_rj(result: int, source: int, reason: int) -> bytes:
    return pdu(A_ASSOCIATE_RJ, bytes([0, result, source, reason]))


def release_rq() -> bytes:
    return pdu(A_RELEASE_RQ, bytes(4))


def release_rp() -> bytes:
    return pdu(A_RELEASE_RP, bytes(4))


def abort(source: int = 0, reason: int = 0) -> bytes:
    return pdu(A_ABORT, bytes([0, 0, source, reason]))


def pdv(context_id: int, fragment: bytes, *, command: bool, last: bool) -> bytes:
    """A presentation data value item with its message control header (annex E.2)."""
    return struct.pack(">IBB", len(fragment) + 2, context_id, command | last << 1) + fragment


def p_data(*pdvs: bytes) -> bytes:
    return pdu(P_DATA_TF, b"".join(pdvs))
