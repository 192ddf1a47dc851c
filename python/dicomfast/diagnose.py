"""A diagnosis on a screen: the verdict, the findings, the time as bars. Takes plain numbers; escapes what comes from the network."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from dicomfast import bars, budget, findings
from dicomfast.stall_lines import closing
from dicomfast.terminal import count, duration
from dicomfast.text import titles
from dicomfast.verdict import verdict

if TYPE_CHECKING:
    from dicomfast.diagnosis import Diagnosis
    from dicomfast.terminal import Paint

# Of all terminals; a bar gets no finer than this on a wide one.
WIDTH = 80


def render(found: Diagnosis, paint: Paint, width: int = WIDTH, *, unicode: bool = True) -> list[str]:
    """The lines of the screen, of at most about this width."""
    width = min(width, WIDTH)
    lines: list[str] = []
    for sentence in verdict(found):
        lines += [paint(line, "bold") for line in textwrap.wrap(sentence, width, break_on_hyphens=False)]
    if found.findings or found.associations:
        lines += ["", *findings.render(found.findings, paint, width)]
    if found.times.total():
        lines += ["", paint("Where the time went", "bold"), *_bars(found, paint, width, unicode=unicode)]
    if found.stalls.count:
        lines += ["", *textwrap.wrap(closing(found.stalls), width, subsequent_indent="  ", break_on_hyphens=False)]
    return lines


def _bars(found: Diagnosis, paint: Paint, width: int, *, unicode: bool) -> list[str]:
    shown = [one for one in found.largest if one.times.total()]
    every = f"all {count(found.associations, 'association')}" if found.associations > 1 else "the association"
    lines = _bar(every, found.times, paint, width, unicode=unicode)
    if found.associations > 1:
        for one in shown:
            who = titles(one.row["calling_ae"], one.row["called_ae"])
            lines += _bar(f"association {one.row['association']}, {who}", one.times, paint, width, unicode=unicode)
        hidden = found.associations - len(shown)
        if hidden:
            lines.append(f"... and {hidden:,} more {'association' if hidden == 1 else 'associations'}")
    return [*lines, *bars.legend([found.times, *(one.times for one in shown)], width, paint)]


def _bar(what: str, times: budget.Times, paint: Paint, width: int, *, unicode: bool) -> list[str]:
    most = budget.dominating(times)
    mostly = f", mostly {most.words} ({bars.percent(times, most.column)})" if most else ""
    return [f"{what}: {duration(times.total())}{mostly}", bars.bar(times, width, paint, unicode=unicode)]


def plain(found: Diagnosis) -> dict[str, Any]:
    """The same as one document of plain values."""
    return {"verdict": verdict(found), **found.plain()}
