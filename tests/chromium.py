"""A page in a real browser, by the DevTools protocol: what it writes to its console, asks for, and looks like. No network is needed."""

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0", "--no-first-run")
_PATIENCE = 30.0


def program() -> str:
    """The browser; without one the test is skipped, aloud."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip("Chromium is not installed")
    pytest.importorskip("tornado", reason="tornado, which comes with bokeh, is not installed")
    return found


@dataclass
class Tab:
    """One page. `told` holds what came unasked: console, exceptions, violations of the policy, requests."""

    socket: Any
    told: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        await self.socket.write_message(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(self.socket.read_message(), _PATIENCE))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
            self.told.append(answer)

    async def value(self, script: str) -> Any:
        """What a script answers; it runs beside the page, whose policy does not bind it."""
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def show(self, path: Path, width: int, *, dark: bool = False, media: str = "", ready: str = "true") -> None:
        """Open a file at this width, and wait until it is there and `ready` holds."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        await self.call("Emulation.setEmulatedMedia", media=media, features=scheme)
        await self.call("Page.navigate", url=path.absolute().as_uri())
        for _ in range(round(_PATIENCE / 0.05)):
            if await self.value(f"document.readyState === 'complete' && location.href.startsWith('file:') && ({ready})"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{path} was not ready after {_PATIENCE} s: {self.complaints()}")

    async def picture(self, target: Path) -> None:
        """The whole page as PNG."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        target.write_bytes(base64.b64decode(shot["data"]))

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(await self.value("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def complaints(self) -> list[Any]:
        """Errors and warnings on the console: the page's own, and the browser's, to which violations of the policy belong."""
        found = [event for event in self.told if event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")]
        said = [event for event in self.told if event["method"] == "Runtime.consoleAPICalled"]
        return found + [event for event in said if event["params"]["type"] in ("error", "warning", "assert")]

    def requests(self) -> set[str]:
        """The kinds of addresses that were asked for."""
        asked = (event["params"]["request"]["url"] for event in self.told if event["method"] == "Network.requestWillBeSent")
        return {url.split(":", 1)[0] for url in asked}


@asynccontextmanager
async def browser() -> AsyncIterator[Tab]:
    """A browser with one empty page."""
    from tornado.websocket import websocket_connect

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([program(), *_ARGUMENTS, f"--user-data-dir={profile}", "about:blank"], **quiet)  # type: ignore[call-overload]
        try:
            port = await _port(Path(profile) / "DevToolsActivePort")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
            socket = await websocket_connect(pages[0]["webSocketDebuggerUrl"], max_message_size=1 << 28)
            tab = Tab(socket)
            for domain in ("Page", "Log", "Runtime", "Network"):
                await tab.call(f"{domain}.enable")
            yield tab
            socket.close()
            while await socket.read_message() is not None:
                pass
        finally:
            process.terminate()
            process.wait(_PATIENCE)


async def _port(told: Path) -> str:
    for _ in range(round(_PATIENCE / 0.05)):
        lines = told.read_text(encoding="ascii").splitlines() if told.exists() else []
        if len(lines) > 1:
            return lines[0]
        await asyncio.sleep(0.05)
    raise AssertionError("the browser did not start")
