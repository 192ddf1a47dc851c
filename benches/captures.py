"""Makes large captures with known contents: `python benches/captures.py W1 --size 1GB -o benches/data/w1.pcap`.

Beside the capture it writes FILE.truth.json. The same arguments give the same bytes. Memory does not grow with the size.

W1  C-STORE of 512 KiB CT images, MTU frames, two associations at a time from four clients
W2  many small associations (C-ECHO, C-FIND, C-STORE) and 30 % of the packets other traffic, 32 connections at a time
W3  DICOM bytes 1 to 64 at a time, eight connections
W4  W1 with 1 % of the segments displaced by 1 to 8 places and 0.1 % missing
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from wire import GLOBAL_HEADER, RECORD, Addresses, Player, Script, Step
from workloads import PIXELS, Stores, other, small_association, tiny_segments

START = 946_728_000 * 10**9  # 2000-01-01 12:00 UTC
WRITE_SIZE = 4 << 20
DISPLACED = 0.01
MISSING = 0.001


class Traffic:
    """Which connection comes next, how many run at a time, and how many packets one sends before another does."""

    def __init__(self, scripts: Iterator[Script], clients: int, at_once: int, burst: int) -> None:
        self.scripts = scripts
        self.clients = clients
        self.at_once = at_once
        self.burst = burst

    def player(self, number: int, rng: random.Random) -> Player:
        """The number-th connection, between addresses and ports that no other connection has."""
        script = next(self.scripts)
        client, port = number % self.clients, 20_000 + number // self.clients % 40_000
        addresses = Addresses(bytes([10, 2, client >> 8, client & 0xFF]), port, bytes([10, 1, 0, 10]), script.server_port)
        return Player(script, addresses, (rng.getrandbits(32), rng.getrandbits(32), rng.getrandbits(16), rng.getrandbits(16)))


class Impairment:
    """W4: what the capture does to the segments with payload. Keeps account of what it took."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.held: list[tuple[int, bytes]] = []
        self.counts: Counter[str] = Counter()
        self.touched: set[tuple[int, int]] = set()
        self.associations: set[int] = set()

    def apply(self, connection: int, steps: list[Step], records: list[bytes]) -> list[bytes]:
        out: list[bytes] = []
        for step, record in zip(steps, records, strict=True):
            if self.held:
                self._release(record[:8], out)
            chance = self.rng.random() if step.body and step.advance == len(step.body) else 1.0
            if chance < MISSING:
                self._lose(connection, step)
            elif chance < MISSING + DISPLACED:
                self.held.append((self.rng.randrange(1, 9), record))
                self.counts["displaced_segments"] += 1
            else:
                out.append(record)
        return out

    def rest(self) -> list[bytes]:
        return [record for _, record in self.held]

    def _release(self, time: bytes, out: list[bytes]) -> None:
        """Held records whose places have passed come out with the time of the packet they now stand before."""
        waiting = [(places - 1, record) for places, record in self.held]
        out.extend(time + record[8:] for places, record in waiting if places < 0)
        self.held = [(places, record) for places, record in waiting if places >= 0]

    def _lose(self, connection: int, step: Step) -> None:
        self.counts["lost_segments"] += 1
        self.counts["lost_bytes"] += step.advance
        if step.message is None:
            self.associations.add(connection)
        else:
            self.touched.add((connection, step.message))

    def truth(self) -> dict[str, int]:
        # The writes of W1 from the third on are request, response, request, ...: two to an operation.
        operations = {(connection, message // 2) for connection, message in self.touched}
        return {
            **{key: self.counts[key] for key in ("displaced_segments", "lost_segments", "lost_bytes")},
            "operations_touched_by_loss": len(operations),
            "messages_touched_by_loss": len(self.touched),
            "associations_touched_by_loss": len(self.associations),
        }


def stores(rng: random.Random, size: int) -> Traffic:
    objects = max(1, min(64, size // (4 * (PIXELS * 1100 // 1000))))
    source = Stores(rng, objects)
    return Traffic((source.script() for _ in itertools.count()), clients=4, at_once=2, burst=64)


def mixed(rng: random.Random, _size: int) -> Traffic:
    associations = [small_association(rng) for _ in range(200)]
    others = [other(rng) for _ in range(100)]

    def scripts() -> Iterator[Script]:
        dicom_packets = other_packets = 0
        while True:
            if other_packets * 0.7 < dicom_packets * 0.3:
                script = rng.choice(others)
                other_packets += len(script.steps)
            else:
                script = rng.choice(associations)
                dicom_packets += len(script.steps)
            yield script

    return Traffic(scripts(), clients=500, at_once=32, burst=8)


def tiny(rng: random.Random, _size: int) -> Traffic:
    pool = [tiny_segments(rng) for _ in range(16)]
    return Traffic((rng.choice(pool) for _ in itertools.count()), clients=8, at_once=8, burst=16)


WORKLOADS: dict[str, Callable[[random.Random, int], Traffic]] = {"W1": stores, "W2": mixed, "W3": tiny, "W4": stores}


def generate(workload: str, size: int, path: Path, seed: int = 1) -> dict[str, object]:
    """Writes the capture until `size` bytes are reached and every connection is closed; returns the truth."""
    rng = random.Random(seed)
    impairment = Impairment(random.Random(seed + 1)) if workload == "W4" else None
    traffic = WORKLOADS[workload](rng, size)
    counts: Counter[str] = Counter()
    active: list[tuple[int, Player]] = []
    now, written, pending, out = START, 0, len(GLOBAL_HEADER), [GLOBAL_HEADER]
    with path.open("wb", buffering=0) as file:
        while True:
            while len(active) < traffic.at_once and written + pending < size:
                active.append((counts["scripts"], traffic.player(counts["scripts"], rng)))
                counts["scripts"] += 1
            if not active:
                break
            index = int(rng.random() * len(active))
            number, player = active[index]
            position, records = player.position, list[bytes]()
            now = player.burst(1 + int(rng.random() * traffic.burst), now, records)
            if impairment:
                records = impairment.apply(number, player.script.steps[position : player.position], records)
            counts["packets"] += len(records)
            out += records
            pending += sum(map(len, records))
            if player.done:
                del active[index]
                counts.update(player.script.counts)
                counts["udp_packets" if player.script.udp else "connections"] += len(player.script.steps) if player.script.udp else 1
            if pending >= WRITE_SIZE:
                written += file.write(b"".join(out))
                pending, out = 0, []
        if impairment:
            out += impairment.rest()
            counts["packets"] += len(impairment.held)
        file.write(b"".join(out))
    return truth_of(workload, size, seed, path, counts) | (impairment.truth() if impairment else {})


def truth_of(workload: str, size: int, seed: int, path: Path, counts: Counter[str]) -> dict[str, object]:
    plain = ("packets", "udp_packets", "connections", "associations", "messages", "command_bytes", "dataset_bytes", "payload_bytes")
    truth: dict[str, object] = {"workload": workload, "size": size, "seed": seed, "bytes": path.stat().st_size}
    truth |= {key: counts[key] for key in (*plain, "dicom_payload_bytes")}
    for group in ("operations", "pdus"):
        truth[group] = {key.partition("/")[2]: counts[key] for key in sorted(counts) if key.startswith(group + "/")}
    return truth


def truth_path(path: Path) -> Path:
    return path.with_name(path.name + ".truth.json")


def make(workload: str, size: int, path: Path, seed: int = 1) -> dict[str, object]:
    """Generates the capture and its truth file, or takes what an earlier call with the same arguments left."""
    beside = truth_path(path)
    if path.exists() and beside.exists():
        truth: dict[str, object] = json.loads(beside.read_text())
        if (truth["workload"], truth["size"], truth["seed"], truth["bytes"]) == (workload, size, seed, path.stat().st_size):
            return truth
    beside.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = generate(workload, size, path, seed)
    beside.write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def cut(path: Path, size: int, target: Path) -> int:
    """Copies the whole records within the first `size` bytes; returns the bytes written."""
    with path.open("rb") as file:
        data = file.read(size)
    at = 24
    while at + 16 <= len(data):
        after = at + 16 + RECORD.unpack_from(data, at)[2]
        if after > len(data):
            break
        at = after
    return target.write_bytes(data[:at])


def bytes_of(text: str) -> int:
    """ "1GB" -> 1000000000."""
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
    number, unit = (text[:-2], text[-2:].upper()) if text[-2:].upper() in units else (text, "")
    return int(float(number) * units.get(unit, 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--size", type=bytes_of, default="1GB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    output = arguments.output or Path(__file__).parent / "data" / f"{arguments.workload.lower()}.pcap"
    truth = make(arguments.workload, arguments.size, output, arguments.seed)
    json.dump(truth, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
