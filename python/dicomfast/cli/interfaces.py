"""The command that lists interfaces."""

from __future__ import annotations

import json
from dataclasses import asdict

import rich_click as click

import dicomfast
from dicomfast import terminal
from dicomfast.cli import options
from dicomfast.cli.commands import cli
from dicomfast.text import escape


@cli.command("interfaces")
@click.option("--json", "as_json", is_flag=True, help="All of it, for programs.")
@options.color
def interfaces_command(color: str, *, as_json: bool) -> None:
    """List the interfaces: addresses, state, link type, and what is missing to capture on each."""
    found = dicomfast.interfaces()
    if as_json:
        click.echo(json.dumps([asdict(interface) for interface in found], indent=2))
        return
    paint = options.paint(color)
    cells = [
        [interface.name, interface.state, interface.link_type or "-", ", ".join(interface.addresses) or interface.description or "-"]
        for interface in found
    ]
    for interface, line in zip(found, terminal.columns(cells), strict=True):
        click.echo(escape(line) if interface.missing is None else paint(escape(line), "dim"), color=True)
    reasons = {interface.missing: interface.name for interface in reversed(found) if interface.missing}
    for reason, name in sorted(reasons.items(), key=lambda pair: pair[1]):
        click.echo(paint(f"  {escape(name)}: {escape(reason or '')}", "yellow"), color=True)
