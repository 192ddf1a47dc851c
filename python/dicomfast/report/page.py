"""The whole report: two passes, the sections in their order, one file that loads nothing and runs nothing.

What comes from the network goes through `markup` alone, which makes it harmless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.errors import ArgumentError
from dicomfast.graphs.shell import asset, shell
from dicomfast.output import replacing
from dicomfast.report import closer, detail, facts, figures, near, overview
from dicomfast.report.markup import Html, Part, join, tag, text
from dicomfast.report.pick import pick
from dicomfast.sources import can_be_read_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from dicomfast.capture import Capture, Scan

    Pass = Callable[[list[str], Sequence[int] | None], AbstractContextManager[Scan]]

SUFFIXES = (".html", ".htm")


def check_suffix(path: str) -> str:
    """The path, where it names an HTML file."""
    if not path.lower().endswith(SUFFIXES):
        raise ArgumentError("a report is an HTML file: its name ends with .html")
    return path


def save(capture: Capture, path: str, passes: Pass) -> None:
    """Write the report to this file."""
    target = check_suffix(path)
    page = make(capture, passes)
    with replacing(target) as stream:
        stream.write(page.encode())


def make(capture: Capture, passes: Pass) -> str:
    """The page. `passes` reads the capture once for these tables, of these connections alone where they are named."""
    with passes(facts.TABLES, None) as scan:
        found = facts.gather(scan)
    picked = pick(found)
    looks: list[closer.Look] | None = None
    if picked and can_be_read_again(capture.sources):
        with passes(closer.TABLES, [close.connection for close in picked]) as scan:
            looks = closer.look(scan, picked)
    return render(found, looks)


def render(found: facts.Facts, looks: list[closer.Look] | None) -> str:
    """The page of these facts; without looks where the capture can be read only once."""
    told = {detail.stall_name(row) for row in found.stalls.rows()[: detail.STALLS]}
    closely = tag("p", "Standard input can be read only once: no graphs and ladders.") if looks is None else near.near(looks, told)
    sections: list[tuple[str, str, Html]] = [
        ("read", "What was read", overview.read(found)),
        ("figures", "Summary", overview.figures(found)),
        ("findings", "Findings", overview.findings(found)),
        ("time", "Where the time went", detail.budget(found)),
        ("stalls", "Stalls", detail.stalls(found)),
        ("operations", "Operations", detail.operations(found)),
        ("associations", "Associations", detail.associations(found)),
        ("closely", "A closer look", closely),
    ]
    title = f"DICOM network report: {_names(found)}"
    links = tag("nav", tag("ul", *(tag("li", tag("a", words, href=f"#{name}")) for name, words, _ in sections)), aria_label="Sections")
    header = tag("header", tag("h1", "DICOM network report"), tag("p", _names(found), class_="names"), overview.said(found), links)
    body: list[Part] = [tag("a", "To the findings", href="#findings", class_="skip"), figures.patterns(), header]
    body.append(tag("main", *(_section(*section) for section in sections)))
    body.append(tag("footer", tag("p", f"Made by dicomfast {_version()}. {_PRIVACY}", class_="soft")))
    return shell(text(title), asset("report.css", "dicomfast.report"), join(body), [])


_PRIVACY = (
    "This file loads nothing, sends nothing and runs no script. It holds addresses, AE titles and names of SOP classes, "
    "and nothing of a data set."
)


def _section(name: str, words: str, inside: Html) -> Html:
    return tag("section", tag("h2", words, id=f"{name}-title"), inside, id=name, aria_labelledby=f"{name}-title")


def _names(found: facts.Facts) -> str:
    names: Iterable[str] = (one["name"] for one in found.summary.inputs)
    first, *others = [*names] or ["nothing read"]
    return f"{first} and {len(others):,} more" if others else first


def _version() -> str:
    from dicomfast import _dicomfast

    return _dicomfast.version()
