"""A comparison in sentences: which side is slower, by how much and why, and what limits that. Its text is harmless to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.bars import percentage
from dicomfast.budget import BY_COLUMN
from dicomfast.comparison.measures import WHOLE, Measure, Share, differences, spread
from dicomfast.comparison.pairs import INSTANCE, Matched
from dicomfast.terminal import count, duration, size
from dicomfast.text import escape

if TYPE_CHECKING:
    from dicomfast.comparison.sides import Side

# Below this part of the shorter time two sides are as fast as each other.
_SAME = 0.05
# What is counted as carried by few operations: this part of the difference by that part of them.
_MOST, _FEW = 0.8, 0.25
# A second class, or one that goes the other way, is told from this part of the difference on.
_WORTH_A_WORD = 0.2
# Unknown time of a side, and a difference of the bytes of both, that limit what can be said.
_UNKNOWN = 0.05
_BYTES = 0.05


def sentences(a: Side, b: Side, matched: Matched, shares: list[Share], measures: list[Measure], over: str | None) -> list[str]:
    """Which is slower, by how much, and why."""
    if over is None:
        what = "no operation of one is found in the other" if not matched.pairs else "the engine gives no time budget for them"
        return [f"{_name(a)} and {_name(b)} cannot be compared: {what}."]
    total_a, total_b = sum(one.a for one in shares), sum(one.b for one in shares)
    alike = all(pair.by == INSTANCE for pair in matched.pairs) and _same_data(matched)
    pairs = count(len(matched.pairs), "operation")
    same = f"the same {pairs}" if alike else f"{pairs} each"
    if abs(total_b - total_a) <= _SAME * min(total_a, total_b):
        return [f"{_name(a)} and {_name(b)} are about as fast as each other: {duration(total_a)} and {duration(total_b)} for {same}."]
    slow, fast, sign = (b, a, 1) if total_b > total_a else (a, b, -1)
    longer, shorter = max(total_a, total_b), min(total_a, total_b)
    times = f"{longer / shorter:.3g} times as long" if shorter else "the other no time at all"
    first = f"{_name(slow)} is slower than {_name(fast)}: {duration(longer)} against {duration(shorter)} for {same}, {times}."
    more = {one.column: sign * (one.b - one.a) for one in shares}
    carrier = max(more, key=lambda column: more[column])
    against = _against(fast, more, longer - shorter)
    return [first, _carried(carrier, more, longer - shorter, measures, sign), _certain(a, b, matched, carrier, sign), *against]


def _name(side: Side) -> str:
    return escape(side.name)


def _carried(carrier: str, more: dict[str, int], difference: int, measures: list[Measure], sign: int) -> str:
    part = more[carrier] / difference
    whole = "more than all of it" if part > 1 else percentage(part)
    text = f"The difference of {duration(difference)} is in {BY_COLUMN[carrier].spent}: {duration(more[carrier])} longer, {whole}"
    one = next(one for one in measures if one.name == carrier)
    if one.a and one.b:
        slow, fast = (one.b, one.a) if sign > 0 else (one.a, one.b)
        against = duration(fast.median) if fast.median else "none"
        text += f"; the median is {duration(slow.median)} against {against} per {one.per}"
    return f"{text}.{_next(carrier, more, difference)}"


def _next(carrier: str, more: dict[str, int], difference: int) -> str:
    """The class that carries most of the rest, where that is worth a word."""
    column = max((name for name in more if name != carrier), key=lambda name: more[name])
    if more[column] < _WORTH_A_WORD * difference:
        return ""
    return f" Another {duration(more[column])} is in {BY_COLUMN[column].spent}."


def _against(fast: Side, more: dict[str, int], difference: int) -> list[str]:
    column = min(more, key=lambda name: more[name])
    if -more[column] < _WORTH_A_WORD * difference:
        return []
    return [f"On the other hand {_name(fast)} spends {duration(-more[column])} more on {BY_COLUMN[column].spent}."]


def _certain(a: Side, b: Side, matched: Matched, carrier: str, sign: int) -> str:
    """Whether single operations bear it out."""
    if carrier == "time_negotiating":
        return _negotiated(a, b, sign)
    found = [sign * difference for difference in differences(matched, carrier)]
    quartiles = spread(found)
    if quartiles is None or quartiles.count == 1:
        return "There is one such value on each side: nothing is known of its spread."
    longer = sum(difference > 0 for difference in found)
    if quartiles.q1 > 0:
        return f"It is longer in {longer:,} of {quartiles.count:,} operations."
    largest = _carriers(found)
    if largest is not None and largest <= _FEW * quartiles.count:
        return f"Few operations carry it: {largest:,} of {quartiles.count:,}; most take about as long on both sides."
    return f"The difference is within the spread of single operations (longer in {longer:,} of {quartiles.count:,}): it may be chance."


def _carriers(found: list[float]) -> int | None:
    """How many of the largest differences make up most of their sum; None where the sum is not positive."""
    wanted = _MOST * sum(found)
    if wanted <= 0:
        return None
    reached = 0.0
    for number, difference in enumerate(sorted(found, reverse=True), 1):
        reached += difference
        if reached >= wanted:
            return number
    return len(found)


def _negotiated(a: Side, b: Side, sign: int) -> str:
    slow, fast = (b, a) if sign > 0 else (a, b)
    numbers = f"{_name(slow)} opened {count(len(slow.associations), 'association')}, {_name(fast)} {len(fast.associations):,}"
    spread_slow, spread_fast = (spread(row["time_negotiating"] for row in side.associations) for side in (slow, fast))
    if len(slow.associations) != len(fast.associations) or spread_slow is None or spread_fast is None:
        return f"{numbers}."
    if spread_slow.count == 1 or spread_fast.count == 1:
        return f"{numbers}: nothing is known of the spread."
    within = spread_slow.q1 <= spread_fast.q3
    return f"{numbers}; the difference is {'within' if within else 'beyond'} their spread{': it may be chance' if within else ''}."


def limits(a: Side, b: Side, matched: Matched, over: str | None) -> list[str]:
    """What the captures do not allow to say, and what was left out."""
    found = []
    left = [(amount, side) for amount, side in ((matched.only_a, a), (matched.only_b, b)) if amount]
    if matched.pairs and left:
        only = " and ".join(f"{count(amount, 'operation')} of {_name(side)}" for amount, side in left)
        found.append(f"Left out, since the other side has none like it: {only}.")
    if any(pair.by != INSTANCE and pair.a["command"] == "C-STORE" for pair in matched.pairs):
        found.append("Both stored different objects: they are compared in their order, whatever their size.")
    if not _same_data(matched):
        sent_a, sent_b = _sent(matched)
        syntaxes = any(pair.a["transfer_syntax_name"] != pair.b["transfer_syntax_name"] for pair in matched.pairs)
        how = ", in other transfer syntaxes" if syntaxes else ""
        found.append(f"The data differ: {size(sent_a)} went to {_name(a)}, {size(sent_b)} to {_name(b)}{how}.")
    for side in (a, b):
        found += _of_side(side)
    taps = [{row["tap"] for row in side.connections if row["tap"]} for side in (a, b)]
    if all(len(tap) == 1 for tap in taps) and taps[0] != taps[1]:
        points = " and ".join(tap.pop() for tap in taps)
        found.append(f"The capture points differ ({points}): a round trip counts as waiting at the client's end, as idle at the server's.")
    if over not in (None, WHOLE):
        found.append("Only the matched operations are added up, without what lies between them and without negotiation.")
    return found


def _sent(matched: Matched) -> tuple[int, int]:
    """Bytes of the data sets of the pairs."""
    return sum(pair.a["dataset_bytes"] or 0 for pair in matched.pairs), sum(pair.b["dataset_bytes"] or 0 for pair in matched.pairs)


def _same_data(matched: Matched) -> bool:
    sent_a, sent_b = _sent(matched)
    return abs(sent_a - sent_b) <= _BYTES * min(sent_a, sent_b)


def _of_side(side: Side) -> list[str]:
    parts = []
    times = side.times()
    if times.total() and times["time_unknown"] > _UNKNOWN * times.total():
        parts.append(f"it lacks packets of {percentage(times['time_unknown'] / times.total())} of the time")
    if side.dropped:
        parts.append(f"{count(side.dropped, 'packet')} dropped while capturing")
    if any(row["opened"] == "midstream" for row in side.connections):
        parts.append("it began in the middle of a connection")
    incomplete = sum(row["complete"] is False or row["answered"] is False for row in side.operations)
    if incomplete:
        parts.append(f"{incomplete:,} of {count(len(side.operations), 'operation')} not complete or not answered")
    if side.truncated:
        parts.append(f"the operations after the first {len(side.operations):,} are left out")
    return [f"The capture of {_name(side)} limits what can be said: {'; '.join(parts)}."] if parts else []
