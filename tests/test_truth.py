"""What the tables say of real captures, against what the programs wrote to their sockets (tests/cases/README.md)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomfast

CASES = Path(__file__).parent / "cases"
TABLES = ["connections", "associations", "presentation_contexts", "messages", "pdus"]
DIRECTIONS = {"c2s": ("requestor", "client"), "s2c": ("acceptor", "server")}

Row = dict[str, Any]

# The truth's name of an element of the command set -> ours.
ELEMENTS = {
    "command": "command",
    "message_id": "message_id",
    "responding_to": "message_id_responded_to",
    "sop_class": "sop_class",
    "sop_instance": "sop_instance",
    "status": "status",
    "priority": "priority",
    "has_dataset": "has_dataset",
    "dataset_len": "dataset_bytes",
    "transfer_syntax": "transfer_syntax",
    "ctx": "context_id",
    "move_destination": "move_destination",
    "remaining": "remaining_suboperations",
    "completed": "completed_suboperations",
    "failed": "failed_suboperations",
    "warning": "warning_suboperations",
    "mo_message_id": "move_originator_message_id",
    "mo_originator": "move_originator_ae",
    "error_comment": "error_comment",
    "action_type": "action_type_id",
    "event_type": "event_type_id",
}


class Case:
    """A capture with its truth and its tables."""

    def __init__(self, folder: Path, truth: Row, capture: Row) -> None:
        self.folder = folder
        self.capture = capture
        self.name = f"{folder.name}/{capture['files'][-1]}"
        self.truth = truth["connections"]
        paths = [folder / file for file in capture["files"]]
        self.tables = {name: rows(table) for name, table in dicomfast.read(*paths, tables=TABLES).items()}
        self.connections = {row["connection"]: row for row in self.tables["connections"]}

    def of(self, table: str, association: Row) -> list[Row]:
        """The rows of one association."""
        return [row for row in self.tables[table] if row["association"] == association["association"]]

    def pairs(self) -> Iterator[tuple[Row, Row, Row | None, Row | None]]:
        """For each connection of the truth: how much the capture holds, the truth, our connection, our association."""
        ours: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.connections.values():
            ours[f"{row['client_ip']}:{row['client_port']}", f"{row['server_ip']}:{row['server_port']}"].append(row)
        associations = {row["connection"]: row for row in reversed(self.tables["associations"])}
        for held in self.capture["connections"]:
            truth = self.truth[held["connection"]]
            candidates = ours[held.get("client", truth["client"]), held.get("server", truth["server"])]
            connection = candidates.pop(0) if candidates else None
            yield held, truth, connection, connection and associations.get(connection["connection"])


def rows(table: Any) -> list[Row]:
    """The rows; no column with nanoseconds, which pyarrow cannot give as Python objects without pandas."""
    names = [field.name for field in table.schema if "[ns" not in str(field.type)]
    result: list[Row] = table.select(names).to_pylist()
    return result


def cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*/truth.json")):
        truth = json.loads(path.read_text())
        for capture in truth["captures"]:
            last = Path(capture["files"][-1]).name
            yield pytest.param((path.parent, truth, capture), id=f"{path.parent.name}-{last}")


@pytest.fixture(scope="module", params=cases())
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


def number(value: Any) -> Any:
    return int(value, 0) if isinstance(value, str) else value


def exact(case: Case, direction: str) -> Iterator[tuple[Row, Row]]:
    """DICOM of which the capture holds every byte of a direction: the truth, and our association."""
    for held, truth, _, association in case.pairs():
        if held[direction] == "exact" and "dicom" in truth and "tls" not in held:
            assert association is not None, f"{truth['client']} to {truth['server']} is missing"
            yield truth["dicom"], association


def whole(case: Case) -> Iterator[tuple[Row, Row]]:
    """As `exact`, of both directions."""
    yield from ((truth["dicom"], association) for held, truth, _, association in case.pairs()
                if association and "dicom" in truth and held["c2s"] == held["s2c"] == "exact")  # fmt: skip


def message(ours: Row) -> Row:
    """Our message under the truth's names, without what it has not."""
    said = {name: ours[column] for name, column in ELEMENTS.items()}
    if not ours["has_dataset"]:
        said["dataset_len"] = said["transfer_syntax"] = None
    if ours["message_id_responded_to"] is not None:
        said["message_id"] = None
    return {name: value for name, value in said.items() if value is not None}


def told(truth: Row) -> Row:
    said = {name: truth[name] for name in ELEMENTS if truth.get(name) is not None}
    return said | {"status": number(said["status"])} if "status" in said else said


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_messages(case: Case, direction: str) -> None:
    for truth, association in exact(case, direction):
        ours = [row for row in case.of("messages", association) if row["sender"] == DIRECTIONS[direction][0]]
        expected = [told(said) for said in truth["messages"] if said["dir"] == direction]
        incomplete = [said for said in truth["messages"] if not said.get("dataset_complete", True)]
        if association["contexts_accepted"] is None:
            # The answer is not in the capture, and with it the transfer syntax that was agreed.
            expected = [{name: value for name, value in said.items() if name != "transfer_syntax"} for said in expected]
        if not incomplete:
            assert [message(row) for row in ours] == expected
            assert all(row["complete"] for row in ours)
        else:
            assert [message(row) for row in ours if row["complete"]] == expected[: len(expected) - len(incomplete)]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_pdus(case: Case, direction: str) -> None:
    for truth, association in exact(case, direction):
        ours = [row for row in case.of("pdus", association) if row["sender"] == DIRECTIONS[direction][0]]
        expected = {name: count[direction] for name, count in truth["pdu_counts"].items() if count[direction]}
        assert Counter(row["type_name"] for row in ours if row["complete"]) == expected


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_nothing_incomplete_is_called_complete(case: Case, direction: str) -> None:
    for held, truth, _, association in case.pairs():
        if held[direction] == "exact" or association is None or "dicom" not in truth:
            continue
        known = [told(said) for said in truth["dicom"]["messages"] if said["dir"] == direction]
        for row in case.of("messages", association):
            if row["complete"] and row["sender"] == DIRECTIONS[direction][0]:
                # What was negotiated may be missing from the capture.
                said = {name: value for name, value in message(row).items() if name != "transfer_syntax"}
                assert any(said.items() <= one.items() for one in known), said


def test_stream_bytes(case: Case) -> None:
    """Payload less what was sent again is what the program wrote: nothing is counted twice or left out."""
    for held, truth, connection, _ in case.pairs():
        if connection is None:
            continue
        for direction, (_, side) in DIRECTIONS.items():
            if held[direction] == "exact" and not connection[f"{side}_duplicate_packets"]:
                sent_bytes = connection[f"{side}_payload_bytes"] - connection[f"{side}_retransmitted_bytes"]
                assert sent_bytes == truth[direction]
                assert connection[f"{side}_lost_bytes"] == 0


def test_protocols(case: Case) -> None:
    for held, truth, connection, association in case.pairs():
        if connection is None or (held["c2s"], held["s2c"]) == (0, 0):
            continue
        if "tls" in held:
            assert connection["protocol"] in ("tls", "dicom-tls")
            assert association is None, "nothing is known of what is inside"
        elif "dicom" in truth:
            assert connection["protocol"] == "dicom"
        else:
            assert connection["protocol"] == "other"
            assert association is None


def test_negotiation(case: Case) -> None:
    for truth, ours in whole(case):
        assert (ours["calling_ae"], ours["called_ae"]) == (truth["calling_ae"].strip(), truth["called_ae"].strip())
        assert ours["application_context"] == truth["application_context"]
        for side, said in (("requestor", truth["rq"]), ("acceptor", truth.get("ac"))):
            if said:
                assert ours[f"{side}_max_pdu"] == said["max_pdu"]
                assert ours[f"{side}_implementation_class_uid"] == said["implementation_class_uid"]
                assert ours[f"{side}_implementation_version"] == said["implementation_version_name"]
        assert ours["user_identity_type"] == truth["rq"].get("user_identity", {}).get("type")
        if "ac" in truth and "async_ops" in truth["ac"]:
            assert [ours["async_invoked"], ours["async_performed"]] == truth["ac"]["async_ops"]


def test_presentation_contexts(case: Case) -> None:
    for truth, association in whole(case):
        ours = case.of("presentation_contexts", association)
        proposed = [[row["context_id"], row["abstract_syntax"], row["proposed_transfer_syntaxes"]] for row in ours]
        assert sorted(proposed) == sorted(truth["proposed"])
        accepted = [[row["context_id"], row["result"], row["transfer_syntax"]] for row in ours]
        if truth["accepted"]:
            assert sorted(accepted) == sorted(truth["accepted"])
        for side, said in (("proposed", truth["rq"]), ("accepted", truth.get("ac") or {})):
            roles = {role["sop_class"]: (bool(role["scu"]), bool(role["scp"])) for role in said.get("roles", [])}
            for row in ours:
                expected = roles.get(row["abstract_syntax"], (None, None))
                assert (row[f"scu_role_{side}"], row[f"scp_role_{side}"]) == expected


def test_how_it_ended(case: Case) -> None:
    for truth, ours in whole(case):
        ending = {
            "released": ("release",),
            "rejected": ("reject", "fin", "rst", "open"),
            "aborted": ("requestor abort", "acceptor abort", "provider abort"),
            "tcp_closed_without_release": ("fin", "rst", "open"),
        }[truth["outcome"]]
        assert ours["ended_by"] in ending
        assert (ours["outcome"] == "rejected") == (truth["outcome"] == "rejected")
        for kind, names in (("reject", ("result", "source", "reason")), ("abort", ("source", "reason"))):
            expected = tuple(number(truth.get(kind, {}).get(name)) for name in names)
            assert tuple(ours[f"{kind}_{name}"] for name in names) == expected
        if "abort" in truth:
            side = {"c2s": "requestor", "s2c": "acceptor", "client": "requestor", "server": "acceptor"}
            assert ours["abort_sender"] == side[truth["abort"]["sent_by"]]


# Captures of which tshark 4.0.17 shows other PDUs than we do, and why.
_HOLE = "shows a PDU at the frame that fills a hole before its last byte; we name the frame that carries the last byte"
TSHARK_DIFFERS = {
    "defects/dropped.pcap.zst": "waits for the lost bytes, and shows nothing that came after them",
    "defects/../formats/defects.shuffled.pcap": _HOLE,
    "reorder_dup/capture.pcap.zst": _HOLE,
    "snaplen96/../links/a45_snaplen96.pcap": "shows the beginnings of PDUs that are cut short; we call those incomplete",
}


def test_packets_and_streams_are_those_of_tshark(case: Case) -> None:
    if "tshark" not in case.capture:
        return  # TLS, of which neither sees the inside
    lines = (case.folder / case.capture["tshark"]).read_text().splitlines()[1:]
    shown = []
    for line in lines:
        frame, stream, types = line.split("\t")
        shown += [(int(frame), int(stream), int(kind, 16)) for kind in types.split(",") if kind]
    ours = [(row["last_packet"], row["connection"], row["type"]) for row in case.tables["pdus"] if row["complete"]]
    if TSHARK_DIFFERS.get(case.name) == _HOLE:
        assert Counter(pdu[1:] for pdu in ours) == Counter(pdu[1:] for pdu in shown)
        assert all(mine <= theirs for mine, theirs in zip(sorted(ours), sorted(shown), strict=True))
    elif case.name not in TSHARK_DIFFERS:
        assert sorted(ours) == sorted(shown)
