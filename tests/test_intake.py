"""Where batches come from while something runs on: inputs that can be ended, interfaces, the queue between."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pyarrow as pa
import pytest
from conftest import START
from dashboards import association, table

import dicomfast
from dicomfast import intake
from dicomfast.cli import main
from dicomfast.intake import Counters, Queued
from dicomfast.tap import Tap

CAPTURE = Path(__file__).parent / "cases/echo_dcmtk_storescp/capture.pcap"


@dataclass(frozen=True)
class Stats:
    """As `dicomfast.LiveStats`, as far as it is asked."""

    received: int = 10
    dropped: int = 0
    interface_dropped: int = 0
    decoded: int = 10
    shed: int = 0
    bytes: int = 1000


class Live:
    """As `dicomfast.live`: a capture that ends when it is told to, or by itself."""

    def __init__(self, *batches: tuple[str, pa.RecordBatch], stats: Stats | None = None, endless: bool = False) -> None:
        self.asked: Any = None
        self.batches = batches
        self.endless = endless
        self.stats = stats or Stats()
        self.stopped = threading.Event()
        self.closed = False

    def __call__(self, *names: str, filter: str = "", **_: Any) -> Self:  # noqa: A002 - as the contract calls it
        self.asked = (names, filter)
        self.sources = list(names)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def scan(self, tables: list[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        yield from (item for item in self.batches if item[0] in tables)
        if self.endless:
            assert self.stopped.wait(30)
            yield table("associations", association(7))

    def stop(self) -> None:
        self.stopped.set()


# The tests stay who they are.
STAY = ["-Z", "root"] if os.geteuid() == 0 else []


def test_an_interface_has_its_counters() -> None:
    live = Live(table("associations", association(0)), stats=Stats(received=5, dropped=2, interface_dropped=3, shed=4))
    with intake.interfaces(live("eth0", "eth1"), ["associations"]) as source:  # type: ignore[arg-type]
        assert source.live
        assert source.name == "eth0, eth1"
        assert [name for name, _ in source.batches] == ["associations"]
        assert source.counters() == Counters(5, 1000, 2, 3, 4)
        assert source.counters().lost == 9
    assert live.closed


def test_watch_of_an_interface_ends_at_sigterm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    live = Live(table("associations", association(0)), endless=True)
    monkeypatch.setattr(dicomfast, "live", live)
    timer = threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    timer.start()
    assert main(["watch", "-i", "eth0", "-o", str(tmp_path), *STAY, "tcp", "port", "104"]) == 0
    timer.join()
    assert live.asked == (("eth0",), "tcp port 104")
    assert signal.getsignal(signal.SIGTERM) is before
    assert "10 packets, 1 kB, 0 dropped; 2 rows in " in capfd.readouterr().err


@pytest.mark.parametrize(("more", "code"), [([], 0), (["--fail-on-drop"], 4)])
def test_drops_of_an_interface(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: list[str], code: int) -> None:
    monkeypatch.setattr(dicomfast, "live", Live(stats=Stats(dropped=1)))
    assert main(["watch", "-i", "eth0", "-o", str(tmp_path), *STAY, *more]) == code


def test_what_is_said_of_the_capture_is_said_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lost = {"kind": "capture-loss", "layer": "capture", "time": START, "detail": "3 packets"}
    other = lost | {"kind": "reserved-bits"}
    monkeypatch.setattr(dicomfast, "live", Live(table("anomalies", lost, lost, other), table("anomalies", lost)))
    assert main(["watch", "-i", "eth0", "-o", str(tmp_path), *STAY]) == 0
    said = capfd.readouterr().err
    assert said.count("capture-loss: 3 packets") == 1
    assert "reserved-bits" not in said


def test_a_tap_ends_where_it_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    tap = Tap(str(pipe))
    threading.Timer(0.3, tap.stop).start()
    began = time.monotonic()
    assert tap.read(10) == b""
    assert time.monotonic() - began < 5
    tap.close()
    tap.close()


def test_a_tap_reads_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    tap = Tap(str(tmp_path / "file"))
    assert [tap.read(0), tap.read(3), tap.read(3), tap.read(3)] == [b"", b"123", b"45", b""]
    tap.close()
    with pytest.raises(dicomfast.OpenError, match="cannot open"):
        Tap(str(tmp_path / "nothing"))


def test_ticks_between_batches_and_the_error_at_the_end() -> None:
    go = threading.Event()

    def batches() -> Iterator[Any]:
        yield ("a", 1)
        assert go.wait(10)
        yield ("b", 2)
        raise OSError("it went away")

    seen = []

    def take() -> None:
        for item in Queued(batches()).ticking(0.01):
            seen.append(item)
            if len(seen) > 3:
                go.set()

    with pytest.raises(OSError, match="it went away"):
        take()
    assert [item for item in seen if item] == [("a", 1), ("b", 2)]
    assert None in seen


def test_who_is_slow_holds_the_reader_back() -> None:
    """Not without bound: the rest waits where it comes from."""
    made = SimpleNamespace(number=0)

    def batches() -> Iterator[Any]:
        for made.number in range(10 * intake.QUEUE):
            yield ("a", made.number)

    queued = Queued(batches())
    time.sleep(0.3)
    assert made.number <= intake.QUEUE + 1
    assert [item[1] for item in queued.ticking(1) if item] == list(range(10 * intake.QUEUE))
