"""Makes report.png, parts of a report as a browser shows them: `python docs/picture.py` (`make picture`). Needs Chromium."""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
from pathlib import Path

import dicomfast

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from chromium import browser  # noqa: E402 - beside the tests, which use it too

CASE = "tests/cases/blame_window_closed_dp/capture.pcap.gz"
WIDTH = 920
# Left out, so that the picture stays small: whole sections, and of the others what comes after the first figure or table.
HIDE = """for (const one of document.querySelectorAll(
  "#read, #figures, #findings, #operations, #associations, nav, footer, #stalls h3, #stalls .scroll ~ .scroll, figure ~ figure, " +
  "#closely h4, #closely h4 ~ *")) one.hidden = true;
Math.ceil(document.querySelector("figure").getBoundingClientRect().bottom + scrollY + 10)"""


async def shoot(page: Path) -> bytes:
    """The picture as PNG."""
    async with browser() as tab:
        await tab.show(page, WIDTH)
        height = await tab.value(HIDE)
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        shot = await tab.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        dicomfast.open(CASE).report(report)
        (HERE / "report.png").write_bytes(asyncio.run(shoot(report)))
