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
_INDENT = " " * 10


@dataclass
class Found:
    """The findings of one code."""

    code: str
    severity: str
    title: str
    advice: str
    count: int = 0
    evidence: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """All findings, by code."""

    by_code: dict[str, Found] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_code)

    def take(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch of the table `findings`."""
        for row in records(batch, "severity", "code", "title", "evidence", "advice"):
            code = row["code"]
            found = self.by_code.setdefault(code, Found(code, row["severity"], row["title"], row["advice"] or ""))
            found.count += 1
            if len(found.evidence) < _EVIDENCE:
                found.evidence.append(row["evidence"] or "")

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
