"""What the documents show is what the programs do; what is generated is current."""

import re
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES: dict[str, Callable[[], str]] = runpy.run_path(str(ROOT / "docs/make.py"))["PAGES"]

Run = Callable[..., "CompletedProcess[str]"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    """If not: make docs."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]()


@pytest.mark.parametrize("shown", [line for block in blocks("console") for line in re.findall(r"^\$ dicomfast .*$", block, re.MULTILINE)])
def test_commands_of_the_readme(run: Run, shown: str, tmp_path: Path) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    result = run(*shlex.split(shown, comments=True)[2:], cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    after = README.split(f"{shown}\n", 1)[1].split("```")[0].split("\n$ ")[0]
    if after.strip():
        assert result.stdout == after


@pytest.mark.parametrize("code", blocks("python"))
def test_python_of_the_readme(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own


def test_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
