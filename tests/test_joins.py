"""Tables that join: `suboperations`, `studies` and `peers`, against what the programs sent (tests/cases) and against made conversations."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import dicomfast

CASES = Path(__file__).parent / "cases"
JOINS = ["suboperations", "studies", "peers"]


def truth(case: str) -> list[dict[str, Any]]:
    connections = json.loads((CASES / case / "truth.json").read_text())["connections"]
    return [connection["dicom"] for connection in connections if connection.get("dicom")]


def read(case: str) -> dict[str, list[dict[str, Any]]]:
    path = CASES / case / "capture.pcap"
    tables = dicomfast.read(path if path.exists() else path.with_suffix(".pcap.zst"), tables=JOINS)
    return {name: table.to_pylist() for name, table in tables.items()}


def test_each_store_of_a_move_is_joined_to_the_move_that_asked_for_it() -> None:
    found = read("move_three_hosts")["suboperations"]
    sent = [
        (
            dicom["calling_ae"],
            dicom["called_ae"],
            message["message_id"],
            message["sop_instance"],
            message["mo_originator"],
            message["mo_message_id"],
        )
        for dicom in truth("move_three_hosts")
        for message in dicom["messages"]
        if message["command"] == "C-STORE-RQ"
    ]
    moves = {
        (dicom["calling_ae"], message["message_id"]): message["move_destination"]
        for dicom in truth("move_three_hosts")
        for message in dicom["messages"]
        if message["command"] == "C-MOVE-RQ"
    }
    assert sent
    told = [
        (
            row["store_calling_ae"],
            row["store_called_ae"],
            row["store_message_id"],
            row["sop_instance"],
            row["requestor_ae"],
            row["message_id"],
        )
        for row in found
    ]
    assert sorted(told) == sorted(sent)
    assert all(row["move_destination"] == moves[row["requestor_ae"], row["message_id"]] for row in found)
    assert all(row["association"] != row["store_association"] for row in found)


def test_the_stores_of_a_get_come_on_its_own_association() -> None:
    found = read("get_dcmqrscp")["suboperations"]
    sent = Counter(
        message["sop_instance"] for dicom in truth("get_dcmqrscp") for message in dicom["messages"] if message["command"] == "C-STORE-RQ"
    )
    assert Counter(row["sop_instance"] for row in found) == sent
    assert {row["command"] for row in found} == {"C-GET"}
    assert all(row["association"] == row["store_association"] for row in found)


def test_a_store_whose_move_is_not_in_the_capture_says_who_asked(tmp_path: Path) -> None:
    """Only the packets of the storing connection."""
    import subprocess

    unpacked, part = tmp_path / "all.pcap", tmp_path / "part.pcap"
    with unpacked.open("wb") as out:
        subprocess.run(["zstd", "-dc", CASES / "move_three_hosts" / "capture.pcap.zst"], check=True, stdout=out)
    if subprocess.run(["tshark", "-r", unpacked, "-Y", "tcp.stream == 1", "-w", part], check=False, capture_output=True).returncode != 0:
        pytest.skip("tshark is missing")
    rows = dicomfast.read(part, tables=["suboperations"])["suboperations"].to_pylist()
    assert rows
    assert {(row["association"], row["requestor_ae"], row["command"]) for row in rows} == {(None, "WS2", "C-MOVE")}


@pytest.mark.parametrize(
    "case", ["move_three_hosts", "get_dcmqrscp", "store_statuses", "many_associations", "store_ts_matrix_dcmtk", "loss"]
)
def test_series_count_what_was_stored(case: str) -> None:
    found = read(case)["studies"]
    sent: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    for dicom in truth(case):
        requests = {message["message_id"] for message in dicom["messages"] if message["command"] == "C-STORE-RQ"}
        sent.update(message["sop_instance"] for message in dicom["messages"] if message["command"] == "C-STORE-RQ")
        for message in dicom["messages"]:
            if message["command"] == "C-STORE-RSP" and message["responding_to"] in requests:
                status = int(message["status"], 16)
                category = "accepted" if status == 0 else "warned" if status >> 12 == 0xB else "failed"
                statuses[category] += 1
    assert sum(row["sent"] for row in found) == sent.total()
    assert {name: sum(row[name] for row in found) for name in ("accepted", "warned", "failed")} == {
        name: statuses[name] for name in ("accepted", "warned", "failed")
    }
    assert sum(row["duplicates"] for row in found) == sent.total() - sum(row["instances"] for row in found)
    assert all(row["study_instance_uid"] for row in found)


def test_peers_are_who_they_said_they_are() -> None:
    for case in ("move_three_hosts", "get_dcmqrscp", "store_statuses"):
        told = {
            (row["ae"], row["role"], row["implementation_class_uid"], row["implementation_version"], row["associations"])
            for row in read(case)["peers"]
        }
        said: Counter[tuple[str, str, str | None, str | None]] = Counter()
        for dicom in truth(case):
            for role, ae, side in (("requestor", "calling_ae", "rq"), ("acceptor", "called_ae", "ac")):
                user = dicom.get(side) or {}
                said[dicom[ae], role, user.get("implementation_class_uid"), user.get("implementation_version_name")] += 1
        assert told == {(*who, count) for who, count in said.items()}


def test_more_peers_than_the_limit_are_told_as_one() -> None:
    case = CASES / "many_associations" / "capture.pcap.zst"
    whole = dicomfast.read(case, tables=["peers"])["peers"].to_pylist()
    rows = dicomfast.read(case, tables=["peers"], limits={"peers": 1})["peers"].to_pylist()
    assert len(whole) > 2
    assert [row["ae"] for row in rows][1:] == [None]
    assert sum(row["associations"] for row in rows) == sum(row["associations"] for row in whole)
