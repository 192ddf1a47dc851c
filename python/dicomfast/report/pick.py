"""Which associations and connections a report looks at closely, and which moment of them. Knows facts; reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomfast.report.facts import Facts, Row

# So many are looked at closely.
CLOSE = 3


@dataclass(frozen=True)
class Close:
    """One connection that is drawn, with its association that tells the most, and the stall that lasted longest."""

    connection: int
    row: Row | None
    """Of the table `connections`; None where it was not kept."""
    association: Row | None
    stall: Row | None


def pick(facts: Facts) -> list[Close]:
    """The most troubled, of each connection once; where nothing is in trouble, the largest."""
    known = {row["connection"]: row for row in facts.connections.rows()}
    stalls: dict[int, Row] = {}
    for row in facts.stalls.rows():
        stalls.setdefault(row["connection"], row)
    chosen: dict[int, Close] = {}
    for row in facts.associations.rows():
        number = row["connection"]
        if number not in chosen and (row["dataset_bytes"] or row["operations"] or not chosen):
            chosen[number] = Close(number, known.get(number), row, stalls.get(number))
        if len(chosen) == CLOSE:
            break
    if not chosen:
        chosen = {number: Close(number, row, None, None) for number, row in list(known.items())[:1]}
    return list(chosen.values())
