"""How often the engine names what was injected: PYTHONPATH=tests python -m blame.score [DIR]; without DIR see README.md.

Exit code 0: at least 95 % named right. 1: fewer. 3: this build has not the tables or columns yet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dicomfast
from blame.naming import CLASSES, RIGHT, Row, Verdict, figures, judge, matrix

HERE = Path(__file__).parent
DATA, CASES = HERE / "data", HERE.parent / "cases"
TABLES = ["associations", "operations", "stalls"]


class NotYetError(Exception):
    """The engine of this build does not say where the time went."""


def rows(table: Any) -> list[Row]:
    """The rows, with times as whole nanoseconds."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_duration(field.type) or pa.types.is_timestamp(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.int64()))
    result: list[Row] = table.to_pylist()
    return result


def tables(path: Path) -> dict[str, list[Row]]:
    try:
        read = dicomfast.read(path, tables=TABLES)
    except dicomfast.ArgumentError as error:
        raise NotYetError(f"dicomfast cannot be scored yet: {error}") from error
    lacking = [name for name in CLASSES if name not in read["associations"].schema.names]
    if lacking:
        raise NotYetError(f"dicomfast cannot be scored yet: the table of associations has no {', '.join(lacking)}")
    return {name: rows(table) for name, table in read.items()}


def captures(folder: Path | None) -> Iterator[tuple[Path, Row]]:
    """The captures with their truths: of the folder, else all that were made, else the small set of the repository."""
    where = folder or (DATA if any(DATA.glob("*.json")) else None)
    if where:
        found = [(path.with_suffix(".pcap"), path) for path in sorted(where.glob("*.json"))]
    else:
        sys.stdout.write("no captures made here (python -m blame.make, as root): this is the small set of the repository\n\n")
        found = [(path.with_name("capture.pcap.gz"), path) for path in sorted(CASES.glob("blame_*/blame.json"))]
    for capture, truth in found:
        yield capture, json.loads(truth.read_text(encoding="utf-8"))


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def report(verdicts: list[Verdict]) -> str:
    lines = [f"{'capture':26} {'injected':23} {'named':30} {'share wanted':>12} {'found':>7} {'error':>7}"]
    for one in verdicts:
        error = None if one.share is None or one.wanted_share is None else one.share - one.wanted_share
        notes = ("" if one.right else " WRONG") + (" far" if one.near is False else "")
        shares = f"{percent(one.wanted_share):>12} {percent(one.share):>7} {percent(error):>7}"
        lines.append(f"{one.capture:26} {one.injected:23} {one.named:30} {shares}{notes}")
    right, all_of_them, near, with_share = figures(verdicts)
    lines += ["", "injected (rows) by named (columns)", *matrix(verdicts), ""]
    lines.append(f"named right: {right} of {all_of_them} ({right / all_of_them:.1%}, wanted {RIGHT:.0%})")
    lines.append(f"shares within 10 % of what was injected: {near} of {with_share}")
    return "\n".join(lines) + "\n"


def main(folder: Path | None) -> int:
    try:
        verdicts = []
        for path, truth in captures(folder):
            found = tables(path)
            verdicts.append(judge(truth, found["associations"], found["stalls"]))
    except NotYetError as error:
        sys.stdout.write(f"{error}\n")
        return 3
    if not verdicts:
        sys.stdout.write("there is no capture to score\n")
        return 3
    sys.stdout.write(report(verdicts))
    right, all_of_them, _, _ = figures(verdicts)
    return 0 if right >= RIGHT * all_of_them else 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]) if sys.argv[1:] else None))
