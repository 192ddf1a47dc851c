"""Reports and graphs in a real browser: quiet, within the width, light and dark, by keyboard, on paper."""

import asyncio
import base64
from pathlib import Path

import pytest
from chromium import Tab, browser, program
from report_pages import hostile

import dicomfast

CASES = Path(__file__).parent / "cases"
MIXED = [CASES / name for name in ("store_statuses/capture.pcap", "reject_variants/capture.pcap", "loss/capture.pcap.zst")]
SLOW = CASES / "blame_window_closed_dp/capture.pcap.gz"
READY = "document.body.dataset.ready === 'true'"
TOO_WIDE = """[...document.querySelectorAll("table, svg.plot")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.textContent.slice(0, 80))"""


@pytest.fixture(params=["mixed", "slow", "hostile"])
def report(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    program()
    target = tmp_path / f"{request.param}.html"
    if request.param == "hostile":
        target.write_text(hostile(), encoding="utf-8")
    else:
        dicomfast.open(*(MIXED if request.param == "mixed" else [SLOW])).report(target)
    return target


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    program()
    dicomfast.open(SLOW).graph("tcptrace").save(tmp_path / "graph.html")
    return tmp_path / "graph.html"


async def everywhere(page: Path, ready: str = "true") -> list[str]:
    """Look at it in each width and colour, and answer the colours of the paper."""
    papers = []
    async with browser() as tab:
        for width in (1280, 390):
            for dark in (False, True):
                await tab.show(page, width, dark=dark, ready=ready)
                assert await tab.overflow() <= 0, f"at {width} pixels"
                papers.append(str(await tab.value("getComputedStyle(document.body).backgroundColor")))
                picture = page.with_name(f"{page.stem}-{width}-{'dark' if dark else 'light'}.png")
                await tab.picture(picture)
                assert picture.stat().st_size > 10_000
        quiet(tab)
    return papers


def quiet(tab: Tab) -> None:
    assert tab.complaints() == []
    assert tab.requests() <= {"file", "data", "blob"}


def test_a_report_is_quiet_fits_and_is_light_or_dark(report: Path) -> None:
    light, dark, *narrow = asyncio.run(everywhere(report))
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(22, 25, 27)")
    assert narrow == [light, dark]


def test_a_report_on_paper_is_whole(report: Path) -> None:
    async def printed() -> bytes:
        async with browser() as tab:
            await tab.show(report, 1030, media="print")
            assert await tab.value(TOO_WIDE) == []
            assert await tab.overflow() <= 0
            pdf = await tab.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
            return base64.b64decode(pdf["data"])

    assert asyncio.run(printed()).startswith(b"%PDF")


def test_a_report_is_read_by_keyboard_and_a_stall_leads_to_its_evidence(tmp_path: Path) -> None:
    program()
    page = tmp_path / "slow.html"
    dicomfast.open(SLOW).report(page)

    async def walk() -> tuple[list[str], str, str]:
        async with browser() as tab:
            await tab.show(page, 1280)
            reached = []
            for _ in range(4):
                for kind in ("keyDown", "keyUp"):
                    await tab.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
                reached.append(str(await tab.value("document.activeElement.getAttribute('href')")))
            await tab.value("document.querySelector('svg.plot a').dispatchEvent(new MouseEvent('click', { bubbles: true }))")
            row = str(await tab.value("document.querySelector(':target').closest('tr').textContent"))
            title = str(await tab.value("document.querySelector('svg.plot a title').textContent"))
            quiet(tab)
            return reached, row, title

    reached, row, title = asyncio.run(walk())
    assert reached == ["#findings", "#read", "#figures", "#findings"]
    assert "window-closed" in row
    assert "cause window-closed" in title


# Within the first stall of the graph, which is 150 pixels wide at 1280.
STALL = {"x": 223, "y": 300, "button": "left", "clickCount": 1}


def test_a_graph_is_quiet_fits_and_tells_the_evidence_of_a_stall(graph: Path) -> None:
    assert len(set(asyncio.run(everywhere(graph, READY)))) == 2

    async def clicked() -> str:
        async with browser() as tab:
            await tab.show(graph, 1280, ready=READY)
            for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
                await tab.call("Input.dispatchMouseEvent", type=kind, **STALL)
            await asyncio.sleep(0.5)
            await tab.picture(graph.with_name("graph-clicked.png"))
            quiet(tab)
            return str(await tab.value("document.getElementById('evidence').textContent"))

    assert "window-closed" in asyncio.run(clicked())
