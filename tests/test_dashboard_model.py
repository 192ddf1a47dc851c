"""The model of the dashboard: what it counts, what it forgets, whatever order the tables come in."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HOSTILE, START
from dashboards import SECOND, Source, association, event, finding, operation, table

import dicomfast
from dicomfast.dashboard import lines, once
from dicomfast.dashboard.model import TABLES, Bounds, Model
from dicomfast.dashboard.rate import WINDOW, Recent, Slope
from dicomfast.intake import Counters

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CASES = Path(__file__).parent / "cases"
MIXED = CASES / "mixed_traffic/capture.pcap.zst"
REJECTS = CASES / "reject_variants/capture.pcap"
STORE = CASES / "store_statuses/capture.pcap"


def fed(*batches: tuple[str, object], bounds: Bounds | None = None) -> Model:
    model = Model(bounds)
    for name, one in batches:
        model.take(name, one)
    return model


def test_an_open_association_is_known_by_its_events() -> None:
    store = event(3, "C-STORE-RQ", 2, dataset_bytes=5_000_000)
    answer = {"sender": "acceptor", "source_ip": "10.0.0.2", "source_port": 104, "destination_ip": "10.0.0.1", "destination_port": 40_003}
    model = fed(table("events", event(3, "A-ASSOCIATE-RQ"), event(3, "A-ASSOCIATE-AC", 1, **answer), store, event(3, "C-CANCEL-RQ", 3)))
    (one,) = model.associations.values()
    assert (one.calling, one.called, one.peer, one.acceptor) == ("SCU3", "PACS", ("10.0.0.1", 40_003), ("10.0.0.2", 104))
    assert (one.operations, one.bytes, one.last, one.closed) == (1, 5_000_000, "C-CANCEL-RQ", False)
    assert one.age(START + 10 * SECOND) == 10 * SECOND
    assert one.rate(START + 3 * SECOND) == 5_000_000 * 8 / WINDOW
    assert model.open == 1


def test_one_seen_first_from_its_acceptor_has_the_same_peer() -> None:
    answer = {"sender": "acceptor", "source_ip": "10.0.0.2", "source_port": 104, "destination_ip": "10.0.0.1", "destination_port": 40_003}
    (one,) = fed(table("events", event(0, "C-ECHO-RSP", **answer))).associations.values()
    assert (one.peer, one.acceptor) == (("10.0.0.1", 40_003), ("10.0.0.2", 104))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_nothing_counts_twice_in_whatever_order(order: tuple[int, ...]) -> None:
    failed = operation(0, 2, 0xA700, status_text="Out of resources")
    batches = [
        table("events", event(0, "A-ASSOCIATE-RQ"), event(0, "C-STORE-RQ", dataset_bytes=1_000_000), event(0, "C-STORE-RQ")),
        table("operations", operation(0), failed),
        table("associations", association(0, operations=2, failed=1)),
    ]
    model = fed(*(batches[index] for index in order))
    (one,) = model.associations.values()
    assert (one.operations, one.failed, one.bytes, one.closed) == (2, 1, 1_000_000, True)
    assert (model.open, model.totals.associations, dict(model.totals.outcomes)) == (0, 1, {"accepted": 1})
    assert dict(model.totals.categories) == {"success": 1, "failure": 1}
    assert [row.text for row in model.troubles] == ["C-STORE Out of resources"]


def test_the_oldest_closed_ones_give_way() -> None:
    model = fed(
        *(table("events", event(number, "A-ASSOCIATE-RQ", number)) for number in range(3)),
        table("associations", association(1)),
        *(table("events", event(number, "A-ASSOCIATE-RQ", number)) for number in range(3, 6)),
        bounds=Bounds(associations=3),
    )
    assert list(model.associations) == [3, 4, 5]
    assert model.totals.associations == 6
    assert model.open == 3
    # One that was forgotten ends: it is counted as ended, not as begun.
    model.take(*table("associations", association(0)))
    assert (model.totals.associations, model.totals.outcomes["accepted"], len(model.associations)) == (6, 2, 3)


def test_operations_and_troubles_are_bounded() -> None:
    bounds = Bounds(operations_each=5, operations=12, troubles=4, findings_each=2)
    model = fed(
        *(table("events", event(number, "A-ASSOCIATE-RQ")) for number in range(4)),
        *(table("operations", *(operation(number, message, 0x0110) for message in range(9))) for number in range(4)),
        table("findings", *(finding(0) for _ in range(5))),
        bounds=bounds,
    )
    kept = [len(one.rows) for one in model.associations.values()]
    assert max(kept) <= 5
    assert sum(kept) <= 12
    assert model.associations[3].rows[-1].message_id == 8
    assert len(model.troubles) == 4
    assert len(model.associations[0].findings) == 2
    assert model.totals.operations == 36


def test_rates_look_back_for_a_while_alone() -> None:
    recent = Recent()
    for second in range(100):
        recent.add(second * SECOND, 10)
    recent.add(5 * SECOND, 10)
    assert recent.per_second(99 * SECOND) == 10 + 10 / WINDOW
    assert recent.per_second((99 + WINDOW) * SECOND) == 0
    slope = Slope(2)
    for now in range(10):
        slope.add(now, now * now)
    assert slope.per_second == pytest.approx((81 - 49) / 2)


@pytest.mark.parametrize("column", range(len(lines.ASSOCIATIONS)))
def test_every_column_sorts_both_ways(column: int) -> None:
    model = fed(
        table("events", *(event(number, "A-ASSOCIATE-RQ", number, source_ip=f"10.0.0.{number}") for number in range(5))),
        table("events", *(event(number, "C-ECHO-RQ", 6, dataset_bytes=number) for number in range(5) for _ in range(number))),
        table("operations", *(operation(number, status=0x0110) for number in range(5) for _ in range(number))),
        table("associations", association(4)),
    )
    there = [one.number for one in lines.Order(column).sorted(model, model.newest)]
    back = [one.number for one in lines.Order(column, reverse=True).sorted(model, model.newest)]
    assert there[-1] == back[-1] == 4, "closed ones come last"
    if lines.ASSOCIATIONS[column].title not in ("CALLED", "LAST"):
        assert there[:-1] == back[-2::-1]
    assert 4 not in [one.number for one in lines.Order(column, closed=False).sorted(model, model.newest)]


def test_what_came_from_the_wire_is_harmless() -> None:
    told = {"status_text": HOSTILE, "error_comment": HOSTILE}
    model = fed(
        table("events", event(0, "A-ASSOCIATE-RQ", calling_ae=HOSTILE, called_ae=HOSTILE, source_ip=HOSTILE)),
        table("operations", operation(0, status=0x0110, command=HOSTILE, sop_class_name=HOSTILE, **told)),
        table("findings", finding(0, title=HOSTILE, evidence=HOSTILE, advice=HOSTILE)),
        table("associations", association(0, calling_ae=HOSTILE, outcome="rejected", reject_reason_text=HOSTILE)),
    )
    one = model.associations[0]
    rows = [*lines.associations(model, lines.Order(), 0), *lines.operations(one), *lines.findings(one, 80), *lines.troubles(model, 9)]
    texts = [cell for row in rows for cell in row.cells] + [
        lines.about(one, 0),
        *lines.head(HOSTILE, 0, Counters(), lines.Speed(0, 0), model),
    ]
    assert any(r"\x1b" in text for text in texts)
    assert all(text.isprintable() for text in texts)


@pytest.mark.parametrize("capture", [MIXED, REJECTS, STORE], ids=lambda path: path.parent.name)
def test_once_says_what_the_tables_say(run: Run, capture: Path) -> None:
    result = run("live", "--once", "--json", capture)
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    tables = dicomfast.read(capture)
    info, associations, operations = tables["capture_info"], tables["associations"], tables["operations"]
    assert said["packets"] == info["packets"].to_pylist()[0]
    assert (said["associations"], said["open"]) == (associations.num_rows, 0)
    assert said["operations"] == operations.num_rows
    assert said["categories"].get("failure", 0) == operations["status_category"].to_pylist().count("failure")
    assert sum(found["count"] for found in said["findings"]) == tables["findings"].num_rows
    by_number = {row["association"]: row for row in said["last_associations"]}
    for row in associations.select(["association", "calling_ae", "operations", "failed", "dataset_bytes", "outcome"]).to_pylist():
        assert row.items() <= by_number[row["association"]].items()
    text = run("live", "--once", capture)
    assert text.returncode == 0
    assert f"{associations.num_rows} association" in text.stdout


def test_once_stops_after_a_while(run: Run, tmp_path: Path) -> None:
    capture = tmp_path / "grows.pcap"
    capture.write_bytes(STORE.read_bytes())
    result = run("live", "--once", "--json", "--follow", "--duration", 1, capture)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["associations"] == dicomfast.open(STORE).associations.num_rows


def test_times_go_on_where_the_packets_are_of_now() -> None:
    source = Source()
    feed = source.feed()
    source.give(table("events", event(0, "A-ASSOCIATE-RQ")))
    source.stop()
    feed.wait(10)
    with feed.model() as model:
        assert feed.now(model) == START
    assert "1 open of 1 association" in "\n".join(once.as_text(feed))


def test_what_ends_the_source_is_raised() -> None:
    source = Source()
    feed = source.feed()
    source.fail(OSError("eth0 went away"))
    feed.wait(10)
    feed.stop()
    with pytest.raises(OSError, match="went away"):
        feed.check()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "terminal"),
        (["--once"], 2, "name a capture file"),
        (["--json", STORE], 2, "--once"),
        (["--once", "nothing.pcap"], 1, "nothing.pcap"),
        (["--once", "--duration", "0", STORE], 2, "--duration"),
    ],
)
def test_one_line_of_error(run: Run, arguments: list[object], code: int, says: str) -> None:
    result = run("live", *arguments)
    (line,) = result.stderr.splitlines()
    assert result.returncode == code
    assert says in line


def test_a_missing_library_is_named() -> None:
    code = "import sys; sys.modules['textual'] = None; from dicomfast.cli import main; sys.exit(main(['live', 'x.pcap']))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert "pip install 'dicomfast[tui]'" in result.stderr


def test_the_columns_it_reads_are_there() -> None:
    """With every table of a capture, to the end."""
    model = Model()
    for name, one in dicomfast.scan(STORE, tables=TABLES):
        model.take(name, one)
    assert model.totals.operations == dicomfast.open(STORE).operations.num_rows > 0
