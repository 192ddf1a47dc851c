"""How each series looks: words, shape and colour. Knows names of series; knows no library that draws.

Colours are those of Okabe and Ito, which colour-blind people tell apart, in shades that stand out on white and on dark grey;
marks differ in shape too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Shape = Literal["step", "bar", "points", "slope", "lane", "vline"]

BLUE, ORANGE, GREEN, RED, SKY, PURPLE, GREY = "#1f82c0", "#d98f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8a8a8a"

# Two connections that are laid over each other have a colour each, and another one for what is bars beside bars.
OVERLAID = ((BLUE, SKY), (RED, ORANGE))


@dataclass(frozen=True)
class Style:
    """One series."""

    label: str
    shape: Shape
    color: str
    marker: str = "circle"
    """As bokeh calls it."""
    size: int = 4
    panel: int = 0
    hidden: bool = False
    """Drawn when a person asks for it in the legend."""
    dashed: bool = False
    labelled: bool = False
    """Its words stand in the picture while there are few."""


def overlaid(style: Style, name: str, number: int) -> Style:
    """The style of a series of one of two connections, the first (0) or the second (1)."""
    main, other = OVERLAID[number]
    color = other if style.color in (PURPLE, SKY) else main
    return replace(style, label=f"{name}: {style.label}", color=color, dashed=style.shape == "step" and style.color == ORANGE)


@dataclass(frozen=True)
class Axis:
    """The y axis of a panel."""

    label: str
    scale: float = 1.0
    height: int = 430


@dataclass(frozen=True)
class Kind:
    """One kind of graph."""

    title: str
    panels: tuple[Axis, ...]
    series: dict[str, Style]


_SEQUENCE = Axis("sequence number (bytes from the first)")

KINDS = {
    "stevens": Kind("Time-sequence (Stevens)", (_SEQUENCE,), {"sequence": Style("sequence number", "step", BLUE)}),
    "tcptrace": Kind(
        "Time-sequence (tcptrace)",
        (_SEQUENCE,),
        {
            "segments": Style("segment", "bar", BLUE),
            "acknowledged": Style("acknowledged", "step", GREEN),
            "window_limit": Style("window limit", "step", ORANGE),
            "duplicate_ack": Style("duplicate ACK", "points", GREEN, "dash", 9),
            "sack": Style("SACK, first block", "bar", PURPLE),
            "sack_more": Style("SACK, further blocks", "bar", SKY),
            "zero_window": Style("own window zero", "points", GREY, "cross", 9),
            "receiver_zero_window": Style("receiver's window zero", "points", ORANGE, "x", 9),
            "retransmission": Style("retransmission", "points", RED, "square", 7),
            "fast_retransmission": Style("fast retransmission", "points", RED, "triangle", 9),
            "spurious_retransmission": Style("spurious retransmission", "points", RED, "inverted_triangle", 9),
            "out_of_order": Style("out of order", "points", PURPLE, "diamond", 10),
            "zero_window_probe": Style("zero-window probe", "points", ORANGE, "plus", 10),
            "keep_alive": Style("keep-alive", "points", GREY, "hex", 8),
            "syn": Style("SYN", "points", GREY, "circle", 7),
            "fin": Style("FIN", "points", GREY, "square_pin", 9),
            "rst": Style("RST", "points", RED, "asterisk", 11),
            "urg": Style("URG", "points", SKY, "star", 10),
        },
    ),
    "throughput": Kind(
        "Throughput",
        (Axis("rate (Mbit/s)", 1e-6, 320), Axis("segment length (bytes)", 1.0, 200)),
        {
            "throughput": Style("throughput", "step", BLUE),
            "goodput": Style("goodput (newly acknowledged)", "step", ORANGE),
            "segment_length": Style("segment length", "points", GREEN, "circle", 3, panel=1),
        },
    ),
    "rtt": Kind(
        "Round-trip time",
        (Axis("round-trip time (ms)", 1e3),),
        {
            "rtt": Style("segment to its acknowledgement", "points", BLUE, "circle", 4),
            "rtt_sack": Style("the same with SACK", "points", GREEN, "diamond", 5, hidden=True),
            "ack_rtt": Style("ack_rtt, at the acknowledging packet", "points", ORANGE, "x", 5, hidden=True),
        },
    ),
    "window": Kind(
        "Window",
        (Axis("bytes"),),
        {
            "receive_window": Style("receive window", "step", ORANGE),
            "bytes_in_flight": Style("bytes in flight", "step", BLUE),
        },
    ),
    "ladder": Kind(
        "Ladder of PDUs and messages",
        (Axis("", 1.0, 330),),
        {
            "association": Style("association PDU", "slope", ORANGE, labelled=True),
            "data": Style("P-DATA-TF PDU", "slope", SKY),
            "messages": Style("DIMSE message", "slope", BLUE, labelled=True),
        },
    ),
}

# A stall's colour tells whose fault it is: the receiver's window, loss, what waits for an ACK, the sender.
CAUSES = {
    "window-closed": ORANGE,
    "window-full": ORANGE,
    "retransmission-timeout": RED,
    "fast-recovery": RED,
    "nagle-delayed-ack": PURPLE,
    "congestion-window": PURPLE,
    "sender-idle": SKY,
}


def cause_color(cause: str | None) -> str:
    """The colour of a stall; grey where the cause is not known."""
    return CAUSES.get(cause or "", GREY)
