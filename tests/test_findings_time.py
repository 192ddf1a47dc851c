"""Findings of time beside each other and beside the time budget: what else is told where a cause is, and nothing where none is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from finding_captures import SECOND
from finding_times import association_answered_after, echoes, one_at_a_time, responded_after
from generate import Connection, capture
from hazards import exchange

import dicomfast

CASES = Path(__file__).parent / "cases"
OF_TIME = {
    "slow-responses",
    "long-response",
    "slow-association-answer",
    "latency-bound",
    "window-bound",
    "loss-bound",
    "delayed-ack-bound",
    "congestion-window-bound",
    "sender-bound",
    "negotiation-bound",
    "invoker-idle",
    "transfer-stalled-at-end",
    "idle-timeout",
    "tiny-segments",
    "capture-gaps",
}


def codes(source: Path | bytes) -> set[str]:
    table = dicomfast.read(source if isinstance(source, Path) else io.BytesIO(source), tables=["findings"])["findings"]
    return set(table["code"].to_pylist())


@pytest.mark.parametrize("case", ["blame_clean_dp", "echo_orthanc"])
def test_where_nothing_was_injected_nothing_is_found(case: str) -> None:
    path = next(path for path in (CASES / case).iterdir() if path.name.startswith("capture.pcap") and "tsv" not in path.name)
    assert not codes(path) & OF_TIME


def test_a_clean_exchange_tells_nothing() -> None:
    assert not codes(capture(Connection().open().play(exchange().writes).close())) & OF_TIME


def test_a_late_answer_to_the_association() -> None:
    assert codes(association_answered_after(3 * SECOND)) & OF_TIME >= {"slow-association-answer", "negotiation-bound"}


def test_a_late_response() -> None:
    assert codes(responded_after(12 * SECOND)) & OF_TIME == {"long-response", "slow-responses"}


def test_one_operation_at_a_time_over_a_long_path() -> None:
    assert codes(one_at_a_time(SECOND // 10)) & OF_TIME == {"latency-bound"}


def test_a_transfer_that_the_other_side_gives_up() -> None:
    """The sender stops in the middle of a message; after 20 s the acceptor aborts. None of this time was spent sending."""
    conversation = exchange()
    connection = Connection().open().play(conversation.writes[:4])
    connection.write("client", conversation.writes[4][1][:3_000])
    connection.time += 20 * SECOND
    conversation.abort("acceptor")
    data = capture(connection.play(conversation.writes[-1:]).close())
    assert "transfer-stalled-at-end" in codes(data)
    tables = dicomfast.read(io.BytesIO(data), tables=["associations", "stalls"])
    assert tables["associations"]["time_stalled_sender"].cast("int64")[0].as_py() > 19 * SECOND
    assert tables["associations"]["time_sending"].cast("int64")[0].as_py() < SECOND
    assert tables["stalls"].select(["cause", "sender", "resumed"]).to_pylist() == [
        {"cause": "sender-idle", "sender": "requestor", "resumed": False}
    ]


def test_keep_alives_are_no_loss() -> None:
    """While a response takes a minute, the requestor asks every 20 s whether the other side is there, with a byte it has sent before."""
    conversation = echoes(1)
    connection = Connection().open().play(conversation.writes[:-1])
    for _ in range(3):
        connection.time += 20 * SECOND
        connection.keep_alive("client")
    data = capture(connection.play(conversation.writes[-1:]).close())
    row = dicomfast.read(io.BytesIO(data), tables=["associations"])["associations"]
    assert row["time_waiting_response"].cast("int64")[0].as_py() > 59 * SECOND
    assert row["time_stalled_loss"].cast("int64")[0].as_py() == 0
