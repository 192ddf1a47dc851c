"""The command `fields`: values of fields, frame by frame, in the manner of `tshark -T fields`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import rich_click as click

from dicomfast.cli import options, progress
from dicomfast.cli.commands import cli
from dicomfast.output import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomfast.filters.fields import Field
    from dicomfast.filters.listing import Listing

_SEPARATORS = {"/t": "\t", "/s": " "}
_CHOICES = {"header": ("y", "n"), "occurrence": ("f", "l", "a"), "quote": ("d", "s", "n")}
_DEFAULTS = {"header": "n", "separator": "/t", "occurrence": "a", "aggregator": ",", "quote": "n"}
_QUOTES = {"d": '"', "s": "'", "n": ""}


class Setting(click.ParamType[tuple[str, str]]):
    """KEY=VALUE of tshark's -E."""

    name = "KEY=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split and check."""
        key, equals, setting = str(value).partition("=")
        if key not in _DEFAULTS or not equals:
            self.fail(f"-E takes {', '.join(f'{one}=' for one in _DEFAULTS)}", param, ctx)
        if setting not in _CHOICES.get(key, (setting,)):
            self.fail(f"-E {key}= takes {', '.join(_CHOICES[key])}", param, ctx)
        return key, setting


@cli.command("fields")
@options.inputs
@options.display_filter
@options.phi
@click.option("-e", "names", multiple=True, required=True, metavar="FIELD", help="Print this field; may be given often.")
@click.option("-T", "form", type=click.Choice(["fields", "json", "ndjson"]), default="fields", help="The format; default: fields.")
@click.option("-E", "settings", type=Setting(), multiple=True, help="header=y, separator=, aggregator=, occurrence=f|l|a, quote=d|s|n.")
def fields_command(
    names: tuple[str, ...], filter_text: str | None, form: str, settings: tuple[tuple[str, str], ...], **inputs: Any
) -> None:
    """The values of fields, a line for each frame, as tshark -T fields.

    Fields are Wireshark's (frame, eth, vlan, ip, ipv6, tcp, udp, dicom), those of docs/filters.md, and any column as table.column. A PDU, a
    message and what is in them belong to the frame in which their last byte lies.
    """
    from dicomfast.filters import listing

    fields = listing.find(names)
    capture = options.capture(**inputs)
    found = listing.listing(capture, fields, filter_text or "", lambda *asked: progress.watched(capture, *asked))
    lines = {"fields": _lines, "json": _json, "ndjson": _ndjson}[form](found, fields, {**_DEFAULTS, **dict(settings)})
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _lines(found: Listing, fields: list[Field], settings: dict[str, str]) -> Iterable[str]:
    from dicomfast.filters.listing import shown

    separator = _SEPARATORS.get(settings["separator"], settings["separator"])
    aggregator = _SEPARATORS.get(settings["aggregator"], settings["aggregator"])
    quote = _QUOTES[settings["quote"]]
    part = {"f": slice(0, 1), "l": slice(-1, None), "a": slice(None)}[settings["occurrence"]]
    if settings["header"] == "y":
        yield separator.join(field.name for field in fields)
    for row in found:
        cells = []
        for field, values in zip(fields, row, strict=True):
            text = aggregator.join(shown(value, field) for value in values[part])
            cells.append(f"{quote}{text.replace(quote, quote * 2) if quote else text}{quote}" if values else "")
        yield separator.join(cells)


def _json(found: Listing, fields: list[Field], _: dict[str, str]) -> Iterable[str]:
    """As tshark -T json -e: every value as text."""
    from dicomfast.filters.listing import shown

    before = "["
    for row in found:
        layers = {field.name: [shown(value, field) for value in values] for field, values in zip(fields, row, strict=True) if values}
        yield before
        yield json_text({"_source": {"layers": layers}}, indent=2)
        before = ","
    yield "[]" if before == "[" else "]"


def _ndjson(found: Listing, fields: list[Field], _: dict[str, str]) -> Iterable[str]:
    from dicomfast.filters.listing import plain

    for row in found:
        yield json_text(
            {field.name: [plain(value, field) for value in values] for field, values in zip(fields, row, strict=True) if values}
        )
