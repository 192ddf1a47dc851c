"""What a report says first: did it work, where did the time go, and can the capture be trusted. Knows facts; knows no HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.report.words import CLASSES
from dicomfast.terminal import count, duration

if TYPE_CHECKING:
    from dicomfast.report.facts import Facts

# What is less of the time than this is not worth a sentence.
_SHARE = 0.1
# Titles of errors that are told here.
_TITLES = 2
_LIMITS = ("capture-", "limit-reached")


def verdict(facts: Facts) -> tuple[str, list[str]]:
    """The severity of it all ("error", "warning", "note" or "good"), and a few sentences."""
    findings = [found for found in facts.findings() if not found.code.startswith(_LIMITS)]
    failed = _failed(facts, [found.title for found in findings if found.severity == "error"])
    slow = _slow(facts)
    sentences = [*failed, *slow]
    if not sentences:
        sentences.append("Nothing failed, and nothing held the transfers up." if facts.summary.outcomes.total() else
                         "No DICOM association was seen.")  # fmt: skip
    limits = [found for found in facts.findings() if found.code.startswith(_LIMITS) and found.severity != "note"]
    if limits:
        sentences.append("The capture is not whole, which limits what can be said; see the findings.")
    worst = findings[0].severity if findings else "good"
    if worst in ("good", "note") and (failed or slow or limits):
        worst = "warning"
    return worst, sentences


def _failed(facts: Facts, titles: list[str]) -> list[str]:
    operations = sum(command.count for command in facts.summary.commands.values())
    failed = sum(command.failed for command in facts.summary.commands.values())
    unanswered = sum(command.unanswered for command in facts.summary.commands.values())
    bad = facts.summary.outcomes["rejected"] + facts.summary.outcomes["unanswered"] + facts.summary.outcomes["aborted"]
    parts = [
        text
        for amount, text in (
            (bad, f"{bad:,} of {count(facts.summary.outcomes.total(), 'association')} not accepted"),
            (failed, f"{failed:,} of {count(operations, 'operation')} failed"),
            (unanswered, f"{unanswered:,} of {count(operations, 'operation')} without a final response"),
        )
        if amount
    ]
    told = [f"{'; '.join(parts)}."] if parts else []
    if titles:
        more = len(titles) - _TITLES
        told.append(" ".join(f"{title}." for title in titles[:_TITLES]) + (f" {count(more, 'more kind')} of errors." if more > 0 else ""))
    return told


def _share(facts: Facts) -> float:
    """Of the time of all associations, what was lost."""
    return sum(facts.budget[one.column] for one in CLASSES if one.lost) / facts.duration if facts.duration else 0.0


def _slow(facts: Facts) -> list[str]:
    share = _share(facts)
    if share < _SHARE:
        return []
    main = max((one for one in CLASSES if one.lost), key=lambda one: facts.budget[one.column])
    spent = facts.budget[main.column]
    told = f"{share:.0%} of {duration(facts.duration)} in associations was spent waiting"
    return [f"{told}, mostly {main.why} ({spent / facts.duration:.0%})."]
