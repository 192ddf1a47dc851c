"""What the analysis costs: `python benches/insight.py [--rounds 5] [--size 1GB] [--json FILE]`.

On W1 of peers.py: the table of segments, stalls on request, a graph; beside them tcptrace on the same file. On W1, W2 and W3: the
report. First the number of segments is compared with the truth. Times and sizes are printed beside what the project asks of itself,
never asserted. See benches/README.md.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import captures
from measure import Spread, alternate, command, cpu, inside, inside_cpu, ours, process, warm
from peers import DATA, MEGABYTE, WITH_PDUS, Capture, Row, differences, options, say, tell

PROGRAM = str(Path(sys.executable).with_name("dicomfast"))
DEFAULT = tuple(name for name in WITH_PDUS if name != "pdus")


def rows(found: dict[str, Capture], rounds: int) -> Iterator[Row]:
    w1 = found["W1"]
    warm(w1.path)
    yield from segments(w1, rounds)
    runs = alternate(rounds, lambda: ours(w1.path, 1, tables=(*DEFAULT, "stalls")), lambda: ours(w1.path, 1))
    yield Row("W1 with stalls / default tables", "<= 1.25 x", "", runs.ratio(inside_cpu, inside_cpu), "x", "CPU of call / of call")
    if shutil.which("tcptrace"):
        runs = alternate(1, lambda: command("tcptrace", "-n", "-l", w1.path), lambda: ours(w1.path, 1, "scan", ("segments",)))
        yield Row("W1 / tcptrace -l", "", "", runs.ratio(process, process), "x", "process / process, 1 round")
    else:
        say("SKIPPED: tcptrace is not installed")
    yield from graph(w1)
    for name, capture in found.items():
        warm(capture.path)
        yield from report(name, capture)


def segments(w1: Capture, rounds: int) -> Iterator[Row]:
    """Streamed, since nobody keeps a million rows for nothing."""
    runs = alternate(rounds, lambda: ours(w1.path, 1, "scan", ("segments",)), lambda: ours(w1.path, 1, "scan"))
    yield Row("W1 segments / default tables", "<= 2.5 x", "", runs.ratio(inside, inside), "x", "call / call, scan")
    yield Row("", "", "", runs.ratio(inside_cpu, inside_cpu), "x", "CPU of call / of call, scan")
    yield Row(
        "W1 segments peak memory, scan", "<= 160 MB", "", Spread.of([run.peak / MEGABYTE for run in runs.a]), "MB", "process, threads=1"
    )


def graph(w1: Capture) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "graph.html"
        runs = [command(PROGRAM, "graph", "tcptrace", w1.path, "--connection", "1", "-o", page) for _ in range(3)]
    yield Row("W1 graph of one connection", "", "", Spread.of([cpu(run) for run in runs]), "s", "CPU of process")


def report(name: str, capture: Capture) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        runs = [command(PROGRAM, "report", capture.path, "-o", page) for _ in range(3)]
        size = page.stat().st_size / MEGABYTE
    yield Row(f"{name} report", "< 10 s", "", Spread.of([run.process for run in runs]), "s", "process")
    yield Row("", "", "", Spread.of([cpu(run) for run in runs]), "s", "CPU of process")
    yield Row(f"{name} report, size of the page", "< 5 MB", "", Spread.of([size]), "MB", "")


def main() -> int:
    arguments = options(__doc__).parse_args()

    found = {}
    for name in ("W1", "W2", "W3"):
        path = DATA / f"{name}-{arguments.size}.pcap"
        found[name] = Capture(path, captures.make(name, arguments.size, path))
    w1 = found["W1"]
    seen = ours(w1.path, 1, "scan", ("segments",)).results
    wrong = differences("W1 segments", {"segments": int(str(w1.truth["packets"]))}, seen)
    return tell(rows(found, arguments.rounds), wrong, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
