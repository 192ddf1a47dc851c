"""What a comparison gives: sentences, tables, plain values. Reads nothing."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from dicomfast.comparison import measures, words
from dicomfast.comparison.pairs import match
from dicomfast.values import SECOND

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.comparison.measures import Measure, Spread
    from dicomfast.comparison.sides import Side

_PAIRED = ("message_id", "first_packet", "dataset_bytes", "duration", "transfer_time", "response_time", "pause")


class Comparison:
    """Two receivers, or two runs of one, given the same work.

    `sentence` says which is slower, by how much and why; `limits` what the captures do not allow to say; `tables` holds the numbers:
    `measures` (medians and quartiles of both sides), `budget` (the time of each class), `operations` (a row a matched pair).
    """

    def __init__(self, a: Side, b: Side) -> None:
        self.a = a
        self.b = b
        self.matched = match(a.operations, b.operations)
        self.over = measures.basis(a, b, self.matched)
        """Over what the times are added up: "associations", "matched operations", or None where nothing can be compared."""
        self.measures = measures.measures(a, b, self.matched)
        self.shares = measures.shares(a, b, self.matched, self.over) if self.over else []

    @cached_property
    def sentence(self) -> str:
        """Which side is slower, by how much and why; harmless to print."""
        return " ".join(words.sentences(self.a, self.b, self.matched, self.shares, self.measures, self.over))

    @cached_property
    def limits(self) -> list[str]:
        """What the captures do not allow to say; harmless to print."""
        return words.limits(self.a, self.b, self.matched, self.over)

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        """The numbers: measures, budget, operations. Values of measures are seconds or bytes per second, other times durations."""
        import pyarrow as pa

        time = pa.duration("ns")
        budget = [(one.column, one.a, one.b, one.b - one.a) for one in self.shares]
        kinds = [pa.string(), time, time, time]
        columns = list(zip(*budget, strict=True)) or [()] * len(kinds)
        names = ("class", "a", "b", "difference")
        return {
            "measures": pa.Table.from_pylist(self._measures(), _measures_schema()),
            "budget": pa.table([pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)], names=names),
            "operations": self._operations(),
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: all but the pairs themselves; times in seconds."""
        counts = {"pairs": len(self.matched.pairs), "only_a": self.matched.only_a, "only_b": self.matched.only_b}
        return {
            "sentence": self.sentence,
            "limits": self.limits,
            "a": _about(self.a),
            "b": _about(self.b),
            "matched": counts | {"by_instance": sum(pair.by == "instance" for pair in self.matched.pairs)},
            "over": self.over,
            "budget": [
                {"class": one.column, "a": one.a / SECOND, "b": one.b / SECOND, "difference": (one.b - one.a) / SECOND}
                for one in self.shares
            ],
            "measures": self._measures(),
        }

    def _measures(self) -> list[dict[str, Any]]:
        return [_measure(one) for one in self.measures]

    def _operations(self) -> pa.Table:
        import pyarrow as pa

        times = ("duration", "transfer_time", "response_time", "pause")
        pairs = self.matched.pairs
        columns: dict[str, pa.Array] = {
            "command": pa.array([pair.a["command"] for pair in pairs], pa.string()),
            "sop_instance": pa.array([pair.a["sop_instance"] for pair in pairs], pa.string()),
            "matched_by": pa.array([pair.by for pair in pairs], pa.string()),
        }
        for name in _PAIRED:
            kind = pa.duration("ns") if name in times else pa.uint64()
            for side in ("a", "b"):
                columns[f"{side}_{name}"] = pa.array([getattr(pair, side)[name] for pair in pairs], kind)
        return pa.table(columns)

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.matched.pairs)} operations: {self.sentence}>"


def _about(side: Side) -> dict[str, Any]:
    called = dict.fromkeys(row["called_ae"] for row in side.associations)
    return {
        "name": side.name,
        "called_ae": list(called),
        "connections": [row["connection"] for row in side.connections],
        "associations": len(side.associations),
        "operations": len(side.operations),
    }


def _measure(one: Measure) -> dict[str, Any]:
    scale = SECOND if one.unit == "s" else 1
    difference = one.difference()
    row: dict[str, Any] = {"measure": one.name, "unit": one.unit, "per": one.per}
    row |= _spread("a", one.a, scale) | _spread("b", one.b, scale)
    return row | {"difference": None if difference is None else difference / scale}


def _spread(side: str, found: Spread | None, scale: int) -> dict[str, Any]:
    if found is None:
        return {f"{side}_count": 0, f"{side}_q1": None, f"{side}_median": None, f"{side}_q3": None}
    quartiles = {f"{side}_{name}": getattr(found, name) / scale for name in ("q1", "median", "q3")}
    return {f"{side}_count": found.count, **quartiles}


def _measures_schema() -> pa.Schema:
    import pyarrow as pa

    sides = [
        (f"{side}_{name}", pa.uint64() if name == "count" else pa.float64()) for side in "ab" for name in ("count", "q1", "median", "q3")
    ]
    words = [(name, pa.string()) for name in ("measure", "unit", "per")]
    return pa.schema([*words, *sides, ("difference", pa.float64())])
