"""The findings of a capture, ranked and told once for each kind. Knows their table; the engine makes them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicomfast.text import escape
from dicomfast.values import records

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.terminal import Paint

SEVERITIES = ("error", "warning", "note")

_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}
# Kinds of findings, and cases of one kind, before the rest is counted in one line: a screen is all there is.
_LINES = 8
_EVIDENCE = 2
# Cases of one kind that are kept.
CASES = 8
_COLUMNS = ("severity", "code", "title", "advice")
_CASE = ("evidence", "association", "connection", "packet", "time")
_INDENT = " " * 10


@dataclass
class Found:
    """The findings of one code."""

    code: str
    severity: str
    title: str
    advice: str
    count: int = 0
    cases: list[dict[str, Any]] = field(default_factory=list)
    """The first ones: what is told of them as evidence, and where they are."""

    @property
    def evidence(self) -> list[str]:
        """As much as fits a screen."""
        return [case["evidence"] or "" for case in self.cases[:_EVIDENCE]]


@dataclass
class Findings:
    """All findings, by code."""

    by_code: dict[str, Found] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_code)

    def take(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch of the table `findings`."""
        for row in records(batch, *_COLUMNS, *_CASE):
            code = row["code"]
            found = self.by_code.setdefault(code, Found(code, row["severity"], row["title"], row["advice"] or ""))
            found.count += 1
            if len(found.cases) < CASES:
                found.cases.append({name: row[name] for name in _CASE})

    def ranked(self) -> list[Found]:
        """The gravest first, then the most frequent."""
        return sorted(self.by_code.values(), key=lambda found: (SEVERITIES.index(found.severity), -found.count))

    def fail(self, at: str | None) -> bool:
        """Whether there is a finding of this severity, or a graver one."""
        return at is not None and any(SEVERITIES.index(found.severity) <= SEVERITIES.index(at) for found in self.by_code.values())

    def plain(self) -> list[dict[str, Any]]:
        """As plain values, ranked: the first few cases of each kind are the evidence."""
        names = ("severity", "code", "title", "count", "evidence", "advice")
        return [{name: getattr(found, name) for name in names} for found in self.ranked()]


def render(findings: Findings, paint: Paint, width: int) -> list[str]:
    """The lines of the section, of about this width."""
    if not findings:
        return [paint("Findings: none", "green")]
    ranked = findings.ranked()
    lines = [paint("Findings", "bold")]
    wrapper = textwrap.TextWrapper(max(width, 60), initial_indent=_INDENT, subsequent_indent=_INDENT + "  ", break_on_hyphens=False)
    for found in ranked[:_LINES]:
        title = escape(found.title) + (f" ({found.count:,} times)" if found.count > 1 else "")
        lines.append(f"  {paint(found.severity.upper().ljust(7), _STYLE.get(found.severity))} {title}")
        hidden = found.count - len(found.evidence)
        texts = [*found.evidence, *([f"... and {hidden:,} more"] if hidden else []), found.advice]
        for text in filter(None, texts):
            lines += wrapper.wrap(escape(text))
    hidden = sum(found.count for found in ranked[_LINES:])
    return lines + ([f"  ... and {hidden:,} more: dicomfast table findings FILE"] if hidden else [])
