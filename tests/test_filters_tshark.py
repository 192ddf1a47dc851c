"""Which frames a display filter selects, against tshark's stored answers (tests/filters/make.py)."""

import fnmatch
import json
import tomllib
from functools import cache

import pytest
from filters import make

import dicomfast
from dicomfast.filters import frames, registry
from dicomfast.filters.ask import collect

ANSWERS: dict[str, dict[str, str]] = json.loads(make.ANSWERS.read_text())
DIFFERENCES = tomllib.loads((make.HERE / "differences.toml").read_text())["difference"]
LISTS = make.lists()
ASKED = [(name, capture, text) for name, (captures, texts) in LISTS.items() for capture in captures for text in texts]


@cache
def frames_of(capture: str) -> frames.Frames:
    """All fields of frames, read once for all filters."""
    fields = {name: field for name, field in registry.named().items() if frames.sources(field)}
    return frames.Frames(collect(dicomfast.open(make.CASES / capture, phi="show"), frames.needs(fields), fields))


def reason(capture: str, text: str) -> str | None:
    """Why tshark's answer is not ours."""
    for entry in DIFFERENCES:
        if fnmatch.fnmatchcase(capture, entry["capture"]) and text in entry["filters"]:
            return str(entry["reason"])
    return None


def selected(capture: str, text: str) -> str:
    from dicomfast.filters.plan import build

    try:
        plan = build(text)
    except dicomfast.FilterError as error:
        return f"refused: {error.reason}"
    return make.ranges(sorted(plan.run(frames_of(capture)).to_pylist()))


def test_the_answers_are_those_of_the_lists() -> None:
    assert [(key, text) for key, known in ANSWERS.items() for text in known] == [
        (f"{name} {capture}", text) for name, capture, text in ASKED
    ]
    assert len({text for _, _, text in ASKED}) >= 150


@pytest.mark.parametrize("key", [f"{name} {capture}" for name, (captures, _) in LISTS.items() for capture in captures])
def test_a_filter_selects_the_frames_that_tshark_selects(key: str) -> None:
    capture = key.partition(" ")[2]
    wrong = {}
    for text, expected in ANSWERS[key].items():
        found = selected(capture, text)
        if (found != expected) != (reason(capture, text) is not None):
            wrong[text] = (found, expected)
    assert wrong == {}


def test_most_filters_select_some_frames_and_not_all() -> None:
    """Answers that are all empty would prove nothing."""
    kinds: dict[str, set[str]] = {}
    for known in ANSWERS.values():
        for text, answer in known.items():
            kinds.setdefault(text, set()).add(answer)
    telling = [text for text, answers in kinds.items() if any(answer and not answer.startswith("refused") for answer in answers)]
    assert len(telling) > 0.8 * len(kinds)


def test_whatever_is_listed_as_a_difference_is_asked() -> None:
    for entry in DIFFERENCES:
        for text in entry["filters"]:
            assert any(text == asked and fnmatch.fnmatchcase(capture, entry["capture"]) for _, capture, asked in ASKED), text


@pytest.mark.parametrize("capture", sorted({capture for _, capture, _ in ASKED})[:4])
def test_a_filter_alone_reads_what_it_needs(capture: str) -> None:
    opened = dicomfast.open(make.CASES / capture)
    for text in ("dicom.pdv.len > 100", "!dicom", 'dicom.assoc.ae.called matches "any" || tcp.analysis.flags', "ip.src == 10.20.30.4"):
        assert make.ranges(opened.frame_numbers(text).to_pylist()) == selected(capture, text)
