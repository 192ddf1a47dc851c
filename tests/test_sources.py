"""Inputs: paths, patterns, file objects, standard input; what cannot be opened is said in one clear error."""

import contextlib
import io
import os
import pickle
import threading
from pathlib import Path

import pytest

import dicomfast
from dicomfast import _dicomfast

# A pcap file without packets: version 2.4, snap length 262144, Ethernet (draft-ietf-opsawg-pcap).
EMPTY = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "empty.pcap"
    path.write_bytes(EMPTY)
    return path


def test_tables_of_an_empty_capture_have_their_schema(empty: Path) -> None:
    with dicomfast.open(empty) as capture:
        for name in capture.tables:
            assert getattr(capture, name).schema.names == _dicomfast.schema(name).names
        assert capture.associations.num_rows == 0


def test_default_tables_are_read_in_one_pass(empty: Path) -> None:
    capture = dicomfast.open(empty)
    associations = capture.associations
    empty.unlink()
    assert capture.associations is associations
    assert capture.messages.num_rows == 0
    with pytest.raises(dicomfast.OpenError):
        _ = capture.pdus


def test_read_gives_the_tables_asked_for(empty: Path) -> None:
    assert list(dicomfast.read(empty, tables=["pdus", "messages"])) == ["pdus", "messages"]
    assert list(dicomfast.read(empty)) == _dicomfast.default_tables()


def test_a_pattern_is_expanded_and_sorted(tmp_path: Path) -> None:
    for name in ("b.pcap", "a.pcap", "c[1].pcap"):
        (tmp_path / name).write_bytes(EMPTY)
    named = dicomfast.open(str(tmp_path / "*.pcap")).sources
    assert [Path(str(source)).name for source in named] == ["a.pcap", "b.pcap", "c[1].pcap"]
    assert len(dicomfast.open(tmp_path / "c[1].pcap").sources) == 1
    with pytest.raises(dicomfast.OpenError, match="no file matches"):
        dicomfast.open(str(tmp_path / "*.pcapng"))


def test_file_objects(empty: Path) -> None:
    with empty.open("rb") as stream:
        assert dicomfast.read(stream)["associations"].num_rows == 0
    assert dicomfast.read(io.BytesIO(EMPTY))["associations"].num_rows == 0
    with empty.open(encoding="latin-1") as text, pytest.raises(TypeError, match="binary"):
        dicomfast.read(text)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="path"):
        dicomfast.read(7)  # type: ignore[arg-type]


def test_a_stream_can_be_read_once() -> None:
    capture = dicomfast.open(io.BytesIO(EMPTY))
    assert capture.associations.num_rows == 0
    with pytest.raises(dicomfast.ArgumentError, match="only once"):
        _ = capture.pdus
    with pytest.raises(dicomfast.ArgumentError, match="only once"):
        dicomfast.open("-", "-")


def test_errors_have_their_kinds(tmp_path: Path) -> None:
    with pytest.raises(dicomfast.OpenError, match=r"missing\.pcap") as missing:
        dicomfast.read(tmp_path / "missing.pcap")
    assert isinstance(missing.value, OSError)
    assert missing.value.errno == 2
    with pytest.raises(dicomfast.ArgumentError, match="no capture"):
        dicomfast.open()
    with pytest.raises(dicomfast.ArgumentError, match="list of names"):
        dicomfast.read("x.pcap", tables="messages")
    with pytest.raises(dicomfast.ArgumentError, match="no limit"):
        dicomfast.read(io.BytesIO(EMPTY), limits={"nothing": 1})
    with pytest.raises(dicomfast.ArgumentError, match="cannot be 0"):
        dicomfast.read(io.BytesIO(EMPTY), limits={"connections": 0})
    with pytest.raises(dicomfast.ArgumentError, match="cannot be 1000"):
        dicomfast.read(io.BytesIO(EMPTY), limits={"encapsulations": 1000})


def test_errors_can_cross_processes() -> None:
    error = pickle.loads(pickle.dumps(dicomfast.FormatError("text")))  # noqa: S301 - our own
    assert str(error) == "text"


class Failing(io.RawIOBase):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if size == 0:
            return b""
        raise self.error


@pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt(), TimeoutError("slow")])
def test_what_a_file_object_raises_arrives_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        dicomfast.read(Failing(error))  # type: ignore[arg-type]
    assert raised.value is error


def test_every_limit_can_be_set() -> None:
    for name, value in _dicomfast.default_limits():
        _dicomfast.Session([io.BytesIO(EMPTY)], ["associations"], limits={name: value})


def test_a_pass_can_be_closed_early_and_twice(empty: Path) -> None:
    scan = dicomfast.scan(empty)
    scan.close()
    scan.close()
    assert list(scan) == []


def test_other_threads_run_while_a_stream_is_read() -> None:
    class Waiting(Failing):
        def read(self, size: int = -1, /) -> bytes:
            if size and not seen.wait(10):
                raise TimeoutError
            return b""

    seen = threading.Event()
    threading.Timer(0.05, seen.set).start()
    session = _dicomfast.Session([Waiting(OSError())], ["associations"])  # type: ignore[list-item]
    with contextlib.suppress(dicomfast.FormatError):  # no bytes are no capture
        list(session)
    assert seen.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_is_told(empty: Path) -> None:
    session = _dicomfast.Session([str(empty)], ["associations"])
    child = os.fork()
    if child == 0:
        try:
            next(session)
        except RuntimeError as error:
            os._exit(0 if "fork" in str(error) else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(session)) <= 1
