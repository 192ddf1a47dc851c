"""Values as they are written in a filter, for the kind of field they are compared with. Knows no field and no data."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dicomfast.values import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomfast.filters.tree import Literal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NUMBER = re.compile(r"(-?)(?:0[xX]([0-9A-Fa-f]{1,16})|0[bB]([01]{1,64})|(0[0-7]{1,22})|(\d{1,19}))")
_BYTES = re.compile(r"[0-9A-Fa-f]{2}(?:[:.\-]?[0-9A-Fa-f]{2})*")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:.\-][0-9A-Fa-f]{2}){5}")
_SECONDS = re.compile(r"(-?\d{1,10}(?:\.\d{0,9})?|-?\.\d{1,9})\s*(ns|us|ms|s|min)?")
_UNITS = {None: SECOND, "ns": 1, "us": 1000, "ms": 1_000_000, "s": SECOND, "min": 60 * SECOND}
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?")
_LONG = re.compile(r"([A-Z][a-z]{2})\s+(\d{1,2}), (\d{4}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DECIMAL = re.compile(r" *[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})? *")
_TAG = re.compile(r"[0-9a-fA-F]{8}")
_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1


def value(literal: Literal, kind: str, labels: tuple[tuple[int, str], ...] = ()) -> Any:
    """The value, of the kind's own type. Raises ValueError, with what is wrong as its text."""
    if literal.quote in ('"', 'r"') and kind in ("number", "bool") and labels:
        return _label(literal.text, labels)
    return _READERS[kind](literal)


def _label(text: str, labels: tuple[tuple[int, str], ...]) -> int:
    for number, label in labels:
        if label == text:
            return number
    raise ValueError(f"{text!r} is not among the values: {', '.join(label for _, label in labels)}")


def _number(literal: Literal) -> int:
    text = literal.text
    if literal.quote == "'":
        if len(text) != 1:
            raise ValueError("one character was expected between the quotes")
        return ord(text)
    found = _NUMBER.fullmatch(text)
    if found is None or literal.quote:
        raise ValueError(f"{text!r} is not a whole number")
    digits, base = next((group, base) for group, base in zip(found.groups()[1:], (16, 2, 8, 10), strict=True) if group)
    number = int(f"{found[1]}{digits}", base)
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError(f"{text} is too large")
    return number


def _tag(literal: Literal) -> int:
    """A tag as it is written everywhere: eight hexadecimal digits; or a number."""
    if _TAG.fullmatch(literal.text) and not literal.quote:
        return int(literal.text, 16)
    return _number(literal)


def _float(literal: Literal) -> float:
    try:
        return float(literal.text)
    except ValueError:
        raise ValueError(f"{literal.text!r} is not a number") from None


def _bool(literal: Literal) -> int:
    words = {"true": 1, "false": 0, "set": 1, "not set": 0}
    if literal.text.lower() in words:
        return words[literal.text.lower()]
    try:
        return int(bool(_number(literal)))
    except ValueError:
        raise ValueError(f"{literal.text!r} is neither true nor false") from None


def _text(literal: Literal) -> str:
    return literal.text


def _element(literal: Literal) -> str | Decimal:
    """A number where it is written as one without quotes: what it is compared with depends on that."""
    number = None if literal.quote else decimal(literal.text)
    return literal.text if number is None else number


def decimal(text: str) -> Decimal | None:
    """The number that an element's value is (DS, IS and those of binary numbers); None where it is no number."""
    return Decimal(text.strip(" ")) if _DECIMAL.fullmatch(text) else None


def _title(literal: Literal) -> str:
    return literal.text.strip(" ")


def _bytes(literal: Literal) -> bytes:
    if literal.quote:
        return literal.text.encode()
    if not _BYTES.fullmatch(literal.text):
        raise ValueError(f"{literal.text!r} is not a list of bytes such as 0a:1b")
    return bytes.fromhex(re.sub(r"[:.\-]", "", literal.text))


def _mac(literal: Literal) -> bytes:
    if not _MAC.fullmatch(literal.text):
        raise ValueError(f"{literal.text!r} is not an Ethernet address such as 00:1b:21:3a:5c:04")
    return bytes.fromhex(re.sub(r"[:.\-]", "", literal.text))


def _address(*versions: int) -> Callable[[Literal], Address | Network]:
    def read(literal: Literal) -> Address | Network:
        text = literal.text
        try:
            found: Address | Network = ipaddress.ip_network(text, strict=False) if "/" in text else ipaddress.ip_address(text)
        except ValueError:
            found_version = None
        else:
            found_version = found.version
        if found_version not in versions:
            names = " or ".join(f"IPv{version}" for version in versions)
            raise ValueError(f"{text!r} is no {names} address")
        return found

    return read


def _duration(literal: Literal) -> int:
    text = literal.text
    found = _SECONDS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a number of seconds")
    return _nanoseconds(int(Decimal(found[1]) * _UNITS[found[2]]), text)


def _time(literal: Literal) -> int:
    text = literal.text
    if found := _ISO.fullmatch(text):
        date, clock, fraction, zone = found[1], found[2] or "00:00", found[3], found[4]
    elif (found := _LONG.fullmatch(text)) and found[1] in _MONTHS:
        date = f"{found[3]}-{_MONTHS.index(found[1]) + 1:02}-{int(found[2]):02}"
        clock, fraction, zone = found[4], found[5], found[6]
    else:
        raise ValueError(f'{text!r} is not a time such as "2024-05-17 08:30:00.5"')
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone
    try:
        moment = dt.datetime.fromisoformat(f"{date}T{clock}{offset}")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time: {error}") from None
    return _nanoseconds(int((moment - _EPOCH) / dt.timedelta(seconds=1)) * SECOND + int((fraction or "").ljust(9, "0")), text)


def _nanoseconds(number: int, text: str) -> int:
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError(f"{text!r} is out of range: times reach from 1677 to 2262")
    return number


_READERS: dict[str, Callable[[Literal], Any]] = {
    "tag": _tag,
    "number": _number,
    "float": _float,
    "bool": _bool,
    "text": _text,
    "title": _title,
    "value": _element,
    "bytes": _bytes,
    "mac": _mac,
    "ip": _address(4, 6),
    "ipv4": _address(4),
    "ipv6": _address(6),
    "time": _time,
    "duration": _duration,
}
