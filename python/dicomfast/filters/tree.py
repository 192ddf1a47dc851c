"""A display filter as a tree. Knows what may stand where, and how to write it down; knows no field and no value.

`str` of a node is a filter that is parsed into the same tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dicomfast.filters.quote import quoted


@dataclass(frozen=True)
class Span:
    """Where something stands in the text of the filter."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Node:
    """Anything that stands in a filter."""

    span: Span = field(default=Span(), compare=False, kw_only=True)


@dataclass(frozen=True)
class Literal(Node):
    """A value as written: its text without quotes, and the kind of quotes: "" for none."""

    text: str
    quote: str = ""

    def __str__(self) -> str:
        """As it is written in a filter."""
        return quoted(self.text, self.quote)


@dataclass(frozen=True)
class FieldName(Node):
    """A field."""

    name: str

    def __str__(self) -> str:
        """As it is written in a filter."""
        return self.name


@dataclass(frozen=True)
class Range:
    """A part of a slice: bytes from `start` on, `length` of them; None for all that follow."""

    start: int
    length: int | None

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f"{self.start}:" if self.length is None else f"{self.start}:{self.length}"


@dataclass(frozen=True)
class Slice(Node):
    """Some bytes of a value."""

    of: Operand
    ranges: tuple[Range, ...]

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f"{self.of}[{','.join(map(str, self.ranges))}]"


@dataclass(frozen=True)
class Call(Node):
    """A function of a value."""

    function: str
    of: Operand

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f"{self.function}({self.of})"


@dataclass(frozen=True)
class Arithmetic(Node):
    """A value computed from two: operator is one of & + - * / %."""

    operator: str
    left: Operand
    right: Operand

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f"{{{self.left} {self.operator} {self.right}}}"


Operand = Literal | FieldName | Slice | Call | Arithmetic


@dataclass(frozen=True)
class Exists(Node):
    """The field is there."""

    of: Operand

    def __str__(self) -> str:
        """As it is written in a filter."""
        return str(self.of)


@dataclass(frozen=True)
class Compare(Node):
    """Two values compared: `operator` in symbols, `quantifier` "any" or "all" where it is written."""

    operator: str
    left: Operand
    right: Operand
    quantifier: str = ""

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f"{self.quantifier} {self.left} {self.operator} {self.right}".strip()


@dataclass(frozen=True)
class Member(Node):
    """A value is one of several values and ranges."""

    left: Operand
    members: tuple[tuple[Literal, Literal | None], ...]
    quantifier: str = ""

    def __str__(self) -> str:
        """As it is written in a filter."""
        members = (str(low) if high is None else f"{low} .. {high}" for low, high in self.members)
        return f"{self.quantifier} {self.left} in {{{', '.join(members)}}}".strip()


@dataclass(frozen=True)
class Not(Node):
    """The opposite."""

    of: Expression

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f"!({self.of})"


@dataclass(frozen=True)
class Logic(Node):
    """Two or more expressions joined by "and", "or" or "xor"."""

    operator: str
    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        """As it is written in a filter."""
        return f" {self.operator} ".join(f"({part})" if isinstance(part, Logic) else str(part) for part in self.parts)


Expression = Exists | Compare | Member | Not | Logic
