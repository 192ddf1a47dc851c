"""A picture as one HTML page that needs no network. Knows bokeh, and what a page may hold: its text is escaped, its scripts are named.

All points are in the page, compressed; `page.js` thins what is in view and hands it to bokeh. bokeh draws on canvas: its WebGL makes
programs out of text, which the page's policy forbids.
"""

from __future__ import annotations

import base64
import html
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.embed import json_item
from bokeh.resources import Resources

from dicomfast.graphs import board, shell
from dicomfast.graphs.picture import BOUNDARIES, LABELS
from dicomfast.text import escape

if TYPE_CHECKING:
    from dicomfast.graphs.picture import Layer, Numbers, Picture

_INT = np.iinfo(np.int32)

_BODY = """<h1>{title}</h1>
{lines}
<div id="board"></div>
<p class="hint">Drag to move, wheel to zoom, point for packets, click the legend to hide a series, a shaded stall for its evidence.</p>
{causes}
<table id="evidence"></table>
{data}"""


def page(picture: Picture) -> str:
    """The whole page."""
    layers = [layer for panel in picture.panels for layer in panel.layers]
    item = json_item(board.board(picture), "board")
    data = [_block("item", json.dumps(item)), _block("spec", json.dumps(_spec(picture, layers)))]
    data += [_block(f"layer-{number}", _packed(layer)) for number, layer in enumerate(layers)]
    scripts = [_bokeh(), shell.asset("page.js")]
    title = html.escape(escape(picture.title))
    body = _BODY.format(
        title=title,
        lines="\n".join(f"<p>{html.escape(escape(line))}</p>" for line in picture.lines),
        causes=_causes(picture),
        data="\n".join(data),
    )
    # bokeh sets styles of its own.
    return shell.shell(title, shell.asset("page.css"), body, scripts, own_styles_alone=False)


def _causes(picture: Picture) -> str:
    """What the colours of the stalls mean."""
    causes = {shade.cause: shade.color for shade in board.shades(picture)}
    items = [f'<span class="cause" style="border-color: {color}">{html.escape(escape(cause))}</span>' for cause, color in causes.items()]
    return f"<p>Stalls: {' '.join(items)}</p>" if items else ""


def _bokeh() -> str:
    """The core of bokeh alone, which has all that is drawn here."""
    return str(Resources(mode="inline", components=["bokeh"]).js_raw[0])


def _block(name: str, text: str) -> str:
    """Data that no browser takes for anything else."""
    inert = text.replace("<", r"\u003c")
    return f'<script type="application/json" id="{name}">{inert}</script>'


def _spec(picture: Picture, layers: list[Layer]) -> dict[str, Any]:
    """What `page.js` must know beside the points."""
    places = [(number, panel.axis.scale) for number, panel in enumerate(picture.panels) for _ in panel.layers]
    return {
        "xScale": picture.x_scale,
        "panels": len(picture.panels),
        "lanes": [panel.lanes is not None for panel in picture.panels],
        "boundaries": BOUNDARIES,
        "labels": LABELS,
        "layers": [
            {
                "shape": layer.style.shape,
                "labelled": layer.style.labelled,
                "panel": number,
                "yScale": scale,
                "size": len(layer),
                "columns": [[key, *_how(values)] for key, values in layer.columns.items()],
            }
            for layer, (number, scale) in zip(layers, places, strict=True)
        ],
        "stalls": [[(name, escape(value)) for name, value in shade.evidence] for shade in board.shades(picture)],
    }


def _steps(values: Numbers) -> Numbers | None:
    """The differences from point to point, where they are whole and small: half the bytes, and they compress."""
    if len(values) == 0 or not bool(np.all(np.isfinite(values)) and np.all(values == np.trunc(values))):
        return None
    steps = np.diff(values, prepend=values[:1])
    if len(steps) and (steps.min() < _INT.min or steps.max() > _INT.max):
        return None
    return steps.astype("<i4")


def _how(values: Numbers) -> tuple[str, float]:
    """How a column is packed, and its first value."""
    return ("f8", 0.0) if _steps(values) is None else ("i4", float(values[0]))


def _packed(layer: Layer) -> str:
    """The columns one after the other, each from a multiple of 8 bytes on; then the texts."""
    parts = []
    for values in layer.columns.values():
        steps = _steps(values)
        raw = values.astype("<f8").tobytes() if steps is None else steps.tobytes()
        parts.append(raw + bytes(-len(raw) % 8))
    if layer.texts is not None:
        parts.append(json.dumps([escape(text) for text in layer.texts]).encode())
    return json.dumps(base64.b64encode(zlib.compress(b"".join(parts), 6)).decode())
