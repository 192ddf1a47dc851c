"""The series of graphs: every point of a conversation worked out by hand, and real captures against plainer ways to count."""

import itertools
import subprocess
from pathlib import Path
from time import process_time

import pyarrow as pa
import pytest
from graph_sources import at, conversation
from tshark_segments import dissect, stored, table, tshark

from dicomfast.graphs.rtt import rtt
from dicomfast.graphs.sequence import stevens, tcptrace
from dicomfast.graphs.series import column, split
from dicomfast.graphs.throughput import throughput
from dicomfast.graphs.window import window

HERE = Path(__file__).parent
MILLISECOND = 1_000_000


def points(series: pa.Table, name: str) -> list[tuple[float, ...]]:
    """Milliseconds, y, y_to where there is one, packet."""
    part = split(series)[name]
    times = [(time - at(0)) / MILLISECOND for time in column(part, "time")]
    whole = zip(times, column(part, "y"), column(part, "y_to"), column(part, "packet"), strict=True)
    return [tuple(value for value in point if value is not None) for point in whole]


def test_stevens() -> None:
    line = [(0, 0, 1), (20, 1, 3), (21, 1, 4), (22, 101, 5), (32, 301, 7), (50, 201, 10), (70, 401, 12)]
    assert points(stevens(conversation(), "client"), "sequence") == line
    assert points(stevens(conversation(), "server"), "sequence")[:2] == [(10, 0, 2), (31, 1, 6)]


def test_tcptrace() -> None:
    series = tcptrace(conversation(), "client")
    assert points(series, "segments") == [(21, 1, 101, 4), (22, 101, 201, 5), (32, 301, 401, 7), (50, 201, 301, 10)]
    assert points(series, "acknowledged") == [(10, 1, 2), (31, 101, 6), (42, 201, 8), (43, 201, 9), (60, 401, 11), (80, 402, 13)]
    limits = [(10, 65001, 2), (31, 1001, 6), (42, 1101, 8), (43, 1101, 9), (60, 401, 11), (80, 402, 13)]
    assert points(series, "window_limit") == limits
    assert points(series, "duplicate_ack") == [(43, 201, 9)]
    assert points(series, "sack") == [(43, 301, 401, 9)]
    assert points(series, "fast_retransmission") == [(50, 201, 10)]
    assert points(series, "receiver_zero_window") == [(60, 401, 11)]
    assert (points(series, "syn"), points(series, "fin"), points(series, "rst")) == ([(0, 0, 1)], [(70, 401, 12)], [])
    for name in ("sack_more", "retransmission", "zero_window", "out_of_order", "urg"):
        assert points(series, name) == []


def test_tcptrace_from_the_other_side() -> None:
    series = tcptrace(conversation(), "server")
    assert points(series, "zero_window") == [(60, 1, 11)]
    assert points(series, "rst") == [(80, 1, 13)]
    assert points(series, "segments") == []


def test_throughput_and_goodput() -> None:
    series = throughput(conversation(), "client", 20 * MILLISECOND)
    lengths = [(0, 0, 1), (20, 0, 3), (21, 100, 4), (22, 100, 5), (32, 100, 7), (50, 100, 10), (70, 0, 12)]
    assert points(series, "segment_length") == lengths
    bit = 8 / 0.02
    # 1 leaves at 20, but when 4 enters; 3, 4 and 5 leave before 10 enters, 7 before 12.
    entering_and_leaving = [
        (0, 0, 1), (20, 0, 3), (20, 0, 1), (21, 100 * bit, 4), (22, 200 * bit, 5), (32, 300 * bit, 7), (40, 300 * bit, 3),
        (41, 200 * bit, 4), (42, 100 * bit, 5), (50, 200 * bit, 10), (52, 100 * bit, 7), (70, 100 * bit, 12),
    ]  # fmt: skip
    assert points(series, "throughput") == entering_and_leaving
    # 100 by 6, 100 by 8, 100 by the SACK of 9, then 100 and not 200 by 11, and the FIN by 13.
    newly = [
        (10, 0, 2), (30, 0, 2), (31, 100 * bit, 6), (42, 200 * bit, 8), (43, 300 * bit, 9), (51, 200 * bit, 6), (60, 300 * bit, 11),
        (62, 200 * bit, 8), (63, 100 * bit, 9), (80, 101 * bit, 13),
    ]  # fmt: skip
    assert points(series, "goodput") == newly


def test_a_steady_rate_over_more_packets_than_are_held_at_once() -> None:
    count = 70_000
    rows = [{"packet": number, "time": at(number), "sender": "client", "length": 1, "flags": 16} for number in range(count)]
    found = split(throughput(table(rows), "client", 10 * MILLISECOND))["throughput"]
    # Eleven are within the window, both ends taken; ten when the oldest has left.
    assert found.num_rows == count + (count - 11)
    assert column(found, "y")[11:] == [10 * 800, 11 * 800] * (count - 11)
    assert column(found, "time") == sorted(column(found, "time"))


def test_round_trip_times() -> None:
    series = rtt(conversation(), "client")
    samples = [(21, 0.01, 4), (22, 0.02, 5), (50, 0.01, 10), (32, 0.028, 7)]
    assert points(series, "rtt") == samples
    assert column(split(series)["rtt"], "sequence") == [1, 101, 201, 301]
    assert points(series, "rtt_sack") == [(21, 0.01, 4), (22, 0.02, 5), (32, 0.011, 7), (50, 0.01, 10)]
    assert [packet for *_, packet in points(series, "ack_rtt")] == [2, 6, 8, 11]


def test_a_segment_sent_again_gives_no_second_time_and_one_covered_in_part_gives_two() -> None:
    rows = [
        {"packet": 1, "time": at(0), "sender": "client", "seq": 0, "length": 300, "flags": 16},
        {"packet": 2, "time": at(1), "sender": "client", "seq": 100, "length": 100, "flags": 16},
        {"packet": 3, "time": at(10), "sender": "server", "seq": 0, "ack": 100, "length": 0, "flags": 16},
        {"packet": 4, "time": at(11), "sender": "client", "seq": 250, "length": 50, "flags": 16},
        {"packet": 5, "time": at(20), "sender": "server", "seq": 0, "ack": 300, "length": 0, "flags": 16},
    ]
    assert points(rtt(table(rows), "client"), "rtt") == [(0, 0.01, 1), (0, 0.02, 1)]


def test_a_sack_block_inside_a_segment_leaves_two_parts() -> None:
    rows = [
        {"packet": 1, "time": at(0), "sender": "client", "seq": 0, "length": 300, "flags": 16},
        {"packet": 2, "time": at(5), "sender": "server", "ack": 0, "flags": 16, "sack": [{"start": 100, "end": 200}]},
        {
            "packet": 3,
            "time": at(6),
            "sender": "server",
            "ack": 0,
            "flags": 16,
            "sack": [{"start": 250, "end": 300}, {"start": 100, "end": 200}],
        },
        {"packet": 4, "time": at(7), "sender": "client", "seq": 150, "length": 10, "flags": 16},
        {"packet": 5, "time": at(9), "sender": "server", "ack": 300, "flags": 16},
    ]
    series = rtt(table(rows), "client")
    assert points(series, "rtt") == [(0, 0.009, 1)]
    assert points(series, "rtt_sack") == [(0, 0.005, 1), (0, 0.006, 1), (0, 0.009, 1), (7, 0.002, 4), (0, 0.009, 1)]
    assert column(split(series)["rtt_sack"], "sequence") == [100, 250, 0, 150, 200]


def test_a_segment_that_overlaps_a_later_one_ends_where_that_begins() -> None:
    rows = [
        {"packet": 1, "time": at(0), "sender": "client", "seq": 100, "length": 100, "flags": 16},
        {"packet": 2, "time": at(1), "sender": "client", "seq": 0, "length": 300, "flags": 16},
        {"packet": 3, "time": at(3), "sender": "server", "ack": 150, "flags": 16},
        {"packet": 4, "time": at(4), "sender": "server", "ack": 300, "flags": 16},
    ]
    assert points(rtt(table(rows), "client"), "rtt") == [(1, 0.002, 2), (0, 0.003, 1), (0, 0.004, 1)]


@pytest.mark.parametrize("step", [1, -1])
def test_segments_that_nobody_acknowledges_cost_neither_time_nor_memory(step: int) -> None:
    rows = [
        {"packet": number, "time": at(number), "sender": "client", "seq": 200_000 + step * number, "length": 1 + 2 * number, "flags": 16}
        for number in range(100_000)
    ]
    before = process_time()
    assert rtt(table(rows), "client").num_rows == 0
    assert process_time() - before < 30


def test_window() -> None:
    series = window(conversation(), "client")
    assert points(series, "receive_window") == [(31, 900, 6), (42, 900, 8), (43, 900, 9), (60, 0, 11)]
    outstanding = [(20, 0, 3), (21, 100, 4), (22, 200, 5), (32, 300, 7), (50, 200, 10), (70, 0, 12)]
    assert points(series, "bytes_in_flight") == outstanding


CAPTURES = ("formats/formats.pcap", "find_dcmqrscp/capture.pcap", "formats/defects.shuffled.pcap")


@pytest.fixture(params=["stored", *(f"cases/{name}" for name in CAPTURES)])
def real(request: pytest.FixtureRequest) -> pa.Table:
    if request.param == "stored":
        return stored(HERE / "graphs/loss.ndjson")
    if tshark() is None:
        pytest.skip("tshark is not installed")
    return table([row for row in dissect(HERE / request.param) if row["connection"] == 0])


def sides(segments: pa.Table) -> list[dict[str, object]]:
    names = ("sender", "time", "packet", "seq", "ack", "length", "window", "flags", "sack")
    return [dict(zip(names, row, strict=True)) for row in zip(*(column(segments, name) for name in names), strict=True)]


@pytest.mark.parametrize("span", [3 * MILLISECOND, 1_000 * MILLISECOND])
@pytest.mark.parametrize("direction", ["client", "server"])
def test_rates_are_sums_over_the_packets_before(real: pa.Table, direction: str, span: int) -> None:
    series = split(throughput(real, direction, span))
    known: set[int] = set()
    amounts: dict[str, list[tuple[int, int]]] = {"throughput": [], "goodput": []}
    newest: int | None = None
    for row in sides(real):
        if row["sender"] == direction:
            amounts["throughput"].append((row["time"], row["length"]))
            continue
        before = len(known)
        if row["ack"] is not None and row["ack"] >= (newest or 0):
            first = newest if newest is not None else row["ack"]
            newest = row["ack"]
            # Byte by byte: each is counted the first time it is acknowledged, in whatever way.
            known |= set(range(first, newest))
            for block in row["sack"] or []:
                known |= set(range(max(block["start"], newest), block["end"]))
        amounts["goodput"].append((row["time"], len(known) - before))
    for name, packets in amounts.items():
        entering = {}
        for index, (time, _) in enumerate(packets):
            entering[time] = sum(size for then, size in packets[: index + 1] if time - then <= span) * 8e9 / span
        # Where a packet leaves at the time at which another one enters, the point of the one that enters is the first.
        pairs = list(zip(column(series[name], "time"), column(series[name], "y"), strict=True))
        drawn = dict(reversed(pairs))
        increasing = all(earlier[0] <= later[0] for earlier, later in itertools.pairwise(packets))
        if increasing:
            assert {time: drawn[time] for time in entering} == pytest.approx(entering)
        assert sum(column(series["segment_length"], "y")) == sum(size for _, size in amounts["throughput"])


@pytest.mark.parametrize("name", ["rtt", "rtt_sack"])
@pytest.mark.parametrize("direction", ["client", "server"])
def test_round_trip_times_by_looking_through_all(real: pa.Table, direction: str, name: str) -> None:
    """Of each segment the bytes that wait; a run of them that is acknowledged at once is one sample."""
    waiting: list[tuple[set[int], int, int]] = []
    expected = []
    sacked = False
    for row in sides(real):
        if row["sender"] == direction:
            if row["length"] and not any(row["seq"] in numbers for numbers, _, _ in waiting):
                end = row["seq"] + row["length"]
                end = min([end, *(min(numbers) for numbers, _, _ in waiting if min(numbers) > row["seq"])])
                waiting.append((set(range(row["seq"], end)), row["time"], row["packet"]))
        elif row["ack"] is not None:
            sacked |= bool(row["sack"])
            ranges = [range(row["ack"])] + [range(one["start"], one["end"]) for one in row["sack"] or [] if name == "rtt_sack"]
            for numbers, time, packet in waiting:
                for covered in ranges:
                    found = {number for number in numbers if number in covered}
                    runs = [number for number in found if number - 1 not in found]
                    expected += [(number, packet, row["time"] - time) for number in runs]
                    numbers.difference_update(found)
            waiting = [one for one in waiting if one[0]]
    found = split(rtt(real, direction))[name]
    drawn = zip(column(found, "sequence"), column(found, "packet"), (round(value * 1e9) for value in column(found, "y")), strict=True)
    assert sorted(drawn) == (sorted(expected) if sacked or name == "rtt" else [])


@pytest.mark.parametrize("direction", ["client", "server"])
def test_lines_are_the_columns_of_the_packets(real: pa.Table, direction: str) -> None:
    forward = [row for row in sides(real) if row["sender"] == direction]
    reverse = [row for row in sides(real) if row["sender"] != direction]
    series = split(tcptrace(real, direction))
    bars = [(row["time"], row["seq"], row["seq"] + row["length"]) for row in forward if row["length"]]
    assert list(zip(*(column(series["segments"], name) for name in ("time", "y", "y_to")), strict=True)) == bars
    acknowledged = [row for row in reverse if row["ack"] is not None]
    assert column(series["acknowledged"], "y") == [row["ack"] for row in acknowledged]
    assert column(series["window_limit"], "y") == [row["ack"] + row["window"] for row in acknowledged if row["window"] is not None]
    assert sum(part.num_rows for name, part in series.items() if name.startswith("sack")) == sum(len(row["sack"] or []) for row in reverse)
    marked = series["retransmission"].num_rows + series["fast_retransmission"].num_rows + series["spurious_retransmission"].num_rows
    flags = ("retransmission", "fast_retransmission", "spurious_retransmission")
    whole = zip(column(real, "sender"), *(column(real, name) for name in flags), strict=True)
    assert marked == sum(sender == direction and any(found) for sender, *found in whole)


def test_tshark_measures_the_same_round_trip_times_and_bytes_in_flight() -> None:
    """On a capture without loss, where its rules and those of the graphs mean the same."""
    if tshark() is None:
        pytest.skip("tshark is not installed")
    capture = HERE / "cases/store_statuses/capture.pcap"
    segments = table(dissect(capture))
    fields = ["-e", "tcp.analysis.acks_frame", "-e", "tcp.analysis.ack_rtt"]
    command = ["tshark", "-r", str(capture), "-Y", "tcp.analysis.acks_frame && tcp.len >= 0", "-T", "fields", *fields]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split("\n")[:-1]
    theirs = {int(packet): float(time) for packet, time in (line.split("\t") for line in lines)}
    compared = 0
    for direction in ("client", "server"):
        found = split(rtt(segments, direction))["rtt"]
        for packet, value in zip(column(found, "packet"), column(found, "y"), strict=True):
            if packet in theirs:
                assert value == pytest.approx(theirs[packet])
                compared += 1
    assert compared > 20
    for direction in ("client", "server"):
        found = split(window(segments, direction))["bytes_in_flight"]
        ours = dict(zip(column(found, "packet"), column(found, "y"), strict=True))
        packets = zip(column(segments, "packet"), column(segments, "sender"), column(segments, "bytes_in_flight"), strict=True)
        flying = {packet: size for packet, sender, size in packets if sender == direction and size}
        assert flying
        assert {packet: ours[packet] for packet in flying} == flying
