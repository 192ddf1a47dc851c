"""Two hosts joined by the bridge, in network namespaces: interfaces, offloads, taps, processes. It knows nothing of DICOM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from blame.bridge import Settings

LAN = 40e6  # bits per second: on such a link sending takes longer than the programs' own work, and no receiver is too slow
CLIENT, SERVER = "10.77.0.4", "10.77.0.5"
# Where a tap can stand: the namespace and the interface. `middle` is between two hops with half of the delay each.
TAPS = {
    "client": ("c", "c0"),
    "server": ("s", "s0"),
    "bridge-client-side": ("m", "m0"),
    "bridge-server-side": ("m", "m1"),
    "middle": ("m", "k0"),
}
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)  # ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO
SWITCH = """
import fcntl, socket, struct, sys, ctypes
s = socket.socket()
for command in map(int, sys.argv[3:]):
    value = ctypes.create_string_buffer(struct.pack("II", command, int(sys.argv[2])))
    try:
        fcntl.ioctl(s, 0x8946, struct.pack("16sP", sys.argv[1].encode(), ctypes.addressof(value)))  # SIOCETHTOOL
    except OSError:
        pass
"""


@dataclass
class Link:
    """The network of a capture: what the bridge does, and how the hosts' TCP is set."""

    bridge: Settings = field(default_factory=lambda: Settings(rate=LAN))
    tap: str = "client"
    offload: bool = False
    route: str = "cwnd lock 32"  # the client's route; by default a congestion window above any path without delay, and no endless queue
    sysctl: dict[str, str] = field(default_factory=dict)


def shell(command: str) -> str:
    return subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout  # noqa: S602 - ours


class Network:
    """The namespaces of one capture; gone at the end, with every process started in them."""

    def __init__(self, link: Link, folder: Path) -> None:
        self.link = link
        self.folder = folder
        self.names = {short: f"blame{os.getpid() % 10_000}{short}" for short in "cms"}
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self.build()
            self.start_bridge()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in reversed(self.processes):
            self.stop(process)
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def inside(self, short: str, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.names[short], *command]

    def build(self) -> None:
        sysctl = {"congestion_control": "reno", "no_metrics_save": "0", "slow_start_after_idle": "0"} | self.link.sysctl
        for name in self.names.values():
            shell(f"ip netns add {name} && ip -n {name} link set lo up")
            for key, value in sysctl.items():
                shell(f"ip netns exec {name} sysctl -qw 'net.ipv4.tcp_{key}={value}'")
            shell(f"ip netns exec {name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
        self.pair("c", "c0", "m", "m0")
        self.pair("s", "s0", "m", "m1")
        if self.link.tap == "middle":
            self.pair("m", "k0", "m", "k1")
        for short, address in (("c", CLIENT), ("s", SERVER)):
            shell(f"ip -n {self.names[short]} addr add {address}/24 dev {short}0")
        if self.link.route:
            shell(f"ip -n {self.names['c']} route change 10.77.0.0/24 dev c0 src {CLIENT} {self.link.route}")

    def pair(self, left: str, left_name: str, right: str, right_name: str) -> None:
        shell(f"ip link add {left_name} netns {self.names[left]} type veth peer name {right_name} netns {self.names[right]}")
        for short, name in ((left, left_name), (right, right_name)):
            shell(f"ip -n {self.names[short]} link set {name} up")
            state = "1" if self.link.offload else "0"
            command = self.inside(short, sys.executable, "-c", SWITCH, name, state, *map(str, OFFLOADS))
            subprocess.run(command, check=True, capture_output=True)

    def start_bridge(self) -> None:
        hops = ["m0", "k0", "k1", "m1"] if self.link.tap == "middle" else ["m0", "m1"]
        settings = json.dumps(asdict(self.link.bridge))
        self.bridge = self.start(
            "m", sys.executable, str(Path(__file__).with_name("bridge.py")), str(self.folder / "bridge.jsonl"), settings, *hops
        )
        self.wait_for(self.folder / f"{len(self.processes)}.out", "ready")

    def start(self, short: str, *command: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        path = self.folder / f"{len(self.processes) + 1}.out"
        with path.open("wb") as out:
            process = subprocess.Popen(
                self.inside(short, *command), stdout=out, stderr=subprocess.STDOUT, cwd=self.folder, env=os.environ | (environment or {})
            )
        self.processes.append(process)
        return process

    def wait_for(self, path: Path, text: str) -> None:
        for _ in range(100):
            if path.exists() and text in path.read_text(encoding="utf-8", errors="replace"):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{text!r} never came: {path.read_text(encoding='utf-8')}")

    def capture(self, path: Path) -> subprocess.Popen[bytes]:
        short, name = TAPS[self.link.tap]
        process = self.start(
            short, "tcpdump", "-Z", "root", "-n", "-U", "--immediate-mode", "-B", "32768", "-i", name, "-w", str(path), "tcp"
        )
        self.wait_for(self.folder / f"{len(self.processes)}.out", "listening on")
        return process

    def listening(self, port: int) -> None:
        for _ in range(160):
            if f":{port} " in shell(" ".join(self.inside("s", "ss", "-ltnH"))):
                return
            time.sleep(0.05)
        raise RuntimeError(f"nobody listens on {port}")

    def prime(self, port: int) -> None:
        """A connection that says nothing: Linux takes a locked congestion window from the memory of an earlier connection."""
        code = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2]))).close()"
        subprocess.run(self.inside("c", sys.executable, "-c", code, SERVER, str(port)), check=True)
        time.sleep(0.3)

    @staticmethod
    def stop(process: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> None:
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
