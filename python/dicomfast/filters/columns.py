"""Columns of tables as the values of a field. Knows sources; knows nothing of frames or of what a row belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from dicomfast import arrays
from dicomfast.filters.values import flat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomfast.filters.fields import Source

Tables = "Mapping[str, Any]"


def column(source: Source, tables: Mapping[str, Any]) -> pa.Array:
    """What each row of the source's table has; null where it has none."""
    table = tables[source.table]
    if source.owner is None:
        found = flat(source.how(table, source.column) if source.how else table.column(source.column))
    else:
        owners = tables[source.owner]
        values = flat(source.how(owners, source.column) if source.how else owners.column(source.column))
        found = values.take(of_owner(table.column("association"), owners.column("association")))
    if source.where is None:
        return found
    name, wanted = source.where
    passes = flat(pc.is_in(flat(table.column(name)), value_set=arrays.array(list(wanted), _plain(table.column(name).type))))
    return found.take(pc.if_else(passes, arrays.count(len(found), pa.int64()), arrays.scalar(None, pa.int64())))


def of_owner(keys: Any, owners: Any) -> pa.Array:
    """For each key the row among its owners; null where there is none."""
    return pc.index_in(flat(keys), value_set=flat(owners))


def keys(table: Any, *names: str) -> list[pa.Array]:
    """Columns to find rows of other tables by (`arrays.places`): dictionaries, which differ from table to table, as their values."""
    return [column.cast(_plain(column.type)) for column in (flat(table.column(name)) for name in names)]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
