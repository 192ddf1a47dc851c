"""The tables of a report: time budget, stalls, operations, associations. Knows facts and markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.graphs.style import CAUSES
from dicomfast.report.facts import GOOD_ENDINGS, GOOD_OUTCOMES
from dicomfast.report.figures import bar, brief, legend
from dicomfast.report.markup import Html, Part, join, table, tag
from dicomfast.report.overview import clock
from dicomfast.stalls import CAUSES as MEANINGS
from dicomfast.stalls import endless
from dicomfast.terminal import count, duration, size
from dicomfast.text import titles

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from dicomfast.report.facts import Facts, Row

# Rows that are shown.
ASSOCIATIONS, BARS, STALLS = 100, 12, 40


def budget(facts: Facts) -> Html:
    """Where the time went: overall, and of the associations that lost the most."""
    found = facts.diagnosis
    if not found.times.total():
        return tag("p", "Not known: no association has a beginning and an end in this capture.")
    parts: list[Part] = [
        tag("p", f"{duration(found.times.total())} in {count(found.associations - found.without_budget, 'association')}. "
            "Every moment of an association is in exactly one class."),
        bar(found.times, 28),
        legend(found.times),
    ]  # fmt: skip
    if found.without_budget:
        parts.append(tag("p", f"{count(found.without_budget, 'association')} without a budget.", class_="soft"))
    rows = [row for row in facts.associations.rows() if row["duration"] and row["time_sending"] is not None][:BARS]
    if len(rows) > 1:
        body: list[list[Part]] = [[_number(row), who(row), duration(row["duration"]), _wide(bar(row, 14)), brief(row)] for row in rows]
        header: list[Part] = ["#", "calling > called", "duration", "time", "mostly"]
        parts += [tag("h3", "By association"), table("Time of the most troubled associations", header, body, right=(0, 2))]
    return join(parts)


def _wide(part: Html) -> Html:
    return tag("td", part, class_="wide")


def who(row: Row) -> str:
    """The AE titles of an association."""
    return titles(row["calling_ae"], row["called_ae"])


def _number(row: Row) -> Html:
    return tag("a", str(row["association"]), href=f"#association-{row['association']}")


def _shown(facts: Facts) -> set[int]:
    """The associations that have a row in the page."""
    return {row["association"] for row in facts.associations.rows()[:ASSOCIATIONS]}


def mark(cause: str | None) -> Html:
    """The colour of a cause."""
    return Html(
        f'<svg class="swatch" width="12" height="12" aria-hidden="true"><rect class="s-{_known(cause)}" width="12" height="12"/></svg>'
    )


def _known(cause: str | None) -> str:
    return cause if cause in CAUSES else "unknown"


def stalls(facts: Facts) -> Html:
    """By cause, and the longest."""
    totals = facts.diagnosis.stalls
    if not totals.count:
        return tag("p", "None: no message stood still for longer than its path explains.")
    causes: list[list[Part]] = [
        [
            _cause(cause),
            count(amount),
            duration(time),
            duration(totals.longest[cause].duration),
            tag("span", MEANINGS.get(cause, ""), class_="soft"),
        ]
        for cause, amount, time in totals.ranked()
    ]
    longest, when, shown = facts.stalls.rows()[:STALLS], clock(facts), _shown(facts)
    header: list[Part] = ["start (UTC)", "duration", "cause", "confidence", "message", "sender", "association"]
    header += ["in flight", "window", "round trip", "packets"]
    total = totals.count.total()
    title = f"The longest {len(longest)} of {total:,}" if total > len(longest) else "All of them, the longest first"
    return join([
        table("Stalls by cause", ["cause", "count", "waited", "longest", "what it is"], causes, right=(1, 2, 3)),
        tag("h3", title),
        table("The longest stalls", header, [_stall(row, when(row["start"]), shown) for row in longest], right=(1, 7, 8, 9)),
    ])  # fmt: skip


def _cause(name: str | None) -> Html:
    return tag("span", mark(name), name or "unknown", class_="cause")


def stall_name(row: Row) -> str:
    """Where a stall is told in the page."""
    return f"stall-{row['connection']}-{row['packet_before']}-{row['sender']}"


def _stall(row: Row, start: str, shown: set[int]) -> list[Part]:
    message = " ".join(str(row[name]) for name in ("command", "message_id") if row[name] is not None)
    waits = f" ({row['waits']} waits)" if (row["waits"] or 1) > 1 else ""
    where = _number(row) if row["association"] in shown else row["association"]
    packets = f"{row['packet_before'] or '?'} to {row['packet_after'] or '?'}"
    first = tag("td", tag("span", start, id=stall_name(row)))
    after = tag("strong", ", never went on", class_="bad") if endless(row) else None
    length = tag("td", f"{_time(row['duration'])}{waits}", after, class_="number")
    return [first, length, _cause(row["cause"]), row["confidence"], message, row["sender"], where,
            _size(row["bytes_in_flight"]), _size(row["window"]), _time(row["rtt"]), packets]  # fmt: skip


def _time(value: int | None) -> str:
    return "" if value is None else duration(value)


def _size(value: int | None) -> str:
    return "" if value is None else size(value)


def operations(facts: Facts) -> Html:
    """By command."""
    header: list[Part] = [
        "command",
        "count",
        "failed",
        "unanswered",
        "data",
        "throughput",
        "transfer median",
        "p95",
        "response median",
        "p95",
    ]
    body: list[list[Part]] = []
    for name, one in sorted(facts.summary.commands.items(), key=lambda item: (-item[1].count, item[0] or "")):
        times = facts.times[name]
        rate = f"{size(one.timed_bytes * 1e9 / one.transfer_time)}/s" if one.transfer_time else ""
        body.append([name or "unknown", count(one.count), count(one.failed), count(one.unanswered), size(one.bytes) if one.bytes else "",
                     rate, *_quantiles(times.transfer), *_quantiles(times.response)])  # fmt: skip
    if not body:
        return tag("p", "No DIMSE request was seen.")
    note = "Transfer: first to last byte of the request. Response: from there to the first byte of the response."
    return join([tag("p", note, class_="soft"), table("Operations by command", header, body, right=range(1, 10))])


def _quantiles(times: array[int]) -> Sequence[str]:
    if not times:
        return "", ""
    ranked = sorted(times)
    return tuple(duration(value) if value else "0" for value in (ranked[(len(ranked) - 1) // 2], ranked[round(0.95 * (len(ranked) - 1))]))


def associations(facts: Facts) -> Html:
    """Those in trouble first, then those that lost the most time."""
    rows, when = facts.associations.rows()[:ASSOCIATIONS], clock(facts)
    if not rows:
        return tag("p", "None.")
    total = facts.summary.outcomes.total()
    hidden = (
        f"{len(rows)} of {total:,}: those where something went wrong, then those that lost the most time. " if total > len(rows) else ""
    )
    header: list[Part] = ["#", "calling > called", "from", "to", "requested (UTC)", "duration", "outcome", "ended by"]
    header += ["operations", "failed", "data", "throughput", "time"]
    note = f"{hidden}Outcome is how the association was answered, and how it ended."
    return join(
        [
            tag("p", note, class_="soft"),
            table("Associations", header, [_association(row, when(row["requested"])) for row in rows], right=(0, 5, 8, 9, 10, 11)),
        ]
    )


def _association(row: Row, requested: str) -> list[Part]:
    rate = f"{size(row['throughput'])}/s" if row["throughput"] else ""
    first = tag("th", str(row["association"]), scope="row", class_="number", id=f"association-{row['association']}")
    outcome = _marked(row["outcome"], GOOD_OUTCOMES)
    ended = _marked(row["ended_by"], GOOD_ENDINGS)
    failed = tag("strong", count(row["failed"]), class_="bad") if row["failed"] else "0"
    budget_ = _wide(bar(row, 14)) if row["time_sending"] is not None else ""
    return [first, who(row), row["requestor_ip"], row["acceptor_ip"], requested,
            _time(row["duration"]), outcome, ended, count(row["operations"] or 0), failed, _size(row["dataset_bytes"]), rate,
            budget_]  # fmt: skip


def _marked(word: str | None, usual: tuple[str, ...]) -> Part:
    """A word that stands out where it is not one of the usual ones."""
    return word or "unknown" if word is None or word in usual else tag("strong", word, class_="bad")
