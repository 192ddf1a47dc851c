"""The commands that explain: pauses with their causes, a diagnosis, a comparison. They read arguments, call the work, and print."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import rich_click as click

from dicomfast import terminal
from dicomfast.cli import FINDINGS, options, progress
from dicomfast.cli.commands import cli
from dicomfast.graphs.ask import KINDS
from dicomfast.output import BINARY, FORMATS, format_of, json_text, replacing, writer
from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    import dicomfast

_UNITS = {"": SECOND, "s": SECOND, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "ns": 1, "min": 60 * SECOND}


class Duration(click.ParamType[int]):
    """A time such as 0.5, 10ms or 2s; without a unit, seconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """As nanoseconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\S*)", str(value))
        if found is None or found[2] not in _UNITS:
            self.fail("a duration is a number with a unit, for example 10ms", param, ctx)
        return round(float(found[1]) * _UNITS[found[2]])


def _say(lines: Iterable[str]) -> None:
    """Print lines that are harmless, in what the terminal knows."""
    unicode = terminal.wants_unicode(sys.stdout)
    for line in lines:
        click.echo(line if unicode else terminal.as_ascii(line), color=True)


@cli.command("stalls")
@options.inputs
@click.option("--longest", type=click.IntRange(1), metavar="N", help="The N longest pauses alone, longest first.")
@click.option("--min", "shortest", type=Duration(), default=0, metavar="DURATION", help="Leave out what is shorter, e.g. 50ms.")
@click.option("-o", "path", metavar="OUT", help="Write to this file; its suffix names the format.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="The format, where no suffix names it.")
@options.color
def stalls_command(longest: int | None, shortest: int, path: str | None, form: str | None, color: str, **inputs: Any) -> None:
    """Each pause in the middle of a message: when, how long, who, why, and the evidence; then the total of each cause.

    In the order of time. The other formats are those of `dicomfast table`: the table stalls with AE titles.
    """
    capture = options.capture(**inputs)
    form = form or (format_of(path) if path else "text")
    if form in BINARY and path is None and sys.stdout.isatty():
        raise click.UsageError(f"{form} is not for a terminal: write it to a file with -o")
    if path is not None:
        options.keep_inputs(capture, path)
    with ExitStack() as stack:
        stream = sys.stdout.buffer if path is None else stack.enter_context(replacing(path))
        _stalls(capture, stream, form, longest, shortest, color if path is None else "never", alone=path is not None)


def _stalls(capture: dicomfast.Capture, stream: Any, form: str, longest: int | None, shortest: int, color: str, *, alone: bool) -> None:
    from dicomfast import stall_lines, stalls

    totals = stalls.Totals()
    with progress.watched(capture, stalls.TABLES, bar=alone or not sys.stdout.isatty()) as scan:
        rows: Iterable[stalls.Row] = stalls.pauses(scan, totals, shortest)
        if longest is not None:
            rows = stalls.longest(rows, longest)
        if form != "text":
            target = writer(form, stream, stalls.schema())
            for part in stalls.batches(rows):
                target.write(part)
            target.close()
            return
        unicode = alone or terminal.wants_unicode(sys.stdout)
        paint = options.paint(color)
        shown = 0
        for shown, row in enumerate(rows, 1):  # noqa: B007 - how many there were
            text = "".join(f"{line}\n" for line in stall_lines.lines(row, paint))
            stream.write((text if unicode else terminal.as_ascii(text)).encode())
        text = stall_lines.closing(totals, shown) + "\n"
        stream.write((text if unicode else terminal.as_ascii(text)).encode())


@cli.command("diagnose")
@options.inputs
@options.color
@options.fail_on
@click.option("--top", type=click.IntRange(0), default=5, metavar="N", help="Bars for the N associations that took longest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: verdict, findings, budgets, stalls by cause.")
def diagnose_command(color: str, fail_on: str | None, top: int, *, as_json: bool, **inputs: Any) -> int:
    """Where the time went and what is to blame: a verdict, the findings with advice, a bar for each large association."""
    from dicomfast import diagnose, diagnosis

    with progress.watched(options.capture(**inputs), diagnosis.TABLES) as scan:
        found = diagnosis.diagnose(scan, top)
    if as_json:
        click.echo(json_text(diagnose.plain(found), indent=1))
    else:
        unicode = terminal.wants_unicode(sys.stdout)
        _say(diagnose.render(found, options.paint(color), terminal.width(), unicode=unicode))
    return FINDINGS if found.findings.fail(fail_on) else 0


@cli.command("compare")
@options.inputs
@click.option("--connection", "connections", type=click.IntRange(0), multiple=True, metavar="N", help="A connection; give it twice.")
@click.option("--ae", "aes", multiple=True, metavar="TITLE", help="A called AE title; give it twice.")
@click.option("-o", "path", metavar="OUT", help="Draw the busiest connections of both over each other (.html, .svg, .png, .csv ...).")
@click.option("--graph", "kind", type=click.Choice(KINDS), default="stevens", help="The kind of that graph; default: time-sequence.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: sentence, limits, budget, measures.")
@options.color
def compare_command(
    connections: tuple[int, ...], aes: tuple[str, ...], path: str | None, kind: str, color: str, *, as_json: bool, **inputs: Any
) -> None:
    """Two receivers given the same work: which is slower, by how much and why.

    Two captures, one FILE each; or two connections, or two called AE titles, of one capture.
    """
    from dicomfast.comparison import lines
    from dicomfast.comparison.ask import Question

    question = Question(_compared(inputs, within=bool(connections or aes)), connections, aes)
    if path is not None:
        from dicomfast.graphs.graph import check_suffix

        check_suffix(path)
        for capture in question.captures:
            options.keep_inputs(capture, path)
    found = question.answer(progress.watched)
    if path is not None:
        question.overlay(found, kind, progress.watched).save(path)
    if as_json:
        click.echo(json_text(found.to_dict(), indent=1))
    else:
        _say(lines.render(found, options.paint(color), terminal.width(), unicode=terminal.wants_unicode(sys.stdout)))


def _compared(inputs: dict[str, Any], *, within: bool) -> list[dicomfast.Capture]:
    """One capture of all files, or one of each."""
    if within:
        return [options.capture(**inputs)]
    named = [*inputs["read_files"], *inputs["files"]]
    if len(named) != 2:  # noqa: PLR2004 - A and B
        raise click.UsageError("name two captures; or one, with --connection or --ae given twice")
    return [options.capture(**(inputs | {"files": (name,), "read_files": ()})) for name in named]
