"""Hazards of time and memory (H01 to H07): what a hostile capture may cost."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from generate import Connection, Context, Conversation, Endpoints, Record, capture, dicom, framed, impair, packets, pcap
from hazards import CONTEXTS, Rows, exchange, read

ONE = exchange(2, 3_000)
MIB = 1 << 20


def whole(data: bytes) -> bytes:
    """A connection in which the requestor sends this after the negotiation."""
    writes = [*ONE.writes[:2], ("requestor", data), *ONE.writes[-2:]]
    return capture(Connection(ack_every=0).open().play(writes).close())


def echoes(count: int, *, answered: bool) -> bytes:
    many = Conversation(contexts=[Context(1, dicom.VERIFICATION)])
    many.associate()
    for number in range(count):
        asked = dicom.request("C-ECHO-RQ", number & 0xFFFF, dicom.VERIFICATION)
        many.message("requestor", 1, asked)
        if answered:
            many.message("acceptor", 1, dicom.response(asked))
    return capture(Connection(ack_every=0).open().play(many.writes).close())


def holes(count: int) -> bytes:
    """Every other segment of an object is missing, and never acknowledged."""
    connection = Connection(ack_every=0).open().play(ONE.writes[:2]).write("client", bytes(count * 200), 100)
    return capture(Connection(segments=[s for n, s in enumerate(connection.segments) if n < 10 or n % 2]))


FLOODS: dict[str, Callable[[int], bytes]] = {
    "empty fragments": lambda n: whole(dicom.p_data(*([dicom.pdv(3, b"", command=False, last=False)] * n))),
    "empty messages": lambda n: whole(dicom.p_data(dicom.pdv(3, b"", command=True, last=True)) * n),
    "empty PDUs": lambda n: whole(dicom.p_data() * n),
    "PDU headers that are lies": lambda n: whole(struct.pack(">BBI", 4, 0, 0x7FFFFFFF) * n),
    "A-ASSOCIATE headers that are lies": lambda n: whole(struct.pack(">BBI", 1, 0, 0xFFFFF) * n),
    "reserved bytes": lambda n: whole(b"\x04\x07\0\0\0\x0a\0\0\0\x06\x01\x02data" * n),
    "fragment headers that look like PDUs": lambda n: whole(struct.pack(">BBI", 4, 0, 0x7FFFFFFF) + b"\x04\0\0\0\x01\x02" * n),
    "bytes that are nearly PDUs": lambda n: whole(b"\x01\0\0\0" * n),
    "unknown PDUs": lambda n: whole(dicom.pdu(9, b"") * n),
    "releases": lambda n: whole((dicom.release_rq() + dicom.release_rp()) * n),
    "requests": lambda n: whole(ONE.writes[0][1] * (n // 20)),
    "echoes": lambda n: echoes(n // 20, answered=True),
    "echoes without an answer": lambda n: echoes(n // 20, answered=False),
    "holes": lambda n: holes(n // 20),
}


READ = "import io, sys, dicomfast; dicomfast.read(io.BytesIO(sys.stdin.buffer.read()))"


@pytest.mark.parametrize("flood", FLOODS)
def test_h01_time_grows_with_the_size_and_not_faster(flood: str) -> None:
    # A second's work or two where each piece costs the same; where it costs as much as all before it, hours.
    subprocess.run([sys.executable, "-c", READ], input=FLOODS[flood](200_000), check=True, timeout=600)


# Linux's ru_maxrss would be that of the process that started this one, where that is larger.
PEAK = """
import pathlib, resource, sys
import dicomfast, pyarrow
def highest():
    status = pathlib.Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
before = highest()
for name, batch in dicomfast.scan(sys.argv[1], tables=["connections", "associations", "operations", "messages", "findings", "anomalies"]):
    del batch
print(highest() - before)
"""


def peak(path: Path, data: bytes) -> int:
    """Bytes that reading this took more than dicomfast itself."""
    path.write_bytes(data)
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout) * 1024


@pytest.mark.parametrize("flood", FLOODS)
def test_h02_memory_stays_below_the_limit(flood: str, tmp_path: Path) -> None:
    assert peak(tmp_path / "flood.pcap", FLOODS[flood](60_000)) < 256 * MIB


@pytest.mark.parametrize(
    "lie",
    [
        *(struct.pack(">BBI", kind, 0, length) for kind in range(9) for length in (0x7FFFFFFF, 0xFFFFFFFF)),
        struct.pack(">BBIIBB", 4, 0, 0x7FFFFFFF, 0x7FFFFFFB, 3, 3) + b"\0\0\0\0\x04\0\0\0",
        struct.pack(">BBIIBB", 4, 0, 0x7FFFFFFF, 0x7FFFFFFB, 3, 2),
        dicom.p_data(dicom.pdv(3, struct.pack("<HHI", 0, 0, 0xFFFFFFFF), command=True, last=True)),
    ],
    ids=lambda lie: lie[:12].hex(),
)
def test_h03_a_declared_length_is_never_allocated(lie: bytes, tmp_path: Path) -> None:
    assert peak(tmp_path / "lie.pcap", whole(lie + b"some bytes more")) < 48 * MIB


@pytest.mark.parametrize("seed", range(40))
def test_h04_every_stream_of_pdus_ends(seed: int) -> None:
    random_of = random.Random(seed)
    writes = []
    for sender, data in ONE.writes:
        changed = bytearray(data)
        for _ in range(random_of.randrange(4)):
            changed[random_of.randrange(len(changed))] = random_of.choice([0, 1, 2, 4, 6, 7, 0x10, 0x50, 0x7F, 0xFF])
        begin = random_of.randrange(len(changed)) if random_of.random() < 0.2 else 0
        writes.append((sender, bytes(changed[begin:])))
    rows = read(capture(Connection().open().play(writes, random_of.choice([1, 17, 1_460])).close()))
    assert len(rows.connections) == 1


@pytest.mark.parametrize(
    ("flood", "kind"),
    [("empty PDUs", "bad-pdv"), ("unknown PDUs", "unknown-pdu-type"), ("reserved bytes", "bad-pdu")],
)
def test_h05_a_flood_of_one_anomaly_is_counted_beyond_a_bound(flood: str, kind: str) -> None:
    rows = read(FLOODS[flood](3_000), anomalies_per_kind=100)
    assert 100 <= len(rows.of(kind)) <= 101
    assert len(rows.anomalies) < 1_000


def test_h06_as_many_names_as_there_are_associations_are_not_remembered(tmp_path: Path) -> None:
    count = 5_000
    connection = Connection(ack_every=0).open()
    for number in range(count):
        other = Conversation(called=f"AE{number}", calling=f"SCU{number}")
        other.rejected(1, 1, 7)
        connection.play(other.writes)
    data = capture(connection.close())
    assert peak(tmp_path / "names.pcap", data) < 48 * MIB
    rows = read(data, finding_groups=20)
    assert {row["calling_ae"] for row in rows.associations} == {f"SCU{number}" for number in range(count)}


def flows(count: int) -> tuple[bytes, list[str]]:
    """As many connections with a store each; the first half of them lack a segment of it."""
    connections, intact = [], []
    for number in range(count):
        one = Conversation(contexts=CONTEXTS)
        one.associate()
        one.store(bytes(6_000), f"1.2.{number}", 1, 3)
        one.release()
        connection = Connection(Endpoints(client_port=20_000 + number)).open().play(one.writes).close()
        if number < count // 2:
            data = impair.data_positions(connection.segments, "client")
            connection.segments = impair.lose(connection.segments, data[len(data) // 2])
        else:
            intact.append(f"1.2.{number}")
        connections.append(connection)
    return capture(*connections), sorted(intact)


@pytest.mark.parametrize("held", [32 * MIB, 20_000])
def test_h07_a_hole_in_each_of_many_connections_costs_only_its_own(held: int) -> None:
    data, intact = flows(400)
    rows = read(data, held_bytes=held)
    assert len(rows.connections) == len(rows.associations) == 400
    assert rows.stored == intact
    assert sum(row["client_lost_bytes"] > 0 for row in rows.connections) == 200


def test_h07_the_oldest_connections_give_way_with_their_rows() -> None:
    data, _ = flows(200)
    rows: Rows = read(data, connections=50)
    assert len(rows.connections) >= 200
    assert rows.of("connection-limit")


def left_open(count: int) -> bytes:
    """As many associations with an echo each, whose end is not in the capture: what is left where packets are lost."""
    one = Conversation(contexts=[Context(1, dicom.VERIFICATION)])
    one.associate()
    one.echo()
    segments = Connection().open().play(one.writes).segments
    template = packets(segments, Endpoints("172.16.0.0", 40_000))
    client = bytes([172, 16, 0, 0])
    # Headers of IPv4 and TCP with other addresses: without a right checksum from this side, none is asked for.
    made = []
    for number in range(count):
        address = client[:2] + struct.pack(">H", number)
        made += [Record(time, data[:12] + data[12:20].replace(client, address) + data[20:], size) for time, data, size in template]
    return pcap(framed(made))


def test_h07_associations_that_never_end_are_bounded(tmp_path: Path) -> None:
    few, many = (peak(tmp_path / "open.pcap", left_open(count)) for count in (16_384, 49_152))
    assert few < 256 * MIB
    assert many < few * 1.25
