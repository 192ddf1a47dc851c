"""What the package promises whoever imports it: quick, complete, and in line with its own description."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import dicomfast
from dicomfast import _dicomfast

ROOT = Path(__file__).parent.parent


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize(
    "what",
    ["import dicomfast", "import sys; sys.argv = ['dicomfast', '--version']; from dicomfast.cli import main; main()"],
)
def test_pyarrow_and_rich_are_not_imported_before_they_are_needed(what: str) -> None:
    assert python(f"{what}\nimport sys; print('pyarrow' in sys.modules, 'rich' in sys.modules)").endswith("False False\n")


def test_the_import_is_quick() -> None:
    bare = min(_seconds("pass") for _ in range(5))
    ours = min(_seconds("import dicomfast") for _ in range(5))
    assert ours - bare < 0.1


def _seconds(code: str) -> float:
    """What the processor spent, whatever else the machine does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    python(code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_every_class_of_the_extension_is_frozen() -> None:
    for source in (ROOT / "rust/dicomfast-python/src").glob("*.rs"):
        for attribute in re.findall(r"#\[pyclass[^]]*\]", source.read_text()):
            assert "frozen" in attribute, f"{source.name}: {attribute}"


def test_the_extension_lets_go_of_the_interpreter() -> None:
    assert "gil_used = false" in (ROOT / "rust/dicomfast-python/src/lib.rs").read_text()


def test_one_version() -> None:
    cargo = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert cargo
    assert dicomfast.__version__ == cargo[1]


def test_tables_have_schemas() -> None:
    assert set(_dicomfast.default_tables()) < set(_dicomfast.table_names())
    for name in _dicomfast.table_names():
        schema = pa.schema(_dicomfast.schema(name))
        assert schema.names == _dicomfast.schema(name).names
        assert len(set(schema.names)) == len(schema.names)


def test_every_table_is_an_attribute_with_a_type() -> None:
    assert sorted(dicomfast.Capture.__annotations__) == sorted(_dicomfast.table_names())


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(dicomfast.ArgumentError, match=r"no table.*associations"):
        _dicomfast.schema("nothing")
    with pytest.raises(ValueError, match="no table"):
        dicomfast.open("x.pcap").scan(["nothing"])
    with pytest.raises(AttributeError, match="no table"):
        _ = dicomfast.open("x.pcap").nothing
    assert "associations" in dir(dicomfast.open("x.pcap"))


def test_commands_load_graphs_only_to_draw_one() -> None:
    code = "import sys, dicomfast.cli.commands, dicomfast.graphs as graphs; print('dicomfast.graphs.graph' in sys.modules, graphs.Graph)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False <class 'dicomfast.graphs.graph.Graph'>\n"
