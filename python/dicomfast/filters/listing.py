"""The values of fields, frame by frame, as `tshark -T fields` prints them. Knows how a value looks; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast.errors import FilterError
from dicomfast.filters import frames, push, registry
from dicomfast.filters.ask import Filter, Pass, collect
from dicomfast.filters.fields import NUMERIC, Field
from dicomfast.filters.functions import spelled
from dicomfast.filters.tags import MaskedError, masked
from dicomfast.text import escape
from dicomfast.values import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomfast.capture import Capture

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def find(names: tuple[str, ...]) -> list[Field]:
    """The fields of these names, which must be fields of frames."""
    found = []
    for name in names:
        field = registry.find(name)
        if field is None:
            raise FilterError(registry.unknown(name), name, 0, len(name))
        if not frames.sources(field):
            raise FilterError(f"{name} tells of no single frame; `dicomfast table` lists it", name, 0, len(name))
        found.append(field)
    return found


@dataclass(frozen=True)
class Listing:
    """The fields of each frame that matches."""

    numbers: list[int]
    columns: list[dict[int, list[Any]]]

    def __iter__(self) -> Iterator[list[list[Any]]]:
        """For each frame the values of each field."""
        for number in self.numbers:
            yield [column.get(number, []) for column in self.columns]


def listing(capture: Capture, fields: list[Field], text: str, read: Pass | None = None) -> Listing:
    """The values of these fields in the frames that match, from one pass."""
    chosen = Filter(text)
    needs = frames.needs_of(chosen.plan)
    named = {field.name: field for field in fields}
    frames.add(needs, frames.needs(named))
    where = push.of_frames(chosen.plan, needs)
    of = frames.Frames(collect(capture, needs, {**chosen.plan.fields, **named}, read, where))
    numbers = sorted(chosen.plan.run(of).to_pylist())
    wanted = set(numbers)
    return Listing(numbers, [_column(of, field, wanted) for field in fields])


def _column(of: frames.Frames, field: Field, wanted: set[int]) -> dict[int, list[Any]]:
    try:
        found = of.values(field)
    except MaskedError:
        raise FilterError(masked(field.name), field.name, 0, len(field.name)) from None
    column: dict[int, list[Any]] = {}
    for number, value in zip(found.units.to_pylist(), found.data.to_pylist(), strict=True):
        if number in wanted:
            column.setdefault(number, []).append(found.distinct[value] if field.kind not in NUMERIC else value)
    return column


def shown(value: Any, field: Field) -> str:
    """A value as text."""
    match field.kind:
        case "label":
            return "1"
        case "time":
            return _date(value)
        case "duration":
            whole, fraction = divmod(abs(value), SECOND)
            return f"{'-' if value < 0 else ''}{whole}.{fraction:09}"
        case "bool":
            return "1" if value else "0"
    return escape(spelled(value, field.kind, field.display))


def plain(value: Any, field: Field) -> Any:
    """A value for JSON: numbers and truth as such, seconds as a number."""
    if field.kind in ("label", "bool"):
        return bool(value)
    if field.kind == "duration":
        return value / SECOND
    return value if field.kind in ("number", "float") else iso(value) if field.kind == "time" else shown(value, field)


def _date(time: int) -> str:
    """As tshark shows a time: "May 17, 2024 08:30:00.123456789 UTC"."""
    text = iso(time)
    return f"{_MONTHS[int(text[5:7]) - 1]} {int(text[8:10]):2}, {text[:4]} {text[11:29]} UTC"
