"""A picture as SVG inside a page: no script, no library; text and grid take their colours from the page's style sheet.

Knows the picture and pixels. What falls on the same pixel is drawn once, so a drawing is small however long the connection was.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape as quoted
from typing import TYPE_CHECKING

import numpy as np

from dicomfast.graphs.axes import Scale, scale
from dicomfast.graphs.picture import BOUNDARIES
from dicomfast.graphs.thin import chosen
from dicomfast.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomfast.graphs.picture import Layer, Panel, Picture, Shade

    Link = Callable[[Shade], str | None]
    View = tuple[float, float]

WIDTH = 960
_LEFT, _RIGHT, _GAP, _FOOT = 92, 8, 14, 40
_STRIP, _SHRINK = 64, 0.6
_TITLED = 300
# Of more stalls in view the longest are shaded.
_SHADED = 120
# The least width of a shade that can still be pointed at.
_THIN = 1.5
# So much of a panel may be window above what was sent: a large window would press the rest flat.
_ROOM = 0.35

# Marks around their place, `r` the half of their size: what stands out in shape, not in colour alone.
_MARKS = {
    "circle": "m-{r} 0a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0",
    "square": "m-{r} -{r}h{d}v{d}h-{d}z",
    "triangle": "m0 -{r}l{r} {d}h-{d}z",
    "inverted_triangle": "m0 {r}l{r} -{d}h-{d}z",
    "diamond": "m0 -{r}l{r} {r}l-{r} {r}l-{r} -{r}z",
    "x": "m-{r} -{r}l{d} {d}m-{d} 0l{d} -{d}",
    "cross": "m-{r} 0h{d}m-{r} -{r}v{d}",
    "plus": "m-{r} 0h{d}m-{r} -{r}v{d}",
    "dash": "m-{r} 0h{d}",
    "asterisk": "m-{r} -{r}l{d} {d}m-{d} 0l{d} -{d}m-{r} 0v{d}",
}


def drawing(picture: Picture, name: str, label: str, view: View | None = None, link: Link | None = None) -> str:
    """The panels under each other. `view` is a part of the x axis, in the units of the picture; `link` says where a stall is told.

    `name` is the drawing's own in its page, `label` is read aloud in its place.
    """
    across = _across(picture, view)
    parts, top = [], 6.0
    for number, panel in enumerate(picture.panels):
        height = _STRIP if panel.lanes is not None else round(panel.axis.height * _SHRINK)
        parts.append(_panel(panel, f"{name}-{number}", across, top, height, link))
        top += height + _GAP
    foot = top - _GAP
    parts += [_text(across(tick), foot + 16, text, "middle") for tick, text in across.ticks()]
    parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, foot + 33, picture.x_label, "middle"))
    said = quoted(escape(label))
    return f'<svg class="plot" viewBox="0 0 {WIDTH} {foot + _FOOT:.0f}" role="img" aria-label="{said}">{"".join(parts)}</svg>'


def visible(picture: Picture, view: View | None = None) -> tuple[list[Layer], list[Shade]]:
    """The series and the stalls that have something in view."""
    across = _across(picture, view)
    layers = [layer for panel in picture.panels for layer in panel.layers if not layer.style.hidden and _inside(layer, across)]
    return layers, [shade for panel in picture.panels[:1] for shade in panel.shades if shade.x_to >= across.low and shade.x <= across.high]


def _inside(layer: Layer, across: Scale) -> bool:
    x = layer.columns["x"]
    return layer.style.shape == "step" or bool(np.any((x <= across.high) & (layer.columns.get("x_to", x) >= across.low)))


def swatch(layer: Layer) -> str:
    """The sign of a series in a legend."""
    style = layer.style
    look = f'fill="none" stroke="{style.color}"'
    if style.shape == "points":
        inside = f'<path d="M10 6{_mark(style.marker, 3.5)}" {look} stroke-width="1.5"/>'
    elif style.shape == "vline":
        inside = f'<path d="M10 0V12" {look} stroke-dasharray="2 2"/>'
    elif style.shape == "bar":
        inside = f'<path d="M6 1V11M10 2V9M14 4V11" {look} stroke-width="2"/>'
    else:
        inside = f'<path d="M1 6H19" {look} stroke-width="{6 if style.shape == "lane" else 2}"/>'
    return f'<svg class="swatch" width="20" height="12" aria-hidden="true">{inside}</svg>'


def _across(picture: Picture, view: View | None) -> Scale:
    ends = [layer.columns[key] for panel in picture.panels for layer in panel.layers for key in ("x", "x_to") if key in layer.columns]
    low, high = view or (min((float(np.min(one)) for one in ends), default=0.0), max((float(np.max(one)) for one in ends), default=1.0))
    margin = 0 if view else 0.01 * (high - low)
    return scale(low - margin, high + margin, _LEFT, WIDTH - _RIGHT, picture.x_scale)


def _panel(panel: Panel, name: str, across: Scale, top: float, height: float, link: Link | None) -> str:
    layers = [_seen(layer, across) for layer in panel.layers if not layer.style.hidden]
    up = _up(panel, layers, across, top, height)
    frame = f'x="{_LEFT}" y="{top:.0f}" width="{WIDTH - _LEFT - _RIGHT}" height="{height}"'
    grid = [f'<path class="grid" d="M{across(tick):.1f} {top:.0f}v{height}"/>' for tick, _ in across.ticks()]
    texts = []
    if panel.lanes is None:
        for tick, text in up.ticks():
            grid.append(f'<path class="grid" d="M{_LEFT} {up(tick):.1f}H{WIDTH - _RIGHT}"/>')
            texts.append(_text(_LEFT - 6, up(tick) + 4, text, "end"))
        middle = top + height / 2
        texts.append(f'<text transform="translate(13 {middle:.0f}) rotate(-90)" text-anchor="middle">{quoted(panel.axis.label)}</text>')
    else:
        texts += [_text(_LEFT - 6, up(lane) + 4, escape(words), "end") for lane, words in enumerate(panel.lanes)]
    inside = [
        *_shades(panel, across, top, height, link),
        *(_layer(layer, across, up, top, height) for layer in sorted(layers, key=_depth, reverse=True)[::-1] if len(layer)),
    ]
    return (
        f'<clipPath id="{name}"><rect {frame}/></clipPath>{"".join(grid)}<rect class="frame" {frame}/>'
        f'<g clip-path="url(#{name})">{"".join(inside)}</g>{"".join(texts)}'
    )


def _depth(layer: Layer) -> int:
    """Lines lie behind bars, and bars behind marks; of lines the first of the legend lies on top."""
    return ("vline", "step", "lane", "slope", "bar", "points").index(layer.style.shape)


def _seen(layer: Layer, across: Scale) -> Layer:
    """What is in view; a line goes on to the next point outside."""
    x = layer.columns["x"]
    if "x_to" in layer.columns:
        at = np.nonzero((x <= across.high) & (layer.columns["x_to"] >= across.low))[0]
    else:
        first, last = np.searchsorted(x, [across.low, across.high], side="left")
        at = np.arange(max(0, int(first) - 1), min(len(x), int(last) + 1))
    texts = None if layer.texts is None else [layer.texts[index] for index in at]
    part = replace(layer, columns={key: values[at] for key, values in layer.columns.items()}, texts=texts)
    kept = chosen(part, WIDTH)
    texts = None if part.texts is None else [part.texts[index] for index in kept]
    return replace(part, columns={key: values[kept] for key, values in part.columns.items()}, texts=texts)


def _up(panel: Panel, layers: list[Layer], across: Scale, top: float, height: float) -> Scale:
    if panel.lanes is not None:
        return scale(-0.5, 1.5, top, top + height, 1.0)
    lows, highs, limits = [], [], []
    for layer in layers:
        x = layer.columns["x"]
        inside = (x >= across.low) & (x <= across.high) if layer.style.shape != "step" else x <= across.high
        if layer.style.shape == "vline" or not np.any(inside):
            continue
        bounds = [layer.columns[key][inside] for key in ("y", "y_to") if key in layer.columns]
        if layer.name == "window_limit":
            limits.append(max(float(np.max(one)) for one in bounds))
            continue
        lows.append(min(float(np.min(one)) for one in bounds))
        highs.append(max(float(np.max(one)) for one in bounds))
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    room = _ROOM * (high - low)
    high = max([high, *(min(limit, high + room) for limit in limits)])
    margin = 0.04 * (high - low) or 0.5
    return scale(low - margin, high + margin, top + height, top, panel.axis.scale, bytes_="byte" in panel.axis.label)


def _shades(panel: Panel, across: Scale, top: float, height: float, link: Link | None) -> Iterator[str]:
    seen = [shade for shade in panel.shades if shade.x_to >= across.low and shade.x <= across.high]
    for shade in sorted(seen, key=lambda one: one.x - one.x_to)[:_SHADED]:
        left, right = across(shade.x), across(shade.x_to)
        told = quoted(escape("; ".join(f"{name} {value}" for name, value in shade.evidence)))
        rect = f'<rect x="{left:.1f}" y="{top:.0f}" width="{max(right - left, _THIN):.1f}" height="{height}" fill="{shade.color}"/>'
        target = link(shade) if link else None
        inside = f'<g class="stall"><title>{told}</title>{rect}</g>'
        yield f'<a href="#{quoted(target)}">{inside}</a>' if target else inside


def _layer(layer: Layer, across: Scale, up: Scale, top: float, height: float) -> str:
    style = layer.style
    stroke = f'fill="none" stroke="{style.color}"'
    x, y = across.all(layer.columns["x"]), up.all(layer.columns["y"])
    if style.shape == "step":
        path = "".join(_steps(x, y))
        dashes = ' stroke-dasharray="4 3"' if style.dashed else ""
        return f'<path d="{path}" {stroke} stroke-width="1.4"{dashes}/>'
    if style.shape == "points":
        places = sorted(set(zip(np.round(x).tolist(), np.round(y).tolist(), strict=True)))
        mark = _mark(style.marker, max(1.2, style.size * 0.42))
        return f'<path d="{"".join(f"M{one:g} {other:g}{mark}" for one, other in places)}" {stroke} stroke-width="1.2"/>'
    if style.shape == "vline":
        inside = x[(x >= across.start) & (x <= across.end)]
        path = "".join(f"M{one:.1f} {top:.0f}v{height}" for one in inside) if len(inside) <= BOUNDARIES else ""
        return f'<path d="{path}" {stroke} stroke-width="0.8" stroke-dasharray="2 3"/>'
    x_to = across.all(layer.columns["x_to"]) if "x_to" in layer.columns else x
    y_to = y if style.shape == "lane" else up.all(layer.columns["y_to"])
    lines = list(zip(*(np.round(one, 1).tolist() for one in (x, y, np.maximum(x_to, x + _THIN) if style.shape == "lane" else x_to, y_to)),
                     strict=True))  # fmt: skip
    wide = {"lane": 9, "bar": 2}.get(style.shape, 1.4)
    if style.shape == "lane" and layer.texts is not None and len(lines) <= _TITLED:
        titled = (
            f'<path d="M{one:g} {other:g}H{end:g}"><title>{quoted(escape(text))}</title></path>'
            for (one, other, end, _), text in zip(lines, layer.texts, strict=True)
        )
        return f'<g {stroke} stroke-width="{wide}">{"".join(titled)}</g>'
    distinct = sorted(set(lines))
    return f'<path d="{"".join(f"M{a:g} {b:g}L{c:g} {d:g}" for a, b, c, d in distinct)}" {stroke} stroke-width="{wide}"/>'


def _steps(x: np.ndarray, y: np.ndarray) -> Iterator[str]:
    before: tuple[float, float] | None = None
    for one, other in zip(np.round(x, 1).tolist(), np.round(y, 1).tolist(), strict=True):
        if before is None:
            yield f"M{one:g} {other:g}"
        elif (one, other) != before:
            yield (f"H{one:g}" if one != before[0] else "") + (f"V{other:g}" if other != before[1] else "")
        before = one, other


def _mark(marker: str, half: float) -> str:
    """The path of a mark, from its place on."""
    return _MARKS.get(marker, _MARKS["circle"]).format(r=f"{half:.2g}", d=f"{2 * half:.2g}")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{quoted(text)}</text>'
