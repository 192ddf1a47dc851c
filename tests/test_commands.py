"""Every element of every command set, column by column, against pynetdicom and pydicom decoding the same bytes."""

import struct
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydicom.tag import BaseTag
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.pdu_primitives import P_DATA
from test_truth import rows

import dicomfast

CASES = Path(__file__).parent / "cases"

# pydicom's keyword -> our column.
COLUMNS = {
    "AffectedSOPClassUID": "affected_sop_class",
    "RequestedSOPClassUID": "requested_sop_class",
    "CommandField": "command_field",
    "MessageIDBeingRespondedTo": "message_id_responded_to",
    "MoveDestination": "move_destination",
    "Priority": "priority",
    "CommandDataSetType": "data_set_type",
    "Status": "status",
    "OffendingElement": "offending_elements",
    "ErrorComment": "error_comment",
    "ErrorID": "error_id",
    "AffectedSOPInstanceUID": "affected_sop_instance",
    "RequestedSOPInstanceUID": "requested_sop_instance",
    "EventTypeID": "event_type_id",
    "AttributeIdentifierList": "attribute_identifiers",
    "ActionTypeID": "action_type_id",
    "NumberOfRemainingSuboperations": "remaining_suboperations",
    "NumberOfCompletedSuboperations": "completed_suboperations",
    "NumberOfFailedSuboperations": "failed_suboperations",
    "NumberOfWarningSuboperations": "warning_suboperations",
    "MoveOriginatorApplicationEntityTitle": "move_originator_ae",
    "MoveOriginatorMessageID": "move_originator_message_id",
}

Stream = tuple[str, int, str, int]


def streams(path: Path) -> dict[Stream, bytes]:
    """Who sent what: a naive reader for whole, clean captures (pcap, Ethernet, IPv4), which trusts them in everything."""
    data = pa.input_stream(str(path), compression="detect").read()
    parts: dict[Stream, dict[int, bytes]] = defaultdict(dict)
    position = 24
    while position < len(data):
        (length,) = struct.unpack_from("<I", data, position + 8)
        frame, position = data[position + 16 : position + 16 + length], position + 16 + length
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        packet = frame[14 : 14 + int.from_bytes(frame[16:18], "big")]
        tcp = packet[(packet[0] & 15) * 4 :]
        source, destination, sequence = struct.unpack_from(">HHI", tcp)
        payload = tcp[(tcp[12] >> 4) * 4 :]
        ends = (".".join(map(str, packet[12:16])), source, ".".join(map(str, packet[16:20])), destination)
        if payload:
            parts[ends][sequence] = payload
    return {ends: b"".join(pieces[key] for key in sorted(pieces)) for ends, pieces in parts.items()}


def commands(stream: bytes) -> list[dict[str, Any]]:
    """The command sets of one direction, as pynetdicom reassembles and pydicom decodes them."""
    found = []
    message = DIMSEMessage()
    position = 0
    while position < len(stream):
        end = position + 6 + int.from_bytes(stream[position + 2 : position + 6], "big")
        if stream[position] == 4:
            data = P_DATA_TF()
            data.decode(stream[position:end])
            for value in data.to_primitive().presentation_data_value_list:
                # One at a time: it drops what follows a whole message in the same PDU.
                one = P_DATA()
                one.presentation_data_value_list = [list(value)]
                if message.decode_msg(one):
                    found.append({element.keyword: plain(element.value) for element in message.command_set})
                    message = DIMSEMessage()
        position = end
    return found


def plain(value: Any) -> Any:
    if isinstance(value, BaseTag):
        return [f"({value.group:04X},{value.element:04X})"]
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return [text for one in value for text in plain(one)]
    return value if isinstance(value, int) else str(value).strip()


def ours(row: dict[str, Any]) -> dict[str, Any]:
    said = {keyword: row[column] for keyword, column in COLUMNS.items()}
    if row["message_id_responded_to"] is None:
        said["MessageID"] = row["message_id"]
    return {keyword: value for keyword, value in said.items() if value is not None}


@pytest.mark.parametrize(
    "name",
    [
        "echo_dcmtk_storescp",
        "find_cancel",
        "get_dcmqrscp",
        "move_three_hosts",
        "mpps_commit_n_services",
        "pdv_packing",
        "print_dcmtk",
        "print_pynetdicom",
        "store_statuses",
        "store_ts_matrix_dcmtk",
    ],
)
def test_every_element_of_every_command_set(name: str) -> None:
    (path,) = (CASES / name).glob("capture.pcap*")
    tables = dicomfast.read(path, tables=["associations", "messages"])
    sides = {row["association"]: row for row in rows(tables["associations"])}
    found: dict[Stream, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(tables["messages"]):
        side = sides[row["association"]]
        ends = [(side[f"{end}_ip"], side[f"{end}_port"]) for end in ("requestor", "acceptor")]
        source, destination = ends if row["sender"] == "requestor" else reversed(ends)
        found[*source, *destination].append(ours(row))
        assert row["other_elements"] == 0
    expected = {ends: commands(stream) for ends, stream in streams(path).items()}
    for sets in expected.values():
        for command in sets:
            # Of its length the column `command_bytes` tells.
            command.pop("CommandGroupLength")
    assert found
    assert dict(found) == {ends: sets for ends, sets in expected.items() if sets}
