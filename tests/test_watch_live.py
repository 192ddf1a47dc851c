"""`dicomfast watch` and `dicomfast live` on an interface, between real peers."""

import json
import pwd
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import live_net
import pyarrow.parquet as pq
import pytest
from live_net import Network, ended, rest
from watching import parts, until

REASON = live_net.missing()
pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))


@pytest.fixture
def net() -> Iterator[Network]:
    with live_net.network() as network:
        yield network


@pytest.fixture
def outside() -> Iterator[Path]:
    """A directory that another user than root can get to."""
    folder = Path(tempfile.mkdtemp(prefix="dicomfast-watch-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_watch_writes_what_the_peers_did(net: Network, outside: Path, user: str) -> None:
    root = outside / "out"
    net.scp()
    # Another run was here, as root.
    before = root / "operations/date=2020-01-01/hour=00/run=20200101T000000Z-00000000/part-20200101T000000Z-000001.parquet"
    before.parent.mkdir(parents=True)
    before.write_bytes(b"old")
    command = ("-m", "dicomfast", "watch", "-i", "tap", "-o", root, "-Z", user, "-G", 0.5, "--keep-days", 1, "tcp", "port", live_net.PORT)
    process = net.start("left", sys.executable, *command)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert f"tap to {root}" in line, line + process.stderr.read()
    assert net.store(5, 16) == 5
    until(lambda: len(parts(root, "operations")) > before.exists(), "files while it goes on")
    assert net.store(2, 16) == 2
    code, _, err = ended(process, signal.SIGTERM)
    assert code == 0, err
    assert ", 0 dropped; " in err
    assert "0 lost" in err
    assert not before.exists(), "what is too old is removed"
    files = parts(root, "operations")
    rows = [row for path in files for row in pq.read_table(path, partitioning=None).select(["command", "status_category"]).to_pylist()]
    assert rows == 7 * [{"command": "C-STORE", "status_category": "success"}]
    assert {path.stat().st_uid for path in files} == {pwd.getpwnam(user).pw_uid}


def test_the_numbers_of_an_interface_once(net: Network) -> None:
    net.scp()
    process = net.start("left", sys.executable, "-m", "dicomfast", "live", "-i", "tap", "--once", "--json", "--duration", 8, "-Z", "root")
    time.sleep(3)
    assert net.store(3, 16) == 3
    code, out, err = rest(process)
    assert code == 0, err
    said = json.loads(out)
    assert said["source"] == "tap"
    assert said["operations"] == said["categories"]["success"] == 3
    assert said["packets"] > 0
    assert said["bytes"] > 3 * 16 * 1024
    assert (said["dropped"], said["shed"], said["open"]) == (0, 0, 0)
