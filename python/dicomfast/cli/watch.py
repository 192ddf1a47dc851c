"""`dicomfast watch`: reads its arguments, and runs the watcher until the packets end or somebody ends it."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from dicomfast import _dicomfast, privileges
from dicomfast.cli import DROPPED, listen, options
from dicomfast.cli.commands import cli
from dicomfast.text import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from dicomfast.intake import Intake

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


class Size(click.ParamType[int]):
    """Bytes, such as 500MB, 50GB or 1.5TiB."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """As a number of bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", str(value).strip().lower())
        if found is None or found[2] not in _UNITS or not float(found[1]):
            self.fail("a size is a number with a unit, for example 50GB", param, ctx)
        return round(float(found[1]) * _UNITS[found[2]])


def intake(how: listen.Listening | None, tables: Sequence[str], *, follow: bool, **inputs: Any) -> AbstractContextManager[Intake]:
    """Where the packets come from: interfaces, or files."""
    from dicomfast import intake

    if how is not None:
        if follow:
            raise click.UsageError("--follow is for files")
        return intake.interfaces(options.interfaces(how, **inputs), tables)
    # Words after -r FILE are a capture filter; without -r they are the files.
    words = inputs["files"] if inputs["read_files"] else ()
    names = [name for name in options.capture(**inputs).sources if isinstance(name, str)]
    return intake.inputs(names, lambda taps: options.capture(**(inputs | {"read_files": taps, "files": words})), tables, follow=follow)


def _say(text: str) -> None:
    click.echo(f"dicomfast watch: {escape(text)}", err=True)


@cli.command("watch")
@click.option("-o", "root", required=True, metavar="DIR", help="Write below this directory.")
@click.option("-t", "--tables", metavar="A,B,...", help="These tables; default: all that `dicomfast tables` does not call on request.")
@click.option("-G", "seconds", type=click.FloatRange(0.1), default=300, show_default=True, metavar="SECONDS", help="Write a file after.")
@click.option("-C", "most", type=Size(), default="64MiB", show_default=True, help="Or a file when so much is in memory for it.")
@click.option("--rows", type=click.IntRange(1), default=1_000_000, show_default=True, metavar="N", help="Or when it has so many rows.")
@click.option("--keep-size", type=Size(), help="Remove the oldest files beyond this size of all, e.g. 50GB.")
@click.option("--keep-days", type=click.FloatRange(min=0, min_open=True), metavar="DAYS", help="Remove files written longer ago.")
@click.option("--metrics", metavar="[HOST]:PORT", help="Answer Prometheus there, e.g. :9464.")
@options.growing
@options.inputs
@listen.live
def watch_command(
    root: str,
    tables: str | None,
    seconds: float,
    most: int,
    rows: int,
    keep_size: int | None,
    keep_days: float | None,
    metrics: str | None,
    *,
    follow: bool,
    **arguments: Any,
) -> int:
    """Unattended: all tables as Parquet files below DIR, by day and hour; findings also as lines of JSON (docs/watch.md).

    From files, pipes, or - for standard input; with -i from interfaces, and words are a capture filter as in tcpdump.

    SIGTERM and Ctrl-C write what there is and exit 0; SIGHUP begins new files.
    """
    from dicomfast.watch import files
    from dicomfast.watch.store import Rotation
    from dicomfast.watch.watcher import Plan, Watcher, signals

    fail_on_drop = arguments["fail_on_drop"]
    how = listen.listening(arguments)
    user = privileges.chosen(how.user) if how is not None else None
    chosen = _dicomfast.default_tables() if tables is None else [name.strip() for name in tables.split(",")]
    plan = Plan(Path(root), Rotation(seconds, rows, most), keep_size, keep_days, metrics)
    with ExitStack() as stack:
        source = stack.enter_context(intake(how, chosen, follow=follow, **arguments))
        stack.enter_context(files.owned(plan.root))
        watcher = Watcher(plan, source, _say)
        if user is not None:
            files.give(plan.root, user)
            privileges.become(user)
        stack.enter_context(signals(watcher))
        _say(f"{source.name} to {root}{f' as {user.name}' if user else ''}")
        try:
            outcome = watcher.run()
        finally:
            _say(watcher.outcome().line())
    if outcome.lost:
        raise click.ClickException("not all rows could be written")
    return DROPPED if fail_on_drop and outcome.counters.lost else 0
