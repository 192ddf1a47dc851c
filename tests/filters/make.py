"""Asks tshark which frames every filter of this folder selects, and stores its answers in tshark.json. Run it by hand: make.py [LIST...]
What fields of DICOM it has goes to dicom_fields.list.

A list names its captures (under tests/cases), and the preferences of Wireshark that it takes; then has a filter a line. tshark's time
zone is UTC.
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
FIELDS = HERE / "dicom_fields.list"


def lists() -> dict[str, tuple[list[str], list[str]]]:
    """For each list its captures and its filters."""
    found = {}
    for path in sorted(HERE.glob("*.txt")):
        filters = [line for line in path.read_text().splitlines() if line and not line.startswith(("# ", "capture: ", "preference: "))]
        found[path.stem] = (named(path.stem, "capture"), filters)
    return found


def named(name: str, what: str) -> list[str]:
    """What a list says before its filters: each `capture`, each `preference`."""
    lines = (HERE / f"{name}.txt").read_text().splitlines()
    return [line.removeprefix(f"{what}: ") for line in lines if line.startswith(f"{what}: ")]


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


def ask(capture: str, texts: list[str], preferences: list[str]) -> dict[str, str]:
    """The frames that tshark selects with each filter; what it says where it refuses one."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("".join(f"{text}\n" for text in texts))
        listed.flush()
        script = f"lua_script:{HERE / 'taps.lua'}"
        options = [argument for preference in ("tcp.reassemble_out_of_order:TRUE", *preferences) for argument in ("-o", preference)]
        command = ["tshark", "-n", "-q", *options, "-r", CASES / capture, "-X", script]
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


def fields() -> list[str]:
    """The names of the fields of DICOM."""
    listed = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    lines = (line.split("\t") for line in listed.splitlines())
    return sorted(line[2] for line in lines if line[0] == "F" and line[2].startswith("dicom."))


def main(names: list[str]) -> None:
    FIELDS.write_text("".join(f"{name}\n" for name in fields()))
    known: dict[str, dict[str, str]] = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    answers = {}
    for name, (captures, filters) in lists().items():
        for capture in captures:
            key = f"{name} {capture}"
            asked = not names or name in names
            answers[key] = ask(capture, filters, named(name, "preference")) if asked else known[key]
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
