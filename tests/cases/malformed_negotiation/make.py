"""Makes capture.pcap (PYTHONPATH=tests): associations whose items and PDVs are broken in each way that Wireshark has a note for."""

import struct
from pathlib import Path

from generate import Connection, Endpoints, UserInformation, capture, dicom
from generate.dicom import item

SYNTAX = dicom.IMPLICIT_LE.encode()
STORAGE = dicom.CT_IMAGE.encode()


def context(item_type: int, context_id: int, abstract: int, transfer: int) -> bytes:
    """A presentation context with so many abstract and transfer syntaxes."""
    parts = item(0x30, STORAGE) * abstract + item(0x40, SYNTAX) * transfer
    return item(item_type, struct.pack(">BBBB", context_id, 0, 0, 0) + parts)


def associate(pdu_type: int, *items: bytes) -> bytes:
    """An A-ASSOCIATE PDU of these items."""
    fixed = struct.pack(">HH16s16s32x", 1, 0, b"CALLED".ljust(16), b"CALLING".ljust(16))
    return dicom.pdu(pdu_type, fixed + item(0x10, dicom.APPLICATION_CONTEXT.encode()) + b"".join(items) + UserInformation().encode())


def pdv(context_id: int, flags: int, data: bytes, length: int | None = None) -> bytes:
    """A PDV with these flags."""
    return struct.pack(">IBB", len(data) + 2 if length is None else length, context_id, flags) + data


ECHO = dicom.command_set(dicom.request("C-ECHO-RQ", 1, dicom.VERIFICATION))
RQ = associate(1, context(0x20, 1, 1, 1))
AC = associate(2, context(0x21, 1, 0, 1))
CONVERSATIONS = [
    [("requestor", associate(1, context(0x20, 1, 1, 1), context(0x20, 3, 0, 1)))],
    [("requestor", associate(1, context(0x20, 1, 2, 1), context(0x20, 3, 1, 2)))],
    [("requestor", associate(1, context(0x20, 1, 1, 0)))],
    [("requestor", associate(1, context(0x20, 1, 0, 0)))],
    [("requestor", RQ), ("acceptor", associate(2, context(0x21, 1, 0, 2)))],
    [("requestor", RQ), ("acceptor", associate(2, context(0x21, 1, 0, 1), context(0x21, 3, 0, 0)))],
    [("requestor", associate(1, context(0x20, 1, 1, 1), item(0x21, b"")))],
    [("requestor", associate(1, item(0x20, b""), context(0x20, 1, 1, 0)))],
    [("requestor", RQ), ("acceptor", AC), ("requestor", dicom.p_data(pdv(1, 7, ECHO)))],
    [("requestor", RQ), ("acceptor", AC), ("requestor", dicom.p_data(pdv(1, 3, ECHO[:-1])))],
    [("requestor", RQ), ("acceptor", AC), ("requestor", dicom.p_data(pdv(1, 3, b"")))],
    [("requestor", RQ), ("acceptor", AC), ("requestor", dicom.p_data(pdv(1, 3, ECHO, length=len(ECHO) + 200)))],
    [("requestor", RQ), ("acceptor", AC), ("requestor", dicom.p_data(pdv(5, 3, ECHO)))],
    [("requestor", RQ), ("acceptor", AC), ("requestor", dicom.p_data(pdv(1, 3, ECHO)))],
]


def main() -> None:
    made = []
    for number, writes in enumerate(CONVERSATIONS):
        endpoints = Endpoints(client_port=40000 + number, server_port=11112)
        made.append(Connection(endpoints=endpoints, time=946_728_000 * 10**9 + number * 10**9).open().play(writes).close())
    (Path(__file__).parent / "capture.pcap").write_bytes(capture(*made))


if __name__ == "__main__":
    main()
