"""How values are written in a filter: quotes and escapes, in both directions. Knows nothing else of the language."""

from __future__ import annotations

import re

_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", '"': '"', "'": "'", "0": "\0"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_LARGEST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class BadEscapeError(ValueError):
    """An escape that means nothing; `at` says where it begins."""

    def __init__(self, at: int, text: str) -> None:
        self.at = at
        super().__init__(f'{text} is not an escape; a backslash itself is written \\\\, or use a raw string: r"..."')


def unescaped(text: str) -> str:
    """What a string with escapes says."""

    def replace(found: re.Match[str]) -> str:
        hexadecimal = found[1] or found[2] or found[3]
        if hexadecimal or found[4]:
            code = int(hexadecimal, 16) if hexadecimal else int(found[4], 8)
            if code > _LARGEST or code in _SURROGATES:
                raise BadEscapeError(found.start(), found[0])
            return chr(code)
        if found[5] not in _SIMPLE:
            raise BadEscapeError(found.start(), found[0])
        return _SIMPLE[found[5]]

    return _ESCAPE.sub(replace, text)


def quoted(text: str, quote: str) -> str:
    """A value as it is written with this kind of quotes: none, double, raw or single."""
    if not quote:
        return text
    if quote == 'r"':
        return f'r"{text}"'
    end = quote[-1]
    characters = (f"\\{one}" if one in ("\\", end) else one if one.isprintable() else _code(one) for one in text)
    return f"{end}{''.join(characters)}{end}"


def _code(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - widths
