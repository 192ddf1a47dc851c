"""Arguments and options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

import dicomfast
from dicomfast.findings import SEVERITIES
from dicomfast.terminal import Paint, wants_color

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.capture import Phi
    from dicomfast.cli.listen import Listening
    from dicomfast.live import LiveCapture

Function = TypeVar("Function", bound="Callable[..., Any]")


class Limit(click.ParamType[tuple[str, int]]):
    """KEY=VALUE, the value a whole number; 1_000_000 may be written so."""

    name = "KEY=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Split and check."""
        key, _, number = str(value).partition("=")
        try:
            return key.strip(), int(number, 0)
        except ValueError:
            self.fail("a limit is KEY=NUMBER", param, ctx)


def growing(function: Function) -> Function:
    """--follow."""
    return click.option("--follow", is_flag=True, help="At the end of the last file wait for more, as tail -f.")(function)


def inputs(function: Function) -> Function:
    """FILES..., -r, --threads and --limit."""
    for decorate in (
        click.option("--limit", "limits", type=Limit(), multiple=True, help="Set a bound of the engine, e.g. connections=1000."),
        click.option("--threads", type=click.IntRange(0, 2), default=0, metavar="N", help="1 or 2; 0: what the machine has."),
        click.option("--filter", "expression", default="", metavar="FILTER", help="A capture filter, as tcpdump's; needs libpcap."),
        click.option(
            "-r",
            "read_files",
            multiple=True,
            metavar="FILE",
            help="Read this file (as in tcpdump); - is standard input.",
        ),
        click.argument("files", nargs=-1),
    ):
        function = decorate(function)
    return function


def privacy(function: Function) -> Function:
    """--phi, --key-file and --hashes."""
    return phi(click.option("--hashes", is_flag=True, help="Make the SHA-256 of each data set (table objects).")(function))


def phi(function: Function) -> Function:
    """--phi and --key-file."""
    for decorate in (
        click.option("--key-file", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="The secret of the pseudonyms."),
        click.option(
            "--phi",
            type=click.Choice(["mask", "show", "pseudonym"]),
            default="mask",
            help="Values that identify a person, and error comments: leave out (the default), show, or replace by a keyed hash.",
        ),
    ):
        function = decorate(function)
    return function


def display_filter(function: Function) -> Function:
    """-Y."""
    text = "Only what matches this display filter, in Wireshark's language (docs/filters.md)."
    return click.option("-Y", "filter_text", metavar="FILTER", help=text)(function)


def color(function: Function) -> Function:
    """--color."""
    when = click.Choice(["auto", "always", "never"])
    return click.option("--color", type=when, default="auto", help="Colours; auto heeds NO_COLOR.")(function)


def fail_on(function: Function) -> Function:
    """--fail-on."""
    return click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit 3 if there is such a finding, or a graver one.")(function)


def capture(
    files: tuple[str, ...],
    read_files: tuple[str, ...],
    threads: int,
    limits: tuple[tuple[str, int], ...],
    expression: str,
    **privacy: Any,
) -> dicomfast.Capture:
    """The capture that the arguments name. As in tcpdump, words after -r FILE are a capture filter."""
    if read_files and files:
        if expression:
            raise click.UsageError("a capture filter is given twice: after -r FILE, and with --filter")
        files, expression = (), " ".join(files)
    sources = [*read_files, *files]
    if not sources:
        raise click.UsageError("name a capture file, or - for standard input")
    return dicomfast.open(*sources, threads=threads, limits=dict(limits), filter=expression, **_data_sets(**privacy))


def interfaces(
    how: Listening,
    files: tuple[str, ...],
    read_files: tuple[str, ...],
    threads: int,
    limits: tuple[tuple[str, int], ...],
    expression: str,
    **privacy: Any,
) -> LiveCapture:
    """The interfaces that the arguments name; words are a capture filter."""
    del threads
    if read_files:
        raise click.UsageError("-i captures and -r reads a file: give one of them")
    if expression and files:
        raise click.UsageError("a capture filter is given twice: after -i IFACE, and with --filter")
    return how.open((expression,) if expression else files, limits, **_data_sets(**privacy))


def _data_sets(phi: Phi = "mask", key_file: str | None = None, *, hashes: bool = False) -> dict[str, Any]:
    """What `privacy` says, as `open` and `live` take it."""
    return {"phi": phi, "key": None if key_file is None else Path(key_file).read_bytes(), "hashes": hashes}


def opened(how: Listening | None, **inputs: Any) -> dicomfast.Capture | LiveCapture:
    """The interfaces where some are named, else the files."""
    return capture(**inputs) if how is None else interfaces(how, **inputs)


def keep_inputs(capture: dicomfast.Capture | LiveCapture, path: str) -> None:
    """Refuse to write over what is read."""
    target = Path(path)
    for source in capture.sources:
        if isinstance(source, str) and Path(source).exists() and target.exists() and target.samefile(source):
            raise click.UsageError("the output is one of the inputs")


def paint(when: str) -> Paint:
    """Colours for standard output."""
    return Paint(color=wants_color(when, sys.stdout))
