"""A display filter as tokens. Knows what Wireshark's words and symbols look like; knows no field and no grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dicomfast.errors import FilterError
from dicomfast.filters.quote import BadEscapeError, unescaped
from dicomfast.filters.tree import Span

LONGEST = 16_384

# The longest first.
_SYMBOLS = ("===", "!==", "==", "!=", "~=", ">=", "<=", "&&", "||", "^^", "..", ">", "<", "~", "!", "&", "+", "-", "*", "/", "%",
            "(", ")", "{", "}", "[", "]", ",", "#")  # fmt: skip
# A name or a value without quotes. Two dots are the middle of a range, and "::" may begin an address.
_WORD = re.compile(r"(?:[A-Za-z0-9_]|::)(?:[A-Za-z0-9_:/\-]|\.(?!\.))*")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_RAW = re.compile(r'[rR]"((?:[^"\\]|\\.)*)"', re.DOTALL)
_CHARACTER = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_INSIDE = re.compile(r"\[([^\[\]]*)\]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Token:
    """`kind` is "word", "string", "slice", "symbol" or "end"."""

    kind: str
    text: str
    span: Span
    quote: str = ""


def tokens(text: str) -> list[Token]:
    """The tokens of a filter; the last one is its end."""
    if len(text) > LONGEST:
        raise FilterError(f"the filter has {len(text)} characters, more than {LONGEST}", text[:60] + "...", 0, 60)
    found: list[Token] = []
    position = 0
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
            continue
        token = _token(text, position)
        found.append(token)
        position = token.span.end
    found.append(Token("end", "", Span(len(text), len(text))))
    return found


def _token(text: str, at: int) -> Token:
    if raw := _RAW.match(text, at):
        return Token("string", raw[1], Span(at, raw.end()), 'r"')
    for pattern, quote in ((_STRING, '"'), (_CHARACTER, "'")):
        if string := pattern.match(text, at):
            try:
                return Token("string", unescaped(string[1]), Span(at, string.end()), quote)
            except BadEscapeError as error:
                place = at + 1 + error.at
                raise FilterError(str(error), text, place, place + 2) from None
    if inside := _INSIDE.match(text, at):
        return Token("slice", inside[1], Span(at, inside.end()))
    if word := _WORD.match(text, at):
        return Token("word", word[0], Span(at, word.end()))
    for symbol in _SYMBOLS:
        if text.startswith(symbol, at):
            return Token("symbol", symbol, Span(at, at + len(symbol)))
    if text[at] in "\"'":
        raise FilterError("this string has no end", text, at, len(text))
    raise FilterError("this character has no meaning here", text, at, at + 1)
