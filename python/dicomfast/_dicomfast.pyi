"""The engine. Use it through `dicomfast.open`, `read` and `scan`."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import Any, BinaryIO, TypeAlias, final

__all__ = [
    "Batch",
    "Live",
    "Pattern",
    "Schema",
    "Session",
    "anomaly_kinds",
    "default_limits",
    "default_tables",
    "findings_codes",
    "interfaces",
    "keywords",
    "schema",
    "table_names",
    "version",
    "write_slice",
]

_Addresses: TypeAlias = tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]
_Condition: TypeAlias = tuple[list[tuple[int, int]], list[_Addresses], list[tuple[int, int]], list[str], list[str], list[tuple[int, int]]]

@final
class Session:
    """One pass over the inputs: yields `(table name, Batch)` until the inputs end.

    A batch comes when it is full, at the end, and when there is nothing to read for the moment.
    While the engine works, other Python threads run; Ctrl-C raises KeyboardInterrupt between two of its steps.
    One thread at a time may read a session.
    """

    def __new__(
        cls,
        inputs: list[str | BinaryIO],
        tables: list[str],
        threads: int = 0,
        limits: dict[str, int] | None = None,
        follow: bool = False,
        filter: str = "",  # noqa: A002 - libpcap's word
        libraries: list[str] | None = None,
        phi: str = "mask",
        key: bytes | None = None,
        hashes: bool = False,
        connections: list[int] | list[_Condition] | None = None,
        export: str | PathLike[str] | None = None,
        incomplete: bool = False,
    ) -> Session:
        """Open the inputs.

        inputs: paths, "-" for standard input, or file objects opened in binary mode; read one after the other.
        tables: which tables to make; one that is not named costs nothing.
        threads: 1 or 2; 0 for as many as the machine has, at most 2. What may wait (standard input, pipes, file objects,
            follow) is always read by a thread of its own, which also opens it: what is wrong with it is raised by the
            first `next`.
        limits: bounds by name, see `default_limits`.
        follow: at the end of the last input wait for more.
        filter: take only the packets that pass this capture filter (pcap-filter(7)).
        libraries: where else to look for libpcap, which a filter needs.
        phi: what becomes of values that identify a person, and of error comments in `events`: "mask", "show", or "pseudonym" with a key.
        key: the secret of the pseudonyms.
        hashes: make the SHA-256 of each data set (table `objects`).
        connections: numbers of connections, whose rows alone are made; findings, anomalies and capture_info tell of the whole. Or
            conditions, of which each must be met: by the number, or by the address or port of one of the ends, in ranges (first, last);
            or, which is asked of events alone, by the called or calling AE title or the time.
        export: write the data sets of C-STORE requests to files in this folder (table `exports`).
        incomplete: also those that are not whole.

        Raises OpenError, WriteError, FormatError or ArgumentError.
        """

    def __iter__(self) -> Iterator[tuple[str, Batch]]: ...
    def __next__(self) -> tuple[str, Batch]: ...
    def close(self) -> None:
        """End the pass and let go of the inputs; does nothing the second time."""

    def stop(self) -> None:
        """End a live capture: what the kernel has is decoded, the last rows come, then the iteration ends. Does nothing to files."""

    def stats(self) -> dict[str, int]:
        """Count what has been read so far: "packets", "bytes", "segments"; of a live capture all of its accounts.

        May be asked from another thread.
        """

@final
class Live:
    """Interfaces that are open: the kernel keeps packets from now on."""

    def __new__(
        cls,
        interfaces: list[str],
        filter: str = "",  # noqa: A002 - libpcap's word
        snaplen: int = 262144,
        promiscuous: bool = True,
        ring: int = ...,
        timestamp_type: str | None = None,
        hold: int = 10,
        libraries: list[str] | None = None,
        limits: dict[str, int] | None = None,
    ) -> Live:
        """Open them. ring: bytes; hold: milliseconds. Raises LiveError or ArgumentError."""

    def session(
        self,
        tables: list[str],
        rows_wait: int = 40,
        path: str | PathLike[str] | None = None,
        rotate_bytes: int | None = None,
        rotate_seconds: int | None = None,
        rotate_files: int | None = None,
        unbuffered: bool = False,
        phi: str = "mask",
        key: bytes | None = None,
        hashes: bool = False,
        connections: list[int] | list[_Condition] | None = None,
    ) -> Session:
        """Begin to decode, once. rows_wait: milliseconds. path: write the packets as well. The rest is as for `Session`."""

    def close(self) -> None:
        """Let go of the interfaces, where they are not read."""

@final
class Batch:
    """Rows of one table, for anything that takes the Arrow PyCapsule interface."""

    @property
    def num_rows(self) -> int: ...
    @property
    def names(self) -> list[str]:
        """The names of the columns."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """Give the batch in its own types; raises ArgumentError where the requested schema has other columns."""

@final
class Pattern:
    """A regular expression that is searched without regard to case, in time linear in the text; no back-references, no look-around."""

    def __new__(cls, pattern: str) -> Pattern:
        """Compile the pattern; raises ArgumentError for one that is wrong, or too large."""

    def search(self, bytes: bytes) -> bool:  # noqa: A002 - the engine's name
        """Whether it is found in these bytes."""

@final
class Schema:
    """The columns of a table."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> Any: ...

def table_names() -> list[str]:
    """All tables, in the order of the documentation."""

def default_tables() -> list[str]:
    """Name the tables that are made when none is named."""

def schema(table: str) -> Schema:
    """Give the schema of a table; raises ArgumentError for an unknown one."""

def default_limits() -> list[tuple[str, int]]:
    """Every limit, by name, with its default."""

def findings_codes() -> list[tuple[str, str, str, str]]:
    """Every code of the table `findings`: code, severity, title, advice."""

def anomaly_kinds() -> list[tuple[str, str, str]]:
    """Every kind of the table `anomalies`: kind, layer, what it means."""

def keywords() -> list[str]:
    """Every keyword of the data dictionary (PS3.6)."""

def interfaces(libraries: list[str] | None = None) -> list[dict[str, Any]]:
    """List the interfaces of this machine; raises LiveError."""

def write_slice(inputs: list[str | BinaryIO], frames: bytes, comments: dict[int, list[str]], path: str | PathLike[str]) -> tuple[int, int]:
    """Write the frames whose bits are set (from the lowest bit of the first byte: frame 1) to a pcapng file, with comments by frame number.

    Gives how many frames and bytes were written. Raises OpenError, WriteError or FormatError.
    """

def version() -> str:
    """Give the version of the package."""
