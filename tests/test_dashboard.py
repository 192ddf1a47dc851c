"""The screen of `dicomfast live`, driven by keys in a terminal of 80 by 24."""

import asyncio
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from conftest import HOSTILE
from dashboards import SIZE, Source, association, event, finding, operation, settled, shown, table
from textual.pilot import Pilot

from dicomfast.dashboard import lines
from dicomfast.dashboard.app import Dashboard
from dicomfast.dashboard.grid import Grid
from dicomfast.intake import Counters

STORE = Path(__file__).parent / "cases/store_statuses/capture.pcap"

Drive = Callable[[Pilot[None], Source], Awaitable[None]]


def drive(steps: Drive, size: tuple[int, int] = SIZE) -> Source:
    """Run the screen, and these steps in it."""
    source = Source()

    async def run() -> None:
        feed = source.feed()
        async with Dashboard(feed).run_test(size=size) as pilot:
            await steps(pilot, source)
        feed.stop()
        feed.check()

    asyncio.run(run())
    return source


def three() -> list[tuple[str, object]]:
    """Associations 0 (old), 1 (a failure), 2 (closed)."""
    return [
        table(
            "events", event(0, "A-ASSOCIATE-RQ"), event(1, "A-ASSOCIATE-RQ", 5), event(2, "A-ASSOCIATE-RQ", 6), event(0, "C-FIND-RQ", 10)
        ),
        table("operations", operation(1, 7, 0xA700, status_text="Out of resources"), operation(1, 8)),
        table("findings", finding(1)),
        table("associations", association(2, calling_ae="DONE")),
    ]


def row(screen: list[str], what: str) -> int:
    (found,) = [number for number, line in enumerate(screen) if line.startswith(what)]
    return found


def test_rows_appear_as_they_come() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        assert "0 open of 0 associations" in shown(pilot)[1]
        source.counters = Counters(packets=1234, bytes=10, dropped=7, shed=3)
        source.give(*three())
        screen = await settled(pilot, "DONE")
        assert len(screen) == 24
        assert all(len(line) == 80 for line in screen)
        assert "eth0" in screen[0]
        assert "dropped 7  shed 3" in screen[0]
        assert "1,234 packets  2 open of 3 associations  2 operations, 1 failed  1 finding" in screen[1]
        assert "C-FIND-RQ" in screen[row(screen, "SCU0")]
        assert row(screen, "SCU0") < row(screen, "SCU1") < row(screen, "DONE")
        assert any("C-STORE Out of resources" in line for line in screen)
        assert any("It failed: three of four" in line for line in screen)
        source.give(table("events", event(3, "A-ASSOCIATE-RQ", 7)))
        await settled(pilot, "SCU3")

    drive(steps)


def test_sorting() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(*three())
        screen = await settled(pilot, "DONE")
        assert "AGE*" in screen[3]
        await pilot.press("right", "right")
        screen = await settled(pilot, "FAIL*")
        assert row(screen, "SCU1") < row(screen, "SCU0")
        await pilot.press("r")
        screen = await settled(pilot, "FAIL*")
        assert row(screen, "SCU0") < row(screen, "SCU1")
        await pilot.press("c")
        screen = await settled(pilot, "FAIL*")
        assert not any(line.startswith("DONE") for line in screen)
        for _ in lines.ASSOCIATIONS:
            await pilot.press("left")
        await settled(pilot, "FAIL*")

    drive(steps)


def test_drilling_in_and_out() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(*three())
        await settled(pilot, "DONE")
        await pilot.press("down", "enter")
        screen = await settled(pilot, "0xA700 Out")
        assert screen[2].startswith("SCU1 > PACS")
        assert [line.split()[:2] for line in screen[4:6]] == [["8", "C-STORE"], ["7", "C-STORE"]]
        await pilot.press("enter")
        screen = await settled(pilot, "Free some space.")
        assert any("error" in line and "It failed: three of four" in line for line in screen[4:8])
        await pilot.press("enter")
        await settled(pilot, "Free some space.")
        await pilot.press("escape")
        await settled(pilot, "0xA700 Out")
        await pilot.press("escape")
        await settled(pilot, "DONE")
        assert pilot.app.query_one("#main", Grid).key == 1, "the cursor is where it was"
        await pilot.press("escape")
        await settled(pilot, "DONE")

    drive(steps)


def test_the_cursor_stays_on_its_association() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(*three())
        await settled(pilot, "DONE")
        await pilot.press("down")
        source.give(table("events", event(9, "A-ASSOCIATE-RQ", -60)))
        screen = await settled(pilot, "SCU9")
        assert row(screen, "SCU9") < row(screen, "SCU1")
        assert pilot.app.query_one("#main", Grid).key == 1

    drive(steps)


def test_pause_stands_still_and_counts_on() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(*three())
        await settled(pilot, "DONE")
        await pilot.press("p")
        before = await settled(pilot, "PAUSED")
        source.give(table("events", event(3, "A-ASSOCIATE-RQ", 7)))
        await pilot.pause(1.2)
        assert shown(pilot) == before
        await pilot.press("p")
        await settled(pilot, "SCU3")

    drive(steps)


def test_help_opens_and_closes() -> None:
    async def steps(pilot: Pilot[None], _: Source) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert any("from an association to its operations" in line for line in shown(pilot))
        assert all(len(line) == 80 for line in shown(pilot))
        await pilot.press("escape")
        await settled(pilot, "q quit")

    drive(steps)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_quit(key: str) -> None:
    async def steps(pilot: Pilot[None], _: Source) -> None:
        await pilot.press(key)
        await pilot.pause()
        assert pilot.app.return_code == 0
        assert not pilot.app.is_running

    assert drive(steps).stopped


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 12), (20, 10), (1, 1)])
def test_any_size(size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(*three())
        await pilot.pause(0.2)
        for now in (size, (100, 30), size):
            await pilot.resize_terminal(*now)
            await pilot.pause(0.1)
            screen = shown(pilot)
            assert len(screen) == now[1]
            assert all(len(line) == now[0] for line in screen)
        await pilot.press("enter", "enter", "down", "pagedown", "escape")
        await pilot.resize_terminal(120, 30)
        assert any("PACS" in line for line in await settled(pilot, "SCU0 > PACS"))

    drive(steps, size)


def test_no_markup_and_no_control_reaches_the_screen() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(table("events", event(0, "A-ASSOCIATE-RQ", calling_ae="[red]X[/red]"), event(1, "A-ASSOCIATE-RQ", calling_ae="[/]")))
        source.give(table("events", event(2, "A-ASSOCIATE-RQ", calling_ae=HOSTILE, called_ae="[@click=app.quit]Q[/]")))
        source.give(table("findings", finding(0, title="[blink]T", evidence=HOSTILE, advice="[/x]")))
        screen = await settled(pilot, "[blink]T")
        assert any(line.startswith("[red]X[/re") for line in screen)
        await pilot.press("enter")
        screen = await settled(pilot, "[red]X[/red] > PACS")
        await pilot.press("enter")
        screen = await settled(pilot, "[/x]")
        assert all(line.isprintable() for line in screen)

    drive(steps)


def test_wide_characters_keep_the_columns() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.give(table("events", event(0, "A-ASSOCIATE-RQ", calling_ae="病院病院病院病院"), event(1, "A-ASSOCIATE-RQ")))
        screen = await settled(pilot, "SCU1")
        wide = next(line for line in screen if "病" in line)
        # Of two cells each: five fit into eleven, with the sign that more follows.
        assert wide.startswith("病院病院病…")
        assert "…" in wide

    drive(steps)


def test_ten_thousand_associations_stay_fluent(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = 0
    cells = lines._association  # noqa: SLF001 - what a row costs

    def counted(*arguments: object) -> tuple[str, ...]:
        nonlocal drawn
        drawn += 1
        return cells(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(lines, "_association", counted)

    async def steps(pilot: Pilot[None], source: Source) -> None:
        nonlocal drawn
        for start in range(0, 10_000, 1000):
            source.give(table("events", *(event(number, "A-ASSOCIATE-RQ", number / 1000) for number in range(start, start + 1000))))
        await settled(pilot, "10,000 open of 10,000")
        app = pilot.app
        assert isinstance(app, Dashboard)
        # No drawing but those that are counted.
        app.paused = True
        drawn, before = 0, time.process_time()
        for _ in range(10):
            app.draw()
            await pilot.pause()
        spent = (time.process_time() - before) / 10
        assert drawn == 10 * lines.SHOWN, "a tick costs the same, however many there are"
        assert spent < 0.25, "half of the time between two"
        await pilot.press("end")
        assert pilot.app.query_one("#main", Grid).cursor == lines.SHOWN - 1

    drive(steps)


def test_the_end_and_a_failure_are_told() -> None:
    async def steps(pilot: Pilot[None], source: Source) -> None:
        source.stop()
        await settled(pilot, "ENDED")

    drive(steps)

    async def failing(pilot: Pilot[None], source: Source) -> None:
        source.fail(OSError("eth0 went away"))
        await settled(pilot, "FAILED, q tells why")

    with pytest.raises(OSError, match="went away"):
        drive(failing)


def test_in_a_terminal() -> None:
    """The command itself, on a terminal of 80 by 24, quit by a key."""
    size = "import fcntl, struct, termios; fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))"
    main = f"from dicomfast.cli import main; raise SystemExit(main(['live', '--follow', {str(STORE)!r}]))"
    terminal, child = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color"}
    command = [sys.executable, "-c", f"{size}; {main}"]
    with subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment, start_new_session=True) as process:
        os.close(child)
        try:
            _read_until(terminal, b"q quit")
            os.write(terminal, b"q")
            # The terminal is given back as it was.
            _read_until(terminal, b"\x1b[?1049l")
            assert process.wait(30) == 0
        finally:
            process.kill()
            os.close(terminal)


def _read_until(terminal: int, what: bytes) -> None:
    got = b""
    deadline = time.monotonic() + 30
    while what not in got:
        assert select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0], got[-2000:]
        got += os.read(terminal, 65536)
