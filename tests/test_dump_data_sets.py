"""`dump -vvv`: the elements of a data set below the event of the message that carries it, against pydicom and the sent bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from data_sets import SYNTAXES, encoded, every_vr, sent, stored
from graph_sources import rows
from pydicom.dataset import Dataset

import dicomfast
from dicomfast import elements

CASES = Path(__file__).parent / "cases"
ELEMENT = re.compile(r"^    ( *)\(([0-9A-F]{4}),([0-9A-F]{4})\) ")
# Element of a command, or what -v and -vv print.
COMMAND = "0000"


def tags(data: Dataset, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Depth and tag of every element, and of every item of a sequence, as pydicom has them."""
    for element in data:
        yield depth, f"{element.tag.group:04X},{element.tag.element:04X}"
        if element.VR == "SQ":
            for item in element.value:
                yield depth + 1, "FFFE,E000"
                yield from tags(item, depth + 2)


def printed(text: str) -> dict[str, list[tuple[int, str]]]:
    """By event line: depth and tag of the elements below it."""
    found: dict[str, list[tuple[int, str]]] = {}
    event = ""
    for line in text.splitlines():
        if not line.startswith(" ") and " PDU " not in line:
            event = line
            found.setdefault(event, [])
        elif (match := ELEMENT.match(line)) and match[2] != COMMAND:
            found[event].append((len(match[1]) // 2, f"{match[2]},{match[3]}"))
    return found


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_below_the_request_that_carries_them(syntax: str, tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(sent(stored(encoded(every_vr(), syntax), SYNTAXES[syntax])).getvalue())
    found = printed(run("dump", "-vvv", path).stdout)
    (request,) = (event for event in found if "C-STORE-RQ" in event)
    assert found.pop(request) == list(tags(every_vr()))
    assert not any(found.values()), "nothing below another event"


def test_values_are_masked_unless_they_are_asked_for(tmp_path: Path, run: Callable[..., Any]) -> None:
    data = Dataset()
    data.PatientName, data.Modality = "Canary^Bird", "CT"
    path = tmp_path / "made.pcap"
    path.write_bytes(sent(stored(encoded(data, "explicit"), SYNTAXES["explicit"])).getvalue())
    masked, shown = run("dump", "-vvv", path).stdout, run("dump", "-vvv", "--phi", "show", path).stdout
    assert "Canary" not in masked
    assert "    (0010,0010) PN Patient's Name, length 12, [masked]\n" in masked
    assert '    (0010,0010) PN Patient\'s Name: "Canary^Bird"\n' in shown
    assert '    (0008,0060) CS Modality: "CT"\n' in masked


@pytest.mark.parametrize("case", ["find_dcmqrscp", "get_dcmqrscp", "worklist_wlmscpfs", "mpps_commit_n_services", "reorder_dup", "loss"])
def test_each_element_once_however_the_rows_come(case: str, run: Callable[..., Any]) -> None:
    path = next(CASES.joinpath(case).glob("*.pcap*"))
    whole = dicomfast.read(path, tables=["elements"])["elements"]
    text = run("dump", "-vvv", path, "--threads", "1").stdout
    below = printed(text)
    assert sum(len(found) for found in below.values()) == whole.num_rows > 0
    assert all(not found for event, found in below.items() if ": A-" in event)
    for how in (["--threads", "2"], ["--threads", "2", "--limit", "batch_rows=7"], ["--limit", "batch_rows=1"]):
        assert run("dump", "-vvv", path, *how).stdout == text, how


def test_a_filter_leaves_those_of_the_events_that_match(run: Callable[..., Any]) -> None:
    path = next(CASES.joinpath("find_dcmqrscp").glob("*.pcap*"))
    every = printed(run("dump", "-vvv", path).stdout)
    chosen = printed(run("dump", "-vvv", path, "-Y", "dicom.cmd.status == 0xff00").stdout)
    assert chosen
    assert any(chosen.values())
    assert all(" C-FIND-RSP " in event and every[event] == found for event, found in chosen.items())


def test_what_waits_for_an_event_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live, rows may be left out: a message whose event never comes holds nothing for ever."""
    monkeypatch.setattr(elements, "HELD_LINES", 6)
    monkeypatch.setattr(elements, "HELD_NUMBERS", 3)
    element = {"path": "(0008,0060)", "tag": 0x00080060, "length": 2, "value": "CT"}

    def batches() -> Iterator[tuple[str, pa.RecordBatch]]:
        for message in range(10):
            yield from (("elements", batch) for batch in rows("elements", *[element | {"message": message}] * 2).to_batches())
        yield from (("events", batch) for batch in rows("events", *({"message": message} for message in [None, *range(10)])).to_batches())

    ((name, batch),) = elements.beside(batches(), ["events"])
    assert name == "events"
    counts = [lines if lines == ["[elements left out]"] else len(lines) for lines in batch.column(elements.COLUMN).to_pylist()]
    # Of the association event; those that are forgotten, known as left out, and held.
    assert counts == [0, *[0] * 4, *[["[elements left out]"]] * 3, *[2] * 3]
