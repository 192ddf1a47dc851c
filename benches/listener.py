"""A consumer of live rows, for live.py: `listener.py IFACE`. Prints "ready", captures until its input ends, prints its accounts as JSON."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time

import pyarrow as pa

import dicomfast
from dicomfast import _dicomfast
from dicomfast.values import numbers

# A row is as old as the last byte of what it tells of.
NEWEST = {"operations": "end", "messages": "end"}


def main(interface: str) -> None:
    latencies: list[float] = []
    rows: dict[str, int] = {}
    incomplete = 0
    with dicomfast.live(interface) as capture:

        def stop() -> None:
            sys.stdin.read()
            capture.stop()

        threading.Thread(target=stop, daemon=True).start()
        scan = capture.scan(_dicomfast.default_tables())
        print("ready", flush=True)
        for name, batch in scan:
            now = time.time()
            rows[name] = rows.get(name, 0) + batch.num_rows
            if name in NEWEST:
                latencies.extend(now - time_of / 1e9 for time_of in numbers(batch.column(NEWEST[name])) if time_of)
            if name == "operations":
                incomplete += batch.num_rows - (pa.compute.sum(batch.column("complete")).as_py() or 0)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    told = {
        "stats": capture.stats.__dict__,
        "rows": rows,
        "incomplete": incomplete,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
        "p50": latencies[len(latencies) // 2] if latencies else None,
        "p99": latencies[len(latencies) * 99 // 100] if latencies else None,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
