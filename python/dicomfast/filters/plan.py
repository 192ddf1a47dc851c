"""A tree as something to run: every name is looked up, every value read, every type checked, before any data is there.

`build` raises FilterError for whatever is wrong with a filter; the plan it gives runs on any units that have values (`Units`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from dicomfast.errors import FilterError
from dicomfast.filters import registry
from dicomfast.filters.operands import Operand, Operands
from dicomfast.filters.parser import parse
from dicomfast.filters.tree import Arithmetic, Compare, Exists, Expression, Literal, Logic, Member, Node, Not

if TYPE_CHECKING:
    import pyarrow as pa

    from dicomfast.filters.fields import Field
    from dicomfast.filters.values import Values

Run = Callable[["Units"], "pa.Array"]


class Units(Protocol):
    """Frames, or the rows of a table."""

    def every(self) -> pa.Array:
        """All of them."""

    def values(self, of: Field) -> Values:
        """The values that they have of a field."""


@dataclass(frozen=True)
class Plan:
    """What a filter takes, and how it is run: the units that match."""

    text: str
    run: Run
    fields: dict[str, Field] = field(default_factory=dict)
    places: dict[str, Node] = field(default_factory=dict)
    complements: bool = True
    tree: Expression | None = None


def build(text: str) -> Plan:
    """The plan of a filter."""
    tree = parse(text, lambda name: registry.find(name) is not None)
    if tree is None:
        return Plan(text, lambda units: units.every())
    builder = _Builder(text)
    run = builder.expression(tree)
    return Plan(text, run, builder.operands.fields, builder.operands.places, builder.complements, tree)


# What an operator asks of one pair of values, and of how many of a unit.
_ASKED = {"==": ("==", "any"), "===": ("==", "all"), "!=": ("!=", "all"), "!==": ("!=", "any")}


class _Builder:
    def __init__(self, text: str) -> None:
        self._text = text
        self.operands = Operands(text)
        self.complements = False

    def fail(self, reason: str, node: Node) -> NoReturn:
        raise FilterError(reason, self._text, node.span.start, node.span.end)

    def expression(self, node: Expression) -> Run:
        match node:
            case Logic():
                return self._logic(node)
            case Not():
                self.complements = True
                return _complement(self.expression(node.of))
            case Exists():
                return self._exists(node)
            case Compare():
                return self._compare(node)
            case Member():
                return self._member(node)

    def _logic(self, node: Logic) -> Run:
        from dicomfast.filters import values

        parts = [self.expression(part) for part in node.parts]

        def run(units: Units) -> pa.Array:
            if node.operator == "or":
                return values.union([part(units) for part in parts])
            if node.operator == "xor":
                found = parts[0](units)
                for part in parts[1:]:
                    other = part(units)
                    found = values.union([values.without(found, other), values.without(other, found)])
                return found
            found = parts[0](units)
            for part in parts[1:]:
                found = values.intersection([found, part(units)]) if len(found) else found
            return found

        return run

    def _exists(self, node: Exists) -> Run:
        if isinstance(node.of, Literal):
            self.fail(registry.unknown(node.of.text), node)
        operand = self.operands.there(node.of)
        masked = self.operands.is_bits(node.of)

        def run(units: Units) -> pa.Array:
            import pyarrow.compute as pc

            found = operand.load(units)
            return pc.unique(found.units.take(pc.indices_nonzero(found.data)) if masked else found.units)

        return run

    def _compare(self, node: Compare) -> Run:
        left = self._left(node.left)
        operator, quantifier = _ASKED.get(node.operator, (node.operator, "any"))
        quantifier = node.quantifier or quantifier
        right_node = node.right
        if isinstance(right_node, Arithmetic) and (number := self.operands.constant(right_node)) is not None:
            right_node = Literal(str(number), span=right_node.span)
        if isinstance(right_node, Literal):
            test = self.operands.test(operator, left, right_node)
            return _quantified(quantifier, lambda units: _with_mask(left.load(units), test))
        right = self.operands.operand(right_node)
        both = self.operands.test_of_two(operator, left, right, node)
        return _quantified(quantifier, lambda units: both(left.load(units), right.load(units)))

    def _member(self, node: Member) -> Run:
        left = self._left(node.left)
        tests = []
        for low, high in node.members:
            if high is None:
                tests.append(self.operands.test("==", left, low))
            else:
                tests.append(_both(self.operands.test(">=", left, low), self.operands.test("<=", left, high)))

        def masked(units: Units) -> tuple[pa.Array, pa.Array]:
            import pyarrow.compute as pc

            found = left.load(units)
            mask = tests[0](found)
            for test in tests[1:]:
                mask = pc.or_(mask, test(found))
            return found.units, mask

        return _quantified(node.quantifier or "any", masked)

    def _left(self, node: Any) -> Operand:
        if isinstance(node, Literal):
            self.fail(registry.unknown(node.text) if not node.quote else "on the left stands a field or a function", node)
        operand = self.operands.operand(node)
        if operand.kind == "label":
            self.fail("this field is there or not: it has no value to compare", node)
        return operand


Test = Callable[["Values"], "pa.Array"]


def _with_mask(found: Values, test: Test) -> tuple[pa.Array, pa.Array]:
    return found.units, test(found)


def _both(low: Test, high: Test) -> Test:
    def test(found: Values) -> pa.Array:
        import pyarrow.compute as pc

        return pc.and_(low(found), high(found))

    return test


def _complement(of: Run) -> Run:
    def run(units: Units) -> pa.Array:
        from dicomfast.filters import values

        return values.without(units.every(), of(units))

    return run


def _quantified(quantifier: str, masked: Callable[[Units], tuple[pa.Array, pa.Array]]) -> Run:
    """The units of which any, or all, of the values pass."""

    def run(units: Units) -> pa.Array:
        import pyarrow.compute as pc

        from dicomfast.filters import values

        having, mask = masked(units)
        if quantifier == "any":
            return pc.unique(having.filter(mask))
        return values.without(pc.unique(having), having.filter(pc.invert(mask)))

    return run
