"""Copies a few of the captures that were made into tests/cases, so that a machine that cannot make any has some: python -m blame.small."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

from blame.causes import CAUSES
from blame.make import DATA

CASES = Path(__file__).parent.parent / "cases"
SMALL = (
    "slow_scp_pd",
    "slow_scu_dd",
    "sender_idle_pp",
    "window_full_pp",
    "window_closed_dp",
    "timeout_pp",
    "recovery_dd",
    "congestion_window_pp",
    "nagle_dd",
    "negotiation_pp",
    "capture_gap_dd",
    "reset_by_scu_pp",
    "clean_dp",
)
README = """{count} C-STORE, {scu} to {scp}; injected: {cause} ({how}).
Recorded between network namespaces with invented data (dcmtk 3.6.7, pynetdicom 3.0.4, tcpdump 4.99.3); the tap: {tap}.
`blame.json` is the truth, measured by the peers and by the bridge between them (tests/blame/README.md).
"""


def copy(name: str) -> None:
    target = CASES / f"blame_{name}"
    target.mkdir(exist_ok=True)
    truth = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    shutil.copyfile(DATA / f"{name}.json", target / "blame.json")
    packed = gzip.compress((DATA / f"{name}.pcap").read_bytes(), 9, mtime=0)
    (target / "capture.pcap.gz").write_bytes(packed)
    words = {"count": truth["objects"], "scu": truth["scu"]["program"], "scp": truth["scp"]["program"]}
    words |= {"cause": truth["cause"], "how": CAUSES[truth["cause"]].how, "tap": truth["tap"]}
    (target / "README.md").write_text(README.format(**words), encoding="utf-8")


if __name__ == "__main__":
    for small in SMALL:
        copy(small)
