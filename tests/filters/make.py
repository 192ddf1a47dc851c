"""Asks tshark which frames every filter of this folder selects, and stores its answers in tshark.json. Run it by hand: make.py [LIST...]

A list names its captures (under tests/cases), then has a filter a line. tshark's time zone is UTC.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CASES = HERE.parent / "cases"
ANSWERS = HERE / "tshark.json"


def lists() -> dict[str, tuple[list[str], list[str]]]:
    """For each list its captures and its filters."""
    found = {}
    for path in sorted(HERE.glob("*.txt")):
        lines = [line for line in path.read_text().splitlines() if line and not line.startswith("# ")]
        captures = [line.removeprefix("capture: ") for line in lines if line.startswith("capture: ")]
        found[path.stem] = (captures, [line for line in lines if not line.startswith("capture: ")])
    return found


def ranges(numbers: list[int]) -> str:
    """1, 2, 3, 7 as "1-3,7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in parts)


def numbers(text: str) -> list[int]:
    """The opposite of `ranges`."""
    found = []
    for part in text.split(",") if text else []:
        low, _, high = part.partition("-")
        found += range(int(low), int(high or low) + 1)
    return found


def ask(capture: str, texts: list[str]) -> dict[str, str]:
    """The frames that tshark selects with each filter; what it says where it refuses one."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("".join(f"{text}\n" for text in texts))
        listed.flush()
        script = f"lua_script:{HERE / 'taps.lua'}"
        command = ["tshark", "-n", "-q", "-o", "tcp.reassemble_out_of_order:TRUE", "-r", CASES / capture, "-X", script]
        environment = {**os.environ, "TZ": "UTC", "FILTERS": listed.name}
        # 2: the capture is cut short.
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    answers = {}
    for line in done.stdout.splitlines():
        kind, number, rest = line.split(" ", 2)
        text = texts[int(number) - 1]
        answers[text] = ranges([int(frame) for frame in rest.split()]) if kind == "FILTER" else f"refused: {rest.partition(' - ')[2]}"
    if list(answers) != texts:
        raise SystemExit(f"tshark said nothing of {set(texts) - set(answers)}: {done.stderr}")
    return answers


def main(names: list[str]) -> None:
    answers: dict[str, dict[str, str]] = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    for name, (captures, filters) in lists().items():
        for capture in captures if not names or name in names else []:
            answers[f"{name} {capture}"] = ask(capture, filters)
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
