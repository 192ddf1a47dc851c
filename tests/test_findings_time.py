"""Findings of time on captures: each is told where its cause was injected by real peers, or was made, and none where nothing was."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from generate import Connection, Conversation, capture
from hazards import CONTEXTS, exchange

import dicomfast

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parent / "cases"
SECOND = 1_000_000_000
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
INJECTED = {
    "blame_capture_gap_dd": "capture-gaps",
    "blame_congestion_window_pp": "congestion-window-bound",
    "blame_nagle_dd": "delayed-ack-bound",
    "blame_negotiation_pp": "negotiation-bound",
    "blame_recovery_dd": "loss-bound",
    "blame_sender_idle_pp": "sender-bound",
    "blame_slow_scp_pd": "slow-responses",
    "blame_slow_scu_dd": "invoker-idle",
    "blame_timeout_pp": "loss-bound",
    "blame_window_closed_dp": "window-bound",
    "blame_window_full_pp": "window-bound",
}


def codes(source: Path | bytes) -> set[str]:
    table = dicomfast.read(source if isinstance(source, Path) else io.BytesIO(source), tables=["findings"])["findings"]
    return set(table["code"].to_pylist())


@pytest.mark.parametrize(("case", "code"), INJECTED.items())
def test_what_was_injected_is_found(case: str, code: str) -> None:
    assert code in codes(CASES / case / "capture.pcap.gz")


@pytest.mark.parametrize("case", ["blame_clean_dp", "echo_orthanc"])
def test_where_nothing_was_injected_nothing_is_found(case: str) -> None:
    path = next(path for path in (CASES / case).iterdir() if path.name.startswith("capture.pcap") and "tsv" not in path.name)
    assert not codes(path) & OF_TIME


def test_a_clean_exchange_tells_nothing() -> None:
    assert not codes(capture(Connection().open().play(exchange().writes).close())) & OF_TIME


def played(conversation: Conversation, late: Callable[[int], int], **options: int) -> Connection:
    """A conversation whose write of this number is so much later."""
    connection = Connection(**options).open()
    for number, write in enumerate(conversation.writes):
        connection.time += late(number)
        connection.play([write])
    return connection


def echoes(count: int) -> Conversation:
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    for number in range(count):
        conversation.echo(number + 1)
    return conversation


def test_a_late_answer_to_the_association() -> None:
    assert codes(capture(played(exchange(), lambda number: 3 * SECOND if number == 1 else 0).close())) & OF_TIME >= {
        "slow-association-answer",
        "negotiation-bound",
    }


def test_a_late_response() -> None:
    found = codes(capture(played(exchange(), lambda number: 12 * SECOND if number == 3 else 0).close()))
    assert found & OF_TIME == {"long-response", "slow-responses"}


def test_an_association_that_a_timer_ends() -> None:
    conversation = echoes(2)
    conversation.abort("acceptor")
    last = len(conversation.writes) - 1
    found = codes(capture(played(conversation, lambda number: 30 * SECOND if number == last else 0).close()))
    assert "idle-timeout" in found
    assert "idle-timeout" not in codes(capture(Connection().open().play(conversation.writes).close()))


def test_a_transfer_that_never_goes_on() -> None:
    conversation = exchange()
    connection = Connection().open().play(conversation.writes[:4])
    connection.write("client", conversation.writes[4][1][:3_000])
    connection.time += 20 * SECOND
    assert "transfer-stalled-at-end" in codes(capture(connection.reset("server")))
    soon = Connection().open().play(conversation.writes[:4])
    assert "transfer-stalled-at-end" not in codes(capture(soon.write("client", conversation.writes[4][1][:3_000]).reset("server")))


def test_one_operation_at_a_time_over_a_long_path() -> None:
    """The capture stands at the client; each packet of the server comes 100 ms after what it answers."""
    conversation = echoes(10)
    connection = Connection(ack_every=0)
    connection.emit("client", 0x02, options=bytes.fromhex("020405b4"))
    connection.time += SECOND // 10
    connection.emit("server", 0x12, options=bytes.fromhex("020405b4"))
    connection.emit("client", 0x10)
    for sender, data in conversation.writes:
        connection.time += SECOND // 10 if sender == "acceptor" else 0
        connection.play([(sender, data)])
    assert codes(capture(connection)) & OF_TIME == {"latency-bound"}


def test_data_in_tiny_segments() -> None:
    conversation = exchange(stores=1, size=1_100_000)
    tiny = Connection(ack_every=0, step=1_000).open().play(conversation.writes, cut=90).close()
    assert "tiny-segments" in codes(capture(tiny))
    assert "tiny-segments" not in codes(capture(Connection(step=1_000).open().play(conversation.writes).close()))


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
