"""A filter asked of a capture: which frames match, which rows of a table. Decides how often the capture is read.

Rows that know everything themselves are judged as they come (events know AE titles, addresses, ports, and what is in their command). For
the rest, other tables are needed whole, and these are only whole at the end: rows are held until then, up to `HELD_ROWS`; beyond that they
are dropped and read in a second pass, so memory stays bounded. An input that can be read only once is held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.elements import COLUMN
from dicomfast.errors import ArgumentError
from dicomfast.filters import frames, plan, push, rows
from dicomfast.narrowing import EVERYWHERE, Connections, Where
from dicomfast.sources import can_be_read_again

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.capture import Capture
    from dicomfast.filters.fields import Field
    from dicomfast.live import LiveCapture

HELD_ROWS = 1_000_000

Pass = Callable[[list[str], Connections | None], AbstractContextManager[Iterable[tuple[str, Any]]]]
Batches = Iterable[tuple[str, Any]]


class Filter:
    """A display filter: checked when it is made. Raises FilterError."""

    def __init__(self, text: str) -> None:
        self.plan = plan.build(text)

    def __str__(self) -> str:
        """The filter as it was written."""
        return self.plan.text

    def frames(self, capture: Capture, read: Pass | None = None) -> pa.Array:
        """The numbers of the frames that match, in order."""
        import pyarrow.compute as pc

        needs = frames.needs_of(self.plan)
        found = self.plan.run(frames.Frames(collect(capture, needs, self.plan.fields, read, push.of_frames(self.plan, needs))))
        return found.take(pc.sort_indices(found))

    def matching(
        self, capture: Capture | LiveCapture, tables: list[str], read: Pass | None = None
    ) -> Generator[tuple[str, pa.RecordBatch]]:
        """The rows of these tables that match, batch by batch."""
        asked = {name: rows.Asked(self.plan, name) for name in tables}
        read = read or _reading(capture)
        where = push.of_rows(self.plan, asked.values())
        needs: frames.Needs = {}
        for one in asked.values():
            frames.add(needs, one.sides)
        if not needs:
            with read(tables, where) as scan:
                yield from _matching(scan, asked, {})
            return
        if capture.follows:
            raise ArgumentError(f"a capture that goes on cannot be asked for {', '.join(self._later(asked))}: that is known at its end")
        held: list[tuple[str, Any]] | None = []
        again = can_be_read_again(capture.sources)
        kept = _Kept(needs, self.plan.fields)
        count = 0
        with read(list({*tables, *needs}), where) as scan:
            for name, batch in scan:
                kept.take(name, batch)
                if name not in asked or held is None:
                    continue
                held.append((name, batch))
                count += batch.num_rows + _beside(batch)
                if again and count > HELD_ROWS:
                    held = None
        if held is not None:
            yield from _matching(held, asked, kept.tables())
            return
        with read(tables, where) as scan:
            yield from _matching(scan, asked, kept.tables())

    def _later(self, asked: dict[str, rows.Asked]) -> list[str]:
        """The fields that rows do not know themselves."""
        later = (name for name in self.plan.fields if any(not one.knows(name) for one in asked.values()))
        return sorted({name.removesuffix("?") for name in later})


def _beside(batch: Any) -> int:
    """Lines of data sets that stand beside the rows."""
    return len(batch.column(COLUMN).flatten()) if COLUMN in batch.schema.names else 0


def _matching(batches: Batches, asked: dict[str, rows.Asked], sides: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, batch in batches:
        matching = batch.filter(asked[name].mask(batch, sides))
        if matching.num_rows:
            yield name, matching


class _Kept:
    """Columns of tables, as they come; of data sets only the elements that these fields take."""

    def __init__(self, needs: frames.Needs, fields: dict[str, Field]) -> None:
        self._keywords = frames.keywords(fields)
        self._columns = {name: sorted(columns) for name, columns in needs.items()}
        self._batches: dict[str, list[Any]] = {name: [] for name in needs}

    def take(self, name: str, batch: Any) -> None:
        if name not in self._columns:
            return
        if name == "elements" and self._keywords is not None:
            batch = _of_keywords(batch, self._keywords)
        self._batches[name].append(batch.select(self._columns[name]))

    def tables(self) -> dict[str, Any]:
        import pyarrow as pa

        found = {}
        for name, columns in self._columns.items():
            schema = pa.schema(_dicomfast.schema(name))
            found[name] = pa.Table.from_batches(
                self._batches[name], pa.schema([schema.field(column) for column in columns], schema.metadata)
            )
        return found


def _of_keywords(batch: Any, keywords: tuple[str, ...]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    from dicomfast import arrays

    return batch.filter(pc.is_in(batch.column("keyword"), value_set=arrays.array(keywords, pa.string())))


def collect(
    capture: Capture, needs: frames.Needs, fields: dict[str, Field], read: Pass | None = None, where: Where = EVERYWHERE
) -> dict[str, Any]:
    """These columns of whole tables, in one pass, for these fields; of these connections."""
    kept = _Kept(needs, fields)
    with (read or _reading(capture))(list(needs), where) as scan:
        for name, batch in scan:
            kept.take(name, batch)
    return kept.tables()


def _reading(capture: Capture | LiveCapture) -> Pass:
    return lambda tables, connections: closing(capture.scan(tables, connections))
