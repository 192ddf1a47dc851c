"""Rows of certain connections alone: the same as all rows, narrowed afterwards."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import dicomfast
from dicomfast import _dicomfast

CASES = Path(__file__).parent / "cases"
OF_THE_WHOLE = {"findings", "anomalies", "capture_info"}


def tables(path: Path, connections: list[int] | None, threads: int, names: list[str] | None = None) -> dict[str, pa.Table]:
    names = names or _dicomfast.table_names()
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in names}
    for name, batch in dicomfast.scan(path, tables=names, connections=connections, threads=threads):
        batches[name].append(batch)
    return {name: pa.Table.from_batches(parts, pa.schema(_dicomfast.schema(name))) for name, parts in batches.items()}


def narrowed(name: str, whole: dict[str, pa.Table], connections: list[int]) -> pa.Table:
    table = whole[name]
    if name in OF_THE_WHOLE:
        return table
    if "connection" in table.column_names:
        return table.filter(pc.is_in(table["connection"], pa.array(connections, pa.uint64())))
    on_them = narrowed("associations", whole, connections)["association"]
    return table.filter(pc.is_in(table["association"], on_them.combine_chunks()))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", ["move_three_hosts/capture.pcap.zst", "port_reuse/capture.pcap", "mixed_traffic/capture.pcap.zst"])
def test_the_same_rows_as_narrowed_afterwards(case: str, threads: int) -> None:
    whole = tables(CASES / case, None, threads)
    numbers = sorted(whole["connections"]["connection"].to_pylist())
    for connections in ([], numbers[:1], numbers[-1:], [numbers[-1], numbers[0], numbers[0]], [1 << 63]):
        found = tables(CASES / case, connections, threads)
        for name, table in found.items():
            assert table.to_pylist() == narrowed(name, whole, connections).to_pylist(), (name, connections)


def test_each_table_without_the_others() -> None:
    path = CASES / "move_three_hosts/capture.pcap.zst"
    whole = tables(path, None, 1)
    for name in whole:
        assert tables(path, [1], 1, [name])[name].to_pylist() == narrowed(name, whole, [1]).to_pylist(), name


@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_numbers_that_no_connection_can_have(number: int) -> None:
    with pytest.raises(dicomfast.ArgumentError, match="counted from 0"):
        dicomfast.scan(CASES / "port_reuse/capture.pcap", connections=[number])
