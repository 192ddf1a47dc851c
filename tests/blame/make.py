"""Makes captures with their truth: python -m blame.make [--again] [--folder DIR] [NAME...]; it needs root, DCMTK, tcpdump and gcc."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from blame import check, drops
from blame.record import record
from blame.scenarios import SCENARIOS, Scenario
from blame.truth import truth

DATA = Path(__file__).parent / "data"
PROGRAMS = ("ip", "tcpdump", "gcc", "storescu", "storescp", "tshark")
ATTEMPTS = 3


def missing() -> list[str]:
    """What this machine lacks to make captures."""
    lacking = [program for program in PROGRAMS if not shutil.which(program)]
    return lacking if os.geteuid() == 0 else ["root", *lacking]


def make(scenario: Scenario, target: Path) -> list[str]:
    """Record once; what the capture lacks of what was injected, as tshark sees it. Only a capture that lacks nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="blame") as name:
        folder = Path(name)
        capture = record(scenario, folder)
        removed = drops.rob(capture, list(scenario.robbed)) if scenario.robbed else None
        if scenario.scattered:
            drops.scatter(capture, scenario.scattered, scenario.link.bridge.seed)
        said = truth(scenario, folder, removed)
        lacks = check.lacks(capture, said)
        target = target if not lacks else target / "refused"
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{scenario.name}.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        shutil.copyfile(capture, target / f"{scenario.name}.pcap")
        return lacks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SCENARIOS))
    parser.add_argument("--again", action="store_true", help="also those that are there")
    parser.add_argument("--folder", type=Path, default=DATA)
    options = parser.parse_args()
    if lacking := missing():
        sys.stdout.write(f"cannot make captures here, for want of: {', '.join(lacking)}\n")
        return 3
    failed = 0
    for name in options.names:
        if not options.again and (options.folder / f"{name}.pcap").exists():
            continue
        for _ in range(ATTEMPTS):
            lacks = make(SCENARIOS[name], options.folder)
            sys.stdout.write(f"{name}: {'; '.join(lacks) or 'made'}\n")
            sys.stdout.flush()
            if not lacks:
                break
        failed += bool(lacks)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
