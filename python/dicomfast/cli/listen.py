"""Options of what captures on interfaces, and a capture from its beginning to its counts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

import dicomfast
from dicomfast import privileges
from dicomfast.cli import DROPPED
from dicomfast.notices import notices
from dicomfast.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from dicomfast.live import LiveCapture, LiveStats, Saving
    from dicomfast.narrowing import Connections

Function = TypeVar("Function", bound="Callable[..., Any]")

_KIB = 1024


def live(function: Function) -> Function:
    """-i, -s, -p, -B, -j, -Z and --fail-on-drop."""
    for decorate in (
        click.option("--fail-on-drop", is_flag=True, help="Exit 4 if packets were dropped."),
        click.option("-Z", "user", metavar="USER", help="Root becomes USER once it captures; default: who called sudo, else nobody."),
        click.option("-j", "timestamp_type", metavar="TYPE", help="Who stamps the time, e.g. adapter (pcap-tstamp(7))."),
        click.option("-B", "ring", type=click.IntRange(1), metavar="KIB", help="The kernel's ring for each interface; default: 65536."),
        click.option("-p", "quiet", is_flag=True, help="Not promiscuous: packets for this machine alone."),
        click.option("-s", "snaplen", type=click.IntRange(0), default=0, metavar="BYTES", help="Keep so many of each packet; 0: all."),
        click.option("-i", "interfaces", multiple=True, metavar="IFACE", help="Capture here (again for several; any is all)."),
    ):
        function = decorate(function)
    return function


@dataclass(frozen=True)
class Listening:
    """What the options of `live` say."""

    interfaces: tuple[str, ...]
    snaplen: int
    quiet: bool
    ring: int | None
    timestamp_type: str | None
    user: str | None
    fail_on_drop: bool

    def open(self, words: tuple[str, ...], limits: tuple[tuple[str, int], ...], **options: Any) -> LiveCapture:
        """Open the interfaces; the words are the capture filter."""
        if self.ring:
            options["ring"] = self.ring * _KIB
        if self.snaplen:
            options["snaplen"] = self.snaplen
        return dicomfast.live(
            *self.interfaces,
            filter=" ".join(words),
            promiscuous=not self.quiet,
            timestamp_type=self.timestamp_type,
            limits=dict(limits),
            **options,
        )


def listening(arguments: dict[str, Any]) -> Listening | None:
    """Take the options of `live` out of a command's arguments; None where no interface is named."""
    found = Listening(**{name: arguments.pop(name) for name in Listening.__dataclass_fields__})
    if found.interfaces:
        return found
    if found.quiet or found.ring or found.timestamp_type or found.user or found.snaplen:
        raise click.UsageError("-s, -p, -B, -j and -Z are for interfaces: name one with -i")
    return None


@contextmanager
def captured(
    capture: LiveCapture, tables: list[str], connections: Connections | None, how: Listening | None, save: Saving | None = None
) -> Iterator[Iterator[tuple[str, pa.RecordBatch]]]:
    """Capture until Ctrl-C or SIGTERM: the batches, then the counts on standard error."""
    user = privileges.chosen(how.user if how else None)
    with capture:
        scan = capture.scan([*tables, *({"anomalies"} - set(tables))], connections, save=save)
        if user is not None and save is not None and save.rotate_seconds is None:
            os.chown(save.path, user.uid, user.gid)
        privileges.become(user)
        _say(f"listening on {', '.join(capture.sources)}{f' as {user.name}' if user else ''}, Ctrl-C ends")
        with _until_told(capture):
            yield _noticed(scan, tables)
            capture.stop()
            for _ in scan:
                pass
        stats = capture.stats
    _say(_counts(stats))


def _counts(stats: LiveStats) -> str:
    """The accounts, as tcpdump tells them."""
    told = [
        f"{stats.received} packets received by the filter",
        f"{stats.dropped} dropped by the kernel",
        f"{stats.interface_dropped} by the interface",
        f"{stats.decoded} decoded",
    ]
    if stats.shed_rows:
        told.append(f"{stats.shed} shed ({stats.shed_rows} rows were not taken in time)")
    return ", ".join(told)


def exit_code(capture: dicomfast.Capture | LiveCapture, how: Listening | None) -> int:
    """4 where packets or rows were lost and that was not to be."""
    if how is None or not isinstance(capture, dicomfast.LiveCapture):
        return 0
    stats = capture.stats
    return DROPPED if how.fail_on_drop and (stats.dropped or stats.interface_dropped or stats.shed) else 0


@contextmanager
def _until_told(capture: LiveCapture) -> Iterator[None]:
    """SIGINT and SIGTERM end the capture, with everything that came before; a second one ends it at once."""

    def stop(_number: int, _frame: object) -> None:
        capture.stop()
        for number in before:
            signal.signal(number, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _noticed(scan: dicomfast.Scan, tables: list[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The batches of the tables; what is said of the capture itself goes to standard error as it happens."""
    for name, batch in scan:
        if name == "anomalies":
            for _, line in notices(batch):
                _say(line)
        if name in tables:
            yield name, batch


def _say(text: str) -> None:
    sys.stdout.flush()
    print(f"dicomfast: {escape(text)}", file=sys.stderr, flush=True)  # noqa: T201 - as tcpdump
