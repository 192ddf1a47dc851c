"""The verdict on a capture: a sentence or two that say where the time went and what is to blame. Its text is harmless to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast import budget
from dicomfast.bars import percent, percentage
from dicomfast.budget import BY_COLUMN, CLASSES, MOVING, WORTH_NAMING, Class
from dicomfast.stalls import Longest, in_words
from dicomfast.terminal import count, duration, size
from dicomfast.text import escape, titles

if TYPE_CHECKING:
    from dicomfast.diagnosis import Diagnosis
    from dicomfast.findings import Findings, Found

# What the causes of the table `stalls` tell about a class.
_TOLD_BY = {
    "time_stalled_window": ("window-closed", "window-full"),
    "time_stalled_loss": ("retransmission-timeout", "fast-recovery"),
    "time_stalled_ack": ("nagle-delayed-ack", "congestion-window"),
}
# Where a cause tells more about who is to blame than its class.
_BLAME = {
    "window-full": "the receiver's window, which is small for this path, or read too slowly",
    "nagle-delayed-ack": "the sender, which writes small pieces with Nagle's algorithm on",
}
# From this share of a class on it is one pair's; from this share of waiting on the path is to blame and not who is at its end.
_MOSTLY = 0.8
_PATH = 0.5
_WORTH_A_WORD = 0.05
# Above this share of unknown time the rest of the verdict is in doubt.
_UNKNOWN = 0.05
# Findings that tell how good the capture is, and not what it holds.
_OF_THE_CAPTURE = ("capture-", "limit-reached")
# Where packets that are missing cost time, that is told of them.
_SAME_LIMIT = {"capture-lost-packets": "capture-gaps"}
# Errors that are named before the rest of them is counted.
_NAMED = 2


def verdict(found: Diagnosis) -> list[str]:
    """Sentences: what went wrong, where the time went, what limits both."""
    if not found.associations:
        return ["No DICOM association was seen."]
    # Where nothing was accepted, no time was spent on work.
    time = [] if found.refused == found.associations else _time(found)
    return [*_failures(found), *time, *_endless(found), *_limits(found)]


def severity(found: Diagnosis) -> str:
    """How grave it all is: that of the gravest finding, at least "warning" where the verdict tells of something; or "good"."""
    worst = next((one.severity for one in found.findings.ranked() if not one.code.startswith(_OF_THE_CAPTURE)), "good")
    if worst in ("error", "warning"):
        return worst
    slow = any(one.lost and budget.share(found.times, one.column) >= WORTH_NAMING for one in CLASSES)
    return "warning" if slow or _failures(found) or _endless(found) or _of_the_capture(found.findings) else worst


def errors(findings: Findings) -> str:
    """The titles of the most frequent errors, and how many more kinds there are; empty where there are none."""
    named = [one.title for one in findings.ranked() if one.severity == "error" and not one.code.startswith(_OF_THE_CAPTURE)]
    hidden = len(named) - _NAMED
    more = [f"{count(hidden, 'more kind')} of errors."] if hidden > 0 else []
    return " ".join([*(f"{escape(title)}." for title in named[:_NAMED]), *more])


def _failures(found: Diagnosis) -> list[str]:
    parts = []
    if found.refused:
        parts.append(f"{found.refused:,} of {count(found.associations, 'association')} {_was(found.refused)} rejected or not answered")
    broken = ", ".join(f"{amount:,} by {escape(how)}" for how, amount in found.broken.most_common() if how != "open")
    if broken:
        parts.append(f"not every association ended by release: {broken}")
    if found.failed:
        parts.append(f"{found.failed:,} of {count(found.operations, 'operation')} failed")
    return [_sentence("; ".join(parts))] if parts else []


def _was(amount: int) -> str:
    return "was" if amount == 1 else "were"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _time(found: Diagnosis) -> list[str]:
    whole = found.times.total()
    if not whole:
        return ["Where the time went is not known: the associations have no time budget."]
    spent = f"{duration(whole)} in {count(found.associations, 'association')}"
    worst = budget.blamed(found.times)
    if worst is None:
        moving = sum(budget.share(found.times, column) for column in MOVING)
        rate = found.dataset_bytes * 1e9 / sum(found.times[column] for column in MOVING) if moving else 0
        speed = f", {size(rate)}/s while they moved" if found.dataset_bytes and rate else ""
        return [f"Nothing held it up for long: of {spent}, bytes were moving {percentage(moving)} of the time{speed}."]
    part = percent(found.times, worst.column)
    sentences = [f"Of {spent}, {part} went into {worst.spent}{_whom(found, worst)}. {_blame(found, worst)}"]
    second = _second(found, worst)
    return [*sentences, *([second] if second else [])]


def _whom(found: Diagnosis, worst: Class) -> str:
    """The pair of AE titles that has nearly all of it, where there are several."""
    (calling, called), times = max(found.pairs.items(), key=lambda item: item[1][worst.column])
    if len(found.pairs) > 1 and times[worst.column] < _MOSTLY * found.times[worst.column]:
        return ""
    return f" ({titles(calling, called)})"


def _blame(found: Diagnosis, worst: Class) -> str:
    path = _path(found, worst)
    if path >= _PATH:
        return f"To blame is the way rather than who is at its end: round trips are about {percentage(path)} of it."
    trips = f" (round trips are about {percentage(path)} of it)" if path >= _WORTH_A_WORD else ""
    told = [(found.stalls.time[cause], cause) for cause in _TOLD_BY.get(worst.column, ()) if found.stalls.count[cause]]
    if not told:
        return f"To blame is {worst.blame}{trips}."
    _, cause = max(told)
    return f"To blame is {_BLAME.get(cause, worst.blame)}. In most of its long pauses {in_words(cause)}."


def _path(found: Diagnosis, worst: Class) -> float:
    """How much of the time is the way from the capture point and back, and no one's work."""
    ways = {
        "time_waiting_response": found.server_way.mean() * found.operations,
        "time_idle": found.client_way.mean() * found.operations,
        # One for the request, one for the release.
        "time_negotiating": found.server_way.mean() * 2 * found.associations,
    }
    return min(1.0, ways.get(worst.column, 0.0) / found.times[worst.column])


def _second(found: Diagnosis, worst: Class) -> str | None:
    """The next class that is worth a word."""
    rest = {column: time for column, time in found.times.items() if column not in (*MOVING, worst.column)}
    column = max(rest, key=lambda name: rest[name])
    if budget.share(found.times, column) < WORTH_NAMING:
        return None
    return f"Another {percent(found.times, column)} went into {BY_COLUMN[column].spent}. {_blame(found, BY_COLUMN[column])}"


def _endless(found: Diagnosis) -> list[str]:
    """Where the longest of all pauses never ended."""
    longest = max(found.stalls.longest.values(), default=Longest())
    return [f"The longest pause, {duration(longest.duration)}, never ended."] if longest.endless else []


def _limits(found: Diagnosis) -> list[str]:
    """Each limit once: as a number where there is one, else by the title of its finding."""
    still = found.broken["open"]
    numbers = [
        ("capture-dropped-packets", found.dropped, f"{count(found.dropped, 'packet')} {_was(found.dropped)} dropped while capturing"),
        ("capture-damaged", not found.whole, "an input could not be read to its end"),
        ("", still, f"{count(still, 'association')} {_was(still)} still open at its end"),
        (
            "capture-gaps",
            budget.share(found.times, "time_unknown") >= _UNKNOWN,
            f"of {percent(found.times, 'time_unknown')} of the time it lacks packets",
        ),
    ]
    told = {code: text for code, holds, text in numbers if holds}
    for one in _of_the_capture(found.findings):
        told.setdefault(_SAME_LIMIT.get(one.code, one.code), escape(f"{one.title[:1].lower()}{one.title[1:]}"))
    return [f"The capture limits what can be said: {'; '.join(told.values())}."] if told else []


def _of_the_capture(findings: Findings) -> list[Found]:
    return [one for one in findings.ranked() if one.code.startswith(_OF_THE_CAPTURE) and one.severity != "note"]
