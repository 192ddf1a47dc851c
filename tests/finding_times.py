"""Captures made for findings of time and of how TCP carried the data. Each maker takes what makes the difference between a capture
that has the finding and one that has not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from finding_captures import CONTEXTS, IDENTIFIER, NO_SCALE, opened, played
from generate import Connection, Context, Conversation, capture, dicom, impair
from generate.tcp import SYN_OPTIONS
from hazards import exchange

if TYPE_CHECKING:
    from generate.tcp import Side

MILLISECOND = 1_000_000


def echoes(count: int) -> Conversation:
    conversation = Conversation(contexts=CONTEXTS)
    conversation.associate()
    for number in range(count):
        conversation.echo(number + 1)
    return conversation


def association_answered_after(nanoseconds: int) -> bytes:
    return capture(played(exchange(), lambda number: nanoseconds if number == 1 else 0).close())


def responded_after(nanoseconds: int) -> bytes:
    return capture(played(exchange(), lambda number: nanoseconds if number == 3 else 0).close())


def moved(each: int) -> bytes:
    """A C-MOVE whose responses take so long each."""
    conversation = opened([Context(1, dicom.STUDY_ROOT_MOVE)])
    conversation.move(IDENTIFIER, "WORKSTATION", 3)
    conversation.release()
    return capture(played(conversation, lambda number: each if number >= 3 else 0).close())


def ended_after(nanoseconds: int) -> bytes:
    """An abort, so long after anything was under way."""
    conversation = echoes(2)
    conversation.abort("acceptor")
    last = len(conversation.writes) - 1
    return capture(played(conversation, lambda number: nanoseconds if number == last else 0).close())


def given_up_after(nanoseconds: int) -> bytes:
    """A request without a response, and an abort."""
    conversation = opened()
    conversation.message("requestor", 1, dicom.request("C-ECHO-RQ", 1, dicom.VERIFICATION))
    conversation.abort("requestor")
    return capture(played(conversation, lambda number: nanoseconds if number == 3 else 0).close())


def stopped_for(nanoseconds: int) -> bytes:
    """A message that never goes on, and a reset."""
    conversation = exchange()
    connection = Connection().open().play(conversation.writes[:4])
    connection.write("client", conversation.writes[4][1][:3_000])
    connection.time += nanoseconds
    return capture(connection.reset("server"))


@dataclass
class Far(Connection):
    """Captured at the client: whatever the server sends comes a round trip after what it answers."""

    trip: int = 0
    options: bytes = SYN_OPTIONS

    def emit(
        self, sender: Side, flags: int, payload: bytes = b"", *, ack: int | None = None, options: bytes = b"", window: int = 64_240
    ) -> None:
        self.time += self.trip if sender == "server" else 0
        super().emit(sender, flags, payload, ack=ack, options=self.options if options else b"", window=window)


def one_at_a_time(trip: int) -> bytes:
    return capture(Far(ack_every=0, trip=trip).open().play(echoes(10).writes))


def long_path(trip: int = 20 * MILLISECOND, options: bytes = NO_SCALE) -> bytes:
    """An object of more than a megabyte: a window of 64 KiB, then its acknowledgement."""
    conversation = exchange(stores=1, size=1_100_000)
    return capture(Far(ack_every=44, trip=trip, options=options, step=1_000).open().play(conversation.writes).close())


def cut_to(size: int) -> bytes:
    conversation = exchange(stores=1, size=1_100_000)
    return capture(Connection(ack_every=0, step=1_000).open().play(conversation.writes, cut=size).close())


def lost_on_the_way(count: int) -> bytes:
    """So many segments come again before they are acknowledged, each as a packet of its own."""
    connection = Connection(ack_every=0).open().play(exchange(stores=1, size=100_000).writes).close()
    lost = impair.data_positions(connection.segments, "client")[5 : 5 + count]
    for at in reversed(lost):
        connection.segments.insert(at + 2, replace(connection.segments[at]))
    connection.segments = impair.in_order(connection.segments)
    return capture(connection)
