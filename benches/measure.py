"""Runs processes in turns and makes ratios of their times. Knows nothing of captures."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = Path(__file__).parent / "ours.py"


@dataclass(frozen=True)
class Run:
    """One run: seconds and CPU seconds of the whole process, and for our side of the call inside, with its results."""

    process: float
    cpu: float
    inside: float | None = None
    inside_cpu: float | None = None
    peak: int = 0
    results: dict[str, int] = field(default_factory=dict)
    output: bytes = b""


def command(*arguments: str | Path, capture: bool = False) -> Run:
    """Runs a peer. Its output goes to /dev/null unless it is wanted."""
    seconds, cpu, output = _timed([str(a) for a in arguments], subprocess.PIPE if capture else subprocess.DEVNULL, subprocess.DEVNULL)
    return Run(seconds, cpu, output=output)


def ours(path: Path, threads: int, mode: str = "read", tables: Sequence[str] = (), text: str = "") -> Run:
    """Runs dicomfast in a fresh interpreter."""
    arguments = [sys.executable, str(OURS), mode, str(path), str(threads), ",".join(tables), text]
    seconds, cpu, output = _timed(arguments, subprocess.PIPE, None)
    told: dict[str, Any] = json.loads(output)
    return Run(seconds, cpu, told["seconds"], told["cpu_seconds"], told["peak_bytes"], told["results"])


def _timed(arguments: list[str], stdout: int, stderr: int | None) -> tuple[float, float, bytes]:
    before, start = _children_cpu(), time.perf_counter()
    done = subprocess.run(arguments, stdout=stdout, stderr=stderr, check=True)
    return time.perf_counter() - start, _children_cpu() - before, done.stdout or b""


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def warm(*paths: Path) -> None:
    """Puts files into the page cache, as one read from front to back leaves them there.

    They leave it first, where the system can be told so: a file that was just written stands there in other pieces, which take up to half
    again as long to read, for each program.
    """
    for path in paths:
        with path.open("rb", buffering=0) as file:
            if hasattr(os, "posix_fadvise"):
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while file.read(1 << 20):
                continue


@dataclass(frozen=True)
class Spread:
    """Median, least, greatest, and median absolute deviation."""

    median: float
    least: float
    most: float
    mad: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        middle = statistics.median(values)
        return cls(middle, min(values), max(values), statistics.median(abs(value - middle) for value in values))


@dataclass(frozen=True)
class Rounds:
    """The runs of A and of B, one of each a round."""

    a: list[Run]
    b: list[Run]

    def ratio(self, of_a: Callable[[Run], float], of_b: Callable[[Run], float]) -> Spread:
        """The spread of the per-round ratio: `of_a` of A's run over `of_b` of B's run of the same round."""
        return Spread.of([of_a(a) / of_b(b) for a, b in zip(self.a, self.b, strict=True)])


def alternate(rounds: int, a: Callable[[], Run], b: Callable[[], Run]) -> Rounds:
    """A, B, B, A, A, B, ...: one of each a round, and neither always the first. One unmeasured run of each before."""
    a(), b()
    runs = Rounds([], [])
    for number in range(rounds):
        for one, kept in [(a, runs.a), (b, runs.b)][:: 1 if number % 2 == 0 else -1]:
            kept.append(one())
    return runs


def process(run: Run) -> float:
    return run.process


def cpu(run: Run) -> float:
    return run.cpu


def inside(run: Run) -> float:
    return _ours(run.inside)


def inside_cpu(run: Run) -> float:
    return _ours(run.inside_cpu)


def _ours(seconds: float | None) -> float:
    if seconds is None:
        raise ValueError("a peer's run has no inside time")
    return seconds
