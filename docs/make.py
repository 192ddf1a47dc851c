"""Writes the reference pages beside it from what the engine says of itself: `python docs/make.py` (`make docs`)."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from dicomfast import _dicomfast
from dicomfast.filters import registry
from dicomfast.filters.fields import KINDS, Field

HERE = Path(__file__).parent
NOTE = "<!-- Made by docs/make.py: do not edit. -->"


def tables() -> str:
    """Every table with its columns."""
    lines = [
        "# Tables",
        "",
        NOTE,
        "",
        "What cannot be known is null, never 0 or empty. Times are those of the capture, in UTC with nanoseconds. `connection`,",
        "`association` and `message` count from 0, `packet` from 1 as `frame.number` does in Wireshark, through all inputs.",
        "A column of type *word* is a text that repeats (a dictionary in Arrow).",
    ]
    for name in _dicomfast.table_names():
        schema = pa.schema(_dicomfast.schema(name))
        on_request = "" if name in _dicomfast.default_tables() else " On request."
        lines += ["", f"## {name}", "", doc(schema) + on_request, "", "| column | type | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{field.name}` | {kind(field.type)} | {cell(doc(field))} |" for field in schema]
    return "\n".join(lines) + "\n"


def doc(holder: pa.Schema | pa.Field) -> str:
    """What the engine says of it."""
    text: bytes = holder.metadata[b"doc"]
    return text.decode()


def kind(of: pa.DataType) -> str:
    """The type in a word or two."""
    if pa.types.is_dictionary(of):
        return "word"
    if pa.types.is_timestamp(of):
        return "time"
    if pa.types.is_duration(of):
        return "duration"
    if pa.types.is_list(of):
        return f"list of {kind(of.value_type)}"
    return {"string": "text", "binary": "bytes", "double": "float"}.get(str(of), str(of))


def cell(text: str) -> str:
    """Text that stays in its cell."""
    return text.replace("|", "\\|")


def findings() -> str:
    """Every code of the table `findings`."""
    lines = ["# Findings", "", NOTE, "", "The `code` of a finding is stable; `evidence` holds the names and numbers of the case."]
    for severity in ("error", "warning", "note"):
        lines += ["", f"## {severity}", "", "| code | title | advice |", "| --- | --- | --- |"]
        lines += [
            f"| `{code}` | {cell(title)} | {cell(advice)} |" for code, of, title, advice in _dicomfast.findings_codes() if of == severity
        ]
    return "\n".join(lines) + "\n"


def anomalies() -> str:
    """Every kind of the table `anomalies`."""
    lines = [
        "# Anomalies",
        "",
        NOTE,
        "",
        "What the network, a peer or the capture did wrong. A kind is stable; `detail` holds the numbers.",
    ]
    lines += ["", "| kind | layer | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {layer} | {cell(meaning)} |" for name, layer, meaning in _dicomfast.anomaly_kinds()]
    return "\n".join(lines) + "\n"


def fields() -> str:
    """Every field that a display filter knows by a name of its own."""
    lines = [
        "# Fields",
        "",
        NOTE,
        "",
        "What a [display filter](filters.md) and `dicomfast fields` know by name. All are Wireshark's but `dicom.cmd*`. Every column of a",
        "[table](tables.md) is a field besides, as `table.column`, and so is `dicom.` with a keyword of PS3.6 (`dicom.PatientID`).",
    ]
    groups: dict[str, list[Field]] = {}
    for field in registry.named().values():
        family = field.name.partition(".")[0]
        ours = field.name.startswith("dicom.cmd")
        groups.setdefault("dicom.cmd" if ours else family, []).append(field)
    for family, members in groups.items():
        lines += ["", f"## {family}", "", "| field | kind | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{field.name}` | {KINDS[field.kind]} | {cell(field.doc)} |" for field in members]
    return "\n".join(lines) + "\n"


PAGES = {"tables.md": tables, "findings.md": findings, "anomalies.md": anomalies, "fields.md": fields}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
