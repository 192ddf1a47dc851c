"""What a filter asks of the connection that a row belongs to, for the engine: it need not make rows of connections that cannot match.

A condition here is necessary, never sufficient: whatever it lets through is judged by the filter. It comes of comparisons of addresses,
ports and numbers of connections with what is written in the filter, where rows have these from their own connection, and of the AE titles
and times of events: `and` may use what either side asks, `or` what both ask, anything else asks nothing.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

from dicomfast.filters import frames, literals
from dicomfast.filters.tree import Compare, FieldName, Literal, Logic, Member
from dicomfast.narrowing import BOUNDS, EVERYWHERE, Condition, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicomfast.filters.fields import Source
    from dicomfast.filters.plan import Plan
    from dicomfast.filters.rows import Asked
    from dicomfast.filters.tree import Expression

    Range = tuple[Any, Any]
    Kinds = Callable[[str], set[str | None]]

# The engine makes them of the whole capture, or by joining what it knows of several connections.
OF_THE_WHOLE = {"findings", "anomalies", "capture_info", "frames", "outer_headers", "exports"}
JOINED = {"peers", "studies", "suboperations"}

_ADDRESSES = {
    *(("events", name) for name in ("source_ip", "destination_ip")),
    *(("associations", name) for name in ("requestor_ip", "acceptor_ip")),
    *(("connections", name) for name in ("client_ip", "server_ip")),
}
# Those of frames are the connection's own, but not the addresses: a tunnel has others outside.
_PORTS = {
    *(("events", name) for name in ("source_port", "destination_port")),
    *(("associations", name) for name in ("requestor_port", "acceptor_port")),
    *(("connections", name) for name in ("client_port", "server_port")),
    *(("frames", name) for name in ("tcp_srcport", "tcp_dstport")),
}
# An association may have other titles in the end than it had when a row of it was made; an event has what was known by then.
_OF_EVENTS = {("events", "called_ae"): "called", ("events", "calling_ae"): "calling", ("events", "time"): "times"}
_TITLES = {"called", "calling"}


def of_rows(plan: Plan, asked: Iterable[Asked]) -> Where:
    """What must hold for a connection of which a row of one of these tables matches."""
    asked = list(asked)
    if not asked or any(one.table in OF_THE_WHOLE | JOINED or _tells_of_all(one.sides) for one in asked):
        return EVERYWHERE
    return functools.reduce(operator.or_, (_Asks(plan, functools.partial(_kinds_of_rows, one)).of(plan.tree) for one in asked))


def of_frames(plan: Plan, needs: frames.Needs) -> Where:
    """What must hold for the connection of a frame that matches, where these tables tell of frames."""
    if _tells_of_all(needs):
        return EVERYWHERE
    return _Asks(plan, lambda name: {_kind(source, own=False) for source in frames.sources(plan.fields[name])}).of(plan.tree)


def _tells_of_all(needs: frames.Needs) -> bool:
    """Whether one of these tables is wrong where it does not tell of all connections; frames and anomalies always do."""
    return not needs.keys().isdisjoint({"findings", "exports"} | JOINED)


def _kinds_of_rows(one: Asked, name: str) -> set[str | None]:
    """What the columns tell that a field of these rows comes from, as fields of `Condition`."""
    return {_kind(source, own=one.knows(name)) for source in one.sources(name)}


class _Asks:
    """A plan, and what its fields tell."""

    def __init__(self, plan: Plan, kinds: Kinds) -> None:
        self._plan = plan
        self._kinds = kinds

    def of(self, node: Expression | None) -> Where:
        """What must hold for the connection where this is true."""
        match node:
            case Logic(operator="and"):
                return functools.reduce(operator.and_, map(self.of, node.parts))
            case Logic(operator="or"):
                return functools.reduce(operator.or_, map(self.of, node.parts))
            case Compare(operator=asked, left=FieldName() as field, right=Literal() as value):
                return self._in(field, lambda read: [_ASKED.get(asked, _nothing)(read(value))])
            case Member(left=FieldName() as field, members=members):
                return self._in(field, lambda read: [_member(read(low), read(high) if high else None) for low, high in members])
        return EVERYWHERE

    def _in(self, field: FieldName, ranges: Callable[[Callable[[Literal], Any]], list[Range | None]]) -> Where:
        """A value of the field is in one of these ranges; None is one that is not known."""
        kinds = self._kinds(field.name)
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is None:
            return EVERYWHERE
        found = self._plan.fields[field.name]
        within: list[Any] = []
        for one in ranges(lambda literal: literals.value(literal, found.kind, found.labels)):
            if one is None or (kind in _TITLES and one[0] != one[1]):
                return EVERYWHERE
            if (part := _within(kind, *one)) is not None:
                within.append(part)
        return Where((Condition(**{kind: tuple(within)}),))


def _kind(source: Source, *, own: bool) -> str | None:
    """What of a connection, or of the row itself, a column tells, as a field of `Condition`."""
    if source.how is not None or source.owner is not None:
        return None
    place = (source.table, source.column)
    if source.column == "connection" and source.table not in OF_THE_WHOLE | JOINED:
        return "numbers"
    if own and place in _OF_EVENTS:
        return _OF_EVENTS[place]
    return "addresses" if place in _ADDRESSES else "ports" if place in _PORTS else None


def _within(kind: str, first: Any, last: Any) -> Any:
    """The range as far as the engine's numbers go, or the title; None where nothing is in it."""
    if kind in _TITLES:
        return first
    if kind == "addresses":
        return (first, last) if first.version == last.version else None
    least, most = BOUNDS[kind]
    first, last = max(least if first is None else first, least), min(most if last is None else last, most)
    return (first, last) if first <= last else None


def _is_network(value: Any) -> bool:
    return hasattr(value, "network_address")


def _equal(value: Any) -> Range:
    return (value.network_address, value.broadcast_address) if _is_network(value) else (value, value)


def _member(first: Any, last: Any) -> Range | None:
    """From the first to the last; the first alone where there is no last."""
    if last is None:
        return _equal(first)
    return None if _is_network(first) or _is_network(last) else (first, last)


def _nothing(_: Any) -> None:
    return None


def _ordered(whole: Callable[[int], Range]) -> Callable[[Any], Range | None]:
    """Ranges with one end, of whole numbers."""
    return lambda value: whole(value) if isinstance(value, int) else None


_ASKED: dict[str, Callable[[Any], Range | None]] = {
    "==": _equal,
    "===": _equal,
    ">=": _ordered(lambda value: (value, None)),
    ">": _ordered(lambda value: (value + 1, None)),
    "<=": _ordered(lambda value: (None, value)),
    "<": _ordered(lambda value: (None, value - 1)),
}
