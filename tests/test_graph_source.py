"""What graphs are made of, as it comes from the engine: the rows of the connections that were asked for, and no others."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from graph_sources import rows, stall
from tshark_segments import SCHEMA, dissect, table, tshark

import dicomfast
from dicomfast.graphs.ask import Question
from dicomfast.graphs.source import collect

CASE = Path(__file__).parent / "cases/echo_dcmtk_storescp/capture.pcap"


def batches(*more: tuple[str, pa.Table]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The tables of the engine for a capture of several connections, and others."""
    yield from dicomfast.scan(CASE, tables=["connections", "associations", "messages", "pdus"])
    for name, whole in more:
        for batch in whole.to_batches(max_chunksize=7):
            yield name, batch


def segments() -> pa.Table:
    if tshark() is None:
        pytest.skip("tshark is not installed")
    return table(dissect(CASE))


def stalls() -> pa.Table:
    return rows("stalls", stall(0, 10, "sender-idle"), stall(5, 20, "window-full", connection=1))


def test_the_rows_of_the_connections_asked_for() -> None:
    whole = segments()
    second, first = collect(batches(("segments", whole), ("stalls", stalls())), [1, 0])
    for number, source in ((0, first), (1, second)):
        assert source.connection == number
        assert set(source.tables["segments"]["connection"].to_pylist()) == {number}
        assert source.associations["association"].to_pylist() == [number]
        assert set(source.messages["association"].to_pylist()) == {number}
        assert set(source.tables["pdus"]["connection"].to_pylist()) == {number}
    assert first.tables["segments"].num_rows + second.tables["segments"].num_rows == whole.num_rows
    assert second.tables["stalls"]["cause"].to_pylist() == ["window-full"]


@pytest.mark.parametrize("kind", ["stevens", "tcptrace", "throughput", "rtt", "window", "ladder"])
def test_from_batches_to_a_comparison(kind: str) -> None:
    graph = Question(kind, 0, compare=1).answer(batches(("segments", segments()), ("stalls", stalls())))
    whole = graph.table()
    assert set(whole["connection"].to_pylist()) == {0, 1}
    assert graph.stalls["cause"].to_pylist() == ["sender-idle"]
    assert graph.html().startswith("<!DOCTYPE html>")


def test_which_connection_where_none_is_named() -> None:
    with pytest.raises(dicomfast.ArgumentError, match="several TCP connections"):
        Question("ladder").answer(batches())
    with pytest.raises(dicomfast.ArgumentError, match="no TCP connection 2"):
        Question("ladder", 2).answer(batches())
    with pytest.raises(dicomfast.ArgumentError, match="no TCP connection"):
        collect([], None)
    lone = Path(__file__).parent / "cases/store_statuses/capture.pcap"
    assert dicomfast.open(lone).graph("ladder").connection == 0


def test_a_connection_without_segments_gives_an_empty_graph() -> None:
    graph = Question("tcptrace", 0).answer(batches(("segments", SCHEMA.empty_table())))
    assert graph.series.num_rows == 0
    assert graph.stalls.num_rows == 0
