"""A DICOM association as the writes of its two sides, with the messages and PDUs that a reader must find in them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from . import dicom
from .dicom import Context, UserInformation, Value

Sender = Literal["requestor", "acceptor"]


@dataclass(frozen=True)
class Packing:
    """How a message is laid into P-DATA-TF PDUs.

    max_pdu   bytes after the PDU header, at most
    fragment  bytes of data in a PDV, at most (None: as many as fit)
    joined    command and data set may share a PDU, and a PDU takes as many PDVs as fit
    """

    max_pdu: int = 16384
    fragment: int | None = None
    joined: bool = False

    def pdvs(self, context_id: int, data: bytes, *, command: bool) -> list[bytes]:
        """The PDVs of a command set or data set; an empty one is one empty, last PDV."""
        size = min(self.max_pdu - 6, self.fragment or self.max_pdu - 6)
        starts = range(0, max(len(data), 1), size)
        return [dicom.pdv(context_id, data[at : at + size], command=command, last=at + size >= len(data)) for at in starts]

    def pdus(self, pdvs: Sequence[bytes]) -> list[bytes]:
        if not self.joined:
            return [dicom.p_data(one) for one in pdvs]
        groups: list[list[bytes]] = []
        room = 0
        for one in pdvs:
            if len(one) > room:
                groups.append([])
                room = self.max_pdu
            groups[-1].append(one)
            room -= len(one)
        return [dicom.p_data(*group) for group in groups]


SEPARATE = Packing()
JOINED = Packing(joined=True)


@dataclass(frozen=True)
class Message:
    """What a reader must find: a DIMSE message as sent."""

    sender: Sender
    context_id: int
    command: dict[str, Value]
    command_bytes: int
    data: bytes | None
    pdus: int

    @property
    def name(self) -> str:
        code = self.command["CommandField"]
        return next(name for name, value in dicom.COMMAND_FIELDS.items() if value == code)


@dataclass
class Conversation:
    """Call the methods in the order of the protocol; `writes` is then what the two sides sent, `messages` and `pdus` the truth."""

    called: str = "ARCHIVE"
    calling: str = "MODALITY"
    contexts: Sequence[Context] = (Context(1, dicom.VERIFICATION),)
    packing: Packing = SEPARATE
    writes: list[tuple[Sender, bytes]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    pdus: list[tuple[Sender, int, int]] = field(default_factory=list)

    def send(self, sender: Sender, *pdus: bytes) -> None:
        """One write of whole PDUs."""
        for one in pdus:
            kind, _, length = struct.unpack_from(">BBI", one)
            self.pdus.append((sender, kind, length))
        self.writes.append((sender, b"".join(pdus)))

    def associate(self, requestor: UserInformation | None = None, acceptor: UserInformation | None = None) -> None:
        self.send("requestor", dicom.associate_rq(self.called, self.calling, self.contexts, requestor))
        self.send("acceptor", dicom.associate_ac(self.called, self.calling, self.contexts, acceptor))

    def rejected(self, result: int = 1, source: int = 1, reason: int = 7) -> None:
        self.send("requestor", dicom.associate_rq(self.called, self.calling, self.contexts))
        self.send("acceptor", dicom.associate_rj(result, source, reason))

    def message(
        self,
        sender: Sender,
        context_id: int,
        command: dict[str, Value],
        data: bytes | None = None,
        packing: Packing | None = None,
    ) -> None:
        """One DIMSE message as one write."""
        packing = packing or self.packing
        encoded = dicom.command_set(command)
        pdvs = packing.pdvs(context_id, encoded, command=True)
        if data is not None:
            pdvs += packing.pdvs(context_id, data, command=False)
        pdus = packing.pdus(pdvs)
        self.send(sender, *pdus)
        self.messages.append(Message(sender, context_id, command, len(encoded), data, len(pdus)))

    def release(self) -> None:
        self.send("requestor", dicom.release_rq())
        self.send("acceptor", dicom.release_rp())

    def abort(self, sender: Sender = "requestor", source: int = 0, reason: int = 0) -> None:
        self.send(sender, dicom.abort(source, reason))

    # ---- the services, each with its answer

    def echo(self, message_id: int = 1, context_id: int = 1) -> None:
        asked = dicom.request("C-ECHO-RQ", message_id, dicom.VERIFICATION)
        self.message("requestor", context_id, asked)
        self.message("acceptor", context_id, dicom.response(asked))

    def store(self, data: bytes, sop_instance: str, message_id: int = 1, context_id: int = 1, status: int = 0) -> None:
        asked = dicom.request("C-STORE-RQ", message_id, self._abstract_syntax(context_id), sop_instance, data=True)
        self.message("requestor", context_id, asked, data)
        self.message("acceptor", context_id, dicom.response(asked, status))

    def find(self, identifier: bytes, matches: Sequence[bytes], message_id: int = 1, context_id: int = 1) -> None:
        asked = dicom.request("C-FIND-RQ", message_id, self._abstract_syntax(context_id), data=True)
        self.message("requestor", context_id, asked, identifier)
        for match in matches:
            self.message("acceptor", context_id, dicom.response(asked, 0xFF00, data=True), match)
        self.message("acceptor", context_id, dicom.response(asked))

    def move(self, identifier: bytes, destination: str, count: int, message_id: int = 1, context_id: int = 1) -> None:
        """C-MOVE with one pending response after each of `count` sub-operations; those run on another association."""
        asked = dicom.request("C-MOVE-RQ", message_id, self._abstract_syntax(context_id), data=True, MoveDestination=destination)
        self.message("requestor", context_id, asked, identifier)
        for done in range(1, count + 1):
            self.message("acceptor", context_id, dicom.response(asked, 0xFF00) | _progress(count - done, done))
        final = _progress(0, count)
        del final["NumberOfRemainingSuboperations"]
        self.message("acceptor", context_id, dicom.response(asked) | final)

    def get(
        self, identifier: bytes, objects: Sequence[tuple[str, bytes]], message_id: int = 1, context_id: int = 1, store_context: int = 3
    ) -> None:
        """C-GET: the acceptor stores (instance, data set) back over the same association, context `store_context`."""
        asked = dicom.request("C-GET-RQ", message_id, self._abstract_syntax(context_id), data=True)
        self.message("requestor", context_id, asked, identifier)
        for done, (sop_instance, data) in enumerate(objects, start=1):
            stored = dicom.request("C-STORE-RQ", done, self._abstract_syntax(store_context), sop_instance, data=True)
            self.message("acceptor", store_context, stored, data)
            self.message("requestor", store_context, dicom.response(stored))
            self.message("acceptor", context_id, dicom.response(asked, 0xFF00) | _progress(len(objects) - done, done))
        final = _progress(0, len(objects))
        del final["NumberOfRemainingSuboperations"]
        self.message("acceptor", context_id, dicom.response(asked) | final)

    def normalized(
        self, name: str, sop_instance: str, data: bytes | None = None, message_id: int = 1, context_id: int = 1, **more: Value
    ) -> None:
        """An N-* request by its command name ("N-CREATE-RQ") and its empty success response."""
        asked = dicom.request(name, message_id, self._abstract_syntax(context_id), sop_instance, data=data is not None, **more)
        self.message("requestor", context_id, asked, data)
        self.message("acceptor", context_id, dicom.response(asked))

    def stream(self, sender: Sender) -> bytes:
        """Everything that a side sent."""
        return b"".join(data for who, data in self.writes if who == sender)

    def _abstract_syntax(self, context_id: int) -> str:
        return next(c.abstract_syntax for c in self.contexts if c.context_id == context_id)


def _progress(remaining: int, completed: int) -> dict[str, Value]:
    return {
        "NumberOfRemainingSuboperations": remaining,
        "NumberOfCompletedSuboperations": completed,
        "NumberOfFailedSuboperations": 0,
        "NumberOfWarningSuboperations": 0,
    }
