"""The script of a page, run by node with a board that only remembers: what it unpacks, and what it draws of it when one zooms."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from graph_sources import at, conversation, segment, source
from test_graph_drawing import Page
from tshark_segments import table

from dicomfast.graphs.graph import Graph

SCRIPT = Path(__file__).parent.parent / "python/dicomfast/graphs/page.js"
STAGE = """
const data = JSON.parse(require("fs").readFileSync(0));
const signal = () => ({ slots: [], connect(slot) { this.slots.push(slot); } });
const range = (start, end) => ({
  start, end, properties: { start: { change: signal() }, end: { change: signal() } },
  setv(values) {
    Object.assign(this, values);
    for (const key of ["start", "end"]) this.properties[key].change.slots.forEach((slot) => slot());
  },
});
const sources = data.blocks.spec.layers.map(() => ({ data: null }));
const x = range(-1, 1e9);
const plots = data.blocks.spec.lanes.map((_, number) => ({
  x_range: x, y_range: range(0, 1), left: [], below: [], right: [], center: [], setv() {}, events: {},
  on_event(name, slot) { this.events[name] = slot; },
  renderers: sources.filter((_, i) => data.blocks.spec.layers[i].panel === number)
    .map((one) => ({ data_source: one, visible: true, properties: { visible: { change: signal() } } })),
}));
const evidence = { replaceChildren() {} };
globalThis.document = {
  getElementById: (name) => (name === "evidence" ? evidence : { textContent: JSON.stringify(data.blocks[name]) }), body: { dataset: {} },
};
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
let waiting = [];
globalThis.requestAnimationFrame = (slot) => waiting.push(slot);
const model = (name) => {
  const [what, number] = name.split("-");
  return { panel: plots[number], source: sources[number], stalls: null }[what];
};
globalThis.Bokeh = { embed: { embed_item: async () => {} }, documents: [{ get_model_by_name: model }] };
const plain = () => sources.map((one) => Object.fromEntries(Object.entries(one.data).map(([key, values]) => [key, Array.from(values)])));
const frames = () => { const due = waiting; waiting = []; due.forEach((slot) => slot()); };
eval(data.script);
const ready = () => (document.body.dataset.ready ? act() : setTimeout(ready, 5));
const act = () => {
  const shots = [{ layers: plain(), y: [plots[0].y_range.start, plots[0].y_range.end] }];
  for (const [start, end] of data.zooms) {
    x.setv({ start, end });
    frames();
    shots.push({ layers: plain(), y: [plots[0].y_range.start, plots[0].y_range.end] });
  }
  console.log(JSON.stringify(shots));
};
ready();
"""


def shown(graph: Graph, *zooms: tuple[float, float]) -> tuple[list[str], list[dict[str, Any]]]:
    """The shapes of the layers, and what is drawn at first and after each zoom."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    blocks = Page(graph.html()).data()
    told = json.dumps({"blocks": blocks, "script": SCRIPT.read_text(encoding="utf-8"), "zooms": zooms})
    run = subprocess.run([node, "-e", STAGE], input=told, capture_output=True, text=True, check=True, timeout=60)
    return [layer["shape"] for layer in blocks["spec"]["layers"]], json.loads(run.stdout)


def test_all_points_of_a_short_connection_are_drawn() -> None:
    shapes, (first, zoomed) = shown(Graph("tcptrace", source(conversation())), (0.0215, 0.035))
    bars = first["layers"][shapes.index("bar")]
    assert bars["x"] == pytest.approx([0.021, 0.022, 0.032, 0.050])
    assert (bars["y"], bars["y_to"], bars["packet"]) == ([1, 101, 301, 201], [101, 201, 401, 301], [4, 5, 7, 10])
    lanes = first["layers"][shapes.index("lane")]
    assert lanes["text"] == ["C-STORE-RQ, id 7, CT, 300 bytes of data set"]
    assert (lanes["packet"], lanes["last_packet"]) == ([4], [10])
    # In view are 5 and 7; a neighbour on either side goes with them, so that lines go on.
    assert zoomed["layers"][shapes.index("bar")]["packet"] == [4, 5, 7, 10]
    # The y axis holds what is in view: the window limit of 65,001 is that of before.
    assert zoomed["y"][0] <= 101
    assert zoomed["y"][1] >= 65001


def test_of_many_points_each_column_keeps_its_first_last_lowest_and_highest_and_a_zoom_shows_all() -> None:
    heights = [(number * 7919) % 100_003 for number in range(60_000)]
    segments = [segment(number + 1, number / 10, "client", 16, height, 1, 0, 1) for number, height in enumerate(heights)]
    shapes, (_, whole, near) = shown(Graph("stevens", source(table(segments), start=at(0))), (0.0, 6.0), (1.0, 1.1))
    line = shapes.index("step")
    drawn = whole["layers"][line]
    assert 1000 < len(drawn["x"]) <= 4 * 1500 + 8
    assert {1, 60_000, heights.index(min(heights)) + 1, heights.index(max(heights)) + 1} <= set(drawn["packet"])
    assert drawn["x"] == sorted(drawn["x"])
    packets = near["layers"][line]["packet"]
    assert packets == list(range(int(packets[0]), int(packets[-1]) + 1))
    assert (packets[0], packets[-1]) == (10_000, 11_002)
