"""Runs one scenario: the peers over the bridge, with a tap; hands on the capture and the logs of those who took part."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from blame.network import Network
from blame.objects import study
from blame.peers import HERE, PORT
from blame.scenarios import Scenario

PATIENCE = 60


def shim(folder: Path) -> Path:
    """The library that is preloaded into the peers, built where it is needed."""
    path = folder / "shim.so"
    command = ["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(path), str(HERE / "shim.c"), "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    return path


def record(scenario: Scenario, folder: Path) -> Path:
    """The capture; in the folder are client.log and server.log (shim.c) and bridge.jsonl (bridge.py)."""
    library = shim(folder)
    files = study(folder, scenario.objects, scenario.size)
    capture = folder / "capture.pcap"
    scu, scp = scenario.scu, scenario.scp
    with Network(scenario.link, folder) as network:
        network.start("s", *scp.provider(folder), environment=scp.environment(library, folder / "server.log"))
        network.listening(PORT)
        network.prime(PORT)
        tap = network.capture(capture)
        for command in scu.user(files, scenario.associations):
            user = network.start("c", *command, environment=scu.environment(library, folder / "client.log"))
            user.wait(PATIENCE)
        time.sleep(0.3)
        network.stop(tap)
    return capture
