"""Graphs inside a page: what is in view is drawn, once for each pixel; long connections in fewer rows keep their sums, ends and marks."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow.compute as pc
import pytest
from graph_sources import at, conversation, rows, segment, source, stall
from tshark_segments import table

from dicomfast.graphs.axes import scale
from dicomfast.graphs.coarse import BINS, MARKED, coarse
from dicomfast.graphs.graph import Graph
from dicomfast.graphs.picture import picture
from dicomfast.graphs.vector import WIDTH, drawing, visible

SVG = "{http://www.w3.org/2000/svg}"


def drawn(kind: str, **more: Any) -> ET.Element:
    text = drawing(picture([Graph(kind, source(conversation()))]), "g", "a <graph>", **more)
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own


@pytest.mark.parametrize("kind", ["stevens", "tcptrace", "throughput", "rtt", "window", "ladder"])
def test_every_graph_is_an_svg(kind: str) -> None:
    svg = drawn(kind)
    assert svg.attrib["aria-label"] == "a <graph>"
    assert len(svg.findall(f".//{SVG}path")) > 3
    assert not [one for one in svg.iter() if "style" in one.attrib]


def test_a_stall_that_never_ended_says_so() -> None:
    for resumed, said in ((False, True), (True, False)):
        found = source(conversation())
        found.tables["stalls"] = rows("stalls", stall(32, 50, "window-closed", resumed=resumed))
        svg = drawing(picture([Graph("tcptrace", found)]), "g", "A graph")
        assert ("resumed never" in svg) is said


def test_a_stall_has_its_evidence_and_its_link() -> None:
    svg = drawn("tcptrace", link=lambda shade: f"stall-{dict(shade.evidence)['packet before']}")
    links = svg.findall(f".//{SVG}a")
    assert {link.attrib["href"] for link in links} == {"#stall-7"}
    told = links[0].find(f".//{SVG}title")
    assert told is not None
    assert "cause fast-recovery" in (told.text or "")


def test_what_is_out_of_view_is_not_in_the_legend() -> None:
    whole = picture([Graph("tcptrace", source(conversation()))])
    everything = {layer.name for layer in visible(whole)[0]}
    near = {layer.name for layer in visible(whole, (0.0, 15e6))[0]}
    assert {"fast_retransmission", "fin", "sack", "receiver_zero_window", "syn"} <= everything
    assert "syn" in near
    assert not {"fast_retransmission", "fin", "sack", "segments", "messages"} & near
    assert visible(whole, (0.0, 15e6))[1] == []


def test_a_drawing_is_small_however_long_the_connection_was() -> None:
    heights = [(number * 7919) % 100_003 for number in range(60_000)]
    segments = [segment(number + 1, number / 10, "client", 16, height, 1, 0, 1) for number, height in enumerate(heights)]
    text = drawing(picture([Graph("stevens", source(table(segments), start=at(0)))]), "g", "long")
    assert len(text) < 80_000
    assert len(re.findall(r"[HV]", text)) <= 8 * WIDTH


def many(count: int) -> Any:
    """100 bytes at a time, each acknowledged; one of a thousand is marked."""
    rows = []
    for number in range(count):
        begin, time = 1 + 100 * number, number / 10
        marked = {"retransmission": True} if number % 1000 == 7 else {}
        rows.append(segment(2 * number, time, "client", 16, begin, 1, 100, 5000, **marked))
        rows.append(segment(2 * number + 1, time + 0.05, "server", 16, 1, begin + 100, 0, 5000))
    return table(rows)


def test_short_connections_are_whole() -> None:
    assert coarse(conversation(), summed=True).equals(conversation())
    assert coarse(conversation(), summed=False).equals(conversation())


@pytest.mark.parametrize("summed", [True, False])
def test_long_connections_keep_their_sums_their_ends_and_their_marks(summed: bool) -> None:
    whole = many(20_000)
    few = coarse(whole, summed=summed)
    assert few.num_rows <= 2 * (BINS + 1) + MARKED
    assert pc.sum(few["retransmission"]).as_py() == pc.sum(whole["retransmission"]).as_py() == 20
    assert pc.max(few["ack"]).as_py() == pc.max(whole["ack"]).as_py()
    assert pc.min(few["time"]).as_py() == pc.min(whole["time"]).as_py()
    end = pc.max(pc.add(few["seq"], few["length"].cast("int64"))).as_py()
    assert end >= 1 + 100 * 19_999
    assert pc.sum(few["length"]).as_py() == 2_000_000 if summed else end == 2_000_001
    times = few["time"].cast("int64").to_pylist()
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (0.0, 1.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.0, 3.2e9, 1e-9, ["0", "1", "2", "3"]),
        (5.0, 5.0, 1.0, ["5.0", "5.2", "5.4", "5.6", "5.8", "6.0"]),
        (0.0, float("inf"), 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-0.3, 0.3, 1.0, ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]),
    ],
)
def test_ticks_are_round(low: float, high: float, unit: float, said: list[str]) -> None:
    assert [text for _, text in scale(low, high, 0, 100, unit).ticks()] == said
