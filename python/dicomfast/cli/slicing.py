"""The command that cuts a capture down to some connections."""

from __future__ import annotations

from typing import Any

import rich_click as click

from dicomfast.cli import options
from dicomfast.cli.commands import cli
from dicomfast.terminal import count, size
from dicomfast.text import escape


@cli.command("slice")
@options.inputs
@options.phi
@click.option("-Y", "filter_text", required=True, metavar="FILTER", help="Connections with a frame that matches (docs/filters.md).")
@click.option("-w", "path", required=True, metavar="FILE", help="Write to this pcapng file.")
@click.option("--no-comments", is_flag=True, help="Leave out the findings, which become comments of their packets.")
def slice_command(filter_text: str, path: str, *, no_comments: bool, **inputs: Any) -> None:
    """The packets of the connections that match, whole, as one capture; Wireshark shows our findings as packet comments."""
    capture = options.capture(**inputs)
    options.keep_inputs(capture, path)
    written = capture.slice(filter_text, path, comments=not no_comments)
    told = f"{count(written.frames, 'packet')}, {size(written.bytes)} of {count(written.connections, 'connection')}"
    click.echo(f"{escape(path)}: {told}, {count(written.comments, 'comment')}")
