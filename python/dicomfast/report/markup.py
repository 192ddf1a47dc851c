"""HTML as values: text becomes harmless on its way in, so no part of a report can forget it. Knows nothing of reports.

`Html` is what is HTML already; everything else is text: controls and bidi marks are shown as escapes, then `<`, `&` and quotes.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from dicomfast.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"br", "hr"})


class Html(str):
    """Text that is HTML, made by `tag`, `join` or a drawing of our own."""

    __slots__ = ()


Part = str | int | None


def text(part: Part) -> Html:
    """Anything as HTML."""
    if isinstance(part, Html):
        return part
    return Html("" if part is None else html.escape(escape(str(part))))


def tag(name: str, *parts: Part, **attributes: Part) -> Html:
    """An element. An attribute that is None is left out; `class_` and `for_` are written without their underline, `a_b` as `a-b`."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(str(value))}"' for key, value in attributes.items() if value is not None)
    inside = "".join(map(text, parts))
    return Html(f"<{name}{said}>" if name in _VOID else f"<{name}{said}>{inside}</{name}>")


def join(parts: Iterable[Part]) -> Html:
    """One after the other."""
    return Html("\n".join(map(text, parts)))


def table(caption: str, header: list[Part], body: Iterable[list[Part]], *, right: Iterable[int] = (), wide: bool = True) -> Html:
    """A table in a box of its own, which scrolls where the page is narrow. A cell may be a whole `td`."""
    numbers = frozenset(right)

    def cell(kind: str, index: int, part: Part) -> Html:
        if isinstance(part, Html) and part.startswith(("<td", "<th")):
            return part
        more: dict[str, Part] = {"scope": "col"} if kind == "th" else {}
        return tag(kind, part, class_="number" if index in numbers else None, **more)

    def line(kind: str, row: list[Part]) -> Html:
        return tag("tr", *(cell(kind, index, part) for index, part in enumerate(row)))

    whole = tag("table", tag("caption", caption), tag("thead", line("th", header)), tag("tbody", join(line("td", row) for row in body)))
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption) if wide else whole


def items(parts: Iterable[Part], class_: str | None = None) -> Html:
    """A list."""
    return tag("ul", *(tag("li", part) for part in parts), class_=class_)
