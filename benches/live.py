"""Captures on an interface against dumpcap: `python benches/live.py [--seconds 60] [--rounds 3] [--json FILE]`. Needs root, iproute2 and
tcpreplay; dumpcap (-B 64) is the peer.

A capture is replayed into one end of a cable between two network namespaces; at the other end dicomfast decodes it into the default tables,
or dumpcap writes it to nowhere, in turn. Figures are printed beside what the project asks of itself, never asserted. See benches/README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import captures
import live_net
from live_net import Network
from measure import Spread
from peers import DATA, MEGABYTE, Row, say, tell

HERE = Path(__file__).parent
RATES = (1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000)
SIZE = 100 * MEGABYTE


@dataclass(frozen=True)
class Heard:
    """What one capture came to."""

    sent: int
    dropped: int
    seconds: float
    told: dict[str, Any]


def replay(net: Network, path: Path, megabits: int | None, seconds: float) -> tuple[int, float]:
    """Packets sent, and how long it took. Each pass over the file has other addresses."""
    speed = ["--topspeed"] if megabits is None else [f"--mbps={megabits}"]
    command = net.at(
        "left", "tcpreplay", "-q", "-K", "-i", "tap", *speed, "--unique-ip", "--loop=1000000", f"--duration={max(1, round(seconds))}", path
    )
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Actual: (\d+) packets .* sent in ([\d.]+) seconds", out)
    assert found is not None, out
    return int(found[1]), float(found[2])


def ours(net: Network, path: Path, megabits: int | None, seconds: float) -> Heard:
    process = net.start("right", sys.executable, HERE / "listener.py", "far")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    sent, took = replay(net, path, megabits, seconds)
    out, _ = process.communicate("", timeout=120)
    told = json.loads(out)
    return Heard(sent, told["stats"]["dropped"], took, told)


def dumpcap(net: Network, path: Path, megabits: int | None, seconds: float) -> Heard:
    process = net.start("right", "dumpcap", "-q", "-B", "64", "-i", "far", "-w", "/dev/null")
    assert process.stderr is not None
    while "File:" not in process.stderr.readline():
        pass
    sent, took = replay(net, path, megabits, seconds)
    time.sleep(0.5)
    _, _, said = live_net.ended(process)
    found = re.search(r"received/dropped on interface '\w+': (\d+)/(\d+)", said)
    assert found is not None, said
    return Heard(sent, int(found[2]), took, {})


def highest(net: Network, path: Path, run: Any, seconds: float) -> float:
    """The highest rate in Mbit/s without a drop; as sent, which is less than what was asked for where the generator is at its end."""
    best = 0.0
    bits = path.stat().st_size * 8 / 1e6 / count(path)
    for rate in RATES:
        heard = run(net, path, rate, seconds)
        if heard.dropped:
            break
        best = max(best, heard.sent * bits / heard.seconds)
        if heard.sent * bits / heard.seconds < rate * 0.8:
            break
    return best


def count(path: Path) -> int:
    truth = json.loads(captures.truth_path(path).read_text())
    return int(truth["packets"])


def rows(seconds: float, rounds: int) -> Iterator[Row]:
    bulk, tiny = DATA / f"W1-{SIZE}.pcap", DATA / f"W3-{SIZE // 4}.pcap"
    captures.make("W1", SIZE, bulk)
    captures.make("W3", SIZE // 4, tiny)
    with live_net.network() as net:
        heard = ours(net, bulk, 1000, seconds)
        stats, rows_of = heard.told["stats"], heard.told["rows"]
        place = f"{seconds:.0f} s of W1 at 1 Gbit/s"
        yield Row(f"dropped, {place}", "0", "", Spread.of([heard.dropped]), "packets", f"of {heard.sent}")
        yield Row("CPU of one core", "<= 25 %", "", Spread.of([100 * heard.told["cpu"] / heard.seconds]), "%", "whole process")
        exact = stats["received"] - stats["decoded"] - stats["shed"] - stats["dropped"] - stats["discarded"]
        yield Row(
            "accounts: sent - (decoded + shed + dropped)",
            "0",
            "",
            Spread.of([heard.sent - stats["decoded"] - stats["shed"] - stats["dropped"]]),
            "packets",
            f"received - all accounts: {exact}",
        )
        yield Row(
            "operations, incomplete ones",
            "0",
            "",
            Spread.of([heard.told["incomplete"]]),
            "rows",
            f"of {rows_of.get('operations', 0)}; the pass cut by the end of the replay",
        )
        yield Row(
            "wire to row, 99th percentile",
            "<= 100 ms",
            "20 ms",
            Spread.of([1000 * heard.told["p99"]]),
            "ms",
            f"median {1000 * heard.told['p50']:.1f} ms",
        )
        yield Row("peak memory", "", "", Spread.of([heard.told["peak"] / MEGABYTE]), "MB", "ring not included")
        if shutil.which("dumpcap") is None:
            say("SKIPPED: dumpcap is not installed")
            return
        short = 3.0
        pairs = [(highest(net, bulk, ours, short), highest(net, bulk, dumpcap, short)) for _ in range(rounds)]
        yield Row(
            "highest rate without a drop / dumpcap -B 64",
            ">= 0.8 x",
            "1.0 x",
            Spread.of([one / other for one, other in pairs]),
            "x",
            ", ".join(f"{one:.0f}/{other:.0f} Mbit/s" for one, other in pairs),
        )
        floods = [(ours(net, tiny, None, short), dumpcap(net, tiny, None, short)) for _ in range(rounds)]
        yield Row(
            "tiny packets at top speed, dropped",
            "fewer than dumpcap",
            "0",
            Spread.of([100 * one.dropped / one.sent for one, _ in floods]),
            "%",
            "dumpcap " + ", ".join(f"{100 * other.dropped / other.sent:.2f} %" for _, other in floods),
        )


def missing() -> str | None:
    """Why captures on interfaces cannot be measured here; None where they can."""
    return live_net.missing() or (None if shutil.which("tcpreplay") else "tcpreplay is missing (apt install tcpreplay)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60, help="how long at 1 Gbit/s")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    if why := missing():
        say(f"SKIPPED: {why}")
        return 0
    return tell(rows(arguments.seconds, arguments.rounds), [], arguments.json)


if __name__ == "__main__":
    sys.exit(main())
