"""What of a filter the engine is told beforehand: fewer rows are made, and the same rows match."""

from __future__ import annotations

import functools
import operator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from filters import make

import dicomfast
from dicomfast import _dicomfast
from dicomfast.cli.commands import _with_data_sets
from dicomfast.errors import FilterError
from dicomfast.filters import ask, frames, push, rows
from dicomfast.narrowing import EVERYWHERE, Condition, Where

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager

    from dicomfast.narrowing import Connections

CASES = Path(__file__).parent / "cases"
MOVE = "move_three_hosts/capture.pcap.zst"
MIXED = "mixed_traffic/capture.pcap.zst"
CAPTURES = [
    MOVE,
    MIXED,
    "port_reuse/capture.pcap",
    "reject_variants/capture.pcap",
    "reject_all_codes/capture.pcap",
    "connect_problems/capture.pcap",
    "many_associations/capture.pcap.zst",
    "blackout/client.pcap.zst",
    "links/a26_ipv6.pcap",
    "links/a28_vxlan.pcap",
    "links/a50_tunnels.ipip.pcap",
    "links/a50_tunnels.gre-teb.pcap",
    "links/a50_tunnels.frag576.pcap",
    "defects/midstart.pcap.zst",
]
# Of so many servers and titles; of one in the other captures.
SEVERAL = {MOVE: 2, MIXED: 2}
WORDS = ("ip.addr", "ip.src", "ip.dst", "ipv6.", "port", "tcp.stream", "_ip")


def tables(capture: str, names: list[str], threads: int) -> dict[str, pa.Table]:
    with closing(dicomfast.open(CASES / capture, threads=threads)) as opened:
        return opened.read(names)


@cache
def whole(capture: str) -> dict[str, pa.Table]:
    """Every table as it is without any filter."""
    names = [name for name in _dicomfast.table_names() if name != "exports"]
    return {name: table.combine_chunks() for name, table in tables(capture, names, 1).items()}


@cache
def ends(capture: str) -> list[tuple[Any, ...]]:
    """Client and server of some connections."""
    found = whole(capture)["connections"].select(["client_ip", "client_port", "server_ip", "server_port", "connection"])
    distinct: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in found.to_pylist():
        distinct.setdefault((row["server_ip"], row["server_port"]), tuple(row.values()))
    return list(distinct.values())[: SEVERAL.get(capture, 1)]


def titles(capture: str) -> list[tuple[str, str]]:
    """Called and calling AE titles."""
    found = whole(capture)["associations"].select(["called_ae", "calling_ae"]).to_pylist()
    return sorted({(row["called_ae"], row["calling_ae"]) for row in found if row["called_ae"] and row["calling_ae"]})[
        : SEVERAL.get(capture, 1)
    ]


def own(capture: str) -> list[str]:
    """Filters of this capture's own hosts and ports."""
    asked = []
    for client, client_port, server, server_port, number in ends(capture):
        ip = "ipv6" if ":" in client else "ip"
        network = f"{client}/64" if ":" in client else f"{client}/24"
        asked += [
            f"{ip}.addr == {client}",
            f"{ip}.src == {client}",
            f"{ip}.dst == {server} && dicom",
            f"{ip}.addr == {network}",
            f"{ip}.addr == {client} && {ip}.addr == {server}",
            f"{ip}.addr == {client} && tcp.port == {server_port} && dicom.cmd.status == 0",
            f"{ip}.src == {server} || tcp.port == {client_port}",
            f"({ip}.addr == {server} || tcp.port == {client_port}) && !(tcp.srcport == {server_port})",
            f"!({ip}.addr == {client}) && tcp.port in {{{server_port}, {client_port}}}",
            f"!({ip}.addr == {client})",
            f"{ip}.addr != {client}",
            f"all {ip}.addr == {network} && tcp.port == {server_port}",
            f"{ip}.addr == {client} ^^ tcp.port == {client_port}",
            f"{ip}.addr in {{{client}, {server}}} && tcp.port > {client_port - 1}",
            f"tcp.port in {{{client_port - 3} .. {client_port + 3}}}",
            f"tcp.srcport === {server_port}",
            f"tcp.dstport < {server_port + 1}",
            f"tcp.dstport <= {server_port} && tcp.srcport >= {client_port} && tcp.len > 0",
            f"tcp.stream == {number}",
            f"tcp.stream in {{{number}, {number + 2} .. {number + 4}}} && tcp.port == {server_port}",
            f"tcp.stream > {number} && dicom.pdu.type == 1",
            f'connections.client_ip == {client} && dicom.assoc.ae.called != ""',
            f"connections.server_port == {server_port} || associations.requestor_ip == {client}",
            f"frames.tcp_dstport == {server_port} && frames.ip_src == {client}",
            f"events.source_ip == {client} && segments.connection == {number}",
            f"{ip}.addr == {server} && (dicom.cmd.status != 0 || dicom.assoc.reject || tcp.analysis.flags)",
            f"{ip}.addr == {client} && findings.code && tcp.stream == {number}",
            f'{ip}.addr == {client} && anomalies.kind contains "e"',
        ]
    # What a tunnel has outside selects what is inside, where rows look at frames.
    outside = whole(capture)["outer_headers"]
    for outer in sorted({str(ip) for name in ("ip_src", "ip_dst") for ip in outside[name].to_pylist() if ip is not None})[:2]:
        ip = "ipv6" if ":" in outer else "ip"
        asked += [f"{ip}.src == {outer}", f"{ip}.dst == {outer} && tcp.stream >= 0", f"{ip}.addr == {outer}", f"frames.ip_src == {outer}"]
    for called, calling in titles(capture):
        asked += [
            f'dicom.assoc.ae.called == "{called}"',
            f'dicom.assoc.ae.calling == "{calling}" && dicom.assoc.ae.called == "{called}"',
            f'dicom.assoc.ae.calling in {{"{calling}", "NOBODY"}} && dicom.cmd.status == 0',
            f'dicom.assoc.ae.called in {{"A" .. "{called}"}}',
            f'dicom.assoc.ae.called == "{called}" || tcp.port == {ends(capture)[-1][1]}',
            f'(events.calling_ae == "{calling}" || dicom.assoc.ae.called == "{called}") && dicom.pdu.len > 100',
            f'dicom.assoc.ae.called != "{called}"',
            f'!(dicom.assoc.ae.called == "{called}")',
            f'dicom.assoc.ae.called >= "{called}" && tcp.port == {ends(capture)[0][1]}',
            f'dicom.assoc.ae.called contains "{called[:2]}"',
        ]
    times = sorted(whole(capture)["events"]["time"].cast("int64").to_pylist())
    if times:
        middle = f"{times[len(times) // 2] // 10**9}.{times[len(times) // 2] % 10**9:09}"
        asked += [
            f"frame.time_epoch == {middle}",
            f"frame.time_epoch >= {middle} && tcp.port == {ends(capture)[0][1]}",
            f"frame.time_epoch < {middle} || tcp.port == {ends(capture)[0][1]}",
            f"frame.time_epoch in {{{times[0] // 10**9} .. {middle}}} && dicom.pdu.len > 100",
            f"frame.time_epoch <= {middle} && frame.time_relative > 0.01",
            f"!(frame.time_epoch > {middle})",
            f"frame.time_epoch != {middle}",
        ]
    asked += ['frame.time < "2261-01-01"', 'frame.time > "2262-04-11"', 'frame.time < "1700-01-01"']
    return [
        *asked,
        "tcp.port == 70000",
        "tcp.port == -1",
        "tcp.stream == -1",
        "ip.addr == 192.0.2.1",
        "ipv6.addr == ::/0",
        "ip.addr == 0.0.0.0/0",
        'dicom.assoc.ae.called == ""',
    ]


def listed() -> list[str]:
    """Those that are compared with tshark, as far as they speak of ends."""
    return sorted({text for _, filters in make.lists().values() for text in filters if any(word in text for word in WORDS)})


NARROWED = [name for name in _dicomfast.table_names() if name not in push.OF_THE_WHOLE | push.JOINED]


@cache
def narrowed(capture: str, where: Where, threads: int) -> dict[str, pa.Table]:
    """The tables as the engine makes them where it is told so; those that tell of the whole as they are."""
    names = [name for name in _dicomfast.table_names() if name not in push.JOINED | {"findings", "exports"}]
    with closing(dicomfast.open(CASES / capture, threads=threads)) as opened:
        return {name: table.combine_chunks() for name, table in opened.read(names, where).items()}


def of(one: rows.Asked, found: dict[str, pa.Table]) -> list[dict[str, Any]]:
    """The rows that match."""
    return found[one.table].filter(one.mask(found[one.table], found)).to_pylist()


def compared(capture: str, texts: list[str], threads: int) -> dict[str, int]:
    """How often a table was narrowed for one of these filters, after it was seen that the same rows match."""
    count: dict[str, int] = {}
    for text in texts:
        plan = ask.Filter(text).plan
        for name in NARROWED:
            try:
                asked = rows.Asked(plan, name)
            except FilterError:
                continue
            where = push.of_rows(plan, [asked])
            if where != EVERYWHERE:
                count[name] = count.get(name, 0) + 1
                assert of(asked, narrowed(capture, where, threads)) == of(asked, whole(capture)), (text, name)
    return count


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_same_rows_match(capture: str) -> None:
    texts = [*own(capture), *(listed() if capture == "links/a50_tunnels.ipip.pcap" else [])]
    assert set(compared(capture, texts, 1)) == set(NARROWED)


@pytest.mark.parametrize("capture", [MOVE, MIXED, "links/a50_tunnels.frag576.pcap"])
def test_the_same_rows_match_however_many_threads(capture: str) -> None:
    assert set(compared(capture, own(capture)[::3], 2)) == set(NARROWED)


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_same_frames_match(capture: str) -> None:
    """Frames, too, are selected from fewer rows of the tables that are no frames."""
    pushed = 0
    for text in own(capture):
        plan = ask.Filter(text).plan
        try:
            needs = frames.needs_of(plan)
        except FilterError:
            continue
        where = push.of_frames(plan, needs)
        if where == EVERYWHERE:
            continue
        pushed += 1
        found = [sorted(plan.run(frames.Frames(tables)).to_pylist()) for tables in (narrowed(capture, where, 1), whole(capture))]
        assert found[0] == found[1], text
    assert pushed > 0


class Counting:
    """Passes that count the rows of which they are told, and may be told of all."""

    def __init__(self, capture: dicomfast.Capture, *, narrow: bool) -> None:
        self._capture = capture
        self._narrow = narrow
        self.made: dict[str, int] = {}

    def __call__(self, names: list[str], connections: Connections | None) -> AbstractContextManager[Iterator[tuple[str, pa.RecordBatch]]]:
        return closing(self._scan(names, connections if self._narrow else None))

    def _scan(self, names: list[str], connections: Connections | None) -> Generator[tuple[str, pa.RecordBatch]]:
        for name, batch in self._capture.scan(names, connections):
            self.made[name] = self.made.get(name, 0) + batch.num_rows
            yield name, batch


def asked_of(text: str, names: list[str], *, narrow: bool, held: int | None = None) -> tuple[list[Any], dict[str, int]]:
    """The rows that match, and how many the engine made."""
    capture = dicomfast.open(CASES / MOVE, threads=1)
    passes = Counting(capture, narrow=narrow)
    with pytest.MonkeyPatch.context() as patch:
        if held is not None:
            patch.setattr(ask, "HELD_ROWS", held)
        found = [(name, row) for name, batch in ask.Filter(text).matching(capture, names, passes) for row in batch.to_pylist()]
    return sorted(found, key=repr), passes.made


@pytest.mark.parametrize("held", [None, 1])
@pytest.mark.parametrize("names", [["events"], ["events", "pdus"], ["segments"], ["messages", "elements"], ["operations"]])
def test_rows_that_cannot_match_are_not_made(names: list[str], held: int | None) -> None:
    for client, _, server, server_port, number in ends(MOVE)[:1]:
        for text in (f"tcp.stream == {number}", f"ip.addr == {client} && ip.addr == {server} && tcp.port == {server_port}"):
            found, made = asked_of(text, names, narrow=True, held=held)
            same, all_made = asked_of(text, names, narrow=False, held=held)
            assert found == same != []
            assert sum(made.values()) < sum(all_made.values()), text
            if text.startswith("tcp.stream") and len(names) == 1 and held is None:
                # It tells which connection, and nothing else is asked.
                assert made[names[0]] == len(found)


@pytest.mark.parametrize("rows_of_a_batch", [3, 8192])
def test_events_have_their_data_sets_beside_them(rows_of_a_batch: int) -> None:
    client, _, server, _, _ = ends(MOVE)[0]
    text = f'ip.addr == {client} && ip.addr == {server} && dicom.assoc.ae.called != ""'
    printed = []
    for narrow in (True, False):
        capture = dicomfast.open(CASES / MOVE, limits={"batch_rows": rows_of_a_batch})
        passes = _with_data_sets(Counting(capture, narrow=narrow))
        batches = ask.Filter(text).matching(capture, ["events", "pdus"], passes)
        printed.append(sorted((name, repr(row)) for name, batch in batches for row in batch.to_pylist()))
    assert printed[0] == printed[1]
    assert any("data_set" in row and "(0008," in row for _, row in printed[0])


def test_events_of_other_times_are_not_made() -> None:
    last = max(whole(MOVE)["events"]["time"].cast("int64").to_pylist())
    text = f"frame.time_epoch >= {last // 10**9}.{last % 10**9:09}"
    found, made = asked_of(text, ["events"], narrow=True)
    same, all_made = asked_of(text, ["events"], narrow=False)
    assert found == same != []
    assert made["events"] == len(found) < all_made["events"]


def test_events_of_other_titles_are_not_made() -> None:
    called, calling = titles(MOVE)[0]
    text = f'dicom.assoc.ae.called == "{called}" && dicom.assoc.ae.calling == "{calling}"'
    found, made = asked_of(text, ["events"], narrow=True)
    same, all_made = asked_of(text, ["events"], narrow=False)
    assert found == same != []
    assert made["events"] == len(found) < all_made["events"]


@pytest.mark.parametrize("text", ["!(ip.addr == 10.0.0.1)", "ip.addr == 10.0.0.1 || dicom.cmd.status == 0", "dicom", "tcp.port != 104", ""])
def test_what_tells_of_no_end_asks_nothing_of_the_engine(text: str) -> None:
    plan = ask.Filter(text).plan
    assert push.of_rows(plan, [rows.Asked(plan, "events")]) == EVERYWHERE


def test_what_a_tunnel_has_outside_asks_nothing_of_the_engine() -> None:
    plan = ask.Filter("ip.src == 10.0.0.1").plan
    assert push.of_rows(plan, [rows.Asked(plan, "segments")]) == EVERYWHERE
    assert push.of_rows(plan, [rows.Asked(plan, "events")]) != EVERYWHERE
    plan = ask.Filter("ip.addr == 10.0.0.1").plan
    assert push.of_frames(plan, frames.needs_of(plan)) == EVERYWHERE


@pytest.mark.parametrize("table", sorted(push.OF_THE_WHOLE | push.JOINED))
def test_tables_of_the_whole_capture_stay_whole(table: str) -> None:
    text = f"ip.addr == 10.0.0.1 || {table}.{_dicomfast.schema(table).names[0]}"
    plan = ask.Filter("tcp.port == 104" if table in ("findings", "anomalies", "frames") else text.partition(" || ")[2]).plan
    assert push.of_rows(plan, [rows.Asked(plan, table)]) == EVERYWHERE


def test_findings_are_made_of_all_connections() -> None:
    capture = dicomfast.open(CASES / MOVE)
    where = Where((Condition(numbers=((1, 1),)),))
    found = capture.read(["findings", "messages"], where)
    assert found["findings"].equals(capture.findings)
    assert found["messages"].num_rows == capture.messages.num_rows


def test_a_filtered_capture_reads_large_tables_narrowed_and_keeps_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = dicomfast.open(CASES / MOVE)
    asked: list[Any] = []
    scan = capture.scan
    monkeypatch.setattr(capture, "scan", lambda names, connections=None: (asked.append(connections), scan(names, connections))[1])
    found = capture.filter("tcp.stream == 1")
    assert found.segments is found.segments
    assert len(asked) == 1
    assert asked[0] == Where((Condition(numbers=((1, 1),)),))
    assert "segments" not in capture.kept
    # Default tables serve every filter once they are read.
    assert found.operations.num_rows > 0
    assert asked[1:] == [None]
    assert capture.segments.filter(pc.equal(capture.segments["connection"], 1)).equals(capture.filter("tcp.stream == 1").segments)
    assert asked[2:] == [None]


def test_the_largest_of_both_stay_small() -> None:
    one = functools.reduce(operator.and_, [Where((Condition(ports=((port, port),)),)) for port in range(100)])
    assert len((one | one).conditions) == len(one.conditions) <= 16
    assert Where() | one == one | Where() == Where()
