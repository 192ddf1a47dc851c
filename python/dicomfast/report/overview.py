"""The first sections of a report: what was read, the verdict, the figures, the findings. Knows facts and markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomfast.report.markup import Html, Part, items, join, tag
from dicomfast.summary import limits, tally
from dicomfast.terminal import count, duration, size
from dicomfast.values import iso, to_the_millisecond
from dicomfast.verdict import errors, severity, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.findings import Found
    from dicomfast.report.facts import Facts, Row

_INPUTS = 20
_WORDS = {"error": "Error", "warning": "Warning", "note": "Note", "good": "Good"}


def moment(time: int | None) -> str:
    """A time of the capture to the millisecond."""
    return "" if time is None else to_the_millisecond(time)


def clock(facts: Facts) -> Callable[[int | None], str]:
    """Times as the tables show them: without the date where the capture has only one."""
    days = {iso(one[name])[:10] for one in facts.summary.inputs for name in ("first_time", "last_time") if one[name] is not None}
    begin = 11 if len(days) == 1 else 0
    return lambda time: moment(time)[begin:-4]


def said(facts: Facts) -> Html:
    """The gravest findings by their titles, and the verdict."""
    grave = severity(facts.diagnosis)
    sentences = [*filter(None, [errors(facts.diagnosis.findings)]), *verdict(facts.diagnosis)]
    inside = [tag("strong", _WORDS[grave], class_="severity"), *(tag("p", one) for one in sentences)]
    return tag("div", *inside, class_=f"verdict {grave}")


def read(facts: Facts) -> Html:
    """What was read, and what is wrong with it."""
    inputs = facts.summary.inputs
    first = min((one["first_time"] for one in inputs if one["first_time"] is not None), default=None)
    last = max((one["last_time"] for one in inputs if one["last_time"] is not None), default=None)
    packets, captured = sum(one["packets"] for one in inputs), sum(one["bytes"] for one in inputs)
    lines: list[tuple[str, Part]] = [
        ("Files" if len(inputs) > 1 else "File", items([*map(_input, inputs[:_INPUTS]), *_more(len(inputs) - _INPUTS)], "plain")),
        ("From", moment(first)),
        ("To", moment(last)),
        ("Time", duration(last - first) if first is not None and last is not None else "unknown"),
        ("Packets", f"{count(packets)} ({size(captured)})"),
        ("Capture", items(_problems(facts) or ["nothing dropped, nothing cut short, read to the end"], "plain")),
    ]
    return tag("dl", *(part for name, value in lines for part in (tag("dt", name), tag("dd", value))))


def _input(one: Row) -> str:
    return f"{one['name']} ({one['format']}, {count(one['packets'], 'packet')})"


def _more(hidden: int) -> list[Part]:
    return [f"and {hidden:,} more"] if hidden > 0 else []


def _problems(facts: Facts) -> list[str]:
    missing = facts.network["lost_bytes"]
    anomalies = facts.summary.anomalies
    told = ", ".join(f"{name} {amount:,}" for name, amount in anomalies.most_common(8))
    parts = limits(facts.summary.inputs)
    if missing:
        parts.append(f"{size(missing)} of TCP data are missing in the capture")
    if anomalies:
        parts.append(f"{count(anomalies.total(), 'anomaly', plural='anomalies')}: {told}")
    return parts


def figures(facts: Facts) -> Html:
    """The numbers of the whole."""
    summary = facts.summary
    commands = summary.commands.values()
    operations, failed = sum(one.count for one in commands), sum(one.failed for one in commands)
    timed, time = sum(one.timed_bytes for one in commands), sum(one.transfer_time for one in commands)
    stalls = facts.diagnosis.stalls
    tiles: list[tuple[str, str, str]] = [
        ("TCP connections", count(summary.connections.total()), tally(summary.connections)),
        ("associations", count(summary.outcomes.total()), tally(summary.outcomes)),
        ("operations", count(operations), f"{count(sum(one.unanswered for one in commands))} without a final response"),
        ("failures", count(failed), "operations with a failure status"),
        ("data sets", size(sum(one.bytes for one in commands)), "of requests and responses"),
        ("throughput", f"{size(timed * 8e9 / time, 'bit')}/s" if time else "-", "request data sets, while a request is on its way"),
        ("stalls", count(stalls.count.total()), f"{duration(stalls.time.total())} waited" if stalls.count else "none"),
        ("retransmissions", count(facts.network["retransmissions"]), f"{count(facts.network['zero_windows'], 'closed window')}"),
    ]
    return tag("ul", *(_tile(*tile) for tile in tiles), class_="tiles")


def _tile(name: str, value: str, more: str) -> Html:
    return tag("li", tag("span", value, class_="value"), tag("span", name, class_="name"), tag("span", more, class_="soft"))


def findings(facts: Facts) -> Html:
    """Ranked, with evidence and advice."""
    found = facts.diagnosis.findings.ranked()
    parts: list[Part] = [tag("ol", *(_finding(one) for one in found), class_="findings") if found else tag("p", "None.")]
    failures = facts.summary.failures.most_common(20)
    if failures:
        parts.append(tag("h3", "Failure statuses"))
        parts.append(items(f"{amount:,} x {command} {_status(status)} {words}".rstrip() for (command, status, words), amount in failures))
    if facts.comments:
        parts.append(tag("p", f"{count(facts.comments, 'error comment')} in the responses: not shown here, as they may name a patient "
                         "(column error_comment of the table operations).", class_="soft"))  # fmt: skip
    return join(parts)


def _status(status: int | None) -> str:
    return "no status" if status is None else f"0x{status:04X}"


def _finding(found: Found) -> Html:
    times = f" ({found.count:,} times)" if found.count > 1 else ""
    hidden = found.count - len(found.cases)
    return tag(
        "li",
        tag("h3", tag("span", _WORDS[found.severity], class_="severity"), f" {found.title}{times}"),
        tag("p", found.advice, class_="advice") if found.advice else None,
        items([*map(_case, found.cases), *_more(hidden)], "evidence"),
        tag("p", tag("code", found.code), class_="soft"),
        class_=f"finding {found.severity}",
        id=f"finding-{found.code}",
    )


def _case(case: Row) -> Html:
    where = [f"{name} {case[name]}" for name in ("association", "connection", "packet") if case[name] is not None]
    when = [moment(case["time"])] if case["time"] is not None else []
    return join([case["evidence"], tag("span", "; ".join([*where, *when]), class_="soft where")])
