"""`dicomfast report`: one file that needs nothing, obeys nobody, stays small, and says what the tables say."""

import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from graph_sources import MILLISECOND, at, rows, stall
from report_pages import NAME, association, batches, hostile, whole
from test_graph_drawing import Page

import dicomfast
from dicomfast import diagnosis, verdict
from dicomfast.report import facts, page
from dicomfast.report.ladder import AROUND, FIRST, LAST, Rung, rungs
from dicomfast.report.markup import Html, tag
from dicomfast.top import Top

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CASES = Path(__file__).parent / "cases"
STATUSES = CASES / "store_statuses/capture.pcap"
CLOSED = CASES / "blame_window_closed_dp/capture.pcap.gz"


def saved(target: Path, *sources: Path) -> Page:
    dicomfast.open(*sources).report(target)
    return Page(target.read_text(encoding="utf-8"))


def gathered(**more: list[dict[str, Any]]) -> facts.Facts:
    return facts.gather(pair for pair in batches("plain", **more) if pair[0] in facts.TABLES)


def test_a_report_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    found = saved(tmp_path / "out.html", CLOSED)
    policy = dict(part.strip().split(" ", 1) for part in found.policy().split(";"))
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'none'")
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy["style-src"])
    assert found.scripts == []
    assert not [name for _, attrs in found.tags for name in attrs if name in ("src", "style", "srcset", "action") or name.startswith("on")]
    assert {(attrs["href"] or "")[:1] for _, attrs in found.tags if "href" in attrs} == {"#"}
    assert dict(found.tags[0][1]) == {"lang": "en"}


def test_its_headings_are_in_order_its_names_its_own_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    for found in (saved(tmp_path / "out.html", CLOSED, STATUSES), Page(hostile())):
        levels = [int(name[1]) for name, _ in found.tags if re.fullmatch("h[1-6]", name)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        names = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
        assert len(names) == len(set(names))
        assert {(attrs["href"] or "")[1:] for _, attrs in found.tags if "href" in attrs} <= set(names)
        assert all("tabindex" in attrs and attrs["aria-label"] for _, attrs in found.tags if attrs.get("class") == "scroll")


def test_text_of_the_network_is_text() -> None:
    text = hostile()
    found = Page(text)
    assert found.scripts == []
    assert not [name for name, attrs in found.tags if name == "img" or "onerror" in attrs or "style" in attrs]
    assert found.words.count("<script>alert(1)</script>") >= 10
    assert not set(text) & {"\x1b", "\x07", "\u202e", "\x9b"}
    values = [value for _, attrs in found.tags for name, value in attrs.items() if name in ("aria-label", "id", "href", "class")]
    assert all((value or "").isprintable() for value in values)


def test_an_error_comment_is_counted_and_not_shown() -> None:
    text = hostile()
    assert "DOE^JOHN" not in text
    assert "1 error comment in the responses" in text


def test_it_says_what_the_tables_say(tmp_path: Path) -> None:
    words = saved(tmp_path / "out.html", STATUSES).words
    for said in (
        "FLAKY > ANY-SCP",
        "Objects were refused or could not be stored",
        "store-failed",
        "0xA700",
        "88 packets",
        "A-ASSOCIATE-RQ",
    ):
        assert said in words
    assert "6 of 10 operations failed" in words


def test_what_was_slow_is_told_with_its_share(tmp_path: Path) -> None:
    words = saved(tmp_path / "out.html", CLOSED).words
    assert "went into waiting for the receiver's window" in words
    assert "window-closed" in words
    assert "receiver's window zero" in words
    assert "Time-sequence around the longest stall" in words


def test_the_verdict_is_that_of_diagnose(tmp_path: Path) -> None:
    found = diagnosis.diagnose(dicomfast.open(STATUSES).scan(diagnosis.TABLES), 0)
    words = saved(tmp_path / "out.html", STATUSES).words
    for sentence in (*verdict.verdict(found), verdict.errors(found.findings)):
        assert sentence in words
    assert 'class="verdict error"' in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_findings_are_counted_once_and_some_cases_told_with_their_place() -> None:
    one = {"severity": "error", "code": "b", "title": "An error", "advice": "Mend it.", "association": 3, "connection": 2, "time": at(5)}
    found = gathered(findings=[one | {"evidence": f"case {number}", "packet": number} for number in range(20)])
    assert found.summary.findings.by_code["b"].count == found.diagnosis.findings.by_code["b"].count == 20
    words = " ".join(Page(page.render(found, None)).words.split())
    assert "An error (20 times)" in words
    assert re.search(r"case 7\s*association 3; connection 2; packet 7; \S+ \S+ UTC\s*and 12 more", words)
    assert "case 8" not in words


def test_a_stall_that_never_ended_is_told() -> None:
    rest = {"association": 0, "packet_before": 7, "packet_after": 10, "waited": 18 * MILLISECOND}
    stalls = [stall(32, 50, "window-closed", resumed=False, **rest), stall(20, 30, "sender-idle", resumed=True, **rest)]
    words = Page(page.render(gathered(stalls=stalls), None)).words
    assert words.count("never went on") == 1
    assert "The longest pause, 18 ms, never ended." in words


def test_of_many_rows_the_worst_are_kept_and_all_are_counted() -> None:
    many = [association(number, dataset_bytes=number) for number in range(3000)]
    many[1234] |= {"failed": 1}
    many[2345] |= {"time_sending": MILLISECOND, "time_stalled_ack": MILLISECOND}
    found = gathered(associations=many)
    kept = [row["association"] for row in found.associations.rows()]
    assert kept[:3] == [1234, 2345, 2999]
    assert len(kept) == facts.ASSOCIATIONS
    assert found.summary.outcomes.total() == 3000
    assert len(page.render(found, None)) < 500_000


def test_top_keeps_the_highest_and_of_equals_the_first() -> None:
    top = Top(3, lambda row: (row["rank"],))
    for number, rank in enumerate([1, 5, 5, 2, 5, 5]):
        top.add({"rank": rank, "number": number})
    assert [row["number"] for row in top.rows()] == [1, 2, 4]
    assert top.seen == 6


def test_a_long_ladder_keeps_its_ends_and_its_worst_moment() -> None:
    spans = [(number * 10, number * 10 + 2) for number in range(500)]
    message = {"sender": "requestor", "command": "C-STORE-RQ", "association": 0}
    table = rows("messages", *({**message, "start": at(start), "end": at(end), "message_id": start} for start, end in spans))
    found = rungs(rows("pdus"), table, at(0), {"start": at(2501)})
    assert len(found) == FIRST + AROUND + LAST
    assert [rung.left_out for rung in found if rung.left_out] == [250 - AROUND // 2 - FIRST, 500 - LAST - 250 - AROUND // 2]
    assert found[1] == Rung(10 * MILLISECOND, 2 * MILLISECOND, 8 * MILLISECOND, 0, None, "C-STORE-RQ, id 10")


def test_without_a_stall_the_worst_moment_is_the_longest_silence() -> None:
    spans = [(number * 10 + 90 * (number > 400), number * 10 + 90 * (number > 400) + 2) for number in range(500)]
    message = {"sender": "acceptor", "command": "C-FIND-RSP", "association": 0}
    found = rungs(rows("pdus"), rows("messages", *({**message, "start": at(a), "end": at(b)} for a, b in spans)), at(0), None)
    assert max(found, key=lambda rung: rung.after or 0).after == 98 * MILLISECOND
    assert len(found) == FIRST + AROUND + LAST


def test_markup() -> None:
    assert tag("p", "a<b", None, Html("<br>"), class_='"x"') == '<p class="&quot;x&quot;">a&lt;b<br></p>'
    assert tag("p", "\x1b", aria_label="\u202e") == r'<p aria-label="\u202e">\x1b</p>'


def test_the_same_capture_gives_the_same_report() -> None:
    assert hostile() == hostile()
    assert NAME not in hostile()


def test_nothing_at_all(tmp_path: Path, run: Run) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(STATUSES.read_bytes()[:24])
    result = run("report", empty, "-o", tmp_path / "out.html")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert "No DICOM association was seen." in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "No DICOM association was seen." in whole([])


@pytest.mark.parametrize("case", ["connect_problems", "echo_orthanc", "corrupt", "mixed_traffic", "tls13", "defects", "many_associations"])
def test_every_kind_of_capture(case: str, tmp_path: Path) -> None:
    captures = [path for path in sorted((CASES / case).iterdir()) if re.search(r"\.pcap(ng)?(\.gz|\.zst|\.lz4)?$", path.name)]
    assert captures
    for capture in captures:
        saved(tmp_path / "out.html", capture)
        assert (tmp_path / "out.html").stat().st_size < 1_000_000


def test_from_a_pipe_there_is_one_pass(run: Run, tmp_path: Path) -> None:
    with STATUSES.open("rb") as stream:
        result = run("report", "-", "-o", tmp_path / "out.html", stdin=stream)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Standard input can be read only once" in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_without_what_draws_there_is_a_report_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicomfast.report.closer.can_draw", lambda: "drawing needs numpy")
    monkeypatch.setattr("dicomfast.report.near.can_draw", lambda: "drawing needs numpy")
    found = saved(tmp_path / "out.html", STATUSES)
    assert "No graphs: drawing needs numpy." in found.words
    assert "svg" in {name for name, _ in found.tags}
    assert not [attrs for name, attrs in found.tags if name == "svg" and attrs.get("class") == "plot"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["report"], 2, "name a capture file"),
        (["report", STATUSES, "-o", "out.pdf"], 1, ".html"),
        (["report", "missing.pcap"], 1, "missing.pcap"),
    ],
)
def test_what_cannot_be_reported_is_one_line(run: Run, tmp_path: Path, arguments: list[object], code: int, says: str) -> None:
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == code
    (line,) = result.stderr.splitlines()
    assert says in line
    assert not list(tmp_path.iterdir())
