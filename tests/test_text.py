"""What comes from the network does nothing to a terminal, a spreadsheet or rich (hazards I01, I02)."""

import unicodedata

import pytest
from conftest import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from dicomfast.text import csv_cell, escape, markup

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text(st.characters()))
def test_escaped_text_holds_nothing_a_terminal_obeys_or_hides(text: str) -> None:
    assert not {unicodedata.category(character) for character in escape(text)} & HARMFUL


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"])))
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("A\u202eB", r"A\u202eB"),
        ("\u2066", r"\u2066"),
        ("a\x08b\x07", r"a\x08b\x07"),
        ("a\r\nb", r"a\r\nb"),
        ("\udcff", r"\udcff"),
        ("\u2028\ufeff\u200b", r"\u2028\ufeff\u200b"),
    ],
)
def test_escape_names_what_it_found(hostile: str, shown: str) -> None:
    assert escape(hostile) == shown


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_spreadsheet_does_not_compute_a_cell(lead: str) -> None:
    assert csv_cell(f"{lead}cmd|' /C calc'!A0").startswith("'")


def test_a_harmless_cell_stays_as_it_is() -> None:
    assert csv_cell("1.2.840.10008.1.1") == "1.2.840.10008.1.1"


@given(st.text(st.characters()))
def test_rich_takes_text_as_text(text: str) -> None:
    # A backslash before a bracket is rich's own escape; escape() leaves backslashes alone.
    text = text.replace("\\", "/")
    assert Text.from_markup(markup(text), emoji=False).plain == escape(text)


def test_rich_takes_no_style_from_hostile_text() -> None:
    assert not Text.from_markup(markup(HOSTILE)).spans
