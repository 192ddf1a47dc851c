"""The one place that asks the engine for what graphs are made of: its tables, of one or two connections. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomfast import _dicomfast
from dicomfast.errors import ArgumentError
from dicomfast.graphs.series import column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

# Of these, the columns that are kept while the capture is read.
_MESSAGES = ("association", "message", "sender", "command", "message_id", "sop_class", "sop_class_name", "status", "status_text",
             "start", "end", "first_packet", "last_packet", "command_bytes", "dataset_bytes", "complete")  # fmt: skip
_CONNECTIONS = ("connection", "client_ip", "client_port", "server_ip", "server_port", "start", "end", "first_packet")
_ASSOCIATIONS = ("association", "connection", "calling_ae", "called_ae")
_WHOLE = ("segments", "stalls", "pdus")


@dataclass(frozen=True)
class Source:
    """The rows of one connection."""

    connection: int
    client: str
    server: str
    start: int | None
    associations: pa.Table
    messages: pa.Table
    tables: dict[str, pa.Table]
    """segments, stalls, pdus: those that were asked for."""


def wanted(kind: str) -> list[str]:
    """The tables that a graph of this kind is made of."""
    first = "pdus" if kind == "ladder" else "segments"
    known = _dicomfast.table_names()
    if first not in known:
        raise ArgumentError(f"a {kind} graph is made of the table {first}, which this version does not have")
    return [first, *(name for name in ("stalls",) if name in known), "connections", "associations", "messages"]


def collect(batches: Iterable[tuple[str, pa.RecordBatch]], connections: Sequence[int] | None) -> list[Source]:
    """What the engine tells of these connections; with None, of the only one there is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    held: dict[str, list[pa.RecordBatch]] = {}
    seen: set[int] = set()
    columns = {"messages": _MESSAGES, "connections": _CONNECTIONS, "associations": _ASSOCIATIONS}
    for name, batch in batches:
        if name in _WHOLE and connections is None:
            seen |= set(pc.unique(batch["connection"]).to_pylist())
            _only(seen)
        held.setdefault(name, []).append(batch.select(columns[name]) if name in columns else batch)
    whole = {name: pa.Table.from_batches(parts) for name, parts in held.items()}
    numbers = list(connections) if connections is not None else [_only(seen | set(_numbers(whole.get("connections"))))]
    return [_source(whole, number) for number in numbers]


def _numbers(table: pa.Table | None) -> list[Any]:
    return [] if table is None else column(table, "connection")


def _only(seen: set[int]) -> int:
    if not seen:
        raise ArgumentError("the capture holds no TCP connection")
    if len(seen) > 1:
        raise ArgumentError("the capture holds several TCP connections: name one by its number (the table connections lists them)")
    return next(iter(seen))


def _source(whole: dict[str, pa.Table], number: int) -> Source:
    import pyarrow as pa
    import pyarrow.compute as pc

    def of(name: str, key: str, values: list[Any]) -> pa.Table:
        if name not in whole:
            return pa.schema(_dicomfast.schema(name)).empty_table() if name in _dicomfast.table_names() else pa.table({})
        table = whole[name]
        return table.filter(pc.is_in(table[key], pa.array(values, pa.uint64())))

    found = of("connections", "connection", [number]).slice(0, 1)
    if found.num_rows == 0:
        raise ArgumentError(f"the capture has no TCP connection {number}: they are counted from 0 (the table connections lists them)")
    row = {name: column(found, name)[0] for name in _CONNECTIONS}
    associations = of("associations", "connection", [number])
    return Source(
        connection=number,
        client=_address(row["client_ip"], row["client_port"]),
        server=_address(row["server_ip"], row["server_port"]),
        start=row["start"],
        associations=associations,
        messages=of("messages", "association", column(associations, "association")),
        tables={name: of(name, "connection", [number]) for name in _WHOLE},
    )


def _address(ip: str | None, port: int | None) -> str:
    host = f"[{ip}]" if ip and ":" in ip else ip or "?"
    return f"{host}:{port}" if port is not None else host
