"""`dicomfast compare`: which side is slower, by how much and why, with numbers made by hand and captures with a known cause."""

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HOSTILE, START
from graph_sources import rows

import dicomfast
from dicomfast import budget
from dicomfast.comparison import lines, measures, sides
from dicomfast.comparison.pairs import match
from dicomfast.comparison.result import Comparison
from dicomfast.terminal import Paint

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CASES = Path(__file__).parent / "cases"
QUICK, SLOW, IDLE = (CASES / f"blame_{name}/capture.pcap.gz" for name in ("clean_dp", "slow_scp_pd", "slow_scu_dd"))
SERVERS = CASES / "move_three_hosts"
MILLISECOND = 1_000_000


def operation(number: int, start: float, *, instance: str | None = "", command: str = "C-STORE", **classes: float) -> dict[str, Any]:
    """Milliseconds of each class add up to the duration."""
    times = dict.fromkeys(budget.COLUMNS, 0) | {f"time_{name}": round(value * MILLISECOND) for name, value in classes.items()}
    begin, length = START + round(start * MILLISECOND), sum(times.values())
    known = {"association": 0, "connection": 0, "message_id": number, "command": command, "complete": True, "answered": True}
    known |= {"sop_instance": f"1.2.{number}" if instance == "" else instance, "dataset_bytes": 1000, "first_packet": number}
    sent = {"request_start": begin, "end": begin + length, "duration": length, "transfer_time": times["time_sending"]}
    return known | sent | {"response_time": times["time_waiting_response"]} | times


def side(name: str, *operations: dict[str, Any], called: str = "PACS", tap: str | None = None, **classes: float) -> sides.Side:
    """An association with these operations; its own time in `classes`, in milliseconds, comes on top of theirs."""
    times = {column: sum(one[column] for one in operations) for column in budget.COLUMNS}
    for key, value in classes.items():
        times[f"time_{key}"] += round(value * MILLISECOND)
    association = {"association": 0, "connection": 0, "calling_ae": "CT1", "called_ae": called, "duration": sum(times.values())} | times
    named = {"operations": operations, "associations": [association], "connections": [{"connection": 0, "tap": tap}]}
    batches = [(table, batch) for table, values in named.items() for batch in rows(table, *values).to_batches()]
    return sides.side(name, sides.read(batches))


def stores(waiting: list[float], **classes: float) -> list[dict[str, Any]]:
    return [operation(number, 1000 * number, sending=10, waiting_response=time, **classes) for number, time in enumerate(waiting)]


def test_quartiles() -> None:
    assert measures.spread([5, 1, None, 3, 2, 4]) == measures.Spread(5, 2, 3, 4)
    assert measures.spread([7]) == measures.Spread(1, 7, 7, 7)
    assert measures.spread([None]) is None


def test_stores_are_matched_by_instance_whatever_their_order() -> None:
    a = [operation(1, 0), operation(2, 50), operation(3, 90), operation(1, 99)]
    b = [operation(3, 0), operation(1, 50), operation(9, 60), operation(1, 70)]
    found = match(a, b)
    assert [(pair.a["message_id"], pair.b["message_id"], pair.b["first_packet"], pair.by) for pair in found.pairs] == [
        (1, 1, 1, "instance"), (3, 3, 3, "instance"), (1, 1, 1, "instance"),
    ]  # fmt: skip
    assert found.pairs[0].b["request_start"] < found.pairs[2].b["request_start"]
    assert (found.only_a, found.only_b, found.whole()) == (1, 1, False)


def test_others_are_matched_by_command_and_order() -> None:
    a = [operation(1, 0, command="C-ECHO", instance=None), operation(2, 1, command="C-FIND"), operation(3, 2, command="C-ECHO")]
    b = [operation(7, 0, command="C-FIND"), operation(8, 1, command="C-ECHO"), operation(9, 2)]
    found = match(a, b)
    assert [(pair.a["message_id"], pair.b["message_id"], pair.by) for pair in found.pairs] == [(1, 8, "order"), (2, 7, "order")]
    assert (found.only_a, found.only_b) == (1, 1)


def test_the_slower_side_by_how_much_and_why() -> None:
    found = Comparison(side("one", *stores([2, 2, 3, 3])), side("two", *stores([100, 101, 102, 103])))
    assert found.over == "associations"
    assert found.sentence == (
        "two is slower than one: 446 ms against 50 ms for the same 4 operations, 8.92 times as long. "
        "The difference of 396 ms is in waiting for responses: 396 ms longer, 100 %; the median is 102 ms against 2.5 ms per operation. "
        "It is longer in 4 of 4 operations."
    )
    assert found.limits == []


def test_it_is_the_same_the_other_way_round() -> None:
    one, two = side("one", *stores([2, 2, 3, 3])), side("two", *stores([100, 101, 102, 103]))
    assert Comparison(two, one).sentence == Comparison(one, two).sentence


def test_idle_is_the_pause_before_an_operation() -> None:
    a = side("one", *(operation(number, 12 * number, sending=10) for number in range(5)), idle=8)
    b = side("two", *(operation(number, 60 * number, sending=10) for number in range(5)), idle=200)
    found = Comparison(a, b)
    assert "is in pauses between operations: 192 ms longer" in found.sentence
    assert "the median is 50 ms against 2 ms per operation" in found.sentence
    assert found.sentence.endswith("It is longer in 4 of 4 operations.")


def test_as_fast_as_each_other() -> None:
    found = Comparison(side("one", *stores([2, 2])), side("two", *stores([2.1, 2.1])))
    assert found.sentence == "one and two are about as fast as each other: 24 ms and 24.2 ms for the same 2 operations."


def test_within_the_spread() -> None:
    found = Comparison(side("one", *stores([1, 30, 1, 30, 1, 30])), side("two", *stores([30, 1, 30, 1, 40, 40])))
    assert "within the spread of single operations (longer in 4 of 6): it may be chance" in found.sentence


def test_few_operations_carry_it() -> None:
    found = Comparison(side("one", *stores([2] * 8)), side("two", *stores([*[2] * 7, 500])))
    assert "Few operations carry it: 1 of 8" in found.sentence


def test_what_goes_the_other_way_is_told() -> None:
    quick = [operation(number, 100 * number, sending=40, waiting_response=1) for number in range(4)]
    slow = [operation(number, 100 * number, sending=10, waiting_response=80) for number in range(4)]
    assert "On the other hand one spends 120 ms more on sending." in Comparison(side("one", *quick), side("two", *slow)).sentence


def test_a_second_class_is_told() -> None:
    slow = [operation(number, 100 * number, sending=40, waiting_response=80) for number in range(4)]
    sentence = Comparison(side("one", *stores([0] * 4)), side("two", *slow)).sentence
    assert (
        "waiting for responses: 320 ms longer, 73 %; the median is 80 ms against none per operation. Another 120 ms is in sending."
        in sentence
    )


def test_negotiation_is_of_associations() -> None:
    found = Comparison(side("one", *stores([2]), negotiating=1), side("two", *stores([2]), negotiating=300))
    assert "opening and closing associations: 299 ms longer" in found.sentence
    assert found.sentence.endswith("two opened 1 association, one 1: nothing is known of the spread.")


def test_what_limits_it() -> None:
    a = side("one", *stores([2, 2]), operation(9, 9000, sending=1), tap="client", unknown=50)
    b = side("two", *({**one, "dataset_bytes": 9000} for one in stores([9, 9])), tap="server")
    limits = " ".join(Comparison(a, b).limits)
    assert "Left out, since the other side has none like it: 1 operation of one." in limits
    assert "The data differ: 2 kB went to one, 18 kB to two." in limits
    assert "The capture of one limits what can be said: it lacks packets of 67 % of the time." in limits
    assert "The capture points differ (client and server)" in limits
    assert "Only the matched operations are added up" in limits
    assert Comparison(a, b).over == "matched operations"


def test_nothing_to_compare_is_said() -> None:
    found = Comparison(side("one"), side("two", *stores([2])))
    assert found.sentence == "one and two cannot be compared: no operation of one is found in the other."
    assert found.to_dict()["budget"] == []
    assert found.tables["budget"].num_rows == found.tables["operations"].num_rows == 0
    assert lines.render(found, Paint(color=False))


def test_tables_and_plain_values_say_the_same() -> None:
    found = Comparison(side("one", *stores([2, 4])), side("two", *stores([6, 8])))
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["measures"] == found.tables["measures"].to_pylist()
    (response,) = (one for one in plain["measures"] if one["measure"] == "response_time")
    assert (response["a_median"], response["a_q1"], response["b_q3"]) == (0.003, 0.0025, 0.0075)
    assert response["difference"] == pytest.approx(0.004)
    assert sum(one["difference"] for one in plain["budget"]) == pytest.approx(0.008)
    assert found.tables["operations"]["matched_by"].to_pylist() == ["instance", "instance"]


def test_the_screen_is_narrow_and_harmless() -> None:
    found = Comparison(side(HOSTILE, *stores([2, 2]), called=HOSTILE), side("two", *stores([60, 80])))
    screen = lines.render(found, Paint(color=False))
    assert all(line.isprintable() for line in screen)
    short, long = (next(line for line in screen if line.startswith(f"{name} ▕")) for name in "AB")
    assert len(short) < len(long) == 80
    assert all(line.isascii() for line in lines.render(Comparison(side("one", *stores([2])), side("two", *stores([9]))), Paint(color=False),
                                                       unicode=False))  # fmt: skip


def test_two_captures_with_a_known_cause(run: Run) -> None:
    result = run("compare", QUICK, SLOW, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    said = json.loads(result.stdout)
    assert said["matched"]["pairs"] > 1
    assert max(said["budget"], key=lambda one: one["difference"])["class"] == "time_waiting_response"
    found = dicomfast.compare(QUICK, dicomfast.open(SLOW))
    assert found.to_dict() == said
    assert (found.a.name, found.b.name) == ("blame_clean_dp/capture.pcap.gz", "blame_slow_scp_pd/capture.pcap.gz")
    assert "is in waiting for responses" in found.sentence
    screen = run("compare", QUICK, IDLE)
    assert (screen.returncode, screen.stderr) == (0, "")
    assert all(len(line) <= 80 for line in screen.stdout.splitlines())


def several() -> Path:
    return next(path for path in sorted(SERVERS.iterdir()) if path.name.startswith("capture.pcap"))


def test_connections_and_titles_of_one_capture(run: Run) -> None:
    capture = dicomfast.open(several())
    titles = list(dict.fromkeys(capture.associations["called_ae"].to_pylist()))[:2]
    numbers = capture.associations["connection"].to_pylist()[:2]
    by_title, by_number = dicomfast.compare(capture, aes=tuple(titles)), dicomfast.compare(capture, connections=tuple(numbers))
    assert [by_title.a.name, by_title.b.name] == titles
    assert by_number.a.name == f"connection {numbers[0]}"
    assert run("compare", several(), "--ae", titles[0], "--ae", titles[1]).returncode == 0
    assert run("compare", several(), "--connection", numbers[0], "--connection", numbers[1]).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([QUICK], 2, "name two captures"),
        ([], 2, "name two captures"),
        ([QUICK, "--connection", 0], 1, "name both"),
        ([QUICK, "--connection", 0, "--connection", 0], 1, "name both"),
        ([QUICK, "--connection", 0, "--connection", 7], 1, "no TCP connection 7"),
        ([QUICK, "--ae", "ANY-SCP", "--ae", "NOBODY"], 1, "no association"),
        ([QUICK, "--ae", "A", "--ae", "B", "--connection", 0], 1, "not both"),
        ([QUICK, SLOW, "-o", "x.docx"], 1, "suffix"),
        ([QUICK, "missing.pcap"], 1, "missing.pcap"),
        (["-", "-"], 1, "named twice"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: list[Any], code: int, says: str) -> None:
    result = run("compare", *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    (line,) = result.stderr.splitlines()
    assert says in line


def test_the_overlay(run: Run, tmp_path: Path) -> None:
    result = run("compare", QUICK, SLOW, "-o", tmp_path / "overlay.html")
    assert (result.returncode, result.stderr) == (0, "")
    page = (tmp_path / "overlay.html").read_text()
    # What the two are called where one legend holds both, and in the series, where both are connection 0.
    assert run("compare", QUICK, SLOW, "-o", tmp_path / "overlay.csv").returncode == 0
    with (tmp_path / "overlay.csv").open() as stream:
        assert {row["name"][:1] for row in csv.DictReader(stream)} == {"A", "B"}
    assert "<p>A (blame_clean_dp/capture.pcap.gz): connection 0, " in page
    assert "<p>B: connection 0, " in page
