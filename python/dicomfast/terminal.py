"""Text on a terminal: colours, widths, numbers for people, tables as aligned text. Escapes what it prints."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, TextIO

from dicomfast.text import escape
from dicomfast.values import Value, rows

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow as pa

STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "bold red": "1;31",
}

# A column of a table is cut to this in aligned text, so that one long cell does not push all others away.
_WIDEST = 60


class Paint:
    """Colours, or none."""

    def __init__(self, *, color: bool) -> None:
        self.color = color

    def __call__(self, text: str, style: str | None = None) -> str:
        """Colour text that is already harmless."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.color and style else text


def wants_color(when: str, stream: TextIO) -> bool:
    """Decide by `--color`, then NO_COLOR (no-color.org), then whether a person is looking."""
    if when == "auto":
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return when == "always"


def wants_unicode(stream: TextIO) -> bool:
    """Whether what is written there may hold more than ASCII."""
    try:
        "▕█▓░▏µ".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def as_ascii(text: str) -> str:
    """Text for a terminal that knows no more than ASCII."""
    return text.replace("µ", "u").encode("ascii", "backslashreplace").decode("ascii")


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size((100, 24)).columns


def count(number: float, unit: str = "", *, plural: str | None = None) -> str:
    """1 packet, 12,345 packets."""
    text = f"{number:,.0f}"
    if not unit:
        return text
    return f"{text} {unit if number == 1 else plural or f'{unit}s'}"


def size(number: float, unit: str = "B") -> str:
    """Bytes, or bits, in units of 1000, as networks count."""
    if number < 1000:  # noqa: PLR2004 - the base of the units
        return f"{number:.0f} {unit}"
    for prefix in ("k", "M", "G", "T"):
        number /= 1000
        if number < 999.5 or prefix == "T":  # noqa: PLR2004 - what still rounds to three digits
            break
    return f"{number:.3g} {prefix}{unit}"


def duration(nanoseconds: float) -> str:
    """3 digits of the unit that fits: 850 ns, 1.25 ms, 3.2 s, 2 min 05 s, 3 h 12 min."""
    seconds = nanoseconds / 1e9
    if seconds >= 3600:  # noqa: PLR2004 - an hour
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"
    if seconds >= 120:  # noqa: PLR2004 - two minutes
        return f"{int(seconds // 60)} min {int(seconds % 60):02} s"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 0.9995:  # noqa: PLR2004 - what still rounds to 1
            return f"{seconds * factor:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def columns(table: list[list[str]], *, right: frozenset[int] = frozenset(), gap: str = "  ") -> list[str]:
    """Lines of aligned cells; the cells must be harmless already."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return [
        gap.join(
            cell.rjust(wide) if index in right else cell.ljust(wide) for index, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


class TextWriter:
    """A table for people: aligned columns, or a record of lines a row where they do not fit the terminal."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, *, fit: int | None = None, paint: Paint | None = None) -> None:
        """`fit` is the width to keep to; None where nobody is looking (a file, a pipe): then always aligned columns."""
        self._stream = stream
        self._names = list(schema.names)
        self._fit = fit
        self._paint = paint or Paint(color=False)
        self._widths: list[int] | None = None
        self._right: list[bool] = []
        self._records = False
        self._row = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch; the first decides the widths."""
        import pyarrow as pa

        cells = [[_cell(value) for value in row] for row in rows(batch)]
        if not cells:
            return
        if self._widths is None:
            self._right = [pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in batch.schema.types]
            self._lay_out(cells)
        lines = self._as_records(cells) if self._records else [self._line(row) for row in cells]
        self._stream.write("".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        """A table without rows still shows its columns."""
        if self._widths is None and self._fit is None:
            self._stream.write(("  ".join(self._names) + "\n").encode())

    def _lay_out(self, cells: list[list[str]]) -> None:
        longest = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(self._names)]
        self._widths = [min(wide, _WIDEST) for wide in longest]
        self._records = self._fit is not None and sum(self._widths) + 2 * len(self._widths) - 2 > self._fit
        if not self._records:
            self._stream.write((self._paint(self._line(self._names), "bold") + "\n").encode())

    def _line(self, row: list[str]) -> str:
        padded = zip(row, self._widths or [], self._right, strict=True)
        return "  ".join(cell.rjust(wide) if right else cell.ljust(wide) for cell, wide, right in padded).rstrip()

    def _as_records(self, cells: list[list[str]]) -> list[str]:
        name_width = max(len(name) for name in self._names)
        lines = []
        for row in cells:
            self._row += 1
            lines.append(self._paint(f"- {self._row} ".ljust(40, "-"), "dim"))
            named = zip(self._names, row, strict=True)
            lines += [f"{self._paint(name.ljust(name_width), 'cyan')}  {cell}" for name, cell in named if cell]
        return lines


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return escape("; ".join(str(item) for item in value))
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return escape(str(value))
