"""`dicomfast diagnose`: the verdict names what was injected, bars add up, the document holds the same."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import HOSTILE
from graph_sources import rows

from dicomfast import bars, budget, diagnose, diagnosis, verdict
from dicomfast.terminal import Paint

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CASES = Path(__file__).parent / "cases"
SECOND = 1_000_000_000
PLAIN = Paint(color=False)


def capture(name: str) -> Path:
    return CASES / name / "capture.pcap.gz"


def association(number: int = 0, calling: str = "CT1", **seconds: float) -> dict[str, Any]:
    times = dict.fromkeys(budget.COLUMNS, 0) | {f"time_{name}": round(value * SECOND) for name, value in seconds.items()}
    known = {"association": number, "connection": number, "calling_ae": calling, "called_ae": "PACS", "outcome": "accepted"}
    return (
        known | {"ended_by": "release", "operations": 10, "failed": 0, "dataset_bytes": 5_000_000, "duration": sum(times.values())} | times
    )


def diagnosed(*associations: dict[str, Any], top: int = 5, **more: list[dict[str, Any]]) -> diagnosis.Diagnosis:
    named = {"associations": list(associations)} | more
    return diagnosis.diagnose([(name, batch) for name, values in named.items() for batch in batches(name, values)], top)


def batches(name: str, values: list[dict[str, Any]]) -> list[pa.RecordBatch]:
    found: list[pa.RecordBatch] = rows(name, *values).to_batches()
    return found


@pytest.mark.parametrize("width", [1, 7, 78, 200])
def test_a_bar_has_its_width_and_no_class_without_time(width: int) -> None:
    times = Counter({"time_sending": 1, "time_waiting_response": 1, "time_idle": 1, "time_unknown": 0})
    cells = bars.cells(times, width)
    assert sum(size for _, size in cells) == width
    assert "time_unknown" not in {one.column for one, _ in cells}
    assert max(size for _, size in cells) - min(size for _, size in bars.cells(times, 3 * width)) <= width


def test_the_characters_of_a_bar() -> None:
    times = Counter({"time_sending": 50, "time_stalled_loss": 25, "time_idle": 25})
    assert bars.bar(times, 10, PLAIN, unicode=True) == "▕S███L▓I░▏"
    assert bars.bar(times, 10, PLAIN, unicode=False) == "|SSSSLLII|"
    assert bars.bar(Counter(), 10, PLAIN, unicode=False) == "|        |"
    assert bars.legend([times], 80, PLAIN) == ["S sending  L stalled: loss  I idle"]
    assert bars.legend([times], 12, PLAIN) == ["S sending", "L stalled: loss", "I idle"]
    assert [bars.percentage(part) for part in (0, 0.004, 0.5, 1)] == ["0 %", "below 1 %", "50 %", "100 %"]


def test_letters_tell_the_classes_apart() -> None:
    assert len({one.letter for one in budget.CLASSES}) == len(budget.CLASSES) == 10


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ({"sending": 9, "idle": 1}, "Nothing held it up for long: of 10 s in 1 association, bytes were moving 90 % of the time, 556 kB/s"),
        ({"waiting_response": 8, "sending": 2}, "80 % went into waiting for responses (CT1 > PACS). To blame is the performer"),
        ({"idle": 5, "sending": 5}, "pauses between operations (CT1 > PACS). To blame is the invoker"),
        ({"stalled_loss": 5, "sending": 5}, "To blame is the network"),
        ({"unknown": 5, "sending": 5}, "The capture limits what can be said: of 50 % of the time it lacks packets."),
        ({"stalled_window": 5, "idle": 3, "sending": 2}, "Another 30 % went into pauses between operations"),
    ],
)  # fmt: skip
def test_the_verdict(times: dict[str, float], says: str) -> None:
    assert says in " ".join(verdict.verdict(diagnosed(association(**times))))


def test_the_way_is_told_from_who_is_at_its_end() -> None:
    """10 operations, each a round trip of 90 ms from where it was captured: 0.9 s of the waiting is no one's work."""
    way = {"connection": 0, "server_way": 90_000_000, "client_way": 1_000_000}
    (sentence,) = verdict.verdict(diagnosed(association(waiting_response=1), connections=[way]))
    assert sentence.endswith("To blame is the way rather than who is at its end: round trips are about 90 % of it.")
    (sentence,) = verdict.verdict(diagnosed(association(waiting_response=9), connections=[way]))
    assert sentence.endswith("To blame is the performer, which took its time to respond (round trips are about 10 % of it).")


def test_failures_come_before_the_time() -> None:
    refused = association() | {"outcome": "rejected", "ended_by": "fin", "duration": 0}
    broken = association(sending=1) | {"ended_by": "rst", "failed": 2}
    first, *_ = verdict.verdict(diagnosed(refused, broken))
    assert (
        first
        == "1 of 2 associations was rejected or not answered; not every association ended by release: 1 by rst; 2 of 20 operations failed."
    )


def test_where_nothing_was_accepted_no_time_is_told() -> None:
    refused = association(negotiating=1) | {"outcome": "rejected", "ended_by": "fin"}
    assert verdict.verdict(diagnosed(refused)) == ["1 of 1 association was rejected or not answered."]


def test_how_grave_it_is() -> None:
    def grave(*codes: tuple[str, str], **times: float) -> str:
        findings = [{"severity": severity, "code": code, "title": code} for severity, code in codes]
        return verdict.severity(diagnosed(association(**times), findings=findings))

    assert verdict.severity(diagnosed()) == "good"
    assert (grave(sending=1), grave(idle=1), grave(waiting_response=1)) == ("good", "good", "warning")
    assert (grave(("note", "a"), sending=1), grave(("note", "a"), stalled_loss=1)) == ("note", "warning")
    assert grave(("warning", "a"), ("error", "b"), sending=1) == "error"
    assert (grave(("error", "capture-cut-packets"), sending=1), grave(("note", "capture-midstream"), sending=1)) == ("warning", "good")
    refused = association() | {"outcome": "rejected", "ended_by": "fin"}
    assert verdict.severity(diagnosed(refused)) == "warning"


def test_each_limit_of_the_capture_is_told_once() -> None:
    dropped = {"severity": "warning", "code": "capture-dropped-packets", "title": "The program dropped packets"}
    cut = {"severity": "error", "code": "capture-cut-packets", "title": "Packets are cut"}
    note = {"severity": "note", "code": "capture-midstream", "title": "It began late"}
    lost = {"severity": "warning", "code": "capture-lost-packets", "title": "It misses packets"}
    found = diagnosed(association(sending=1), capture_info=[{"dropped": 2}], findings=[dropped, cut, note])
    assert verdict.verdict(found)[1:] == ["The capture limits what can be said: 2 packets were dropped while capturing; packets are cut."]
    found = diagnosed(association(sending=1, unknown=1), findings=[lost])
    assert verdict.verdict(found)[-1] == "The capture limits what can be said: of 50 % of the time it lacks packets."
    assert (
        verdict.verdict(diagnosed(association(sending=1), findings=[lost]))[-1] == "The capture limits what can be said: it misses packets."
    )


def test_the_gravest_errors_by_their_titles() -> None:
    errors = [{"severity": "error", "code": code, "title": f"Kind {code}"} for code in "abbcd"]
    found = diagnosed(findings=[*errors, {"severity": "warning", "code": "w", "title": "No error"}])
    assert verdict.errors(found.findings) == "Kind b. Kind a. 2 more kinds of errors."
    assert verdict.errors(diagnosed().findings) == ""


@pytest.mark.parametrize(("seconds", "said"), [(30, True), (3, False)])
def test_a_longest_pause_that_never_ended_is_told(seconds: int, *, said: bool) -> None:
    ended = {"cause": "sender-idle", "duration": 9 * SECOND, "waited": 9 * SECOND, "resumed": True}
    endless = {"cause": "window-closed", "duration": seconds * SECOND, "waited": seconds * SECOND, "resumed": False}
    sentences = verdict.verdict(diagnosed(association(sending=1), stalls=[ended, endless]))
    assert ("The longest pause, 30 s, never ended." in sentences) is said


def test_the_pair_that_has_most_of_it_is_named() -> None:
    slow, quick = association(0, "SLOW", waiting_response=9), association(1, "QUICK", waiting_response=1)
    assert "(SLOW > PACS)" in verdict.verdict(diagnosed(slow, quick))[0]
    assert "PACS" not in verdict.verdict(diagnosed(slow, slow | {"calling_ae": "OTHER"}))[0]


def test_the_largest_associations_and_all_of_them() -> None:
    found = diagnosed(*(association(number, sending=number) for number in range(1, 8)), top=2)
    assert [one.row["association"] for one in found.largest] == [7, 6]
    assert found.times.total() == 28 * SECOND
    lines = diagnose.render(found, PLAIN)
    assert "all 7 associations: 28 s, mostly sending (100 %)" in lines
    assert "... and 5 more associations" in lines
    assert all(len(line) <= 80 for line in lines)


def test_nothing_known_is_said() -> None:
    assert verdict.verdict(diagnosed()) == ["No DICOM association was seen."]
    unknown = association() | dict.fromkeys(budget.COLUMNS)
    assert verdict.verdict(diagnosed(unknown)) == ["Where the time went is not known: the associations have no time budget."]
    assert diagnosed(unknown).plain()["budget"] is None


def test_hostile_text_is_harmless() -> None:
    finding = {"severity": "error", "code": "b", "title": "An error", "evidence": HOSTILE, "advice": "Mend it."}
    found = diagnosed(association(calling=HOSTILE, idle=1), findings=[finding])
    assert all(line.isprintable() for line in diagnose.render(found, PLAIN))


@pytest.mark.parametrize("case", sorted(CASES.glob("blame_*")), ids=lambda case: case.name)
def test_the_class_that_was_injected_is_named(run: Run, case: Path) -> None:
    truth = json.loads((case / "blame.json").read_text())
    result = run("diagnose", case / "capture.pcap.gz", "--json", "--top", 99)
    assert (result.returncode, result.stderr) == (0, "")
    said = json.loads(result.stdout)
    assert set(said) >= {"verdict", "findings", "budget", "associations", "stalls"}
    assert sum(said["budget"].values()) == pytest.approx(sum(one["duration"] for one in said["associations"]))
    if truth["cause"] not in ("none", "reset"):
        (column,) = [one for one in budget.CLASSES if one.column == truth["budget"]]
        assert f"went into {column.spent}" in " ".join(said["verdict"])


def test_the_screen(run: Run) -> None:
    result = run("diagnose", capture("blame_slow_scp_pd"))
    assert result.returncode == 0
    assert "mostly waiting for response" in result.stdout
    assert "▕" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\x1b[35m" in run("diagnose", capture("blame_slow_scp_pd"), "--color", "always").stdout


def test_a_terminal_that_knows_ascii_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = run("diagnose", capture("blame_slow_scp_pd"))
    assert (result.returncode, result.stderr) == (0, "")
    assert "|SSSRR".replace("SSS", "S") in result.stdout.replace("SS", "S").replace("SS", "S").replace("RRR", "RR")


def test_fail_on(run: Run) -> None:
    assert run("diagnose", capture("blame_reset_by_scu_pp"), "--fail-on", "error").returncode == 3
    assert run("diagnose", capture("blame_clean_dp"), "--fail-on", "error").returncode == 0
