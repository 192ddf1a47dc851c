"""Command lines of the peers: DCMTK and pynetdicom, as user (SCU) and as provider (SCP) of C-STORE."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from blame.network import SERVER

HERE = Path(__file__).parent
PORT = 11112


@dataclass(frozen=True)
class Peer:
    """A program with what it is told to do. `plan` are rules of shim.c, `delay` is a time in the program itself."""

    program: str = "dcmtk"
    plan: str = ""
    delay: float = 0.0
    max_pdu: int = 16384
    nagle: bool = False  # with Nagle's algorithm; off unless it is what is injected, though storescp and pynetdicom leave it on

    def environment(self, shim: Path, log: Path) -> dict[str, str]:
        plan = self.plan if self.nagle else f"{self.plan} nodelay@0=0"
        nodelay = {"TCP_NODELAY": "0"} if self.nagle else {}
        return {"LD_PRELOAD": str(shim), "BLAME_LOG": str(log), "BLAME_PLAN": plan} | nodelay

    def provider(self, folder: Path) -> list[str]:
        if self.program == "dcmtk":
            return ["storescp", "-od", str(folder), "-pdu", str(self.max_pdu), "--ignore", str(PORT)]
        return [sys.executable, str(HERE / "scp.py"), str(PORT), str(self.max_pdu), str(self.delay)]

    def user(self, files: list[Path], associations: int) -> list[list[str]]:
        """The commands, one after the other: storescu has one association a run."""
        paths = [str(path) for path in files]
        if self.program == "dcmtk":
            share = len(paths) // associations
            start = ["storescu", "-pdu", str(self.max_pdu), "-R", "-xe", SERVER, str(PORT)]
            return [start + paths[at : at + share] for at in range(0, len(paths), share)]
        return [[sys.executable, str(HERE / "scu.py"), SERVER, str(PORT), str(self.max_pdu), str(associations), str(self.delay), *paths]]
