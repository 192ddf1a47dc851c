"""A capture seen through a filter: its tables hold the rows that match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.filters.ask import Filter
from dicomfast.filters.rows import Asked

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
        self._filter.check(capture)

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
        wanted = {name for one in asked.values() for name in (one.table, *one.sides)}
        whole = self._capture.read(sorted(wanted))
        return {name: whole[name].filter(one.mask(whole[name].combine_chunks(), whole)) for name, one in asked.items()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _dicomfast.table_names():
            raise AttributeError(f"a capture has no table {name!r}; the tables are {', '.join(_dicomfast.table_names())}")
        return self.read([name])[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables]

    def __repr__(self) -> str:
        return f"<{self._capture!r} where {self._filter}>"
