"""A capture seen through a filter: its tables hold the rows that match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.filters import push
from dicomfast.filters.ask import Filter
from dicomfast.filters.rows import Asked
from dicomfast.narrowing import EVERYWHERE
from dicomfast.sources import can_be_read_again

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from dicomfast.capture import Capture


class FilteredCapture:
    """`capture.filter(text)`: each table is an attribute, and holds the rows that match.

    A row matches by its own values and by those of what it belongs to, and what belongs to it (docs/filters.md).
    """

    def __init__(self, capture: Capture, text: str) -> None:
        self._capture = capture
        self._filter = Filter(text)
        self._found: dict[str, pa.Table] = {}

    @property
    def tables(self) -> list[str]:
        """The names of all tables."""
        return self._capture.tables

    def read(self, tables: Iterable[str] | None = None) -> dict[str, pa.Table]:
        """Whole tables by name, with the rows that match: the default ones that the filter can be asked of, or those named."""
        from dicomfast.errors import FilterError

        asked = {}
        for name in _dicomfast.default_tables() if tables is None else tables:
            try:
                asked[name] = Asked(self._filter.plan, name)
            except FilterError:
                if tables is not None:
                    raise
        missing = {name: one for name, one in asked.items() if name not in self._found}
        whole = self._read(missing)
        self._found |= {name: whole[name].filter(one.mask(whole[name].combine_chunks(), whole)) for name, one in missing.items()}
        return {name: self._found[name] for name in asked}

    def _read(self, asked: dict[str, Asked]) -> dict[str, pa.Table]:
        """The tables that it takes. Those that a capture keeps are read whole, once; of others the rows that can match."""
        wanted = sorted({name for one in asked.values() for name in (one.table, *one.sides)})
        where = push.of_rows(self._filter.plan, asked.values())
        large = set(wanted) - {*_dicomfast.default_tables(), *self._capture.kept}
        if where == EVERYWHERE or not large or not can_be_read_again(self._capture.sources):
            return self._capture.read(wanted)
        return self._capture.read(wanted, where)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _dicomfast.table_names():
            raise AttributeError(f"a capture has no table {name!r}; the tables are {', '.join(_dicomfast.table_names())}")
        return self.read([name])[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables]

    def __repr__(self) -> str:
        return f"<{self._capture!r} where {self._filter}>"
