"""Captures on interfaces: real peers between two network namespaces while we listen."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import live_net
import pytest
from live_net import Network, ended, rest

import dicomfast
from dicomfast.narrowing import Condition, Where

REASON = live_net.missing()
pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))

# Columns that tell when or where a packet was, rather than what it said.
_NAMES = ("capture", "name", "format", "application", "dropped", "link_types", "snap_length", "capture_loss")


@pytest.fixture
def net() -> Iterator[Network]:
    with live_net.network() as network:
        yield network


def counts(text: str) -> dict[str, int]:
    """The last line of a capture."""
    found = re.search(
        r"(\d+) packets received by the filter, (\d+) dropped by the kernel, (\d+) by the interface, (\d+) decoded(?:, (\d+) shed)?", text
    )
    assert found is not None, text
    return dict(zip(("received", "dropped", "interface", "decoded", "shed"), (int(one or 0) for one in found.groups()), strict=True))


def scanning(code: str, *interfaces: str, **options: Any) -> str:
    """A program that captures until its standard input ends; `code` runs with `capture`, and prints JSON."""
    return f"""
import json, sys, threading, time
import dicomfast
import pyarrow as pa
tables = {{}}
capture = dicomfast.live({", ".join(map(repr, interfaces or ("tap",)))}, **{options!r})
def take(scan, pause=0):
    for name, batch in scan:
        tables.setdefault(name, []).append(batch)
        if pause:
            time.sleep(pause)
            pause = 0
threading.Thread(target=lambda: (sys.stdin.read(), capture.stop()), daemon=True).start()
with capture:
{code}
    stats = capture.stats
def texts(batches):
    return [{{key: str(value) for key, value in row.items()}} for batch in batches for row in batch.to_pylist()]
rows = {{name: texts(batches) for name, batches in tables.items()}}
print(json.dumps({{"stats": stats.__dict__, "rows": rows}}))
"""


def run_scanning(net: Network, program: str, meanwhile: Any) -> dict[str, Any]:
    process = net.start("left", sys.executable, "-c", program)
    time.sleep(1)
    meanwhile()
    out, err = process.communicate("", timeout=90)
    assert process.returncode == 0, err
    result: dict[str, Any] = json.loads(out)
    stats = result["stats"]
    assert stats["received"] == stats["decoded"] + stats["shed"] + stats["dropped"] + stats["discarded"]
    return result


def equal_but_for_place(left: Any, right: Any) -> None:
    """Two captures of the same packets, by us and by another program: everything but times and names is equal."""
    for name in ("connections", "associations", "presentation_contexts", "operations", "messages"):
        one, other = left[name], right[name]
        timed = [field.name for field in one.schema if str(field.type).startswith(("timestamp", "duration", "double"))]
        assert one.drop_columns(timed).to_pylist() == other.drop_columns(timed).to_pylist(), name


def test_lines_as_they_happen_and_the_packets_beside(net: Network, tmp_path: Path) -> None:
    net.scp()
    file = tmp_path / "beside.pcapng"
    process = net.dicomfast("dump", "-i", "tap", "-Z", "root", "-w", file, "tcp", "port", live_net.PORT)
    assert net.store(3, 64) == 3
    assert process.stdout is not None
    first = process.stdout.readline()
    assert "A-ASSOCIATE-RQ SENDER > RECEIVER" in first, "while it captures"
    code, out, err = ended(process)
    assert (code, out.count("C-STORE-RQ"), out.count("0x0000 Success")) == (0, 3, 3)
    counted = counts(err)
    packets = dicomfast.open(file).capture_info["packets"].to_pylist()
    assert counted["received"] == counted["decoded"] == packets[0]
    # The lines are those of the file: the same packets, decoded later.
    again = subprocess.run([sys.executable, "-m", "dicomfast", "dump", file], capture_output=True, text=True, check=True)
    assert first + out == again.stdout


def test_data_sets_below_their_messages_as_they_happen(net: Network, tmp_path: Path) -> None:
    net.scp()
    file = tmp_path / "beside.pcapng"
    process = net.dicomfast("dump", "-vvv", "-i", "tap", "-Z", "root", "-w", file, "tcp", "port", live_net.PORT)
    assert net.store(3, 64) == 3
    assert process.stdout is not None
    lines: list[str] = []
    while "(7FE0,0010)" not in (lines or [""])[-1]:
        lines.append(process.stdout.readline())
    assert sum("C-STORE-RQ" in line for line in lines) == 2, "its event and its command field: the first object, while it captures"
    assert "    (0010,0010) PN Patient's Name, length 10, [masked]\n" in lines
    code, out, _ = ended(process)
    again = subprocess.run([sys.executable, "-m", "dicomfast", "dump", "-vvv", file], capture_output=True, text=True, check=True)
    assert (code, "".join(lines) + out) == (0, again.stdout)
    assert again.stdout.count("(0010,0010)") == 3


def test_rows_of_connections_that_match_a_filter(net: Network) -> None:
    net.scp()
    ask = f"ip.addr == {live_net.RIGHT} && tcp.port == {{}} && dicom.assoc.ae.called == RECEIVER"
    matching, other = (
        net.dicomfast("dump", "-i", "tap", "-Z", "root", "-Y", ask.format(port)) for port in (live_net.PORT, live_net.PORT + 1)
    )
    assert net.store(3, 64) == 3
    assert matching.stdout is not None
    assert "A-ASSOCIATE-RQ SENDER > RECEIVER" in matching.stdout.readline(), "while it captures"
    code, out, _ = ended(matching)
    assert (code, out.count("C-STORE-RQ"), out.count("0x0000 Success")) == (0, 3, 3)
    code, out, err = ended(other)
    assert (code, out) == (0, "")
    assert counts(err)["decoded"] > 0
    where = Where((Condition(ports=((live_net.PORT + 1, live_net.PORT + 1),)),))
    scan = (
        f"    from dicomfast.narrowing import Condition, Where\n    take(capture.scan(['events', 'segments', 'capture_info'], {where!r}))"
    )
    result = run_scanning(net, scanning(scan), lambda: net.store(1, 32))
    assert set(result["rows"]) == {"capture_info"}
    assert result["stats"]["segments"] > 0


@pytest.mark.skipif(shutil.which("dumpcap") is None, reason="dumpcap is missing: no comparison with it")
def test_the_same_rows_as_from_a_file_of_dumpcap(net: Network, tmp_path: Path) -> None:
    net.scp()
    theirs, ours = tmp_path / "theirs.pcapng", tmp_path / "ours.pcapng"
    other = net.start("left", "dumpcap", "-q", "-B", "64", "-i", "tap", "-f", f"tcp port {live_net.PORT}", "-w", theirs)
    assert other.stderr is not None
    while "File:" not in other.stderr.readline():
        pass
    process = net.dicomfast("dump", "-i", "tap", "-Z", "root", "-w", ours, "tcp", "port", live_net.PORT)
    assert net.store(20, 256) == 20
    time.sleep(0.5)
    counted = counts(ended(process)[2])
    ended(other)
    left, right = dicomfast.read(ours), dicomfast.read(theirs)
    assert counted["received"] == counted["decoded"] == right["capture_info"]["packets"].to_pylist()[0]
    equal_but_for_place(left, right)
    assert left["operations"].num_rows == 20
    assert all(left["operations"]["complete"].to_pylist())


def test_accounts_rows_and_times(net: Network) -> None:
    net.scp()
    code = "    take(capture.scan(['operations', 'associations', 'anomalies', 'capture_info']))"
    result = run_scanning(net, scanning(code, filter=f"tcp port {live_net.PORT}"), lambda: net.store(5, 32))
    stats, rows = result["stats"], result["rows"]
    assert len(rows["operations"]) == 5
    assert all(row["complete"] == "True" for row in rows["operations"])
    assert [row["capture_loss"] for row in rows["associations"]] == ["False"]
    assert rows["capture_info"][0]["packets"] == str(stats["decoded"])
    assert (stats["dropped"], stats["shed"], stats["discarded"]) == (0, 0, 0)


def test_a_slow_consumer_is_left_behind_and_told_so(net: Network) -> None:
    net.scp()
    code = "    take(capture.scan(['segments', 'operations', 'anomalies'], rows_wait=0.01), pause=4)"
    limits = {"live_queue_bytes": 50_000, "batch_rows": 16}
    result = run_scanning(net, scanning(code, limits=limits), lambda: (net.store(40, 512), time.sleep(4)))
    stats, rows = result["stats"], result["rows"]
    assert stats["shed"] > 0
    assert stats["shed_batches"] > 0
    assert stats["dropped"] == 0, "packets are decoded whoever takes the rows"
    told = [row for row in rows["anomalies"] if row["kind"] == "rows-shed"]
    assert sum(int(row["length"]) for row in told) == stats["shed_rows"]


def test_packets_that_the_kernel_drops_are_told_with_their_time(net: Network) -> None:
    net.scp()
    process = net.dicomfast("table", "associations", "-i", "tap", "-B", 512, "--format", "ndjson", "--fail-on-drop", "-Z", "root")
    process.send_signal(signal.SIGSTOP)
    assert net.store(40, 512) == 40
    process.send_signal(signal.SIGCONT)
    time.sleep(1)
    code, out, err = ended(process)
    counted = counts(err)
    assert code == 4
    assert counted["dropped"] > 0
    assert counted["received"] == counted["decoded"] + counted["dropped"]
    assert "capture-loss: the kernel dropped packets" in err
    assert [json.loads(line)["capture_loss"] for line in out.splitlines()] == [True]


def test_an_interface_that_goes_down_and_comes_back(net: Network) -> None:
    net.scp()
    process = net.dicomfast("dump", "-i", "tap", "-Z", "root")
    assert net.store(1, 8) == 1
    live_net.sh(f"ip -n {net.left} link set tap down")
    time.sleep(0.5)
    live_net.sh(f"ip -n {net.left} link set tap up")
    net.wait_until_up()
    assert net.store(1, 8) == 1
    live_net.sh(f"ip -n {net.left} link del tap")
    time.sleep(0.5)
    net.plug()
    time.sleep(1.5)
    assert net.store(1, 8) == 1
    time.sleep(0.5)
    code, out, err = ended(process, signal.SIGTERM)
    assert code == 0
    assert out.count("C-STORE-RSP") == 3
    assert err.count("interface-down: interface tap is down") == 1
    assert err.count("interface-down: interface tap is gone") == 1
    assert err.count("interface-up: interface tap is captured on again") == 2


def test_several_interfaces_and_any(net: Network) -> None:
    net.scp()
    for names in (("-i", "tap", "-i", "lo"), ("-i", "any")):
        process = net.dicomfast("dump", *names, "-Z", "root", "tcp")
        assert net.store(2, 8) == 2
        code, out, _ = ended(process)
        assert (code, out.count("C-STORE-RSP")) == (0, 2)


def test_loopback_is_counted_once(net: Network) -> None:
    scp = net.start("left", sys.executable, live_net.PEERS, "scp", live_net.PORT)
    assert scp.stdout is not None
    scp.stdout.readline()
    process = net.dicomfast("dump", "-i", "lo", "-Z", "root", "tcp", "port", live_net.PORT)
    subprocess.run(net.at("left", sys.executable, live_net.PEERS, "scu", "127.0.0.1", live_net.PORT, 2, 8), check=True, capture_output=True)
    code, out, err = ended(process)
    assert (code, out.count("C-STORE-RSP"), counts(err)["dropped"]) == (0, 2, 0)


def test_files_in_turn(net: Network, tmp_path: Path) -> None:
    net.scp()
    process = net.dicomfast("dump", "-i", "tap", "-Z", "root", "-w", tmp_path / "ring", "-C", 1, "-W", 3)
    assert net.store(20, 256) == 20
    counted = counts(ended(process)[2])
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["ring0", "ring1", "ring2"]
    packets = [dicomfast.open(file).capture_info for file in files]
    assert all(info["complete"].to_pylist() == [True] for info in packets)
    assert 0 < sum(info["packets"].to_pylist()[0] for info in packets) < counted["decoded"]


def test_root_is_given_up(net: Network, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    process = net.dicomfast("dump", "-i", "tap", "-Z", "nobody")
    status = subprocess.run(["ps", "-o", "user=", "-p", str(process.pid)], capture_output=True, text=True, check=False).stdout.strip()
    uids = re.search(r"^Uid:\s+(\d+)\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    capabilities = re.search(r"^CapEff:\s+(\w+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    assert uids is not None
    assert capabilities is not None
    assert uids[1] == uids[2] != "0", status
    assert int(capabilities[1], 16) == 0
    assert ended(process)[0] == 0


def test_a_disk_that_is_full_leaves_a_valid_file(net: Network, tmp_path: Path) -> None:
    net.scp()
    small = tmp_path / "small"
    small.mkdir()
    live_net.sh(f"mount -t tmpfs -o size=2m none {small}")
    try:
        process = net.dicomfast("dump", "-i", "tap", "-Z", "root", "-w", small / "full.pcapng")
        assert net.store(20, 512) == 20
        code, out, err = rest(process)
        assert code == 1
        assert "No space left on device" in err
        assert "A-ASSOCIATE-RQ" in out
        info = dicomfast.open(small / "full.pcapng").capture_info
        assert info["complete"].to_pylist() == [True]
        assert info["packets"].to_pylist()[0] > 0
    finally:
        live_net.sh(f"umount {small}")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-i", "nosuch0"], 1, "cannot capture on nosuch0"),
        (["-i", "tap", "tcp", "port"], 1, "capture filter is not valid"),
        (["-i", "tap", "-r", "x.pcap"], 2, "give one of them"),
        (["-i", "tap", "-j", "sundial"], 1, "no such time stamp type"),
        (["-i", "tap", "-Z", "nosuchuser"], 1, "no user nosuchuser"),
        (["-i", "tap", "-C", "5"], 2, "are for -w FILE"),
        (["-i", "tap", "-w", "/nosuchfolder/x", "-Z", "root"], 1, "cannot write /nosuchfolder/x"),
    ],
)
def test_what_cannot_be_captured(net: Network, arguments: list[str], code: int, words: str) -> None:
    process = net.start("left", sys.executable, "-m", "dicomfast", "dump", *arguments)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (code, 1), err
    assert words in err


def test_no_rights_and_no_library(net: Network) -> None:
    attempt = "try: dicomfast.live('lo')\nexcept dicomfast.LiveError as e: print(e)"
    program = f"import os, dicomfast; os.setgid(65534); os.setuid(65534)\n{attempt}"
    process = net.start("left", sys.executable, "-c", program)
    assert "setcap cap_net_raw" in process.communicate(timeout=30)[0]
    hidden = "for f in $(ls /usr/lib/*/libpcap.so.* /usr/lib/libpcap.so.* 2>/dev/null); do mount --bind /dev/null $f; done"
    command = ["unshare", "-m", "sh", "-c", f'{hidden}; exec "$0" -c "$1"', sys.executable, f"import dicomfast\n{attempt}"]
    out = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout
    assert "libpcap" in out
    assert "not installed" in out
