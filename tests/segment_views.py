"""Stores what tshark's sequence analysis says of the packets of a capture: python tests/segment_views.py CAPTURE... (needs tshark).

Beside each capture comes CAPTURE.segments.tsv.gz: a line a TCP packet, the fields of FIELDS, as tests/test_segments.py reads them.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

from tshark_segments import FLAGS

NUMBERS = {
    "seq": "tcp.seq",
    "ack": "tcp.ack",
    "length": "tcp.len",
    "window": "tcp.window_size",
    "bytes_in_flight": "tcp.analysis.bytes_in_flight",
    "ack_rtt": "tcp.analysis.ack_rtt",
}
FIELDS = ["frame.number", *NUMBERS.values(), *(f"tcp.analysis.{flag}" for flag in FLAGS)]
SUFFIX = ".segments.tsv.gz"


def view(capture: Path) -> bytes:
    command = ["tshark", "-n", "-r", str(capture), "-Y", "tcp and not icmp", "-T", "fields", "-E", "occurrence=l"]
    return subprocess.run(command + [word for field in FIELDS for word in ("-e", field)], capture_output=True, check=True).stdout


if __name__ == "__main__":
    for name in sys.argv[1:]:
        capture = Path(name)
        (capture.parent / (capture.name + SUFFIX)).write_bytes(gzip.compress(view(capture), mtime=0))
