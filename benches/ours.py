"""Runs dicomfast once, in a process of its own, and prints what it saw as one line of JSON.

`python ours.py read FILE THREADS [TABLES [FILTER]]` reads whole tables with `dicomfast.read`; `scan` streams batches with
`dicomfast.open(...).scan()` and keeps none; `filter` reads the rows that match FILTER with `dicomfast.open(...).filter(FILTER)`.
TABLES is a comma-separated list; without it, or where it is empty, the default tables are made.
`seconds` and `cpu_seconds` are those of the call alone, without the start of the interpreter and the imports.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import dicomfast

COUNTED = {"connections", "associations", "messages", "operations", "pdus", "anomalies", "segments", "elements"}


def results(name: str, table: Any) -> Counter[str]:
    """What can be compared with a truth file or a peer, of a table or a batch; of several batches, the sum."""
    counts: Counter[str] = Counter()
    if name in COUNTED:
        counts[name] = table.num_rows
    if name == "operations":
        commands = pc.value_counts(table.column("command").cast(pa.string())).to_pylist()
        counts.update({f"operations/{entry['values']}": entry["counts"] for entry in commands})
        counts["operations_complete"] = _sum(table, "complete")
    elif name == "messages":
        counts["dataset_bytes"] = _sum(table, "dataset_bytes")
        counts["messages_complete"] = _sum(table, "complete")
    elif name == "connections":
        counts["payload_bytes"] = _sum(table, "client_payload_bytes") + _sum(table, "server_payload_bytes")
    elif name == "pdus":
        counts["pdus_complete"] = _sum(table, "complete")
    elif name == "capture_info":
        counts["packets"] = _sum(table, "packets")
    return counts


def _sum(table: Any, column: str) -> int:
    return pc.sum(table.column(column)).as_py() or 0


def peak_bytes() -> int:
    """The highest resident size of this process. On Linux ru_maxrss would also remember the parent's, from before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def main(mode: str, path: str, threads: str, tables: str = "", text: str = "") -> None:
    wanted = tables.split(",") if tables else None
    counts: Counter[str] = Counter()
    if mode == "filter":
        # The first list that pyarrow is given makes it import pandas, where that is installed: 50 MB that no other mode needs.
        import_module("dicomfast.filters.view")
        pa.array([0])
    start, start_cpu = time.perf_counter(), time.process_time()
    if mode in ("read", "filter"):
        if mode == "read":
            made = dicomfast.read(path, tables=wanted, threads=int(threads))
        else:
            made = dicomfast.open(path, threads=int(threads)).filter(text).read(wanted)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
        for name, table in made.items():
            counts.update(results(name, table))
    else:
        for name, batch in dicomfast.open(path, threads=int(threads)).scan(tables=wanted):
            counts.update(results(name, pa.record_batch(batch)))
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": peak_bytes(), "results": counts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
