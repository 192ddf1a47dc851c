"""Of which connections a pass makes rows: numbers, or what must hold for them. As the engine takes it; knows nothing of filters."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from dicomfast.errors import ArgumentError

if TYPE_CHECKING:
    Ranges = tuple[tuple[Any, Any], ...]

# What the engine's numbers can be.
BOUNDS = {"numbers": (0, (1 << 64) - 1), "ports": (0, (1 << 16) - 1), "times": (-(1 << 63), (1 << 63) - 1)}

# Either of two wheres takes each condition of one with each of the other; what goes beyond is left out, which lets more through.
_MOST = 16


@dataclass(frozen=True)
class Condition:
    """A connection meets it if its number is in one of these ranges (first, last), or the address or port of one of its ends.

    An event meets it also if its row tells one of these AE titles or times (nanoseconds); other rows are not asked for them.
    """

    numbers: Ranges = ()
    addresses: Ranges = ()
    ports: Ranges = ()
    called: tuple[str, ...] = ()
    calling: tuple[str, ...] = ()
    times: Ranges = ()

    def __or__(self, other: Condition) -> Condition:
        """Met if one of the two is."""
        return Condition(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))


@dataclass(frozen=True)
class Where:
    """Connections that meet every condition; without conditions all of them."""

    conditions: tuple[Condition, ...] = ()

    def __and__(self, other: Where) -> Where:
        """The connections in both, or a few more."""
        return Where((self.conditions + other.conditions)[:_MOST])

    def __or__(self, other: Where) -> Where:
        """The connections in one of them, or a few more."""
        both = itertools.product(self.conditions, other.conditions)
        return Where(tuple(one | another for one, another in itertools.islice(both, _MOST)))


EVERYWHERE = Where()

Connections = Iterable[int] | Where
"""Numbers from 0, or what the ends must be."""


def of_engine(connections: Connections | None) -> Any:
    """As the engine takes it."""
    if connections is None or connections == EVERYWHERE:
        return None
    if isinstance(connections, Where):
        return [tuple(list(getattr(one, part.name)) for part in fields(one)) for one in connections.conditions]
    return numbered(connections)


def numbered(connections: Iterable[int]) -> list[int]:
    """Numbers of connections, checked."""
    numbers = list(connections)
    least, most = BOUNDS["numbers"]
    if any(not least <= number <= most for number in numbers):
        raise ArgumentError("connections are counted from 0")
    return numbers
