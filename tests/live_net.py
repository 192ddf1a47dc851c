"""Two network namespaces with a cable between them, for captures on interfaces. Needs root, ip(8) and libpcap; says what is missing."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import dicomfast

PEERS = Path(__file__).parent / "live_peers.py"
PORT = 11112
LEFT, RIGHT = "10.77.0.1", "10.77.0.2"


def missing() -> str | None:
    """Why captures on interfaces cannot be tested here; None where they can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "not root: captures on interfaces are not tested"
    if shutil.which("ip") is None:
        return "ip(8) is missing (apt install iproute2): captures on interfaces are not tested"
    try:
        dicomfast.interfaces()
    except dicomfast.LiveError as error:
        return f"{error}: captures on interfaces are not tested"
    name = f"df{uuid.uuid4().hex[:6]}"
    if subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode != 0:
        return "network namespaces are not allowed here: captures on interfaces are not tested"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


def sh(command: str) -> None:
    subprocess.run(["sh", "-ec", command], check=True, capture_output=True)


class Network:
    """Namespaces `left` (interface "tap", 10.77.0.1) and `right` (10.77.0.2)."""

    def __init__(self) -> None:
        tail = uuid.uuid4().hex[:6]
        self.left, self.right = f"dfl{tail}", f"dfr{tail}"
        self.running: list[subprocess.Popen[str]] = []
        sh(f"ip netns add {self.left}; ip netns add {self.right}; ip -n {self.left} link set lo up; ip -n {self.right} link set lo up")
        for name in (self.left, self.right):
            # No packets but those of a test.
            sh(f"ip netns exec {name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 || true")
        self.plug()

    def plug(self) -> None:
        """Put the cable in."""
        sh(
            f"ip link add tap netns {self.left} type veth peer name far netns {self.right};"
            f"ip -n {self.left} addr add {LEFT}/24 dev tap; ip -n {self.right} addr add {RIGHT}/24 dev far;"
            f"ip -n {self.left} link set tap up; ip -n {self.right} link set far up"
        )
        self.wait_until_up()

    def wait_until_up(self) -> None:
        for _ in range(100):
            if subprocess.run(self.at("right", "ping", "-c1", "-W1", LEFT), check=False, capture_output=True).returncode in (0, 127):
                return
            time.sleep(0.05)

    def at(self, side: str, *command: object) -> list[str]:
        return ["ip", "netns", "exec", self.left if side == "left" else self.right, *map(str, command)]

    def start(self, side: str, *command: object) -> subprocess.Popen[str]:
        """Start a program whose standard input is a pipe."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(self.at(side, *command), text=True, stdin=pipe, stdout=pipe, stderr=pipe)
        self.running.append(process)
        return process

    def scp(self) -> subprocess.Popen[str]:
        process = self.start("right", sys.executable, PEERS, "scp", PORT)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def store(self, objects: int, kib: int) -> int:
        """C-STOREs that succeeded."""
        command = self.at("left", sys.executable, PEERS, "scu", RIGHT, PORT, objects, kib)
        return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)

    def dicomfast(self, *arguments: object) -> subprocess.Popen[str]:
        """Start the command, and wait until it listens."""
        process = self.start("left", sys.executable, "-m", "dicomfast", *arguments)
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "listening on" in line, line + process.stderr.read()
        return process

    def close(self) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()
        for name in (self.left, self.right):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@contextlib.contextmanager
def network() -> Iterator[Network]:
    net = Network()
    try:
        yield net
    finally:
        net.close()


def ended(process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str, str]:
    """Ask it to end: exit code, standard output, standard error."""
    process.send_signal(number)
    return rest(process)


def rest(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """What it still says until it ends; some lines may have been read before."""
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    return process.wait(60), out, err
