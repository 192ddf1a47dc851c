"""Every field by name: Wireshark's, ours, and each column of a table as `table.column`. Knows no data."""

from __future__ import annotations

import difflib
import functools
import re

from dicomfast import _dicomfast
from dicomfast.filters import dicom_fields, fragments, frame_fields, notes, tag_fields, tcp_fields
from dicomfast.filters.absent import ABSENT
from dicomfast.filters.fields import Field, Source

_ADDRESSES = re.compile(r"(?:.*_)?ip(?:_src|_dst)?$")
_CLOSE = 0.6


@functools.cache
def named() -> dict[str, Field]:
    """The fields that have a name of their own."""
    fields = [*frame_fields.FIELDS, *tcp_fields.FIELDS, *dicom_fields.FIELDS, *notes.FIELDS, *fragments.FIELDS, *tag_fields.FIELDS]
    return {field.name: field for field in fields}


@functools.cache
def find(name: str) -> Field | None:
    """The field of this name; None where there is none."""
    if name in named():
        return named()[name]
    tables = _dicomfast.table_names()
    table, _, column = name.partition(".")
    if table in tables:
        return _column(name, table, column)
    return tag_fields.keyword(name) if name in _keywords() else None


@functools.cache
def _keywords() -> frozenset[str]:
    """The fields that are keywords of PS3.6."""
    return frozenset(f"dicom.{word}" for word in _dicomfast.keywords())


def _column(name: str, table: str, column: str) -> Field | None:
    import pyarrow as pa

    schema = pa.schema(_dicomfast.schema(table))
    if column not in schema.names:
        return None
    field = schema.field(column)
    doc = (field.metadata or {}).get(b"doc", b"").decode()
    return Field(name, _kind(column, field.type), doc, (Source(table, column),))


def _kind(column: str, of: object) -> str:  # noqa: PLR0911 - one line a type
    import pyarrow as pa

    types = pa.types
    if types.is_list(of):
        return _kind(column, of.value_type)  # type: ignore[attr-defined]
    if types.is_dictionary(of) or types.is_string(of):
        return "ip" if _ADDRESSES.fullmatch(column) else "title" if column.endswith("_ae") else "text"
    if types.is_boolean(of):
        return "bool"
    if types.is_floating(of):
        return "float"
    if types.is_timestamp(of):
        return "time"
    if types.is_duration(of):
        return "duration"
    if types.is_integer(of):
        return "number"
    return "bytes" if types.is_binary(of) else "label"


def unknown(name: str) -> str:
    """Why there is no field of this name: it is not answered, or there is none, and what was meant."""
    if name in ABSENT:
        reason, instead = ABSENT[name]
        return f"{name} is a field of Wireshark that is not answered: {reason}; ask {instead}"
    return f"there is no field {name}{_suggestion(name)}"


def _suggestion(name: str) -> str:
    table, dot, _ = name.partition(".")
    names = list(named())
    if dot and table in _dicomfast.table_names():
        names += [f"{table}.{column}" for column in _dicomfast.schema(table).names]
    if table == "dicom" or not dot:
        names += sorted(_keywords())
    same = [known for known in names if known.lower() == name.lower()]
    near = same or difflib.get_close_matches(name, names, 3, _CLOSE) or [known for known in names if known.endswith(f".{name}")][:3]
    if not near and name in _dicomfast.table_names():
        near = [f"{name}.{column}" for column in _dicomfast.schema(name).names][:3]
    return f"; did you mean {' or '.join(near)}?" if near else ""
