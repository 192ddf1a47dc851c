"""Libraries that are installed on demand. Knows their names, and how to say which is missing."""

from __future__ import annotations

from importlib.util import find_spec

from dicomfast.errors import ArgumentError


def needs(what: str, extra: str, *modules: str) -> None:
    """Say in one line what to install where a library is not there; `what` begins the sentence."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ArgumentError(f"{what} needs {', '.join(missing)}: pip install 'dicomfast[{extra}]'")
