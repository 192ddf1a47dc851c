"""Every code of a finding, with a capture that has it and one that is as near to it as can be and has it not."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import finding_captures as made
import finding_times as timed
import pytest
from finding_captures import SECOND
from finding_times import MILLISECOND
from generate import dicom, impair
from hazards import exchange

import dicomfast
from dicomfast import _dicomfast

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parent / "cases"


def recorded(name: str) -> bytes:
    """A capture of tests/cases."""
    (path,) = (path for path in (CASES / name).iterdir() if path.name in {"capture.pcap", "capture.pcap.gz", "capture.pcap.zst"})
    return path.read_bytes()


class Both(NamedTuple):
    """A capture with the finding, one without it, and the limits under which both are read."""

    triggers: Callable[[], bytes]
    must_not: Callable[[], bytes]
    limits: dict[str, int] = {}  # noqa: RUF012 - never changed


def blame(name: str) -> Both:
    """A recording into which the cause was injected, and one into which none was."""
    return Both(partial(recorded, f"blame_{name}"), partial(recorded, "blame_clean_dp"))


ORDINARY = partial(made.whole, exchange())
CAPTURES: dict[str, Both] = {
    # Negotiation.
    "called-ae-not-recognized": Both(partial(made.rejected, 1, 7), partial(made.rejected, 1, 3)),
    "calling-ae-not-recognized": Both(partial(made.rejected, 1, 3), partial(made.rejected, 1, 7)),
    "application-context-not-supported": Both(partial(made.rejected, 1, 2), partial(made.rejected, 2, 2)),
    "protocol-version-not-supported": Both(partial(made.rejected, 2, 2), partial(made.rejected, 1, 2)),
    "temporary-congestion": Both(partial(made.rejected, 3, 1), partial(made.rejected, 3, 2)),
    "local-limit-exceeded": Both(partial(made.rejected, 3, 2), partial(made.rejected, 3, 1)),
    "association-rejected": Both(partial(made.rejected, 1, 1), partial(made.rejected, 1, 7)),
    "all-contexts-refused": Both(partial(made.contexts_answered, 1, 3), partial(made.contexts_answered, 1, 3, 0)),
    "no-common-transfer-syntax": Both(partial(made.contexts_answered, 0, 4), partial(made.contexts_answered, 0, 3)),
    "abstract-syntax-not-supported": Both(partial(made.contexts_answered, 0, 3), partial(made.contexts_answered, 0, 4)),
    "context-refused": Both(partial(made.contexts_answered, 0, 2), partial(made.contexts_answered, 0, 3)),
    "role-selection-missing": Both(partial(made.retrieved, 3), made.retrieved_with_role),
    "association-unanswered": Both(partial(made.association_answered, answered=False), partial(made.association_answered, answered=True)),
    "one-association-per-object": Both(partial(made.one_object_each, 5), partial(made.one_object_each, 4)),
    "small-max-pdu": Both(partial(made.stored, 1_200_000, 8_192, 8_192), partial(made.stored, 1_200_000, 16_384, 16_384)),
    "pdu-larger-than-agreed": Both(partial(made.stored, 50_000, 16_384, 8_192), partial(made.stored, 50_000, 8_192, 8_192)),
    "compression-declined": Both(partial(made.compressed, dicom.IMPLICIT_LE), partial(made.compressed, made.JPEG_2000)),
    # Ends.
    "association-aborted": Both(made.aborted, ORDINARY),
    "connection-reset": Both(partial(made.closed, reset=True, busy=True), partial(made.closed, reset=True, busy=False)),
    "closed-mid-transfer": Both(partial(made.closed, reset=False, busy=True), partial(made.closed, reset=False, busy=False)),
    "closed-without-release": Both(partial(made.closed, reset=False, busy=False), partial(made.closed, reset=False, busy=True)),
    "connection-refused": Both(partial(made.syn_answered, 0x14), partial(made.syn_answered, 0x12, 0x14)),
    "connection-unanswered": Both(made.syn_answered, partial(made.syn_answered, 0x14)),
    "request-unanswered": Both(partial(made.echoed, answered=False), partial(made.echoed, answered=True)),
    "gave-up-waiting": Both(partial(timed.given_up_after, 30 * SECOND), partial(timed.given_up_after, 4 * SECOND)),
    "transfer-stalled-at-end": Both(partial(timed.stopped_for, 20 * SECOND), partial(timed.stopped_for, 4 * SECOND)),
    "idle-timeout": Both(partial(timed.ended_after, 30 * SECOND), partial(timed.ended_after, 4 * SECOND)),
    # Operations.
    "query-found-nothing": Both(partial(made.found, 0), partial(made.found, 1)),
    "store-failed": Both(partial(made.store_status, 0xA700), partial(made.store_status, 0xB000)),
    "operation-failed": Both(partial(made.move_status, 0xA702), partial(made.move_status, 0xA801)),
    "operation-warning": Both(partial(made.store_status, 0xB000), partial(made.store_status, 0xA700)),
    "move-destination-unknown": Both(partial(made.move_status, 0xA801), partial(made.move_status, 0xA702)),
    "suboperations-failed": Both(partial(made.retrieved, 3), partial(made.retrieved, 0)),
    "operation-cancelled": Both(partial(made.found, 1, cancelled=True), partial(made.found, 1)),
    "illegal-pdu": Both(partial(made.with_pdu, 9), partial(made.with_pdu, 7)),
    # Time.
    "slow-responses": blame("slow_scp_pd"),
    "waiting-for-move": Both(partial(timed.moved, 2 * SECOND), partial(timed.moved, 0)),
    "latency-bound": Both(partial(timed.one_at_a_time, 100 * MILLISECOND), partial(timed.one_at_a_time, 0)),
    "invoker-idle": blame("slow_scu_dd"),
    "sender-bound": blame("sender_idle_pp"),
    "window-bound": blame("window_closed_dp"),
    "loss-bound": blame("timeout_pp"),
    "delayed-ack-bound": blame("nagle_dd"),
    "congestion-window-bound": blame("congestion_window_pp"),
    "negotiation-bound": blame("negotiation_pp"),
    "capture-gaps": blame("capture_gap_dd"),
    "slow-association-answer": Both(
        partial(timed.association_answered_after, 3 * SECOND), partial(timed.association_answered_after, SECOND // 2)
    ),
    "long-response": Both(partial(timed.responded_after, 12 * SECOND), partial(timed.responded_after, 8 * SECOND)),
    # What TCP did.
    "tiny-segments": Both(partial(timed.cut_to, 90), partial(timed.cut_to, 1_460)),
    "packets-sent-again": Both(partial(timed.lost_on_the_way, 20), partial(timed.lost_on_the_way, 19)),
    "window-scaling-missing": Both(timed.long_path, partial(timed.long_path, trip=4 * MILLISECOND)),
    # The capture.
    "overlap-conflict": Both(partial(made.sent_twice, alike=False), partial(made.sent_twice, alike=True)),
    "capture-lost-packets": Both(partial(made.changed, lambda segments: impair.lose(segments, made.data_at(segments))), ORDINARY),
    "capture-dropped-packets": Both(partial(made.dropped, 0, 3), partial(made.dropped, 0, 0)),
    "capture-cut-packets": Both(
        partial(made.changed, lambda segments: impair.cut_frames(segments, 96)),
        partial(made.changed, lambda segments: impair.cut_frames(segments, 1_514)),
    ),
    "capture-one-direction": Both(partial(made.changed, lambda segments: impair.one_direction(segments, "client")), ORDINARY),
    "capture-midstream": Both(
        partial(made.changed, lambda segments: impair.mid_start(segments, made.data_at(segments))),
        ORDINARY,
    ),
    "capture-duplicates": Both(partial(made.copied, 1.0), partial(made.copied, 0.0)),
    "capture-bad-checksums": Both(
        partial(made.changed, lambda segments: impair.bad_checksum(segments, made.data_at(segments, 1))),
        partial(made.wrong_checksums, "client"),
    ),
    "capture-damaged": Both(lambda: ORDINARY()[:-3], ORDINARY),
    "limit-reached": Both(made.two_at_once, ORDINARY, {"connections": 1}),
    "tls": Both(partial(recorded, "tls12_dcmtk"), ORDINARY),
    "no-dicom": Both(partial(recorded, "tls13"), ORDINARY),
}
BESIDE = [
    ("capture-dropped-packets", partial(made.dropped, 2, 0), True),
    ("window-bound", partial(recorded, "blame_window_full_pp"), True),
    ("loss-bound", partial(recorded, "blame_recovery_dd"), True),
    ("window-scaling-missing", partial(timed.long_path, options=timed.SYN_OPTIONS), False),
    ("idle-timeout", partial(made.whole, timed.echoes(2)), False),
]


def codes(data: bytes, limits: dict[str, int] | None = None) -> set[str]:
    return set(dicomfast.read(io.BytesIO(data), tables=["findings"], limits=limits)["findings"]["code"].to_pylist())


def test_every_code_has_both() -> None:
    assert sorted(CAPTURES) == sorted(code for code, *_ in _dicomfast.findings_codes())


@pytest.mark.parametrize("code", CAPTURES)
def test_a_capture_that_triggers_it(code: str) -> None:
    assert code in codes(CAPTURES[code].triggers(), CAPTURES[code].limits)


@pytest.mark.parametrize("code", CAPTURES)
def test_a_capture_that_must_not(code: str) -> None:
    assert code not in codes(CAPTURES[code].must_not(), CAPTURES[code].limits)


@pytest.mark.parametrize(("code", "source", "expected"), BESIDE)
def test_other_ways_to_it(code: str, source: Callable[[], bytes], *, expected: bool) -> None:
    assert (code in codes(source())) == expected


def test_an_ordinary_exchange_triggers_none() -> None:
    assert codes(ORDINARY()) == set()
