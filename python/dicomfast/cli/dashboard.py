"""`dicomfast live`: reads its arguments, and shows the dashboard, or its numbers once."""

from __future__ import annotations

import sys
from typing import Any

import rich_click as click

from dicomfast import privileges, terminal
from dicomfast.cli import DROPPED, listen, options
from dicomfast.cli.commands import cli
from dicomfast.cli.watch import intake
from dicomfast.sources import STANDARD_INPUT


@cli.command("live")
@click.option("--once", is_flag=True, help="No screen: run for --duration or to the end, print the numbers, and exit.")
@click.option("--json", "as_json", is_flag=True, help="With --once: one JSON document.")
@click.option("--duration", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="With --once: for so long.")
@options.growing
@options.inputs
@listen.live
@options.phi
def live_command(duration: float | None, *, once: bool, as_json: bool, follow: bool, **arguments: Any) -> int:
    """What goes on now, on one screen: associations, their operations, what fails (docs/dashboard.md). ? shows the keys.

    With -i from interfaces, and words are a capture filter as in tcpdump; or from files, pipes, or - for standard input.
    """
    from dicomfast.dashboard.feed import Feed
    from dicomfast.dashboard.model import TABLES, Model
    from dicomfast.extras import needs

    if not once and (as_json or duration is not None):
        raise click.UsageError("--json and --duration are for --once")
    if not once:
        needs("the screen", "tui", "textual")
        # textual draws on standard error.
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise click.UsageError("the screen needs a terminal; --once prints the numbers")
        if STANDARD_INPUT in (*arguments["files"], *arguments["read_files"]):
            raise click.UsageError("the screen reads keys from standard input; name a pipe, or use --once")
        # Before root's rights are given up: it may not be readable then.
        from dicomfast.dashboard import app
    fail_on_drop = arguments["fail_on_drop"]
    how = listen.listening(arguments)
    user = privileges.chosen(how.user) if how is not None else None
    with intake(how, TABLES, follow=follow, **arguments) as source:
        privileges.become(user)
        feed = Feed(source, Model(phi=arguments["phi"]))
        try:
            if once:
                feed.wait(duration)
            else:
                app.Dashboard(feed).run()
        finally:
            feed.stop()
        feed.check()
        if once:
            _print(feed, as_json=as_json)
        return DROPPED if fail_on_drop and feed.dropped else 0


def _print(feed: Any, *, as_json: bool) -> None:
    from dicomfast.dashboard import once

    if as_json:
        click.echo(once.as_json(feed))
        return
    unicode = terminal.wants_unicode(sys.stdout)
    for line in once.as_text(feed):
        click.echo(line if unicode else terminal.as_ascii(line))
