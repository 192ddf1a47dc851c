"""The table `segments` as tshark sees it: an oracle for the series of graphs, and input where no engine is needed."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa

FLAGS = (
    "retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment", "ack_lost_segment",
    "duplicate_ack", "zero_window", "zero_window_probe", "zero_window_probe_ack", "window_full", "window_update", "keep_alive",
    "keep_alive_ack", "reused_ports",
)  # fmt: skip
FIELDS = [
    "frame.number", "frame.time_epoch", "tcp.stream", "ip.src", "tcp.srcport", "tcp.flags", "tcp.seq", "tcp.ack", "tcp.len",
    "tcp.window_size", "tcp.window_size_scalefactor", "tcp.options.sack_le", "tcp.options.sack_re", "tcp.analysis.bytes_in_flight",
    "tcp.analysis.ack_rtt", *(f"tcp.analysis.{flag}" for flag in FLAGS),
]  # fmt: skip
BLOCK = pa.struct([("start", pa.int64()), ("end", pa.int64())])
SCHEMA = pa.schema(
    [
        ("connection", pa.uint64()),
        ("packet", pa.uint64()),
        ("time", pa.timestamp("ns", "UTC")),
        ("sender", pa.dictionary(pa.int32(), pa.string())),
        ("seq", pa.int64()),
        ("ack", pa.int64()),
        ("length", pa.uint32()),
        ("window", pa.uint64()),
        ("flags", pa.uint8()),
        ("sack", pa.list_(BLOCK)),
        ("bytes_in_flight", pa.uint64()),
        ("ack_rtt", pa.duration("ns")),
        *((flag, pa.bool_()) for flag in FLAGS),
    ]
)


def tshark() -> str | None:
    return shutil.which("tshark")


def dissect(capture: Path) -> list[dict[str, Any]]:
    """A row a segment. The client of a stream is who sent its first packet."""
    command = ["tshark", "-r", str(capture), "-Y", "tcp", "-T", "fields", "-E", "separator=|", "-E", "aggregator=,", "-E", "occurrence=a"]
    command += [part for field in FIELDS for part in ("-e", field)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()
    clients: dict[str, tuple[str, str]] = {}
    return [row(dict(zip(FIELDS, line.split("|"), strict=True)), clients) for line in lines]


def row(cell: dict[str, str], clients: dict[str, tuple[str, str]]) -> dict[str, Any]:
    side = (cell["ip.src"], cell["tcp.srcport"])
    client = clients.setdefault(cell["tcp.stream"], side)
    flags = int(cell["tcp.flags"], 16)
    edges = zip(cell["tcp.options.sack_le"].split(","), cell["tcp.options.sack_re"].split(","), strict=True)
    unknown = cell["tcp.window_size_scalefactor"] == "-1"
    return {
        "connection": int(cell["tcp.stream"]),
        "packet": int(cell["frame.number"]),
        "time": nanoseconds(cell["frame.time_epoch"]),
        "sender": "client" if side == client else "server",
        "seq": int(cell["tcp.seq"]),
        "ack": int(cell["tcp.ack"]) if flags & 0x10 else None,
        "length": int(cell["tcp.len"]),
        "window": None if unknown else int(cell["tcp.window_size"]),
        "flags": flags & 0xFF,
        "sack": [{"start": int(start), "end": int(end)} for start, end in edges if start],
        "bytes_in_flight": int(cell["tcp.analysis.bytes_in_flight"]) if cell["tcp.analysis.bytes_in_flight"] else None,
        "ack_rtt": nanoseconds(cell["tcp.analysis.ack_rtt"]) if cell["tcp.analysis.ack_rtt"] else None,
        **{flag: bool(cell[f"tcp.analysis.{flag}"]) for flag in FLAGS},
    }


def nanoseconds(text: str) -> int:
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with the columns of the contract; what a row does not name is null."""
    return pa.table([pa.array([row.get(field.name) for row in rows], field.type) for field in SCHEMA], schema=SCHEMA)


def stored(path: Path) -> pa.Table:
    """A table that `store` wrote."""
    return table([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])


def store(capture: Path, path: Path, connection: int, packets: range) -> None:
    """Keep the segments of one connection; what is false or null is left out."""
    kept = [row for row in dissect(capture) if row["connection"] == connection and row["packet"] in packets]
    lines = [json.dumps({key: value for key, value in row.items() if value or (value == 0 and value is not False)}) for row in kept]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
