"""Filters over tables: which rows match, how often the capture is read, and what the command prints."""

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pytest

import dicomfast
from dicomfast.filters import ask

CASES = Path(__file__).parent / "cases"
STATUSES = CASES / "store_statuses" / "capture.pcap"
MOVE = CASES / "move_three_hosts" / "capture.pcap.zst"
REJECTED = CASES / "reject_all_codes" / "capture.pcap"

Run = Callable[..., subprocess.CompletedProcess[str]]


def truth(case: Path) -> list[dict]:
    return json.loads((case.parent / "truth.json").read_text())["connections"]


def test_operations_by_status_and_title() -> None:
    statuses = [int(message["status"], 16) for message in truth(STATUSES)[0]["dicom"]["messages"] if message["command"] == "C-STORE-RSP"]
    failed = [status for status in statuses if status != 0]
    capture = dicomfast.open(STATUSES)
    found = capture.filter('dicom.assoc.ae.called == "ANY-SCP" && dicom.cmd.status != 0').operations
    assert found.column("status").to_pylist() == failed
    assert len(failed) < len(statuses)
    assert capture.filter('dicom.assoc.ae.called == "OTHER" && dicom.cmd.status != 0').operations.num_rows == 0


def test_associations_have_what_is_in_them() -> None:
    capture = dicomfast.open(MOVE)
    moved = [number for number, one in enumerate(truth(MOVE)) if any(m["command"] == "C-MOVE-RQ" for m in one["dicom"]["messages"])]
    found = capture.filter('dicom.cmd == "C-MOVE-RQ"')
    assert found.associations.num_rows == len(moved) > 0
    assert found.connections.num_rows == len(moved)
    assert set(found.operations.column("command").to_pylist()) == {"C-MOVE"}
    assert capture.filter('dicom.cmd != "C-MOVE-RQ"').operations.num_rows > 0


def test_rows_have_what_they_belong_to() -> None:
    capture = dicomfast.open(MOVE)
    for address in sorted({one["server"].rsplit(":", 1)[0] for one in truth(MOVE)}):
        associations = capture.associations.filter(
            pc.or_(
                pc.equal(capture.associations["requestor_ip"].cast("string"), address),
                pc.equal(capture.associations["acceptor_ip"].cast("string"), address),
            )
        )
        wanted = set(associations.column("association").to_pylist())
        for table in ("messages", "operations", "presentation_contexts", "pdus", "events", "associations"):
            found = capture.filter(f"ip.addr == {address}").read([table])[table]
            assert set(found.column("association").to_pylist()) == wanted, table
            whole = capture.read([table])[table]
            assert (
                found.num_rows
                == pc.sum(pc.is_in(whole.column("association"), value_set=associations.column("association").combine_chunks())).as_py()
            )


def test_who_sent_a_message() -> None:
    capture = dicomfast.open(STATUSES)
    client = truth(STATUSES)[0]["client"].rsplit(":", 1)[0]
    assert set(capture.filter(f"ip.src == {client}").messages.column("sender").to_pylist()) == {"requestor"}
    assert set(capture.filter(f"ip.dst == {client}").messages.column("sender").to_pylist()) == {"acceptor"}
    assert set(capture.filter(f"ip.src == {client}").events.column("sender").to_pylist()) == {"requestor"}
    assert capture.filter(f"ip.src == {client}").operations.num_rows == capture.operations.num_rows


def test_any_column_is_a_field() -> None:
    capture = dicomfast.open(STATUSES)
    slow = capture.filter("operations.response_time > 5ms").operations
    times = [value.value for value in capture.operations.column("response_time")]
    assert slow.num_rows == sum(time > 5_000_000 for time in times)
    assert capture.filter("messages.dataset_bytes > 0").messages.num_rows == capture.filter('dicom.cmd == "C-STORE-RQ"').messages.num_rows
    assert capture.filter('associations.outcome == "accepted"').messages.num_rows == capture.messages.num_rows


def test_rejections_are_rows_and_frames() -> None:
    capture = dicomfast.open(REJECTED)
    found = capture.filter("dicom.assoc.reject.source == 2").associations
    assert found.num_rows > 0
    assert set(found.column("reject_source").to_pylist()) == {2}
    frames = capture.frame_numbers("dicom.assoc.reject.source == 2")
    assert set(frames.to_pylist()) <= set(capture.filter("dicom.pdu.type == 3").pdus.column("last_packet").to_pylist())
    assert len(frames) == found.num_rows


def test_what_a_table_cannot_be_asked_is_refused() -> None:
    capture = dicomfast.open(STATUSES)
    with pytest.raises(dicomfast.FilterError, match=r"the rows of associations have no frame\.len"):
        _ = capture.filter("frame.len > 3").associations
    with pytest.raises(dicomfast.FilterError, match=r"capture_info have no tcp\.port"):
        _ = capture.filter("tcp.port == 104").capture_info
    with pytest.raises(dicomfast.FilterError, match="tells of no single frame"):
        capture.frame_numbers("associations.calling_ae == X")
    # The default tables that can be asked are.
    assert set(capture.filter("frame.len > 3").read()) == {"operations", "messages", "findings", "anomalies"}
    with pytest.raises(AttributeError, match="no table 'operation'"):
        _ = capture.filter("tcp").operation


def passes(capture: dicomfast.Capture, text: str, tables: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[list[list[str]], int]:
    made: list[list[str]] = []
    scan = capture.scan
    monkeypatch.setattr(capture, "scan", lambda names, connections: (made.append(sorted(names)), scan(names, connections))[1])
    rows = sum(batch.num_rows for _, batch in ask.Filter(text).matching(capture, tables))
    return made, rows


def test_events_need_one_pass_and_no_other_table(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'dicom.assoc.ae.called == "ANY-SCP" && ip.addr == 10.20.30.4 && tcp.port > 1 && tcp.stream == 0 && dicom.cmd.status != 0'
    made, rows = passes(dicomfast.open(STATUSES), text, ["events"], monkeypatch)
    assert made == [["events"]]
    assert rows > 0
    made, live = passes(dicomfast.open(io.BytesIO(STATUSES.read_bytes())), text, ["events"], monkeypatch)
    assert (made, live) == ([["events"]], rows)


def test_other_tables_are_read_in_the_same_pass_unless_there_are_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'dicom.assoc.ae.called == "ANY-SCP" && dicom.cmd.status != 0'
    made, rows = passes(dicomfast.open(STATUSES), text, ["operations"], monkeypatch)
    assert made == [["associations", "operations"]]
    monkeypatch.setattr(ask, "HELD_ROWS", 1)
    made, again = passes(dicomfast.open(STATUSES), text, ["operations"], monkeypatch)
    assert made == [["associations", "operations"], ["operations"]]
    assert again == rows > 0
    made, once = passes(dicomfast.open(io.BytesIO(STATUSES.read_bytes())), text, ["operations"], monkeypatch)
    assert made == [["associations", "operations"]]
    assert once == rows


def test_a_capture_that_goes_on_is_asked_what_is_known_at_once() -> None:
    capture = dicomfast.open(STATUSES, follow=True)
    with pytest.raises(dicomfast.ArgumentError, match=r"cannot be asked for tcp\.len"):
        next(ask.Filter("tcp.len > 4").matching(capture, ["events"]))


def test_batches_of_any_size_give_the_same_rows() -> None:
    text = 'dicom.pdv.len > 200 || dicom.assoc.ae.calling contains "S"'
    for table in ("messages", "pdus", "events", "segments"):
        rows = []
        for size in (1, 7, 8192):
            capture = dicomfast.open(MOVE, limits={"batch_rows": size})
            batches = [batch for _, batch in ask.Filter(text).matching(capture, [table])]
            rows.append(
                [row for batch in batches for row in zip(*(column.to_pylist() for column in batch.select([0, 1, 2]).columns), strict=True)]
            )
        assert rows[0] == rows[1] == rows[2] != []


def test_dump_and_table_and_fields(run: Run) -> None:
    dump = run("dump", "-Y", "dicom.cmd.status == 0xa700", STATUSES)
    assert dump.returncode == 0
    assert [line.split()[4] for line in dump.stdout.splitlines()] == ["C-STORE-RSP"]
    table = run("table", "operations", STATUSES, "-Y", "dicom.cmd.status == 0xa700", "--columns", "command,status", "--format", "csv")
    assert table.stdout.split() == ["command,status", "C-STORE,42752"]
    fields = run(
        "fields",
        "-e",
        "frame.number",
        "-e",
        "dicom.pdu.type",
        "-E",
        "header=y",
        "-E",
        "separator=,",
        "-Y",
        "dicom.pdu.type in {1, 2}",
        STATUSES,
    )
    assert fields.stdout.splitlines() == ["frame.number,dicom.pdu.type", "22,0x01", "26,0x02"]
    once = run("fields", "-e", "tcp.port", "-E", "occurrence=l", "-E", "quote=d", "-Y", "frame.number == 22", STATUSES)
    assert once.stdout == '"11112"\n'
    numbers = run("fields", "-T", "ndjson", "-e", "frame.number", "-e", "ip.addr", "-e", "dicom", "-Y", "frame.number == 22", STATUSES)
    assert json.loads(numbers.stdout) == {"frame.number": [22], "ip.addr": ["10.20.30.4", "10.20.30.5"], "dicom": [True]}
    layers = json.loads(run("fields", "-T", "json", "-e", "frame.number", "-Y", "frame.number < 3", STATUSES).stdout)
    assert layers == [{"_source": {"layers": {"frame.number": [text]}}} for text in ("1", "2")]
    assert json.loads(run("fields", "-T", "json", "-e", "frame.number", "-Y", "udp", STATUSES).stdout) == []


def test_a_wrong_filter_is_a_wrong_use(run: Run) -> None:
    for command in (["dump", "-Y", "tcp.prt == 1"], ["table", "events", "-Y", "tcp.prt == 1"], ["fields", "-e", "tcp.prt"]):
        done = run(*command, STATUSES)
        assert done.returncode == 2
        message, line, carets = done.stderr.splitlines()
        assert "there is no field tcp.prt; did you mean tcp.port" in message
        assert line.index("tcp.prt") == carets.index("^")
    assert run("fields", "-e", "tcp.port", "-E", "header=maybe", STATUSES).returncode == 2
    assert run("fields", STATUSES).returncode == 2


def test_what_the_network_sent_is_escaped(run: Run) -> None:
    done = run("fields", "-e", "dicom.assoc.ae.called", "-e", "dicom.userinfo.version", CASES / "user_identity" / "capture.pcap")
    assert all(ord(character) >= 0x20 or character in "\t\n" for character in done.stdout)


def test_rows_have_what_their_message_has() -> None:
    capture = dicomfast.open(MOVE)
    messages = {row["message"]: row for row in capture.messages.to_pylist()}
    for table in ("objects", "elements"):
        whole = capture.read([table])[table].to_pylist()
        for text, wanted in {
            'dicom.cmd == "C-STORE-RQ"': lambda message: message["command"] == "C-STORE-RQ",
            "dicom.cmd.message_id > 1": lambda message: message["message_id"] > 1,
            "messages.pdus > 2": lambda message: message["pdus"] > 2,
            "dicom.cmd.move_originator_ae": lambda message: message["move_originator_ae"] is not None,
        }.items():
            found = capture.filter(text).read([table])[table].to_pylist()
            assert found == [row for row in whole if wanted(messages[row["message"]])], (table, text)
            assert 0 < len(found) < len(whole), (table, text)


def test_messages_and_what_holds_them_have_the_elements_of_data_sets() -> None:
    capture = dicomfast.open(MOVE)
    elements = [row for row in capture.read(["elements"])["elements"].to_pylist() if row["keyword"] == "SeriesInstanceUID"]
    series = elements[-1]["value"]
    having = {row["message"] for row in elements if row["value"] == series}
    associations = {row["association"] for row in elements if row["value"] == series}
    found = capture.filter(f'dicom.SeriesInstanceUID == "{series}"')
    assert set(found.messages.column("message").to_pylist()) == having
    assert set(found.associations.column("association").to_pylist()) == associations
    assert {
        row["message"] for row in capture.filter(f'dicom.SeriesInstanceUID == "{series}" && dicom.tag == 0x00000110').messages.to_pylist()
    } == having
    assert found.events.num_rows == len(having)
    # The response ends in another packet than the data set.
    with pytest.raises(dicomfast.FilterError, match=r"the rows of operations have no dicom\.SeriesInstanceUID"):
        _ = found.operations
    with pytest.raises(dicomfast.FilterError, match=r"the rows of operations have no dicom\.SeriesInstanceUID;"):
        _ = capture.filter("dicom.SeriesInstanceUID").operations
