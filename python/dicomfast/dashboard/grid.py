"""A list with a cursor: draws the lines that are in view, and nothing else. Knows textual; nothing of what the lines say.

Cells are plain text and stay so: there is no markup anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from dicomfast.dashboard.lines import Column, Line

_GAP = 1
_HEAD = Style(bold=True, reverse=True)
_CURSOR = Style(reverse=True)


class Grid(Widget, can_focus=True):
    """Lines under a line of titles."""

    BINDINGS: ClassVar[list[Binding | tuple[str, str] | tuple[str, str, str]]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Chosen(Message):
        """Somebody wants to see more of a line."""

        def __init__(self, key: int | None) -> None:
            super().__init__()
            self.key = key
            """None where the list is empty."""

    def __init__(self, *, id: str, cursor: bool = True) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id=id)
        self.can_focus = cursor
        self.columns: Sequence[Column] = ()
        self.lines: Sequence[Line] = ()
        self.marked: int | None = None
        """The column that says the order."""
        self.cursor = 0
        self._top = 0

    def show(self, columns: Sequence[Column], lines: Sequence[Line], marked: int | None = None) -> None:
        """Show these lines; the cursor stays on what it was on."""
        before = (self.columns, self.lines, self.marked, self.cursor)
        key = self.key if columns is self.columns else None
        self.columns, self.lines, self.marked = columns, lines, marked
        self.cursor = 0 if key is None else self._index(key, min(self.cursor, max(len(lines) - 1, 0)))
        # Over a slow line, what has not changed is not sent.
        if before != (columns, lines, marked, self.cursor):
            self.refresh()

    def _index(self, key: int, otherwise: int) -> int:
        return next((index for index, line in enumerate(self.lines) if line.key == key), otherwise)

    @property
    def key(self) -> int | None:
        """What the cursor is on."""
        return self.lines[self.cursor].key if self.cursor < len(self.lines) else None

    def place(self, key: int) -> None:
        """Put the cursor on this line, if it is there."""
        self.cursor = self._index(key, self.cursor)
        self.refresh()

    @property
    def _rows(self) -> int:
        return max(self.size.height - 1, 1)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor = max(0, min(self.cursor + by, len(self.lines) - 1))
        self.refresh()

    def action_page(self, by: int) -> None:
        """Move it by what is in view."""
        self.action_move(by * self._rows)

    def action_choose(self) -> None:
        """Ask for more of the line."""
        self.post_message(self.Chosen(self.key))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; one more on the same line asks for more."""
        index = self._top + event.y - 1
        if not self.can_focus or event.y == 0 or index >= len(self.lines):
            return
        if index == self.cursor:
            self.action_choose()
        self.cursor = index
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y == 0:
            self._scroll()
            titles = [f"{column.title}{'*' if index == self.marked else ''}" for index, column in enumerate(self.columns)]
            return self._strip(titles, _HEAD)
        index = self._top + y - 1
        if index >= len(self.lines):
            return Strip.blank(self.size.width)
        line = self.lines[index]
        style = Style.parse(line.style)
        if self.can_focus and index == self.cursor:
            style += _CURSOR
        return self._strip(line.cells, style)

    def _scroll(self) -> None:
        """Keep the cursor in view."""
        last = max(len(self.lines) - self._rows, 0)
        self._top = min(max(self._top, self.cursor - self._rows + 1), self.cursor, last)

    def _widths(self) -> list[int]:
        """Least widths, and what is left to the columns from the left, as far as they may grow."""
        widths = [column.least for column in self.columns]
        spare = self.size.width - sum(widths) - _GAP * (len(widths) - 1)
        while spare > 0:
            growing = [index for index, column in enumerate(self.columns) if widths[index] < column.most]
            if not growing:
                break
            for index in growing[:spare]:
                widths[index] += 1
            spare -= len(growing[:spare])
        return widths

    def _strip(self, cells: Sequence[str], style: Style) -> Strip:
        shown = [_fit(cell, width, right=column.right) for cell, width, column in zip(cells, self._widths(), self.columns, strict=True)]
        text = set_cell_size((" " * _GAP).join(shown), self.size.width)
        return Strip([Segment(text, style)], self.size.width)


def _fit(text: str, width: int, *, right: bool) -> str:
    wide = cell_len(text)
    if wide > width:
        return set_cell_size(text, max(width - 1, 0)) + "…"
    return " " * (width - wide) + text if right else text + " " * (width - wide)
