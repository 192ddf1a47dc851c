"""Text from the network made harmless for where it goes: a terminal, a spreadsheet, rich. Knows nothing of tables.

AE titles, UIDs and comments are whatever the peer sent. Every text that is printed goes through one of these.
"""

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV injection); also in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def escape(text: str) -> str:
    r"""Show as \x1b, \u202e and so on what a terminal would obey or hide: controls, bidi marks, invisible ones."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def titles(calling: str | None, called: str | None) -> str:
    """Who called whom, harmless."""
    return f"{escape(calling or '?')} > {escape(called or '?')}"


def csv_cell(text: str) -> str:
    """Text as a spreadsheet cell that is shown and never computed: a formula's first character gets a ' before it."""
    escaped = escape(text)
    return f"'{escaped}" if text.startswith(_FORMULA) else escaped


def markup(text: str) -> str:
    """Text for rich, whose markup stands in brackets."""
    return escape(text).replace("[", r"\[")
