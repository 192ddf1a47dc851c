"""Graphs as files: pages that need no network and obey nobody, pictures that others can read, exports that are exact."""

import base64
import hashlib
import json
import re
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import HOSTILE
from graph_sources import at, conversation, rows, segment, source
from tshark_segments import SCHEMA, table

import dicomfast
from dicomfast.graphs.ask import KINDS, Question
from dicomfast.graphs.graph import Graph
from dicomfast.graphs.picture import picture
from dicomfast.graphs.thin import COLUMNS, chosen

NAME = '"></p></script><script>alert(1)</script><img src=x onerror=alert(2)> $$\\frac{ $x_ ' + HOSTILE
TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "p", "div", "table", "script", "span"}
WRONG: list[dict[str, Any]] = [
    {"kind": "pie"},
    {"direction": "up"},
    {"window": 0},
    {"by": "sequence"},
    {"compare": 1},
    {"connection": 2, "compare": 2},
    {"connection": -1},
]


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[str | None, str]] = []
        self.words = ""
        self._in: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._in = tag
            if tag == "script":
                self.scripts.append((dict(attrs).get("type"), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._in:
            self._in = None

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            kind, text = self.scripts[-1]
            self.scripts[-1] = (kind, text + data)
        elif self._in is None:
            self.words += data

    def policy(self) -> str:
        return next(attrs["content"] or "" for tag, attrs in self.tags if attrs.get("http-equiv") == "Content-Security-Policy")

    def data(self) -> dict[str, Any]:
        names = [attrs["id"] or "" for tag, attrs in self.tags if tag == "script" and attrs.get("id")]
        return dict(zip(names, [json.loads(text) for kind, text in self.scripts if kind == "application/json"], strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_needs_no_network_and_runs_its_own_scripts_alone(kind: str) -> None:
    page = Page(Graph(kind, source(conversation())).html())
    assert not [attrs for _, attrs in page.tags for name in ("src", "href", "data", "action", "srcset") if name in attrs]
    assert {tag for tag, _ in page.tags} <= TAGS
    policy = dict(part.strip().split(" ", 1) for part in page.policy().split(";"))
    assert policy["default-src"] == "'none'"
    code = [text for kind, text in page.scripts if kind is None]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in code}
    assert set(policy["script-src"].split()) == hashes
    assert not re.search(r"https?:", page.policy() + page.words + json.dumps(page.data()))


@pytest.mark.parametrize("kind", KINDS)
def test_text_of_the_network_is_text_in_a_page(kind: str) -> None:
    hostile = source(conversation(), calling_ae=NAME, words=NAME, cause=NAME)
    text = Graph(kind, hostile).html()
    page = Page(text)
    assert len([script for script in page.scripts if script[0] is None]) == 2
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert "<script>alert(1)</script>" in page.words
    assert not set(text) & {"\x1b", "\x07", "\u202e", "\x9b"}
    assert all(value.isprintable() for stall in page.data()["spec"]["stalls"] for _, value in stall)
    # bokeh takes a label with $$ for a formula, and would fetch what sets formulas.
    item = json.dumps(page.data()["item"]["doc"])
    for model in re.findall(r'"(?:text|axis_label|title)": "([^"]*)"', item):
        assert "$$" not in model


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_pictures(kind: str, suffix: str, tmp_path: Path) -> None:
    graph = Graph(kind, source(conversation(), calling_ae=NAME, words=NAME, cause=NAME))
    target = tmp_path / f"out.{suffix}"
    graph.save(target)
    first = target.read_bytes()
    if suffix == "png":
        assert first.startswith(b"\x89PNG\r\n\x1a\n")
    else:
        assert ET.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    graph.save(target)
    assert target.read_bytes() == first


def test_all_points_are_in_the_page() -> None:
    page = Page(Graph("tcptrace", source(conversation())).html()).data()
    layer = next(number for number, layer in enumerate(page["spec"]["layers"]) if layer["shape"] == "bar" and layer["size"] == 4)
    raw = zlib.decompress(base64.b64decode(page[f"layer-{layer}"]))
    x, y, y_to, packet = (np.frombuffer(raw, "<i4", 4, 16 * number) for number in range(4))
    firsts = {name: first for name, _, first in page["spec"]["layers"][layer]["columns"]}
    assert list(np.cumsum(x) + firsts["x"]) == [at(milliseconds) - at(0) for milliseconds in (21, 22, 32, 50)]
    assert list(np.cumsum(y) + firsts["y"]) == [1, 101, 301, 201]
    assert list(np.cumsum(y_to) + firsts["y_to"]) == [101, 201, 401, 301]
    assert list(np.cumsum(packet) + firsts["packet"]) == [4, 5, 7, 10]


def test_thinning_keeps_first_last_lowest_and_highest() -> None:
    heights = np.random.default_rng(1).integers(0, 1_000_000, 100_000)
    segments = [segment(number + 1, number / 10, "client", 16, int(seq), 1, 0, 1) for number, seq in enumerate(heights)]
    graph = Graph("stevens", source(table(segments)))
    layer = picture([graph]).panels[0].layers[0]
    kept = chosen(layer)
    assert len(layer) == 100_000
    assert len(kept) <= 4 * COLUMNS
    assert {0, 99_999, int(np.argmin(heights)), int(np.argmax(heights))} <= set(kept.tolist())


def test_exports_hold_the_exact_series(tmp_path: Path) -> None:
    graph = Graph("tcptrace", source(conversation()))
    graph.save(tmp_path / "out.parquet")
    read = pq.read_table(tmp_path / "out.parquet")
    assert read.column_names == ["connection", "series", "time", "elapsed", "y", "y_to", "packet"]
    assert read.num_rows == graph.series.num_rows
    graph.save(tmp_path / "out.csv")
    header, *lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert header == "connection,series,time,elapsed,y,y_to,packet"
    assert lines[0] == "0,segments,2024-05-17T08:30:00.144456789Z,0.021,1.0,101.0,4"
    graph.save(tmp_path / "out.json")
    assert len(json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))) == read.num_rows


def test_tables() -> None:
    tables = Graph("tcptrace", source(conversation())).tables
    assert tables["segments"].num_rows == 4
    assert tables["messages"]["text"].to_pylist() == ["C-STORE-RQ, id 7, CT, 300 bytes of data set"]
    assert tables["stalls"]["cause"].to_pylist() == ["fast-recovery"]


def test_two_connections_begin_at_their_first_byte_of_data() -> None:
    later = [row | {"time": row["time"] + 5_000_000_000, "connection": 1} for row in listed(conversation())]
    other = source(table(later), connection=1, start=at(5000))
    graph = Graph("stevens", source(conversation())).compare(Graph("stevens", other))
    whole = graph.table()
    assert whole["connection"].to_pylist() == [0] * 7 + [1] * 7
    elapsed = whole["elapsed"].cast("int64").to_pylist()
    assert elapsed[:7] == elapsed[7:]
    assert elapsed[2] == 0
    # Each stall in the strip of its own connection.
    filters = re.findall(
        r'"name":"IndexFilter".*?"indices":(\[[^]]*\])', json.dumps(Page(graph.html()).data()["item"], separators=(",", ":"))
    )
    assert filters == ["[0]", "[1]"]
    labels = [layer.style.label for panel in picture([graph, graph]).panels for layer in panel.layers]
    assert "0: sequence number" in labels


def listed(segments: pa.Table) -> list[dict[str, Any]]:
    times = segments["time"].cast("int64").to_pylist()
    plain = segments.drop_columns(["time", "ack_rtt"]).to_pylist()
    return [row | {"time": time} for row, time in zip(plain, times, strict=True)]


def odd() -> dict[str, pa.Table]:
    nothing = {"packet": None, "seq": None, "ack": None, "length": None, "window": None, "flags": None, "sack": None}
    huge = {"seq": (1 << 63) - 1, "ack": -(1 << 63), "length": (1 << 32) - 1, "window": (1 << 64) - 1, "packet": (1 << 64) - 1}
    bad = [{"start": 5, "end": 5}, {"start": 9, "end": 1}, {"start": None, "end": 3}, None]
    one, *_ = listed(conversation())
    both = [("client", 0), ("server", 1), ("client", 2), ("server", 3)]
    return {
        "none": table([]),
        "no columns": pa.table({}),
        "one": table([one]),
        "equal times": table([row | {"time": at(0)} for row in listed(conversation())]),
        "backwards": table(listed(conversation())[::-1]),
        "null": table([one | nothing | {"sender": sender, "time": at(time)} for sender, time in both]),
        "all null": pa.table([pa.nulls(3, field.type) for field in SCHEMA], schema=SCHEMA),
        "missing": conversation().select(["time", "sender"]),
        "huge": table([one | huge | {"sender": sender, "time": at(time), "flags": 16, "sack": bad} for sender, time in both]),
        "ages": table([one | {"sender": sender, "time": time} for sender, time in (("client", 0), ("server", (1 << 63) - 1))]),
    }


def of_odd(kind: str, what: str, *, stalls: bool) -> Graph:
    nulls = rows("stalls", {}, {})
    tables = {"segments": odd()[what], "stalls": nulls if stalls else pa.table({}), "pdus": rows("pdus", {}, {"sender": "requestor"})}
    return Graph(kind, source(pa.table({}), start=None, tables=tables, messages=rows("messages", {})))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", odd())
def test_odd_tables_have_series(kind: str, what: str) -> None:
    for stalls in (False, True):
        graph = of_odd(kind, what, stalls=stalls)
        assert graph.table().num_rows == graph.series.num_rows
        assert len(picture([graph]).panels) >= 1


@pytest.mark.parametrize("what", odd())
def test_odd_tables_are_drawn(what: str, tmp_path: Path) -> None:
    graph = of_odd("tcptrace", what, stalls=True)
    for suffix in ("html", "png"):
        graph.save(tmp_path / f"out.{suffix}")
        assert (tmp_path / f"out.{suffix}").stat().st_size > 1000


@pytest.mark.parametrize("arguments", WRONG)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(dicomfast.ArgumentError):
        Question(**({"kind": "tcptrace"} | arguments))


def test_a_missing_library_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    graph = Graph("rtt", source(conversation()))
    monkeypatch.setitem(sys.modules, "bokeh", None)
    with pytest.raises(dicomfast.ArgumentError, match=r"bokeh.*pip install 'dicomfast\[graphs\]'"):
        graph.save(tmp_path / "out.html")
    graph.save(tmp_path / "out.csv")
