"""Tokens to a tree, with Wireshark's precedence: comparisons, then not, and, xor, or. Knows the grammar; knows no field by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from dicomfast.errors import FilterError
from dicomfast.filters.lexer import Token, tokens
from dicomfast.filters.tree import (
    Arithmetic,
    Call,
    Compare,
    Exists,
    Expression,
    FieldName,
    Literal,
    Logic,
    Member,
    Not,
    Operand,
    Range,
    Slice,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 64

_COMPARISONS = {
    "==": "==", "eq": "==", "any_eq": "==", "===": "===", "all_eq": "===", "!=": "!=", "ne": "!=", "all_ne": "!=",
    "!==": "!==", "any_ne": "!==", "~=": "!==", ">": ">", "gt": ">", "<": "<", "lt": "<", ">=": ">=", "ge": ">=", "<=": "<=", "le": "<=",
    "contains": "contains", "matches": "matches", "~": "matches",
}  # fmt: skip
_LOGIC = (("or", ("or", "||")), ("xor", ("xor", "^^")), ("and", ("and", "&&")))
_NOT = ("not", "!")
_ARITHMETIC = (("&",), ("+", "-"), ("*", "/", "%"))
_QUANTIFIERS = ("any", "all")
# Words that are operators cannot be values without quotes.
RESERVED = frozenset({word for word in _COMPARISONS if word.isidentifier()} | {"and", "or", "xor", "not", "in", *_QUANTIFIERS})
_PART = re.compile(r"\s*(?:(-?\d+)\s*:\s*(\d+)|(-?\d+)\s*-\s*(-?\d+)|:\s*(\d+)|(-?\d+)\s*:|(-?\d+))\s*")
_LARGEST_PART = 65_535


def parse(text: str, is_field: Callable[[str], bool]) -> Expression | None:
    """The tree of a filter; None for an empty one, which everything matches."""
    parser = _Parser(text, is_field)
    if parser.at_end():
        return None
    tree = parser.logic(0)
    if not parser.at_end():
        parser.unexpected()
    return tree


class _Parser:
    def __init__(self, text: str, is_field: Callable[[str], bool]) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._depth = 0
        self._is_field = is_field

    def at_end(self) -> bool:
        return self._peek().kind == "end"

    def fail(self, reason: str, span: Span) -> NoReturn:
        raise FilterError(reason, self._text, span.start, span.end)

    def unexpected(self) -> NoReturn:
        token = self._peek()
        self.fail("the filter ends too early" if token.kind == "end" else "this was not expected here", token.span)

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _is(self, *texts: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token.kind in ("word", "symbol") and token.text in texts

    def _expect(self, symbol: str) -> Token:
        if not self._is(symbol):
            token = self._peek()
            self.fail(f"{symbol} was expected here", token.span)
        return self._take()

    def _deeper(self, span: Span) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(f"this is nested more than {DEEPEST} deep", span)

    def logic(self, level: int) -> Expression:
        if level == len(_LOGIC):
            return self._negation()
        operator, texts = _LOGIC[level]
        parts = [self.logic(level + 1)]
        while self._is(*texts):
            self._take()
            parts.append(self.logic(level + 1))
        return parts[0] if len(parts) == 1 else Logic(operator, tuple(parts), span=_around(parts[0], parts[-1]))

    def _negation(self) -> Expression:
        if not self._is(*_NOT):
            return self._test()
        start = self._take()
        self._deeper(start.span)
        of = self._negation()
        self._depth -= 1
        return Not(of, span=Span(start.span.start, of.span.end))

    def _test(self) -> Expression:
        if self._is("("):
            start = self._take()
            self._deeper(start.span)
            inner = self.logic(0)
            self._depth -= 1
            self._expect(")")
            return inner
        quantifier = self._take().text if self._is(*_QUANTIFIERS) else ""
        left = self._operand(0)
        token = self._peek()
        if token.kind in ("word", "symbol") and token.text in _COMPARISONS:
            operator = _COMPARISONS[self._take().text]
            right = self._operand(0)
            return Compare(operator, left, right, quantifier, span=_around(left, right))
        if self._is("in"):
            self._take()
            return self._members(left, quantifier)
        if self._is(*_NOT) and self._is("in", ahead=1):
            self._next += 2
            member = self._members(left, quantifier)
            return Not(member, span=member.span)
        if quantifier:
            self.fail(f"after {quantifier} comes a comparison", left.span)
        return Exists(left, span=left.span)

    def _members(self, left: Operand, quantifier: str) -> Member:
        self._expect("{")
        members = [self._member()]
        while self._is(","):
            self._take()
            members.append(self._member())
        end = self._expect("}")
        return Member(left, tuple(members), quantifier, span=Span(left.span.start, end.span.end))

    def _member(self) -> tuple[Literal, Literal | None]:
        low = self._literal()
        if not self._is(".."):
            return low, None
        self._take()
        return low, self._literal()

    def _literal(self) -> Literal:
        sign = self._take() if self._is("-") else None
        token = self._peek()
        if token.kind not in ("word", "string") or (sign and token.kind != "word") or (token.kind == "word" and token.text in RESERVED):
            self.unexpected()
        self._take()
        text = f"-{token.text}" if sign else token.text
        return Literal(text, token.quote, span=Span(sign.span.start if sign else token.span.start, token.span.end))

    def _operand(self, level: int) -> Operand:
        if level == len(_ARITHMETIC):
            return self._value()
        left = self._operand(level + 1)
        while self._is(*_ARITHMETIC[level]):
            operator = self._take()
            self._deeper(operator.span)
            right = self._operand(level + 1)
            left = Arithmetic(operator.text, left, right, span=_around(left, right))
        return left

    def _value(self) -> Operand:
        start = self._peek()
        if self._is("{"):
            self._take()
            self._deeper(start.span)
            inner = self._operand(0)
            self._depth -= 1
            self._expect("}")
            return inner
        operand: Operand
        if start.kind == "word" and self._is("(", ahead=1) and start.text not in RESERVED:
            self._next += 2
            self._deeper(start.span)
            inner = self._operand(0)
            self._depth -= 1
            operand = Call(start.text, inner, span=Span(start.span.start, self._expect(")").span.end))
        elif start.kind == "word" and start.text not in RESERVED and self._is_field(start.text):
            self._take()
            operand = FieldName(start.text, span=start.span)
        else:
            return self._literal()
        while self._peek().kind == "slice":
            token = self._take()
            self._deeper(token.span)
            operand = Slice(operand, self._ranges(token), span=Span(start.span.start, token.span.end))
        if self._is("#"):
            self.fail("layers (field#1) are not supported", self._peek().span)
        return operand

    def _ranges(self, token: Token) -> tuple[Range, ...]:
        parts = []
        for part in token.text.split(","):
            found = _PART.fullmatch(part)
            numbers = [int(number) for number in found.groups() if number] if found else []
            if found is None or any(abs(number) > _LARGEST_PART for number in numbers):
                self.fail("a slice is [offset:length], [first-last], [:length], [offset:] or [offset]", token.span)
            if found[2]:
                parts.append(Range(numbers[0], numbers[1]))
            elif found[4]:
                parts.append(Range(numbers[0], numbers[1] - numbers[0] + 1))
            elif found[5]:
                parts.append(Range(0, numbers[0]))
            else:
                parts.append(Range(numbers[0], None if found[6] else 1))
            length = parts[-1].length
            if length is not None and length < 1:
                self.fail("this slice holds no byte", token.span)
        return tuple(parts)


def _around(left: Operand | Expression, right: Operand | Expression) -> Span:
    return Span(left.span.start, right.span.end)
