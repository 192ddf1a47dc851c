"""Counters for Prometheus, over HTTP. Labels are bounded, and hold no UIDs and nothing of a data set. Knows the tables' columns.

AE titles are labels for the first so many pairs; those of all others are "other", so that no peer can make series without end.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from dicomfast.errors import ArgumentError, OpenError
from dicomfast.extras import needs
from dicomfast.text import escape
from dicomfast.values import SECOND, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from prometheus_client.core import Metric

    from dicomfast.intake import Counters
    from dicomfast.watch.store import Store

OTHER = "other"
# Pairs of AE titles that are told apart, and values of any other label.
PAIRS = 100
WORDS = 100
# Seconds. Of a response: from a C-ECHO in a LAN to a query that a person gives up.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Labels:
    """The values of a label, or of several together: the first so many, then one for all others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[tuple[str, ...]] = set()

    def __call__(self, *values: str | None) -> tuple[str, ...]:
        """The values as they are shown."""
        named = tuple(escape(value) if value else "unknown" for value in values)
        if named in self._known:
            return named
        if len(self._known) < self._most:
            self._known.add(named)
            return named
        return (OTHER,) * len(values)


class Metrics:
    """What is counted, and the server that tells it."""

    def __init__(self, counters: Callable[[], Counters], store: Store, *, pairs: int = PAIRS) -> None:
        needs("--metrics", "metrics", "prometheus_client")
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()
        self._counters = counters
        self._store = store
        self.registry.register(self)
        self._titles = Labels(pairs)
        self._words = {name: Labels(WORDS) for name in ("outcome", "command", "finding", "anomaly")}
        self._associations = Counter(
            "dicomfast_associations", "Associations that ended.", ["outcome", "ended_by", "calling_ae", "called_ae"], registry=self.registry
        )
        self._operations = Counter(
            "dicomfast_operations", "DIMSE operations that ended.", ["command", "status_category"], registry=self.registry
        )
        self._bytes = Counter("dicomfast_dataset_bytes", "Bytes of data sets, both directions.", ["command"], registry=self.registry)
        self._response = Histogram(
            "dicomfast_response_seconds",
            "From the end of a request to the first byte of its response.",
            ["command"],
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._findings = Counter("dicomfast_findings", "Findings.", ["severity", "code"], registry=self.registry)
        self._anomalies = Counter("dicomfast_anomalies", "Broken rules and damaged bytes.", ["kind"], registry=self.registry)

    def take(self, table: str, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        match table:
            case "associations":
                for row in records(batch, "outcome", "ended_by", "calling_ae", "called_ae"):
                    ended = self._words["outcome"](row["outcome"], row["ended_by"])
                    self._associations.labels(*ended, *self._titles(row["calling_ae"], row["called_ae"])).inc()
            case "operations":
                self._take_operations(batch)
            case "findings":
                for row in records(batch, "severity", "code"):
                    self._findings.labels(*self._words["finding"](row["severity"], row["code"])).inc()
            case "anomalies":
                for row in records(batch, "kind"):
                    self._anomalies.labels(*self._words["anomaly"](row["kind"])).inc()

    def _take_operations(self, batch: pa.RecordBatch) -> None:
        names = ("command", "status_category", "answered", "dataset_bytes", "response_dataset_bytes", "response_time")
        for row in records(batch, *names):
            (command,) = self._words["command"](row["command"])
            category = row["status_category"] if row["answered"] else "unanswered"
            self._operations.labels(command, category or "unknown").inc()
            self._bytes.labels(command).inc((row["dataset_bytes"] or 0) + (row["response_dataset_bytes"] or 0))
            if row["response_time"] is not None:
                self._response.labels(command).observe(row["response_time"] / SECOND)

    def collect(self) -> Iterator[Metric]:
        """What others count, when it is asked for."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        now = self._counters()
        for name, text, value in (
            ("packets_received", "Packets received.", now.packets),
            ("packets_dropped", "Packets that the kernel dropped.", now.dropped),
            ("packets_interface_dropped", "Packets that the interface dropped.", now.interface_dropped),
            ("shed", "What the engine could not take in time.", now.shed),
            ("bytes_received", "Bytes received.", now.bytes),
            ("files_written", "Files written.", self._store.files),
            ("file_bytes_written", "Bytes of files written.", self._store.bytes),
            ("write_failures", "Times that a file could not be written.", self._store.failures),
        ):
            yield CounterMetricFamily(f"dicomfast_{name}", text, value=value)
        for name, text, tables in (
            ("rows_written", "Rows in files.", self._store.rows),
            ("rows_lost", "Rows that no disk took.", self._store.lost),
        ):
            family = CounterMetricFamily(f"dicomfast_{name}", text, labels=["table"])
            for table, number in sorted(tables.copy().items()):
                family.add_metric([table], number)
            yield family
        yield GaugeMetricFamily("dicomfast_disk_failing", "1 while files cannot be written.", value=float(self._store.failing))

    def serve(self, address: str) -> str:
        """Answer at HOST:PORT, or :PORT for every address; the address."""
        from prometheus_client import start_http_server

        host, _, port = address.rpartition(":")
        if not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 - the largest port
            raise ArgumentError("--metrics is HOST:PORT, or :PORT for every address")
        host = host.removeprefix("[").removesuffix("]") or ("::" if socket.has_dualstack_ipv6() else "0.0.0.0")  # noqa: S104 - ":PORT" asks for it
        try:
            server, _ = start_http_server(int(port), host, self.registry)
        except OSError as error:
            raise OpenError(f"cannot listen at {escape(address)}: {error.strerror}") from error
        return f"{host}:{server.server_port}"
