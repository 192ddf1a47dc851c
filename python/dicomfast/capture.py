"""Captures as tables: whole, or batch by batch. Knows Arrow; knows nothing of printing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self

from dicomfast import _dicomfast
from dicomfast.errors import ArgumentError
from dicomfast.libpcap import libraries
from dicomfast.narrowing import of_engine
from dicomfast.sources import Source, can_be_read_again, expand
from dicomfast.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    import pyarrow as pa

    from dicomfast.comparison.result import Comparison
    from dicomfast.datasets import DataSet
    from dicomfast.filters.view import FilteredCapture
    from dicomfast.graphs.graph import Graph
    from dicomfast.narrowing import Connections
    from dicomfast.slicing import Slice

    Phi = Literal["mask", "show", "pseudonym"]
    Through = Callable[[pa.RecordBatch], pa.RecordBatch]


class Scan:
    """One pass over a capture in constant memory: yields `(table name, pyarrow.RecordBatch)`."""

    def __init__(self, session: _dicomfast.Session, through: Through | None = None) -> None:
        """through: what becomes of each batch."""
        import pyarrow as pa

        self._session = session
        self._record_batch = pa.record_batch
        self._through = through

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[str, pa.RecordBatch]:
        name, batch = next(self._session)
        made = self._record_batch(batch)
        return name, made if self._through is None else self._through(made)

    def stats(self) -> dict[str, int]:
        """What has been read so far: packets, bytes, segments. May be asked from another thread."""
        return self._session.stats()

    def close(self) -> None:
        """End the pass and let go of the files."""
        self._session.close()


class Capture:
    """A capture and its tables.

    Each table is an attribute: `capture.associations` is a `pyarrow.Table`. The first use of a default table reads the
    capture once, for all of them, and keeps them; the others (`stalls`, `segments`, `frames` ...) are read when they are asked for.
    """

    capture_info: pa.Table
    connections: pa.Table
    associations: pa.Table
    presentation_contexts: pa.Table
    operations: pa.Table
    messages: pa.Table
    findings: pa.Table
    anomalies: pa.Table
    pdus: pa.Table
    pdvs: pa.Table
    items: pa.Table
    frames: pa.Table
    outer_headers: pa.Table
    events: pa.Table
    segments: pa.Table
    stalls: pa.Table
    suboperations: pa.Table
    studies: pa.Table
    peers: pa.Table
    objects: pa.Table
    elements: pa.Table
    exports: pa.Table  # of `export` alone; empty here

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        threads: int = 0,
        limits: Mapping[str, int] | None = None,
        follow: bool = False,
        filter: str = "",  # noqa: A002 - libpcap's word
        phi: Phi = "mask",
        key: bytes | None = None,
        hashes: bool = False,
    ) -> None:
        self._sources = expand(list(sources))
        self._options: dict[str, Any] = {
            "threads": threads,
            "limits": dict(limits or {}),
            "follow": follow,
            "filter": filter,
            "libraries": libraries() if filter else None,
            "phi": phi,
            "key": key,
            "hashes": hashes,
        }
        self._whole: dict[str, pa.Table] = {}
        self._used = False
        self._scan: Scan | None = None

    @property
    def tables(self) -> list[str]:
        """The names of all tables."""
        return _dicomfast.table_names()

    @property
    def sources(self) -> list[str | BinaryIO]:
        """What is read, patterns expanded."""
        return list(self._sources)

    def scan(self, tables: Iterable[str] | None = None, connections: Connections | None = None) -> Scan:
        """Read the capture once, in constant memory, and yield the batches of the tables as they fill.

        connections: numbers of TCP connections, or what their ends must be, whose rows alone are made; findings, anomalies, capture_info
        and frames tell of the whole.
        """
        return self._pass(known(tables), connections=of_engine(connections))

    def exporting(self, directory: str | os.PathLike[str], *, incomplete: bool = False, where: str | None = None) -> Scan:
        """As `export`, batch by batch: the files are written as the pass goes on."""
        if where is None:
            return self._pass(["exports"], export=directory, incomplete=incomplete)
        from dicomfast.selection import Selection

        chosen = Selection(self, where, directory)
        return self._pass(["exports"], chosen.keep, export=directory, incomplete=incomplete, connections=chosen.connections)

    def export(self, directory: str | os.PathLike[str], *, incomplete: bool = False, where: str | None = None) -> pa.Table:
        """Write the data set of each C-STORE request to a DICOM file in a folder, in one pass, and tell which (docs/export.md).

        The bytes are those that were sent, in the transfer syntax that was negotiated. Patient data is in them, whatever `phi` says.
        incomplete: also write those of which bytes are missing, with zeros in their place; the names end in .incomplete.dcm.
        where: a display filter; the objects that it selects are those that `capture.filter(where).objects` has. Raises FilterError.
        """
        return self._collect(["exports"], self.exporting(directory, incomplete=incomplete, where=where))["exports"]

    def datasets(self, *, most: int = 1 << 30) -> Iterator[DataSet]:
        """Each object that was stored whole, for `to_pydicom`; those of more than `most` bytes are left out."""
        from dicomfast.datasets import datasets

        return datasets(self.export, most)

    @property
    def follows(self) -> bool:
        """Whether at the end of the input more is waited for."""
        return bool(self._options["follow"])

    @property
    def kept(self) -> set[str]:
        """The names of the tables that were read whole."""
        return set(self._whole)

    def read(self, tables: Iterable[str] | None = None, connections: Connections | None = None) -> dict[str, pa.Table]:
        """Whole tables by name; one pass for all that have not been read yet.

        connections: as for `scan`; what is read of these alone is not kept.
        """
        names = known(tables)
        if connections is not None:
            return self._collect(names, self.scan(names, connections))
        missing = [name for name in names if name not in self._whole]
        if missing:
            self._whole |= self._collect(missing, self.scan(missing))
        return {name: self._whole[name] for name in names}

    def filter(self, text: str) -> FilteredCapture:
        """The capture seen through a display filter: its tables hold the rows that match (docs/filters.md).

        `capture.filter("ip.addr == 10.0.0.1 && dicom.cmd.status != 0").operations`. Raises FilterError for a filter that is wrong.
        """
        from dicomfast.filters.view import FilteredCapture

        return FilteredCapture(self, text)

    def frame_numbers(self, text: str) -> pa.Array:
        """The numbers of the frames that match a display filter, as Wireshark shows them; in order."""
        from dicomfast.filters.ask import Filter

        return Filter(text).frames(self)

    def slice(self, text: str, path: str | os.PathLike[str], *, comments: bool = True) -> Slice:
        """Write the packets of the connections that match a display filter to a pcapng file, each connection whole (docs/slice.md).

        comments: what `findings` tell of them becomes comments of their packets, which Wireshark shows. Raises FilterError.
        """
        from dicomfast.slicing import write

        return write(self, text, os.fspath(path), comments=comments)

    def graph(
        self,
        kind: str,
        *,
        connection: int | None = None,
        direction: str | None = None,
        compare: int | None = None,
        window: float = 1.0,
        by: str = "time",
    ) -> Graph:
        """A graph of a TCP connection: stevens, tcptrace, throughput, rtt, window or ladder (docs/graphs.md).

        connection: its number; may be left out where there is only one. direction: the side that sent the data, "client" or "server"
        (default: the one that sent more). compare: another connection to lay over it. window: seconds of a throughput graph.
        by: "time" or "sequence", for rtt.
        """
        from dicomfast.graphs.ask import Question

        question = Question(kind, connection, direction, compare, window, by)
        return question.answer(self.scan(question.tables, question.connections))

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write what was found and where the time went as one HTML file that needs no network (docs/report.md)."""
        from contextlib import closing

        from dicomfast.report import page

        page.save(self, os.fspath(path), lambda tables, connections: closing(self.scan(tables, connections)))

    def close(self) -> None:
        """Let go of the files. Tables that were read stay."""
        if self._scan is not None:
            self._scan.close()

    def __getattr__(self, name: str) -> pa.Table:
        if name.startswith("_") or name not in _dicomfast.table_names():
            raise AttributeError(f"a capture has no table {name!r}; the tables are {', '.join(_dicomfast.table_names())}")
        defaults = _dicomfast.default_tables()
        return self.read(defaults if name in defaults else [name])[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        names = [source if isinstance(source, str) else "<file object>" for source in self._sources[:3]]
        more = len(self._sources) - len(names)
        return f"<Capture {escape(', '.join(names))}{f' and {more} more' if more else ''}>"

    def _pass(self, names: list[str], through: Through | None = None, **more: Any) -> Scan:
        if self._used and not can_be_read_again(self._sources):
            raise ArgumentError("standard input and file objects can be read only once; name every table you need in one read or scan")
        session = _dicomfast.Session(self._sources, names, **self._options, **more)
        self._used = True
        self._scan = Scan(session, through)
        return self._scan

    @staticmethod
    def _collect(names: list[str], scan: Scan) -> dict[str, pa.Table]:
        import pyarrow as pa

        batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in names}
        for name, batch in scan:
            batches[name].append(batch)
        return {name: pa.Table.from_batches(batches[name], pa.schema(_dicomfast.schema(name))) for name in names}


def known(tables: Iterable[str] | None) -> list[str]:
    """The names of the tables, checked, each once; the default ones where none is named."""
    if isinstance(tables, str):
        raise ArgumentError(f"tables is a list of names: [{tables!r}]")
    names = _dicomfast.default_tables() if tables is None else list(dict.fromkeys(tables))
    for name in names:
        _dicomfast.schema(name)
    return names


def open(  # noqa: A001 - as gzip.open
    *sources: Source,
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    follow: bool = False,
    filter: str = "",  # noqa: A002 - libpcap's word
    phi: Phi = "mask",
    key: bytes | None = None,
    hashes: bool = False,
) -> Capture:
    """Open a capture: one or more paths, patterns, binary file objects, or "-" for standard input.

    Several inputs are read one after the other, as one capture. Nothing is read before a table is asked for.
    threads: 1 or 2; 0 for as many as the machine has, at most 2. limits: bounds by name (ARCHITECTURE.md).
    follow: at the end of the last input wait for more, as `tail -f`. filter: take only the packets that pass this capture filter, in
    libpcap's language (pcap-filter(7)); it needs libpcap.
    phi: what becomes of values of data sets that identify a person (docs/privacy.md): "mask" leaves them out, "show" shows them,
    "pseudonym" replaces them by a keyed hash, with the secret bytes `key`. hashes: make the SHA-256 of each data set (`objects`).
    """
    return Capture(sources, threads=threads, limits=limits, follow=follow, filter=filter, phi=phi, key=key, hashes=hashes)


def read(
    *sources: Source,
    tables: Iterable[str] | None = None,
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    phi: Phi = "mask",
    key: bytes | None = None,
    hashes: bool = False,
) -> dict[str, pa.Table]:
    """Read whole tables in one pass: the default ones, or those named."""
    with Capture(sources, threads=threads, limits=limits, phi=phi, key=key, hashes=hashes) as capture:
        return capture.read(tables)


def scan(
    *sources: Source,
    tables: Iterable[str] | None = None,
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    follow: bool = False,
    phi: Phi = "mask",
    key: bytes | None = None,
    hashes: bool = False,
    connections: Connections | None = None,
) -> Scan:
    """Read once in constant memory: yields `(table name, pyarrow.RecordBatch)` as the batches fill. As `Capture.scan`."""
    return Capture(sources, threads=threads, limits=limits, follow=follow, phi=phi, key=key, hashes=hashes).scan(tables, connections)


def compare(*captures: Capture | Source, connections: tuple[int, int] | None = None, aes: tuple[str, str] | None = None) -> Comparison:
    """Compare two receivers that were given the same work: `.sentence` says which is slower, by how much and why.

    Two captures (paths, patterns, or what `open` gave); or one, and two of its connections by number, or two called AE titles.
    C-STOREs are matched by SOP instance, other operations by command and order. `.tables` has the numbers, `.to_dict()` all of it.
    """
    from dicomfast.comparison.ask import Question

    opened = [one if isinstance(one, Capture) else Capture([one]) for one in captures]
    return Question(opened, connections or (), aes or ()).answer()
