"""What data sets cost: `python benches/objects.py [--rounds 5] [--size 1GB] [--json FILE]`.

On W1 of peers.py: the table of elements, files of all objects beside `cp` of them and beside `tshark --export-objects`, a filter that
selects one association. First the objects are compared: with the truth, with pydicom, with tshark's. Times are printed beside what the
project asks of itself, never asserted. See benches/README.md.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import captures
import pydicom
from insight import DEFAULT, PROGRAM
from measure import Run, alternate, command, cpu, inside, inside_cpu, ours, process, warm
from peers import DATA, PORTS, TSHARK_CUT, Capture, Row, differences, options, say, tell

ONE = "tcp.stream == 5"


def rows(w1: Capture, cut: Path, rounds: int) -> Iterator[Row]:
    warm(w1.path, cut)
    yield from elements("default tables and elements", (*DEFAULT, "elements"), w1, rounds)
    yield from elements("elements alone", ("elements",), w1, rounds)
    yield from against_cp(w1, rounds)
    if shutil.which("tshark"):
        for label, path, times in (("W1", w1.path, min(rounds, 3)), ("W1 cut", cut, rounds)):
            yield from against_tshark(label, path, times)
    runs = alternate(rounds, lambda: ours(w1.path, 1, "filter", ("operations",), ONE), lambda: ours(w1.path, 1))
    yield Row("W1 operations of one association", "<= 1.0 x", "", runs.ratio(inside, inside), "x", "call / call of default tables")
    yield Row("", "", "", runs.ratio(inside_cpu, inside_cpu), "x", "CPU of call / of call")
    yield Row("", "", "", runs.ratio(process, process), "x", "process / process")


def elements(label: str, tables: tuple[str, ...], w1: Capture, rounds: int) -> Iterator[Row]:
    runs = alternate(rounds, lambda: ours(w1.path, 1, tables=tables), lambda: ours(w1.path, 1))
    yield Row(f"W1 {label}", "<= 1.5 x", "", runs.ratio(inside, inside), "x", "call / call of default tables")
    yield Row("", "", "", runs.ratio(inside_cpu, inside_cpu), "x", "CPU of call / of call")


def against_cp(w1: Capture, rounds: int) -> Iterator[Row]:
    """The same bytes on both sides, so bytes per second are as the seconds are, turned over."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "objects"
        exported(w1.path, source)
        runs = alternate(
            rounds,
            lambda: afresh(lambda to: command("cp", "-r", source, to)),
            lambda: afresh(lambda to: exported(w1.path, to)),
        )
    yield Row("W1 export / cp -r of the files", "0.4 x", "", runs.ratio(process, process), "x", "process / process")
    yield Row("", "", "", runs.ratio(cpu, cpu), "x", "CPU of process / of process")


def against_tshark(label: str, path: Path, rounds: int) -> Iterator[Row]:
    """The same file on both sides. tshark takes 5 GB for one of 1 GB, and longer for each byte; the cut shows what that is not."""
    runs = alternate(rounds, lambda: afresh(lambda to: theirs(path, to)), lambda: afresh(lambda to: exported(path, to)))
    yield Row(f"{label} export / tshark's", "20 x", "", runs.ratio(process, process), "x", "process / process")
    yield Row("", "", "", runs.ratio(cpu, cpu), "x", "CPU of process / of process")


def afresh(run: Callable[[Path], Run]) -> Run:
    """A run into a folder that is not there yet, and is removed behind it."""
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder) / "objects")


def exported(path: Path, to: Path) -> Run:
    return command(PROGRAM, "export", path, "-o", to)


def theirs(path: Path, to: Path) -> Run:
    return command("tshark", "-n", "-q", "-r", path, *PORTS, "--export-objects", f"dicom,{to}")


# ---- results


def data_set(path: Path) -> bytes:
    """PS3.10 7.1: what follows the file meta information, which begins with its own length (0002,0000)."""
    raw = path.read_bytes()
    return raw[144 + int.from_bytes(raw[140:144], "little") :]


def check(w1: Capture, cut: Path) -> Iterator[str]:
    """What differs: W1 by the truth file, the cut by pydicom and tshark."""
    operations: dict[str, int] = w1.truth["operations"]  # type: ignore[assignment]
    # Each data set of W1 is that of a C-STORE request.
    want = {"objects": operations["C-STORE"], "bytes": int(str(w1.truth["dataset_bytes"]))}
    with tempfile.TemporaryDirectory() as folder:
        exported(w1.path, Path(folder) / "objects")
        sizes = [len(data_set(path)) for path in Path(folder).glob("objects/*.dcm")]
    yield from differences("W1 objects", want, {"objects": len(sizes), "bytes": sum(sizes)})
    each = operations["C-STORE"] // int(str(w1.truth["associations"]))
    one = ours(w1.path, 1, "filter", ("operations",), ONE).results["operations"]
    yield from differences("W1 operations of one association", {"operations": each}, {"operations": one})
    with tempfile.TemporaryDirectory() as folder:
        mine, other = Path(folder) / "mine", Path(folder) / "theirs"
        exported(cut, mine)
        files = list(mine.glob("*.dcm"))
        size = want["bytes"] // want["objects"]
        right = sum(parses(path) and len(data_set(path)) == size for path in files)
        yield from differences("W1 cut, objects that pydicom parses, of the right size", {"objects": len(files)}, {"objects": right})
        if shutil.which("tshark") is None:
            say("SKIPPED: tshark is not installed")
            return
        theirs(cut, other)
        # By the bytes, since the names are each side's own.
        ours_, tsharks = (Counter(data_set(path) for path in folder.glob("*.dcm")) for folder in (mine, other))
        say(f"tshark: {tsharks.total()} objects, of which {(tsharks - ours_).total()} differ from ours in their data set")
        yield from differences("W1 cut, objects as tshark has them", {"objects": tsharks.total()}, {"objects": ours_.total()})


def parses(path: Path) -> bool:
    """Whether pydicom reads the pixels that the generator sent with each object."""
    return len(pydicom.dcmread(path).PixelData) > 0


def main() -> int:
    arguments = options(__doc__).parse_args()

    path = DATA / f"W1-{arguments.size}.pcap"
    w1 = Capture(path, captures.make("W1", arguments.size, path))
    cut = DATA / "w1-cut.pcap"
    captures.cut(path, TSHARK_CUT, cut)
    say(f"files are written below {tempfile.gettempdir()}")
    wrong = list(check(w1, cut))
    return tell(rows(w1, cut, arguments.rounds), wrong, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
