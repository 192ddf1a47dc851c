"""The functions of the language, slices and arithmetic: values to values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicomfast.filters.tree import Range
    from dicomfast.filters.values import Values

TEXT = ("text", "title", "value")
_BYTES = (*TEXT, "bytes", "mac", "ip", "ipv4", "ipv6")
_ANY: tuple[str, ...] = ()

FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "len": (_BYTES, "number"),
    "count": (_ANY, "number"),
    "lower": (TEXT, "text"),
    "upper": (TEXT, "text"),
    "string": (("number", "ip", "ipv4", "ipv6", "mac", *TEXT, "bool", "float"), "text"),
}
"""By name, the kinds that a function takes (none: any) and the kind that it gives."""


def call(name: str, of: Values) -> Values:
    """A function of values."""
    if name == "count":
        from dicomfast.filters.values import counted

        return counted(of)
    if name == "len":
        return of.mapped("number", lambda value: len(as_bytes(value)))
    if name == "string":
        return of.mapped("text", lambda value: spelled(value, of.kind, 0))
    return of.mapped("text", str.lower if name == "lower" else str.upper)


def spelled(value: Any, kind: str, display: int) -> str:
    """A value as text, as `fields` prints it."""
    if kind == "number" and display:
        return f"0x{value:0{display}x}"
    if isinstance(value, bytes):
        return value.hex(":") if kind == "mac" else value.hex()
    return str(value)


def as_bytes(value: Any) -> bytes:
    """The bytes of text or of an address."""
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else value.packed


def sliced(value: Any, ranges: tuple[Range, ...]) -> bytes | None:
    """Some bytes of a value; None where it is too short to have any."""
    whole = as_bytes(value)
    found = b""
    for part in ranges:
        start = part.start if part.start >= 0 else len(whole) + part.start
        if not 0 <= start < len(whole):
            return None
        found += whole[start:] if part.length is None else whole[start : start + part.length]
    return found


def folded(operator: str, left: int, right: int) -> int:
    """Two numbers."""
    if operator in "/%":
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if operator == "/" else left - quotient * right
    return {"&": left & right, "+": left + right, "-": left - right, "*": left * right}[operator]


def computed(operator: str, left: Values, number: int) -> Values:
    """Numbers and one number."""
    import pyarrow as pa

    from dicomfast import arrays

    return _computed(operator, left, arrays.scalar(number, pa.int64()))


def computed_of_two(operator: str, left: Values, right: Values) -> Values:
    """Each number of a unit on the left and each on the right; without those that would divide by zero."""
    import pyarrow.compute as pc

    from dicomfast.filters.values import pairs

    left, right = pairs(left, right)
    if operator in "/%":
        kept = pc.indices_nonzero(right.data)
        left, right = left.chosen(kept), right.chosen(kept)
    return _computed(operator, left, right.data)


def _computed(operator: str, left: Values, right: Any) -> Values:
    import pyarrow.compute as pc

    from dicomfast.filters.values import Values as Made

    data = left.data
    match operator:
        case "&":
            data = pc.bit_wise_and(data, right)
        case "+":
            data = pc.add(data, right)
        case "-":
            data = pc.subtract(data, right)
        case "*":
            data = pc.multiply(data, right)
        case "/":
            data = pc.divide(data, right)
        case _:
            data = pc.subtract(data, pc.multiply(pc.divide(data, right), right))
    return Made(left.units, data, "number")
