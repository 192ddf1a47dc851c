"""Which operation of one side is which of the other: C-STOREs by SOP instance, the rest by command and order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.comparison.sides import Row

INSTANCE, ORDER = "instance", "order"


@dataclass(frozen=True)
class Pair:
    """The same operation on both sides."""

    a: Row
    b: Row
    by: str


@dataclass
class Matched:
    """The pairs, in the order of side A, and how many operations of each side have no other one."""

    pairs: list[Pair] = field(default_factory=list)
    only_a: int = 0
    only_b: int = 0

    def whole(self) -> bool:
        """Whether every operation of both sides has its other one."""
        return bool(self.pairs) and not self.only_a and not self.only_b


def match(a: list[Row], b: list[Row]) -> Matched:
    """Pair the operations of two sides; an instance that is stored twice, in its order."""
    by_command_a, by_command_b = _grouped(a, lambda row: row["command"]), _grouped(b, lambda row: row["command"])
    found = Matched()
    for command, rows in by_command_a.items():
        others = by_command_b.get(command, [])
        pairs = _by_instance(rows, others) if command == "C-STORE" else []
        # Where both got other objects, the first of one is compared with the first of the other, and said to be.
        found.pairs += pairs or [Pair(one, other, ORDER) for one, other in zip(rows, others, strict=False)]
    found.pairs.sort(key=lambda pair: pair.a["request_start"] or 0)
    found.only_a, found.only_b = len(a) - len(found.pairs), len(b) - len(found.pairs)
    return found


def _by_instance(rows: list[Row], others: list[Row]) -> list[Pair]:
    waiting = _grouped(others, lambda row: row["sop_instance"])
    pairs = []
    for row in rows:
        same = waiting.get(row["sop_instance"]) if row["sop_instance"] else None
        if same:
            pairs.append(Pair(row, same.pop(0), INSTANCE))
    return pairs


def _grouped(rows: list[Row], key: Callable[[Row], str | None]) -> dict[str | None, list[Row]]:
    groups: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
