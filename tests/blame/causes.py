"""The causes that are injected, with the class of the time budget and the causes of a stall that name them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    budget: str  # the column of the budget in which the time has to be
    stalls: tuple[str, ...] = ()  # what the table of stalls may call it
    how: str = ""


CAUSES = {
    "none": Cause(
        "time_sending", (), "nothing, or a link that is only as fast as it is; also tiny PDUs and reordering that no one waits for"
    ),
    "slow-scp": Cause("time_waiting_response", (), "the provider takes its time before the C-STORE response"),
    "slow-scu": Cause("time_idle", (), "the user pauses between two operations"),
    "sender-idle": Cause("time_stalled_sender", ("sender-idle",), "the user stops sending in the middle of a message"),
    "window-full": Cause("time_stalled_window", ("window-full",), "a small receive buffer on a long path: a window a round trip"),
    "window-closed": Cause("time_stalled_window", ("window-closed",), "the receiver stops reading in the middle of a message"),
    "slow-reader": Cause("time_stalled_window", ("window-closed", "window-full"), "the receiver reads a little at a time"),
    "retransmission-timeout": Cause("time_stalled_loss", ("retransmission-timeout",), "everything is lost for a while"),
    "fast-recovery": Cause(
        "time_stalled_loss", ("fast-recovery",), "single packets are lost, the window is just large enough for the path"
    ),
    "nagle-delayed-ack": Cause("time_stalled_ack", ("nagle-delayed-ack",), "small writes with Nagle's algorithm, against delayed ACKs"),
    "congestion-window": Cause("time_stalled_ack", ("congestion-window",), "a congestion window that is held small, on a long path"),
    "negotiation": Cause("time_negotiating", (), "an association for each object, on a long path or with a slow acceptor"),
    "capture-gap": Cause("time_unknown", ("capture-gap",), "packets are removed from the capture file only"),
    "reset": Cause("", (), "a program dies in the middle of a message: RST"),
}
