"""`dicomfast live`: reads its arguments, and shows the dashboard, or its numbers once."""

from __future__ import annotations

import sys
from typing import Any

import rich_click as click

from dicomfast import terminal
from dicomfast.cli import options
from dicomfast.cli.watch import cli, intake
from dicomfast.sources import STANDARD_INPUT

__all__ = ["cli"]


@cli.command("live")
@click.argument("arguments", nargs=-1, metavar="[FILES | CAPTURE FILTER]...")
@click.option("-i", "interfaces", multiple=True, metavar="IFACE", help="Capture from this interface (several: give it again).")
@click.option("--once", is_flag=True, help="No screen: run for --duration or to the end, print the numbers, and exit.")
@click.option("--json", "as_json", is_flag=True, help="With --once: one JSON document.")
@click.option("--duration", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="With --once: for so long.")
@options.growing
@options.engine
def live_command(
    arguments: tuple[str, ...],
    interfaces: tuple[str, ...],
    duration: float | None,
    *,
    once: bool,
    as_json: bool,
    follow: bool,
    **engine: Any,
) -> None:
    """What goes on now, on one screen: associations, their operations, what fails (docs/dashboard.md). ? shows the keys.

    From interfaces, with a capture filter as in tcpdump; or from files, pipes, or - for standard input.
    """
    from dicomfast.dashboard.feed import Feed
    from dicomfast.dashboard.model import TABLES
    from dicomfast.extras import needs

    if not once and (as_json or duration is not None):
        raise click.UsageError("--json and --duration are for --once")
    if not once:
        needs("the screen", "tui", "textual")
        # textual draws on standard error.
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise click.UsageError("the screen needs a terminal; --once prints the numbers")
        if STANDARD_INPUT in arguments:
            raise click.UsageError("the screen reads keys from standard input; name a pipe, or use --once")
    with intake(interfaces, arguments, TABLES, follow=follow, **engine) as source:
        feed = Feed(source)
        try:
            if once:
                feed.wait(duration)
            else:
                from dicomfast.dashboard.app import Dashboard

                Dashboard(feed).run()
        finally:
            feed.stop()
        feed.check()
        if once:
            _print(feed, as_json=as_json)


def _print(feed: Any, *, as_json: bool) -> None:
    from dicomfast.dashboard import once

    if as_json:
        click.echo(once.as_json(feed))
        return
    unicode = terminal.wants_unicode(sys.stdout)
    for line in once.as_text(feed):
        click.echo(line if unicode else terminal.as_ascii(line))
