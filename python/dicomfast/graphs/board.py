"""The bokeh model of a picture: panels, glyphs, legend, tools. Knows bokeh; what the page around it does is not its business.

The sources hold what is seen at first. `page.js` finds layers, panels and stalls again by their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.layouts import gridplot
from bokeh.models import (
    BoxZoomTool,
    CDSView,
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    IndexFilter,
    Legend,
    LegendItem,
    NumeralTickFormatter,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    TapTool,
    WheelZoomTool,
)  # fmt: skip
from bokeh.plotting import figure

from dicomfast.graphs.marks import REQUESTOR
from dicomfast.graphs.thin import chosen
from dicomfast.terminal import duration
from dicomfast.text import escape

if TYPE_CHECKING:
    from bokeh.models import GlyphRenderer

    from dicomfast.graphs.picture import Layer, Panel, Picture, Shade

_MARGIN = 0.03
_TILT = 1.0


def board(picture: Picture) -> Any:
    """All panels under each other, with one x axis and one set of tools."""
    shared = _range(picture, "x", picture.x_scale)
    stalls = _stalls(picture)
    numbers = {id(shade): index for index, shade in enumerate(shades(picture))}
    plots = []
    number = 0
    for index, panel in enumerate(picture.panels):
        last = index == len(picture.panels) - 1
        plot = _plot(panel, index, number, shared, picture, last=last)
        if panel.shades:
            _shade(plot, stalls, [numbers[id(shade)] for shade in panel.shades])
        plots.append(plot)
        number += len(panel.layers)
    grid = gridplot([[plot] for plot in plots], sizing_mode="stretch_width", merge_tools=True, toolbar_location="above")
    grid.toolbar.logo = None
    return grid


def shades(picture: Picture) -> list[Shade]:
    """The stalls, each once, though they are drawn in several panels."""
    return list({id(shade): shade for panel in picture.panels for shade in panel.shades}.values())


def _range(picture: Picture, axis: str, scale: float) -> Range1d:
    """From the first to the last of all."""
    layers = [layer for panel in picture.panels for layer in panel.layers]
    return _around(_columns(layers, axis), scale)


def _columns(layers: list[Layer], axis: str) -> list[Any]:
    return [layer.columns[key] for layer in layers for key in (axis, f"{axis}_to") if key in layer.columns and len(layer)]


def _around(columns: list[Any], scale: float) -> Range1d:
    low = min((float(np.min(column)) for column in columns), default=0.0) * scale
    high = max((float(np.max(column)) for column in columns), default=1.0) * scale
    margin = (high - low) * _MARGIN or 0.5
    return Range1d(low - margin, high + margin)


def _plot(panel: Panel, index: int, number: int, shared: Range1d, picture: Picture, *, last: bool) -> figure:
    if panel.lanes is not None:
        room = 0.9 if any(layer.style.labelled for layer in panel.layers) else 0.5
        y_range = Range1d(-room, 1 + room)
    else:
        y_range = _around(_columns([layer for layer in panel.layers if layer.style.shape != "vline"], "y"), panel.axis.scale)
    plot = figure(
        name=f"panel-{index}", height=panel.axis.height + (40 if last else 0), sizing_mode="stretch_width", x_range=shared, y_range=y_range,
        tools=[PanTool(dimensions="width"), PanTool(), BoxZoomTool(), ResetTool(), SaveTool()],
        x_axis_label=picture.x_label if last else None,
        y_axis_label=panel.axis.label or None, lod_threshold=None, output_backend="canvas",
    )  # fmt: skip
    wheel = WheelZoomTool(dimensions="width")
    plot.add_tools(wheel, WheelZoomTool())
    plot.toolbar.active_scroll = wheel
    if panel.lanes is not None:
        plot.yaxis.ticker = FixedTicker(ticks=[0, 1])
        plot.yaxis.major_label_overrides = dict(enumerate(panel.lanes))
        plot.ygrid.visible = False
    else:
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[000]")
    drawn = [(layer, _glyph(layer, plot, number + offset, picture.x_scale, panel.axis.scale)) for offset, layer in enumerate(panel.layers)]
    if picture.x_scale == 1:
        plot.xaxis.formatter = NumeralTickFormatter(format="0,0")
    _hover(plot, drawn, picture)
    shown = [
        LegendItem(label={"value": layer.style.label}, renderers=[renderer])
        for layer, renderer in drawn
        if panel.axis.label or len(drawn) > 1
    ]
    if shown:
        plot.add_layout(Legend(items=shown, click_policy="hide", name=f"legend-{index}", label_text_font_size="9pt", spacing=0), "right")
    return plot


def _stalls(picture: Picture) -> ColumnDataSource:
    found = shades(picture)
    data = {
        "x0": [shade.x * picture.x_scale for shade in found],
        "x1": [shade.x_to * picture.x_scale for shade in found],
        "color": [shade.color for shade in found],
        "cause": [escape(shade.cause) for shade in found],
        "lasts": [duration(shade.x_to - shade.x) for shade in found],
    }
    return ColumnDataSource(data, name="stalls")


def _shade(plot: figure, stalls: ColumnDataSource, numbers: list[int]) -> None:
    """Those stalls of all that belong in this panel."""
    strip = plot.vstrip("x0", "x1", source=stalls, view=CDSView(filter=IndexFilter(numbers)), fill_color="color", fill_alpha=0.22,
                        line_color=None, level="underlay", nonselection_fill_alpha=0.22, selection_fill_alpha=0.4)  # fmt: skip
    plot.add_tools(TapTool(renderers=[strip]), HoverTool(renderers=[strip], tooltips=[("stall", "@cause, @lasts")], visible=False))


def _glyph(layer: Layer, plot: figure, number: int, x_scale: float, y_scale: float) -> GlyphRenderer:
    at = chosen(layer)
    scales = {"x": x_scale, "x_to": x_scale, "y": y_scale, "y_to": y_scale}
    data: dict[str, Any] = {key: values[at] * scales.get(key, 1) for key, values in layer.columns.items()}
    if layer.texts is not None:
        data["text"] = [escape(layer.texts[index]) for index in at]
    if layer.style.labelled:
        data["label"] = layer.labels(at)
        data["align"] = ["right" if lane == REQUESTOR else "left" for lane in layer.columns["y"][at]]
    source = ColumnDataSource(data, name=f"source-{number}")
    style = layer.style
    look: dict[str, Any] = {"source": source, "color": style.color, "name": style.label}
    if style.shape == "step":
        renderer = plot.step("x", "y", mode="after", line_width=1.3, line_dash="dashed" if style.dashed else "solid", **look)
    elif style.shape == "points":
        renderer = plot.scatter("x", "y", marker=style.marker, size=style.size, fill_alpha=0.6, **look)
    elif style.shape == "vline":
        renderer = plot.vspan("x", line_dash="dotted", line_width=1, level="underlay", **look)
    elif style.shape == "lane":
        renderer = plot.segment("x", "y", "x_to", "y", line_width=10, **look)
    else:
        y_end = "x_to" if style.shape == "slope" else "x"
        renderer = plot.segment("x", "y", y_end, "y_to", line_width=1.5 if style.shape == "slope" else 2, **look)
    if style.labelled:
        plot.text("x", "y", "label", source=source, angle=_TILT, text_align="align", text_font_size="8pt", text_color=style.color,
                  text_baseline="middle", x_offset=0, name="labels")  # fmt: skip
    renderer.nonselection_glyph = None
    renderer.visible = not style.hidden
    return renderer


def _hover(plot: figure, drawn: list[tuple[Layer, GlyphRenderer]], picture: Picture) -> None:
    """What is under the pointer: the series, the packet, the place; where it has words, these."""
    lasting = [renderer for layer, renderer in drawn if layer.texts is not None]
    others = [renderer for layer, renderer in drawn if layer.texts is None and layer.style.shape != "vline"]
    unit = "s" if picture.x_scale != 1 else ""
    if lasting:
        tips = [("", "@text"), ("packets", "@packet{0} to @last_packet{0}"), ("from", f"@x{{0.000000000}} {unit}")]
        tips.append(("to", f"@x_to{{0.000000000}} {unit}"))
        plot.add_tools(HoverTool(renderers=lasting, tooltips=tips, visible=False))
    if others:
        tips = [("", "$name"), ("packet", "@packet{0}"), ("at", f"@x{{0.000000000}} {unit}"), ("y", "@y{0,0.[000000]}")]
        plot.add_tools(HoverTool(renderers=others, tooltips=tips, visible=False, point_policy="snap_to_data"))
