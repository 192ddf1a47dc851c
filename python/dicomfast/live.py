"""Captures on interfaces: opened, scanned once, counted. Knows the engine and libpcap's whereabouts; nothing of printing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from dicomfast import _dicomfast
from dicomfast.capture import Scan, known
from dicomfast.errors import ArgumentError
from dicomfast.libpcap import libraries
from dicomfast.narrowing import of_engine

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from dicomfast.capture import Phi
    from dicomfast.narrowing import Connections

MIB = 1 << 20


@dataclass(frozen=True)
class Interface:
    """An interface that can be captured on."""

    name: str
    description: str | None
    addresses: list[str]
    loopback: bool
    state: str
    """"running", "up", "no carrier" or "down"."""
    link_type: str | None
    """LINKTYPE_ name; None where it cannot be opened."""
    missing: str | None
    """What is missing to capture; None where nothing is."""


@dataclass(frozen=True)
class LiveStats:
    """The accounts of a live capture, in packets. At its end received = decoded + shed + dropped + discarded."""

    received: int = 0
    """Passed the kernel's filter, dropped ones included."""
    dropped: int = 0
    """Found no room in the kernel's ring."""
    interface_dropped: int = 0
    """Dropped by the interface or its driver, before they could be received."""
    discarded: int = 0
    """Left out by libpcap itself: the second copies of a loopback interface, and what came before the filter was in place."""
    decoded: int = 0
    """Decoded, their rows handed out."""
    shed: int = 0
    """Decoded, but rows that came of them were left out because nobody took them in time."""
    shed_batches: int = 0
    shed_rows: int = 0
    packets: int = 0
    """decoded + shed."""
    bytes: int = 0
    segments: int = 0


@dataclass(frozen=True)
class Saving:
    """Where the packets are written as well (pcapng), and when another file begins: as tcpdump's -w, -C, -G, -W and -U."""

    path: str | os.PathLike[str]
    rotate_bytes: int | None = None
    rotate_seconds: int | None = None
    files: int | None = None
    unbuffered: bool = False


class LiveCapture:
    """Interfaces that are open. Scan them once; `stop` ends the scan with its last rows, `close` at once."""

    def __init__(
        self,
        interfaces: Iterable[str],
        *,
        filter: str = "",  # noqa: A002 - libpcap's word
        snaplen: int = 262_144,
        promiscuous: bool = True,
        ring: int = 64 * MIB,
        timestamp_type: str | None = None,
        hold: float = 0.01,
        limits: Mapping[str, int] | None = None,
        phi: Phi = "mask",
        key: bytes | None = None,
        hashes: bool = False,
    ) -> None:
        self._data_sets: dict[str, Any] = {"phi": phi, "key": key, "hashes": hashes}
        self._interfaces = list(interfaces)
        milliseconds = max(1, round(hold * 1000))
        self._live = _dicomfast.Live(
            self._interfaces, filter, snaplen, promiscuous, ring, timestamp_type, milliseconds, libraries(), dict(limits or {})
        )
        self._session: _dicomfast.Session | None = None

    @property
    def sources(self) -> list[str]:
        """The interfaces."""
        return list(self._interfaces)

    @property
    def follows(self) -> bool:
        """It goes on until it is stopped."""
        return True

    def scan(
        self,
        tables: Iterable[str] | None = None,
        connections: Connections | None = None,
        *,
        rows_wait: float = 0.04,
        save: Saving | None = None,
    ) -> Scan:
        """Capture until `stop`, and yield the batches of the tables: when they are full, and at least every `rows_wait` seconds.

        connections: as for `Capture.scan`.

        Who takes them too slowly is never waited for: up to the limit live_queue_bytes they wait, then whole batches are left out, which
        `stats` and a row of `anomalies` (rows-shed) tell.
        """
        if self._session is not None:
            raise ArgumentError("a live capture can be scanned only once; name every table you need, or open it again")
        milliseconds = max(1, round(rows_wait * 1000))
        saving: list[Any] = [save.path, save.rotate_bytes, save.rotate_seconds, save.files, save.unbuffered] if save else []
        options = {**self._data_sets, "connections": of_engine(connections)}
        self._session = self._live.session(known(tables), milliseconds, *saving, **options)
        return Scan(self._session)

    @property
    def stats(self) -> LiveStats:
        """The accounts so far; exact once the scan has ended. May be asked from any thread."""
        return LiveStats(**self._session.stats()) if self._session is not None else LiveStats()

    def stop(self) -> None:
        """End the capture: what the kernel has is decoded, the last rows come, and the scan ends. From any thread or signal handler."""
        if self._session is not None:
            self._session.stop()

    def close(self) -> None:
        """Let go of the interfaces now."""
        self._live.close()
        if self._session is not None:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LiveCapture {', '.join(self._interfaces)}>"


def live(
    *interfaces: str,
    filter: str = "",  # noqa: A002 - libpcap's word
    snaplen: int = 262_144,
    promiscuous: bool = True,
    ring: int = 64 * MIB,
    timestamp_type: str | None = None,
    hold: float = 0.01,
    limits: Mapping[str, int] | None = None,
    phi: Phi = "mask",
    key: bytes | None = None,
    hashes: bool = False,
) -> LiveCapture:
    """Capture on interfaces: `with dicomfast.live("eth0", filter="tcp port 104") as capture: for name, batch in capture.scan(): ...`.

    filter: in libpcap's language, pcap-filter(7). snaplen: bytes kept of each packet. ring: bytes of the kernel's ring for each interface
    (64 MiB are half a second of a gigabit). timestamp_type: as pcap-tstamp(7) names them. hold: seconds that the kernel may hold packets
    back to hand over more of them at once. phi, key, hashes: as for `open`. Packets are kept from now on.

    Raises LiveError (no such interface, no rights, no libpcap) and ArgumentError (the filter).
    """
    return LiveCapture(
        interfaces,
        filter=filter,
        snaplen=snaplen,
        promiscuous=promiscuous,
        ring=ring,
        timestamp_type=timestamp_type,
        hold=hold,
        limits=limits,
        phi=phi,
        key=key,
        hashes=hashes,
    )


def interfaces() -> list[Interface]:
    """The interfaces of this machine, each with what is missing to capture on it. Raises LiveError where libpcap is missing."""
    return [Interface(**row) for row in _dicomfast.interfaces(libraries())]
