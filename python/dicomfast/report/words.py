"""The classes of the time budget and the causes of stalls in words. Knows their names; neither counts nor draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Class:
    """One class of the time budget."""

    column: str
    label: str
    meaning: str
    why: str = ""
    """Of time that somebody could give back: how a sentence goes on that tells of it."""

    @property
    def key(self) -> str:
        """The name in the style sheet."""
        return self.column.removeprefix("time_").replace("_", "-")

    @property
    def lost(self) -> bool:
        """Whether somebody could give this time back."""
        return bool(self.why)


CLASSES = (
    Class("time_negotiating", "negotiating", "association request and answer, release and its answer"),
    Class("time_sending", "sending", "bytes of requests on their way"),
    Class(
        "time_stalled_window",
        "stalled: window",
        "the receiver's window was closed or full; the receiver did not read fast enough",
        "because the receiver's window was closed or full",
    ),
    Class(
        "time_stalled_loss",
        "stalled: loss",
        "packets were lost on the way, and had to be sent again",
        "because lost packets had to be sent again",
    ),
    Class(
        "time_stalled_ack",
        "stalled: acknowledgement",
        "waiting for an acknowledgement: congestion window, or Nagle against delayed ACK",
        "for acknowledgements (a congestion window, or Nagle's algorithm against delayed ones)",
    ),
    Class(
        "time_stalled_sender",
        "stalled: sender",
        "nothing kept the sender from sending, and it did not",
        "because the sender paused in the middle of messages",
    ),
    Class(
        "time_waiting_response",
        "waiting for response",
        "a request was complete and its response not begun: the performer at work",
        "for responses to complete requests",
    ),
    Class("time_receiving", "receiving", "bytes of responses and results on their way"),
    Class("time_idle", "idle", "no request was open; the requestor did something else"),
    Class("time_unknown", "unknown", "packets are missing in the capture"),
)

CAUSES = {
    "window-closed": "The receiver's window was closed: the receiving program did not read.",
    "window-full": "The receiver's window was full: too small for this path, or read too slowly.",
    "retransmission-timeout": "Packets were lost and sent again only after a time-out.",
    "fast-recovery": "Packets were lost and sent again after duplicate acknowledgements.",
    "nagle-delayed-ack": "A small rest of a message waited (Nagle's algorithm) for an acknowledgement that the receiver delayed.",
    "congestion-window": "The sender may have no more on the way: its congestion window was full.",
    "sender-idle": "The sending program paused in the middle of a message.",
    "capture-gap": "Packets are missing in the capture; what happened there cannot be known.",
    "unknown": "The packets do not tell.",
}
