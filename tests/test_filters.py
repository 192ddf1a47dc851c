"""The filter language: text to tree and back, what is refused, and where the refusal points."""

import re
import string
import time
from contextlib import suppress

import pytest
from filters import make
from hypothesis import given, settings
from hypothesis import strategies as some
from pydicom.datadict import DicomDictionary

import dicomfast
from dicomfast import _dicomfast
from dicomfast.filters import registry, tree
from dicomfast.filters.absent import ABSENT
from dicomfast.filters.lexer import LONGEST
from dicomfast.filters.parser import DEEPEST, parse
from dicomfast.filters.plan import build

FIELDS = ["frame.number", "tcp.port", "ip.addr", "dicom.assoc.ae.called", "operations.response_time", "frame.protocols"]


def known(name: str) -> bool:
    return registry.find(name) is not None


names = some.sampled_from(FIELDS).map(tree.FieldName)
words = some.from_regex(r"[0-9][A-Za-z0-9_]{0,6}(?:[.:/\-][A-Za-z0-9_]+){0,4}", fullmatch=True).map(tree.Literal)
strings = some.text(some.characters(codec="utf-8"), max_size=20).map(lambda text: tree.Literal(text, '"'))
characters = some.characters(codec="utf-8").map(lambda text: tree.Literal(text, "'"))
raw = some.text(string.ascii_letters + string.digits + " .*+()[]|^$", max_size=20).map(lambda text: tree.Literal(text, 'r"'))
literals = words | strings | characters | raw
ranges = some.builds(tree.Range, some.integers(-1000, 1000), some.none() | some.integers(1, 1000))
calls = ["lower", "upper", "count", "string", "len"]
operands = some.recursive(
    names,
    lambda inner: (
        some.builds(tree.Slice, some.builds(tree.Call, some.sampled_from(calls), inner) | names, some.lists(ranges, min_size=1).map(tuple))
        | some.builds(tree.Call, some.sampled_from(calls), inner)
        | some.builds(tree.Arithmetic, some.sampled_from("&+-*/%"), inner, inner | words)
    ),
    max_leaves=6,
)
quantifiers = some.sampled_from(["", "any", "all"])
operators = some.sampled_from(["==", "===", "!=", "!==", ">", "<", ">=", "<=", "contains", "matches"])
members = some.lists(some.tuples(literals, some.none() | literals), min_size=1, max_size=3).map(tuple)
tests = (
    some.builds(tree.Exists, operands)
    | some.builds(tree.Compare, operators, operands, operands | literals, quantifiers)
    | some.builds(tree.Member, operands, members, quantifiers)
)
expressions = some.recursive(
    tests,
    lambda inner: (
        some.builds(tree.Not, inner)
        | some.builds(tree.Logic, some.sampled_from(["and", "or", "xor"]), some.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
symbols = some.sampled_from(["(", ")", "!", "&&", "||", "==", "{", "}", "[0:1]", '"', "..", ",", "-", "'", "~", "&", "#"])
pieces = symbols | some.sampled_from(["tcp.port", "eth.src", "80", "aa:bb", "in", "not", "any", "len", "matches"])


@settings(max_examples=200)
@given(expressions)
def test_what_is_written_down_is_read_as_the_same_tree(node: tree.Expression) -> None:
    text = str(node)
    assert parse(text, known) == node, text


@settings(max_examples=200)
@given(some.text(max_size=60) | some.lists(pieces, max_size=30).map(" ".join))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    with suppress(dicomfast.FilterError):
        build(text)


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("ip.adr == 1.2.3.4", "there is no field ip.adr; did you mean ip.addr", "ip.adr"),
        ("dicom.assoc.ae.caled == X", "did you mean dicom.assoc.ae.called", "dicom.assoc.ae.caled"),
        ("tcp.port == 80 && frame.nmber", "did you mean frame.number", "frame.nmber"),
        ("operations.statu == 1", "did you mean operations.status", "operations.statu"),
        ("status == 1", "did you mean", "status"),
        ("tcp.port == ", "the filter ends too early", ""),
        ("tcp.port == 80 &&", "the filter ends too early", ""),
        ("tcp.port == 80 81", "this was not expected here", "81"),
        ("(tcp.port == 80", ") was expected here", ""),
        ("tcp.port == eighty", "'eighty' is not a whole number", "eighty"),
        ("tcp.port == 99999999999999999999", "is not a whole number", "99999999999999999999"),
        ("ip.addr == 300.1.1.1", "is no IPv4 address", "300.1.1.1"),
        ("ip.addr == ::1", "is no IPv4 address", "::1"),
        ("ipv6.addr == 10.0.0.1", "is no IPv6 address", "10.0.0.1"),
        ("ip.addr > 10.0.0.0/8", "a network is compared with == and !=", "10.0.0.0/8"),
        ("eth.addr == 1:2", "is not an Ethernet address", "1:2"),
        ('frame.time > "tomorrow"', "is not a time", '"tomorrow"'),
        ('frame.time > "2024-13-01"', "is not a time", '"2024-13-01"'),
        ("frame.time_delta > soon", "is not a number of seconds", "soon"),
        ('frame.time < "9999-01-01"', "is out of range", '"9999-01-01"'),
        ("frame.time_epoch < 9999999999", "is out of range", "9999999999"),
        ("tcp.analysis.retransmission == 1", "it has no value to compare", "tcp.analysis.retransmission"),
        ("frame.number[0:1] == 1", "has no bytes to slice", "frame.number"),
        ("eth.src[3-1] == 1", "this slice holds no byte", "[3-1]"),
        ("eth.src[x] == 1", "a slice is", "[x]"),
        ('tcp.port contains "8"', "contains is for text and bytes", '"8"'),
        ('tcp.port matches "8"', "matches is for text", '"8"'),
        ('frame.protocols matches "("', "this regular expression is wrong: unclosed group", '"("'),
        (r'frame.protocols matches r"(a)\1"', "backreferences are not supported", r'r"(a)\1"'),
        (r'frame.protocols matches "\d"', "is not an escape", r"\d"),
        ('frame.protocols == "tcp', "this string has no end", '"tcp'),
        ("sqrt(tcp.port) == 2", "there is no function sqrt", "sqrt(tcp.port)"),
        ("lower(tcp.port) == 2", "lower() takes text", "tcp.port"),
        ("any tcp.port", "after any comes a comparison", "tcp.port"),
        ("tcp.port in {}", "this was not expected here", "}"),
        ("tcp.port in {1 2}", "} was expected here", "2"),
        ("tcp.port + ip.src == 1", "only whole numbers can be computed with", "ip.src"),
        ("tcp.port / 0 == 1", "this divides by zero", "0"),
        ("tcp.port + 1", "a computed value is to be compared", "tcp.port + 1"),
        ("tcp.port == ip.src", "is not compared with", "tcp.port == ip.src"),
        ("ip.addr#1 == 10.0.0.1", "layers (field#1) are not supported", "#"),
        ("tcp.port == 80 ; drop", "this character has no meaning here", ";"),
        ("1", "there is no field 1", "1"),
        ('dicom.pdu.type == "Request"', "is not among the values: ASSOC Request", '"Request"'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, reason: str, place: str) -> None:
    with pytest.raises(dicomfast.FilterError) as caught:
        build(text)
    error = caught.value
    assert reason in error.reason
    assert text[error.start : error.end] == place
    message, line, carets = str(error).split("\n")
    assert message == error.reason
    assert line.strip() == text.strip()
    assert carets.strip() == "^" * max(len(place), 1)
    assert carets.index("^") - 4 == error.start


def test_a_filter_error_is_an_error_of_dicomfast() -> None:
    assert issubclass(dicomfast.FilterError, dicomfast.ArgumentError)
    assert issubclass(dicomfast.FilterError, dicomfast.DicomfastError)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 8_000 + "tcp" + ")" * 8_000,
        "!" * 16_000 + "tcp",
        "not " * 4_000 + "tcp",
        "lower(" * 2_000 + "frame.protocols" + ")" * 2_000,
        "frame.number" + "[0]" * 5_000,
        "tcp.port == 1" + " + 1" * 4_000,
        "tcp.port in {" + "1, " * 5_000,
        "a" * 16_000,
        "tcp || " * 2_300,
        '"' + "\\" * 15_000,
        'frame.protocols matches "' + "(" * 4_000 + '"',
        'frame.protocols matches "' + "a{1000}" * 500 + '"',
        'frame.protocols matches "((a{200}){200}){200}"',
        "tcp.port == " + "9" * 15_000,
    ],
    ids=lambda text: f"{text[:20]}*{len(text)}",
)
def test_hostile_filters_are_refused_at_once(text: str) -> None:
    before = time.process_time()
    with pytest.raises(dicomfast.FilterError):
        build(text)
    assert time.process_time() - before < 2


def test_bounds_leave_room_for_what_people_write() -> None:
    build("(" * (DEEPEST - 1) + "tcp" + ")" * (DEEPEST - 1))
    build(" or ".join(f"tcp.port == {port}" for port in range(700)))
    with pytest.raises(dicomfast.FilterError, match=f"more than {LONGEST}"):
        build(" " * (LONGEST + 1))


def test_a_pattern_takes_time_linear_in_the_text() -> None:
    """The pattern that stops engines which try one way after the other."""
    pattern = _dicomfast.Pattern("(a+)+$")
    before = time.process_time()
    assert not pattern.search(b"a" * 200_000 + b"b")
    assert time.process_time() - before < 2


def test_every_field_has_columns_that_exist() -> None:
    there = _dicomfast.table_names()
    for field in registry.named().values():
        for source in (*field.sources, *field.rows):
            for table, columns in source.needs().items():
                assert table not in there or columns <= set(_dicomfast.schema(table).names), (field.name, table, columns)


# Of tshark 4.0.17.
WIRESHARK = make.FIELDS.read_text().split()


def test_every_field_of_wireshark_is_answered_or_says_why_not() -> None:
    assert len(WIRESHARK) == 82
    answered = {name for name in WIRESHARK if registry.find(name) is not None}
    assert answered == set(WIRESHARK) - set(ABSENT)
    assert set(ABSENT) <= set(WIRESHARK)
    for name, (_, instead) in ABSENT.items():
        for text in (name, f"{name} == 1", f"!{name}", f"tcp && {name} contains 2"):
            with pytest.raises(
                dicomfast.FilterError, match=f"{re.escape(name)} is a field of Wireshark that is not answered: .*; ask "
            ) as caught:
                build(text)
            assert text[caught.value.start : caught.value.end] == name
        for other in re.split(r",? or ", instead):
            build(other)


def test_keywords_are_those_of_the_standard() -> None:
    """By pydicom's dictionary; command sets have fields of their own."""
    theirs = {keyword for tag, (_, _, _, _, keyword) in DicomDictionary.items() if keyword and tag >> 16}
    known = {keyword for keyword in theirs if registry.find(f"dicom.{keyword}") is not None}
    # Editions of the standard differ by a few.
    assert len(theirs - known) < 0.01 * len(theirs)
    assert {"PatientID", "SOPInstanceUID", "PixelData", "StudyDate"} <= known


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("dicom.PatientId", "dicom.PatientID"),
        ("dicom.patientid", "dicom.PatientID"),
        ("dicom.Modalty", "dicom.Modality"),
        ("dicom.SeriesDescripton", "dicom.SeriesDescription"),
        ("PatientID", "dicom.PatientID"),
    ],
)
def test_a_misspelt_keyword_is_refused(wrong: str, meant: str) -> None:
    for text in (wrong, f'{wrong} == "x"', f"!({wrong} in {{1, 2}})"):
        with pytest.raises(dicomfast.FilterError, match=rf"there is no field {wrong}; did you mean {meant}\b") as caught:
            build(text)
        assert text[caught.value.start : caught.value.end] == wrong
