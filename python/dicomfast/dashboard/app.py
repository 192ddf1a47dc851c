"""The screen: draws the model twice a second, and answers keys. Knows textual; asks the feed, and changes nothing in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from dicomfast.dashboard import lines
from dicomfast.dashboard.grid import Grid

if TYPE_CHECKING:
    from dicomfast.dashboard.feed import Feed
    from dicomfast.dashboard.model import Model

# Seconds between two drawings.
TICK = 0.5
_TROUBLES = 6

_KEYS = """\
up, down, page up, page down, home, end   move
left, right        the column that sorts
r                  the other way round
c                  closed associations: show or hide
enter              from an association to its operations, to its findings
escape             back
p                  pause: the screen stands still, counting goes on
q, ctrl+c          quit
? or escape        close this

* marks the column that sorts. Open associations come first,
closed ones are dim. Mbit/s: bytes of data sets, of the last 10 s,
or of the whole time where closed. dropped: by the kernel or the
interface. shed: by this program, which was too slow.
"""


class Help(ModalScreen[None]):
    """What the keys do."""

    BINDINGS: ClassVar[list[Binding | tuple[str, str] | tuple[str, str, str]]] = [
        Binding("escape,question_mark,q,enter", "dismiss", show=False),
    ]
    CSS = "Help { align: center middle; } Help Static { width: auto; height: auto; border: solid $accent; padding: 0 1; }"

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(Text(_KEYS.rstrip()))


class Dashboard(App[None]):
    """Associations; from one of them to its operations, to its findings."""

    TITLE = "dicomfast live"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #head { height: 2; }
    #about { height: 1; }
    #main { height: 1fr; }
    #troubles { height: 7; }
    #keys { height: 1; }
    Static { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[Binding | tuple[str, str] | tuple[str, str, str]]] = [
        Binding("q,ctrl+c", "quit", priority=True),
        Binding("p", "pause"),
        Binding("escape", "out"),
        Binding("left", "sort(-1)"),
        Binding("right", "sort(1)"),
        Binding("r", "reverse"),
        Binding("c", "closed"),
        Binding("question_mark", "help"),
    ]

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed
        self.order = lines.Order()
        self._said: dict[str, str] = {}
        self.paused = False
        self.association: int | None = None
        """The one that is looked into."""
        self.found = False
        """Its findings, not its operations."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        with Vertical():
            yield Static(id="head")
            yield Static(id="about")
            yield Grid(id="main")
            yield Grid(id="troubles", cursor=False)
            yield Static(id="keys")

    def on_mount(self) -> None:
        """Draw, and go on drawing."""
        self.draw()
        self.set_interval(TICK, self.tick)

    def tick(self) -> None:
        """Draw, unless somebody wants to look."""
        if not self.paused:
            self.draw()

    def draw(self) -> None:
        """Everything, from the model as it is now."""
        feed = self._feed
        counters, speed = feed.intake.counters(), feed.speed()
        with feed.model() as model:
            head = lines.head(feed.intake.name, feed.elapsed, counters, speed, model)
            about, columns, rows, marked = self._list(model, feed.now(model))
            troubles = lines.troubles(model, _TROUBLES)
        self._say("#head", "\n".join(head))
        self._say("#about", about)
        self._say("#keys", self._state() + "enter, escape  left, right, r: sort  c closed  p pause  q quit  ? help")
        self.query_one("#main", Grid).show(columns, rows, marked)
        self.query_one("#troubles", Grid).show(_TROUBLE, troubles)

    def _list(self, model: Model, now: int) -> tuple[str, tuple[lines.Column, ...], list[lines.Line], int | None]:
        one = model.associations.get(self.association) if self.association is not None else None
        if one is None:
            # It may have been forgotten meanwhile.
            self.association = None
            return "", lines.ASSOCIATIONS, lines.associations(model, self.order, now), self.order.column
        if self.found:
            return lines.about(one, now), lines.FINDINGS, lines.findings(one, self.size.width), None
        return lines.about(one, now), lines.OPERATIONS, lines.operations(one), None

    def _state(self) -> str:
        if self.paused:
            return "PAUSED  "
        if self._feed.failed:
            return "FAILED, q tells why  "
        return "ENDED  " if self._feed.ended else ""

    def _say(self, where: str, text: str) -> None:
        if self._said.get(where) != text:
            self._said[where] = text
            self.query_one(where, Static).update(Text(text))

    def on_grid_chosen(self, event: Grid.Chosen) -> None:
        """One step in."""
        if self.association is None:
            self.association = event.key
        elif not self.found:
            self.found = True
        self.draw()

    def action_out(self) -> None:
        """One step out."""
        left = self.association
        if self.found:
            self.found = False
        else:
            self.association = None
        self.draw()
        if self.association is None and left is not None:
            self.query_one("#main", Grid).place(left)

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self.paused = not self.paused
        self.draw()

    def _sort(self, order: lines.Order) -> None:
        if self.association is None:
            self.order = order
            self.draw()

    def action_sort(self, by: int) -> None:
        """Sort by another column."""
        self._sort(replace(self.order, column=(self.order.column + by) % len(lines.ASSOCIATIONS), reverse=False))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._sort(replace(self.order, reverse=not self.order.reverse))

    def action_closed(self) -> None:
        """Show closed associations, or hide them."""
        self._sort(replace(self.order, closed=not self.order.closed))

    def action_help(self) -> None:
        """Show what the keys do."""
        self.push_screen(Help())


_TROUBLE = (lines.FINDINGS[0], lines.FINDINGS[1], replace(lines.FINDINGS[2], title="FAILURES AND FINDINGS"))
