"""Compares dicomfast with its peers: `python benches/peers.py [--rounds 5] [--size 1GB] [--quick] [--large] [--json FILE]`.

First the results are compared: with the truth of the made captures, and with tshark's. Then times, in alternating rounds. Only
a difference of results fails (exit 1): times are printed beside what the project asks of itself, never asserted. Peers that are
not installed are skipped, and that is said. See benches/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import captures
from measure import Run, Spread, alternate, command, cpu, inside, inside_cpu, ours, process, warm

DATA = Path(__file__).parent / "data"
TSHARK_CUT = 100_000_000
PORTS = ("-d", "tcp.port==11112,dicom", "-d", "tcp.port==104,dicom")
COLUMNS = ("frame.number", "dicom.pdu.type", "dicom.pdu.len")
MEGABYTE = 1_000_000
WITH_PDUS = (
    "capture_info",
    "connections",
    "associations",
    "presentation_contexts",
    "operations",
    "messages",
    "findings",
    "anomalies",
    "pdus",
)


@dataclass(frozen=True)
class Row:
    """A line of the table: the figure, and what is asked of it. `note` says what was divided by what."""

    measure: str
    at_least: str
    aim: str
    figure: Spread
    unit: str
    note: str


@dataclass(frozen=True)
class Capture:
    path: Path
    truth: dict[str, object]

    @property
    def size(self) -> int:
        return self.path.stat().st_size


class Bench:
    """The captures, the rounds, and what is installed."""

    def __init__(self, size: int, rounds: int, large: bool) -> None:
        self.size, self.rounds, self.large = size, rounds, large
        self.differences: list[str] = []
        self.skipped = [name for name in ("tshark", "tcpdump", "cat") if shutil.which(name) is None]
        for name in self.skipped:
            say(f"SKIPPED: {name} is not installed")
        self.captures = {name: self.capture(name, size) for name in ("W1", "W2", "W3", "W4")}
        self.cut = DATA / "w1-cut.pcap"
        captures.cut(self.captures["W1"].path, TSHARK_CUT, self.cut)

    def capture(self, name: str, size: int) -> Capture:
        path = DATA / f"{name}-{size}.pcap"
        say(f"capture {path.name}")
        return Capture(path, captures.make(name, size, path))

    def has(self, peer: str) -> bool:
        return peer not in self.skipped

    # ---- results

    def check(self) -> None:
        """Results against the truth, for each thread count; what differs is told and remembered."""
        for name, capture in self.captures.items():
            for threads in (1, 2):
                self.compare(f"{name} threads={threads}", expected(capture.truth), ours(capture.path, threads, tables=WITH_PDUS).results)
            self.compare(f"{name} scan", expected(capture.truth), ours(capture.path, 1, "scan", WITH_PDUS).results)
        if self.has("tshark"):
            out = tshark(self.cut, capture=True).output
            theirs = sum(field.count(b",") + 1 for line in out.splitlines() if (field := line.split(b"\t")[1]))
            found = ours(self.cut, 1, tables=("pdus",)).results
            self.compare("W1 cut, PDUs as tshark counts them", {"pdus_complete": theirs}, found)

    def compare(self, what: str, want: dict[str, int], got: dict[str, int]) -> None:
        self.differences += differences(what, want, got)

    # ---- times

    def rows(self) -> Iterator[Row]:
        w1 = self.captures["W1"]
        if self.has("tshark"):
            yield from self.against_tshark(w1)
        if self.has("tcpdump"):
            target = ("tcpdump", "-r", w1.path, "-w", "/dev/null")
            yield from self.against("tcpdump -w /dev/null", "1.0 x", "1.75 x", w1, target)
        if self.has("cat"):
            yield from self.against("cat > /dev/null", "0.5 x", "1.0 x", w1, ("cat", w1.path))
        yield from self.small_packets()
        yield from self.impaired()
        for name in ("W1", "W2"):
            yield from self.two_cores(name)
        yield from self.pdus_table(w1)
        yield from self.memory()

    def against_tshark(self, w1: Capture) -> Iterator[Row]:
        """Bytes per second: tshark on a cut that it can bear, we on the whole file."""
        warm(w1.path, self.cut)
        runs = alternate(self.rounds, lambda: tshark(self.cut), lambda: ours(w1.path, 1))
        scale = w1.size / self.cut.stat().st_size
        yield Row(
            "W1 / tshark -Y dicom -T fields", "100 x", "150 x", runs.ratio(lambda r: r.process * scale, inside), "x", "call / process"
        )
        yield Row("", "", "", runs.ratio(lambda r: r.process * scale, process), "x", "process / process")
        yield Row("", "", "", runs.ratio(lambda r: r.cpu * scale, inside_cpu), "x", "CPU of call / of process")

    def against(self, peer: str, at_least: str, aim: str, capture: Capture, arguments: tuple[str | Path, ...]) -> Iterator[Row]:
        warm(capture.path)
        runs = alternate(self.rounds, lambda: command(*arguments), lambda: ours(capture.path, 1))
        yield Row(f"W1 / {peer}", at_least, aim, runs.ratio(process, inside), "x", "call / process")
        yield Row("", "", "", runs.ratio(process, process), "x", "process / process")
        yield Row("", "", "", runs.ratio(cpu, inside_cpu), "x", "CPU of call / of process")
        yield Row("", "", "", speed(runs.b, capture), "GB/s", "call")
        runs = alternate(self.rounds, lambda: command(*arguments), lambda: ours(capture.path, 0))
        yield Row("", "", "", runs.ratio(process, inside), "x", "call with threads as by default / process")

    def small_packets(self) -> Iterator[Row]:
        w3 = self.captures["W3"]
        warm(w3.path)
        ours(w3.path, 1)
        packets = int(str(w3.truth["packets"]))
        runs = [ours(w3.path, 1) for _ in range(self.rounds)]
        for label, at_least, aim, clock, note in [
            ("W3 packets per second and core", "5 M", "8 M", inside, "call, threads=1"),
            ("", "", "", inside_cpu, "CPU of call, threads=1"),
        ]:
            yield Row(label, at_least, aim, Spread.of([packets / clock(run) / 1e6 for run in runs]), "M/s", note)

    def impaired(self) -> Iterator[Row]:
        """Per byte, since the two files differ by what is lost."""
        w1, w4 = self.captures["W1"], self.captures["W4"]
        warm(w1.path, w4.path)
        runs = alternate(self.rounds, lambda: ours(w4.path, 1), lambda: ours(w1.path, 1))
        scale = w1.size / w4.size
        yield Row("W4 time / W1 time", "<= 1.3 x", "1.1 x", runs.ratio(lambda r: inside(r) * scale, inside), "x", "call / call")
        yield Row("", "", "", runs.ratio(lambda r: inside_cpu(r) * scale, inside_cpu), "x", "CPU of call / of call")

    def two_cores(self, name: str) -> Iterator[Row]:
        path = self.captures[name].path
        warm(path)
        runs = alternate(self.rounds, lambda: ours(path, 1), lambda: ours(path, 2))
        yield Row(f"{name} threads=2 / threads=1", "1.4 x", "1.8 x", runs.ratio(inside, inside), "x", "call / call")

    def pdus_table(self, w1: Capture) -> Iterator[Row]:
        warm(w1.path)
        runs = alternate(self.rounds, lambda: ours(w1.path, 1, tables=WITH_PDUS), lambda: ours(w1.path, 1))
        yield Row("W1 with pdus / default tables", "< 1.10 x", "", runs.ratio(inside, inside), "x", "call / call")
        yield Row("", "", "", runs.ratio(inside_cpu, inside_cpu), "x", "CPU of call / of call")

    def memory(self) -> Iterator[Row]:
        """Highest resident size of a process that streams and keeps nothing; the interpreter and pyarrow are in it."""
        sizes = [self.size, 8 * 10**9] if self.large else [self.size]
        for size in sizes:
            for name in ("W1", "W2"):
                capture = self.captures[name] if size == self.size else self.capture(name, size)
                for threads in (1, 2):
                    peaks = [ours(capture.path, threads, "scan").peak / MEGABYTE for _ in range(3)]
                    label = f"{name} {size / 1e9:g} GB peak memory, scan"
                    yield Row(label, "<= 160 MB", "120 MB", Spread.of(peaks), "MB", f"process, threads={threads}")


def expected(truth: dict[str, object]) -> dict[str, int]:
    """The truth under the names of `ours.results`. Where the capture has losses, only what they leave certain."""
    lost = int(str(truth.get("lost_segments", 0)))
    want = {key: int(str(truth[key])) for key in ("packets", "connections", "associations")}
    operations: dict[str, int] = truth["operations"]  # type: ignore[assignment]
    pdus: dict[str, int] = truth["pdus"]  # type: ignore[assignment]
    total = sum(operations.values())
    if lost:
        return want | {
            "payload_bytes": int(str(truth["payload_bytes"])) - int(str(truth["lost_bytes"])),
            "operations_complete": total - int(str(truth["operations_touched_by_loss"])),
            "messages_complete": int(str(truth["messages"])) - int(str(truth["messages_touched_by_loss"])),
        }
    return want | {
        **{f"operations/{command}": count for command, count in operations.items()},
        **{key: int(str(truth[key])) for key in ("messages", "dataset_bytes", "payload_bytes")},
        "operations_complete": total,
        "messages_complete": int(str(truth["messages"])),
        "pdus": sum(pdus.values()),
        "pdus_complete": sum(pdus.values()),
        "anomalies": 0,
    }


def tshark(path: Path, capture: bool = False) -> Run:
    columns = [part for column in COLUMNS for part in ("-e", column)]
    return command("tshark", "-n", "-r", path, *PORTS, "-Y", "dicom", "-T", "fields", *columns, capture=capture)


def speed(runs: list[Run], capture: Capture) -> Spread:
    return Spread.of([capture.size / inside(run) / 1e9 for run in runs])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def differences(what: str, want: dict[str, int], got: dict[str, int]) -> list[str]:
    """Says whether results are as they must be; what differs."""
    wrong = [f"{key}: {got.get(key, 0)}, must be {value}" for key, value in want.items() if got.get(key, 0) != value]
    say(f"results {what}: {'; '.join(wrong) if wrong else 'equal'}")
    return [f"{what}: {one}" for one in wrong]


def options(description: str | None) -> argparse.ArgumentParser:
    """What each of these benches takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=captures.bytes_of, default="1GB")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser


def tell(rows: Iterable[Row], wrong: list[str], path: Path | None, **more: object) -> int:
    """Prints the figures as they are measured and writes them to a file, if one is named. The exit code: 1 where results differ."""
    print(f"{'measure':<36} {'at least':<10} {'aim':<8} measured: median [least .. most]")
    told = []
    for row in rows:
        print(line(row), flush=True)
        told.append(asdict(row))
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**more, "differences": wrong, "rows": told}, indent=1) + "\n")
    for difference in wrong:
        print(f"DIFFERENT: {difference}")
    return 1 if wrong else 0


def line(row: Row) -> str:
    figure = row.figure
    measured = f"{figure.median:9.2f} {row.unit:<5} [{figure.least:.2f} .. {figure.most:.2f}] MAD {figure.mad:.2f}"
    return f"{row.measure:<36} {row.at_least:<10} {row.aim:<8} {measured:<50} {row.note}"


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--quick", action="store_true", help="100 MB and 3 rounds: whether it works, not how fast it is")
    parser.add_argument("--large", action="store_true", help="peak memory on 8 GB captures too")
    arguments = parser.parse_args()
    rounds, size = (3, 100 * MEGABYTE) if arguments.quick else (arguments.rounds, arguments.size)

    bench = Bench(size, rounds, arguments.large)
    bench.check()
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {rounds} rounds, {size / 1e9:g} GB"
    print(machine)
    return tell(bench.rows(), bench.differences, arguments.json, machine=machine, skipped=bench.skipped)


if __name__ == "__main__":
    sys.exit(main())
