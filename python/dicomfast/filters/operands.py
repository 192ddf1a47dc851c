"""Both sides of a comparison: what they are made of, of which kind, and how two values are compared."""

from __future__ import annotations

import operator as python
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from dicomfast import _dicomfast
from dicomfast.errors import ArgumentError, FilterError
from dicomfast.filters import functions, literals, registry
from dicomfast.filters.fields import KINDS, NUMERIC
from dicomfast.filters.tags import MaskedError, masked
from dicomfast.filters.tree import Arithmetic, Call, FieldName, Literal, Node, Slice

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from dicomfast.filters.fields import Field
    from dicomfast.filters.plan import Units
    from dicomfast.filters.values import Values

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": python.eq, "!=": python.ne, ">": python.gt, "<": python.lt, ">=": python.ge, "<=": python.le,
}  # fmt: skip
_ARROW = {"==": "equal", "!=": "not_equal", ">": "greater", "<": "less", ">=": "greater_equal", "<=": "less_equal"}
_SET = ((1, "Set"), (0, "Not set"), (1, "True"), (0, "False"), (1, "TRUE"), (0, "FALSE"))
_LONGEST_PATTERN = 4096
_LARGEST = (1 << 63) - 1


@dataclass(frozen=True)
class Operand:
    """Something that has values."""

    kind: str
    load: Callable[[Units], Values]
    labels: tuple[tuple[int, str], ...] = ()
    is_tag: bool = False
    """Eight digits are hexadecimal, as tags are written."""


class Operands:
    """Makes operands, and remembers the fields that they take."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.fields: dict[str, Field] = {}
        self.places: dict[str, Node] = {}

    def fail(self, reason: str, node: Node) -> NoReturn:
        """Say what is wrong with a node."""
        raise FilterError(reason, self._text, node.span.start, node.span.end)

    def operand(self, node: Any) -> Operand:
        """What a node stands for."""
        match node:
            case FieldName():
                return self._field(node)
            case Slice():
                return self._slice(node)
            case Call():
                return self._call(node)
            case Arithmetic():
                return self._arithmetic(node)
        return self._no_field(node)

    def _no_field(self, node: Literal) -> NoReturn:
        self.fail(registry.unknown(node.text), node)

    def is_bits(self, node: Any) -> bool:
        """Whether it stands for bits, of which one is asked to be set."""
        if isinstance(node, Arithmetic) and node.operator != "&":
            self.fail("a computed value is to be compared with something", node)
        return isinstance(node, Arithmetic)

    def _field(self, node: FieldName) -> Operand:
        found = registry.find(node.name)
        if found is None:
            self.fail(registry.unknown(node.name), node)
        self.fields[node.name] = found
        self.places.setdefault(node.name, node)
        labels = _SET if found.kind == "bool" else found.labels
        return Operand(found.kind, lambda units: self._values(found, units, node), labels, is_tag=found.name == "dicom.tag")

    def _values(self, of: Field, units: Units, node: Node) -> Values:
        try:
            return units.values(of)
        except MaskedError:
            self.fail(masked(of.name), node)

    def there(self, node: Any) -> Operand:
        """What tells whether a node is there; for a field that is seen without its values, a field beside it with "?" behind its name."""
        found = registry.find(node.name) if isinstance(node, FieldName) else None
        if found is None or not found.there:
            return self.operand(node)
        seen = replace(found, name=f"{found.name}?", kind="label", sources=found.there, rows=(), there=())
        self.fields[seen.name] = seen
        self.places.setdefault(seen.name, node)
        return Operand(seen.kind, lambda units: units.values(seen))

    def _slice(self, node: Slice) -> Operand:
        of = self.operand(node.of)
        if of.kind in NUMERIC or of.kind == "label":
            self.fail(f"this is a {KINDS[of.kind]} and has no bytes to slice", node.of)
        return Operand("bytes", lambda units: of.load(units).mapped("bytes", lambda value: functions.sliced(value, node.ranges)))

    def _call(self, node: Call) -> Operand:
        if node.function not in functions.FUNCTIONS:
            self.fail(f"there is no function {node.function}; there are {', '.join(functions.FUNCTIONS)}", node)
        of = self.operand(node.of)
        wanted, kind = functions.FUNCTIONS[node.function]
        if wanted and of.kind not in wanted:
            self.fail(f"{node.function}() takes {' or '.join(KINDS[one] for one in wanted)}; this is {KINDS[of.kind]}", node.of)
        return Operand(kind, lambda units: functions.call(node.function, of.load(units)))

    def _arithmetic(self, node: Arithmetic) -> Operand:
        left = self._number(node.left)
        number = self.constant(node.right)
        if number is None:
            right = self._number(node.right)
            return Operand("number", lambda units: functions.computed_of_two(node.operator, left.load(units), right.load(units)))
        if number == 0 and node.operator in "/%":
            self.fail("this divides by zero", node.right)
        return Operand("number", lambda units: functions.computed(node.operator, left.load(units), number))

    def _number(self, node: Any) -> Operand:
        operand = self.operand(node)
        if operand.kind not in ("number", "bool"):
            self.fail(f"only whole numbers can be computed with; this is {KINDS[operand.kind]}", node)
        return operand

    def constant(self, node: Any) -> int | None:
        """The number that is written there, or computed of such; None where a field has a part in it."""
        if isinstance(node, Literal):
            return int(self._read(node, "number"))
        if not isinstance(node, Arithmetic):
            return None
        left, right = self.constant(node.left), self.constant(node.right)
        if left is None or right is None:
            return None
        if right == 0 and node.operator in "/%":
            self.fail("this divides by zero", node.right)
        number = functions.folded(node.operator, left, right)
        if abs(number) > _LARGEST:
            self.fail("this number is too large", node)
        return number

    def _read(self, literal: Literal, kind: str, labels: tuple[tuple[int, str], ...] = ()) -> Any:
        try:
            return literals.value(literal, kind, labels)
        except ValueError as error:
            self.fail(str(error), literal)

    def test(self, operator: str, left: Operand, literal: Literal) -> Callable[[Values], pa.Array]:
        """What is asked of a value: how it compares with the one that is written there."""
        if operator == "matches":
            return self._matches(left, literal)
        if operator == "contains":
            return self._contains(left, literal)
        value = self._read(literal, "tag" if left.is_tag else left.kind, left.labels)
        if left.kind in NUMERIC:

            def arrow(found: Values) -> pa.Array:
                import pyarrow.compute as pc

                from dicomfast import arrays

                return getattr(pc, _ARROW[operator])(found.data, arrays.scalar(value, found.data.type))

            return arrow
        compare = _COMPARED[operator]
        if isinstance(value, Decimal):
            return lambda found: found.that(lambda one: _compared_as_numbers(operator, one, value))
        if hasattr(value, "network_address"):
            if operator not in ("==", "!="):
                self.fail("a network is compared with == and !=, or in a set", literal)
            return lambda found: found.that(lambda address: (address in value) == (operator == "=="))
        return lambda found: found.that(lambda one: _comparable(one, value) and compare(one, value))

    def _matches(self, left: Operand, literal: Literal) -> Callable[[Values], pa.Array]:
        if left.kind not in (*functions.TEXT, "bytes"):
            self.fail(f"matches is for text; string() makes text of a {KINDS[left.kind]}", literal)
        if len(literal.text) > _LONGEST_PATTERN:
            self.fail(f"a regular expression has at most {_LONGEST_PATTERN} characters", literal)
        try:
            pattern = _dicomfast.Pattern(literal.text)
        except ArgumentError as error:
            self.fail(f"this regular expression is wrong: {error}", literal)
        return lambda found: found.that(lambda value: pattern.search(value if isinstance(value, bytes) else value.encode()))

    def _contains(self, left: Operand, literal: Literal) -> Callable[[Values], pa.Array]:
        if left.kind in NUMERIC or left.kind.startswith("ip"):
            self.fail(f"contains is for text and bytes; this is compared with a {KINDS[left.kind]}", literal)
        value = literal.text if left.kind in functions.TEXT else self._read(literal, "bytes")
        return lambda found: found.that(lambda one: value in one)

    def test_of_two(
        self, operator: str, left: Operand, right: Operand, node: Node
    ) -> Callable[[Values, Values], tuple[pa.Array, pa.Array]]:
        """How the values of two fields compare: the units of all pairs, and which pairs pass."""
        if operator == "matches":
            self.fail("a regular expression is written as a string", node)
        if _family(left.kind) != _family(right.kind) or "label" in (left.kind, right.kind):
            self.fail(f"a {KINDS[left.kind]} is not compared with a {KINDS[right.kind]}", node)
        if operator == "contains" and left.kind in NUMERIC:
            self.fail("contains is for text and bytes", node)

        def run(one: Values, other: Values) -> tuple[pa.Array, pa.Array]:
            import pyarrow as pa
            import pyarrow.compute as pc

            from dicomfast import arrays
            from dicomfast.filters.values import pairs

            one, other = pairs(one, other)
            if left.kind in NUMERIC:
                return one.units, getattr(pc, _ARROW[operator])(one.data, other.data)
            test = python.contains if operator == "contains" else _COMPARED[operator]
            # Each pair of distinct values is looked at once.
            size = max(len(other.distinct), 1)
            width = arrays.scalar(size, pa.int64())
            codes = pc.add(pc.multiply(one.data.cast(pa.int64()), width), other.data.cast(pa.int64()))
            encoded = pc.dictionary_encode(codes)
            verdicts = [_passes(test, one.distinct[code // size], other.distinct[code % size]) for code in encoded.dictionary.to_pylist()]
            return one.units, arrays.array(verdicts, pa.bool_()).take(encoded.indices) if verdicts else pa.nulls(0, pa.bool_())

        return run


def _compared_as_numbers(operator: str, text: str, value: Decimal) -> bool:
    """What is no number is unequal, and neither the greater nor the less."""
    number = literals.decimal(text)
    return operator == "!=" if number is None else _COMPARED[operator](number, value)


def _passes(test: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    return _comparable(one, other) and test(one, other)


def _comparable(one: Any, other: Any) -> bool:
    """Addresses of two versions are never equal, and neither is the greater."""
    return getattr(one, "version", 0) == getattr(other, "version", 0)


def _family(kind: str) -> str:
    """Kinds that can be compared with each other."""
    return {"bool": "number", "title": "text", "value": "text", "mac": "bytes", "ipv4": "ip", "ipv6": "ip"}.get(kind, kind)
