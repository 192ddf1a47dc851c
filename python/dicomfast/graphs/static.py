"""A picture as SVG or PNG, or as a matplotlib figure. Knows matplotlib; no text of a capture is taken for a formula."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from dicomfast.graphs.marks import REQUESTOR
from dicomfast.graphs.picture import BOUNDARIES
from dicomfast.graphs.thin import chosen
from dicomfast.text import escape

if TYPE_CHECKING:
    from typing import BinaryIO

    from matplotlib.axes import Axes

    from dicomfast.graphs.picture import Layer, Panel, Picture

_MARKERS = {
    "circle": "o", "square": "s", "triangle": "^", "inverted_triangle": "v", "diamond": "D", "x": "x", "cross": "+", "plus": "P",
    "asterisk": (6, 2, 0), "star": "*", "hex": "H", "dash": "_", "square_pin": "p",
}  # fmt: skip
_INCH = 90
_SHADE = 0.25
# The same bytes for the same input.
_METADATA = {"svg": {"Date": None, "Creator": "dicomfast"}, "png": {"Software": "dicomfast"}}


def save(picture: Picture, stream: BinaryIO, form: str) -> None:
    """Write the picture, "svg" or "png"."""
    with mpl.rc_context({"svg.hashsalt": "dicomfast", "svg.fonttype": "path"}), warnings.catch_warnings():
        # A letter that the font does not have is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure(picture).savefig(stream, format=form, dpi=120, metadata=_METADATA[form])


def figure(picture: Picture) -> Figure:
    """All panels under each other, their time axes in common."""
    heights = [panel.axis.height for panel in picture.panels]
    drawing = Figure(figsize=(12, (sum(heights) + 110) / _INCH), layout="constrained")
    drawing.suptitle(_plain("\n".join([picture.title, *picture.lines])), fontsize=10, parse_math=False)
    axes = drawing.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for panel, one in zip(picture.panels, axes, strict=True):
        _panel(panel, one, picture.x_scale, first=panel is picture.panels[0])
    axes[-1].set_xlabel(picture.x_label)
    if picture.x_scale == 1:
        axes[-1].xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    return drawing


def _plain(text: str) -> str:
    return "\n".join(escape(line) for line in text.split("\n"))


def _panel(panel: Panel, axes: Axes, scale: float, *, first: bool) -> None:
    causes = {shade.cause: shade.color for shade in panel.shades}
    edges = [(shade.x * scale, shade.x_to * scale) for shade in panel.shades]
    strips = [[(left, 0), (right, 0), (right, 1), (left, 1)] for left, right in edges]
    colors = [shade.color for shade in panel.shades]
    shades = PolyCollection(strips, facecolors=colors, alpha=_SHADE, linewidths=0, transform=axes.get_xaxis_transform())
    axes.add_collection(shades, autolim=False)
    for layer in panel.layers:
        if not layer.style.hidden:
            _layer(layer, axes, scale, panel.axis.scale)
    axes.set_ylabel(panel.axis.label)
    axes.grid(alpha=0.3)
    if panel.lanes is None:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    else:
        axes.set_yticks([0, 1], list(panel.lanes))
        room = 0.9 if any(layer.style.labelled for layer in panel.layers) else 0.4
        axes.set_ylim(-room, 1 + room)
    handles, labels = axes.get_legend_handles_labels()
    if first:
        handles += [Patch(color=color, alpha=_SHADE) for color in causes.values()]
        labels += [f"stall: {escape(cause)}" for cause in causes]
    if handles and (first or panel.axis.label or len(panel.layers) > 1):
        axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)


def _layer(layer: Layer, axes: Axes, scale: float, y_scale: float) -> None:
    style = layer.style
    at = chosen(layer)
    x, y = layer.columns["x"][at] * scale, layer.columns["y"][at] * y_scale
    look: dict[str, Any] = {"color": style.color, "label": style.label}
    if style.shape == "step":
        axes.step(x, y, where="post", linewidth=1, linestyle="--" if style.dashed else "-", **look)
    elif style.shape == "points":
        axes.plot(x, y, linestyle="", marker=_MARKERS[style.marker], markersize=style.size * 0.55, **look)
    elif style.shape == "vline":
        if len(x) <= BOUNDARIES:
            for one in x:
                axes.axvline(one, color=style.color, linewidth=0.6, linestyle=":")
    else:
        x_to = layer.columns["x_to"][at] * scale if "x_to" in layer.columns else x
        y_to = y if style.shape == "lane" else layer.columns["y_to"][at] * y_scale
        lines = np.stack([np.stack([x, y], axis=1), np.stack([x_to, y_to], axis=1)], axis=1)
        wide = 8 if style.shape == "lane" else 1.2
        axes.add_collection(LineCollection(list(lines), colors=style.color, linewidths=wide, label=style.label))
        axes.autoscale_view()
        for text, left, lane in zip(layer.labels(at), x, y, strict=True):
            side: Literal["left", "right"] = "right" if lane == REQUESTOR else "left"
            axes.text(left, lane, text, fontsize=7, rotation=57, rotation_mode="anchor", ha=side, color=style.color, parse_math=False)
