"""What every HTML page has around its content: the head, and a policy under which nothing is loaded and nothing is sent.

Knows neither graphs nor reports. Title and body come escaped.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
{scripts}
</body>
</html>
"""


def shell(title: str, style: str, body: str, scripts: list[str], *, own_styles_alone: bool = True) -> str:
    """The whole page. These scripts run and no others; the same holds for styles where `own_styles_alone`."""
    return _PAGE.format(
        policy=_policy(scripts, style if own_styles_alone else None),
        title=title,
        style=style,
        body=body,
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def asset(name: str, package: str = "dicomfast.graphs") -> str:
    """A style sheet or a script that comes with the package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: list[str], style: str | None) -> str:
    allowed = " ".join(map(_hash, scripts)) or "'none'"
    styles = "'unsafe-inline'" if style is None else _hash(style)
    return f"default-src 'none'; script-src {allowed}; style-src {styles}; img-src data:; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
