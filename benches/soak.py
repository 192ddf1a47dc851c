"""Unattended for long: `python benches/soak.py [--minutes 60] [--json FILE]`. Needs root, iproute2 and tcpreplay.

Four captures are replayed at once into one end of a cable between two network namespaces, over and over, each pass with other addresses:
images, small associations among other traffic, tiny packets, images with losses. At the other end `dicomfast watch` writes all tables,
answers Prometheus, and removes the oldest files. Its memory is read every few seconds and printed every minute; at the end the accounts.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import captures
import live_net
from live import missing
from measure import Spread
from peers import DATA, MEGABYTE, Row, say, tell

MIX = {"W1": (100, 200), "W2": (50, 60), "W3": (10, 5), "W4": (60, 100)}
"""Size of each capture in MB, and Mbit/s."""
EVERY = 2.0
METRICS = 9464


def mixed() -> dict[Path, int]:
    """The captures, made where they are not there, with their Mbit/s."""
    made = {}
    for name, (size, megabits) in MIX.items():
        path = DATA / f"{name}-{size * MEGABYTE}.pcap"
        captures.make(name, size * MEGABYTE, path)
        made[path] = megabits
    return made


def replays(net: live_net.Network, mix: dict[Path, int], seconds: float) -> list[subprocess.Popen[str]]:
    """The generators, all begun at once."""
    options = ("--unique-ip", "--loop=1000000", f"--duration={round(seconds)}")
    return [net.start("left", "tcpreplay", "-q", "-K", "-i", "tap", f"--mbps={rate}", *options, path) for path, rate in mix.items()]


def memory(process: int) -> int:
    """Bytes that a process has for itself; the ring, which it shares with the kernel, not included."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(row.split()[1]) for row in status.splitlines() if row.startswith("RssAnon:")) * 1024


def labels(net: live_net.Network) -> int:
    """Series that Prometheus is answered."""
    ask = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{METRICS}/metrics').read().decode())"
    out = subprocess.run(net.at("right", sys.executable, "-c", ask), check=True, capture_output=True, text=True).stdout
    return sum(not row.startswith("#") for row in out.splitlines())


def soak(net: live_net.Network, root: Path, minutes: float) -> list[Row]:
    mix = mixed()
    watch = ["-m", "dicomfast", "watch", "-i", "far", "-Z", "root", "-G", "30", "--keep-size", "1GB"]
    process = net.start("right", sys.executable, *watch, "--metrics", f":{METRICS}", "-o", root)
    assert process.stderr is not None
    while "far to" not in (said := process.stderr.readline()):
        assert said, "watch has ended"
    generators = replays(net, mix, minutes * 60)
    began, sizes, told = time.monotonic(), [], 0
    while any(generator.poll() is None for generator in generators):
        time.sleep(EVERY)
        # `ip netns exec` becomes the program it starts.
        sizes.append(memory(process.pid))
        if (time.monotonic() - began) // 60 > told:
            told += 1
            last = sizes[-round(60 / EVERY) :]
            say(f"{told} min: {min(last) / MEGABYTE:.0f} to {max(last) / MEGABYTE:.0f} MB, {labels(net)} series")
    sent = sum(int(found) for generator in generators for found in re.findall(r"Actual: (\d+) packets", generator.communicate()[0]))
    time.sleep(1)
    code, _, said = live_net.ended(process)
    assert code == 0, said
    say(said.strip().splitlines()[-1])
    counts = re.search(r"([\d,]+) packets?, .*, ([\d,]+) dropped", said)
    assert counts is not None, said
    received, dropped = (int(number.replace(",", "")) for number in counts.groups())
    quarter = len(sizes) // 4
    early, late = sizes[quarter : 2 * quarter], sizes[-quarter:]
    ratio = statistics.median(late) / statistics.median(early)
    place = f"{minutes:.0f} min at {sum(rate for _, rate in MIX.values())} Mbit/s"
    return [
        Row(f"memory, {place}", "flat", "", Spread.of([ratio]), "x", "median of the last quarter / of the second"),
        Row("", "", "", Spread.of([max(late) / max(early)]), "x", "greatest / greatest"),
        Row("", "", "", Spread.of([size / MEGABYTE for size in sizes]), "MB", "ring not included"),
        Row("dropped", "0", "", Spread.of([dropped]), "packets", f"of {sent} sent; {received} seen"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    if why := missing():
        say(f"SKIPPED: {why}")
        return 0
    root = Path(tempfile.mkdtemp(prefix="dicomfast-soak-"))
    try:
        with live_net.network() as net:
            found = soak(net, root, arguments.minutes)
    finally:
        shutil.rmtree(root)
    return tell(found, [], arguments.json)


if __name__ == "__main__":
    sys.exit(main())
