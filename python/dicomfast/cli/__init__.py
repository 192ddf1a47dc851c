"""The command `dicomfast`: runs it, and turns everything that can go wrong into one line and an exit code.

0 fine, 1 run-time or I/O error, 2 usage, 3 findings at or above --fail-on, 4 packets dropped and --fail-on-drop, 130 Ctrl-C.
"""

import os
import sys

FINDINGS = 3
DROPPED = 4
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and answer its exit code."""
    # numpy, which pyarrow loads, would start threads that spin for a tenth of a second and are not used.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        # Late, so that Ctrl-C while they load is also one line.
        from dicomfast.cli.run import run

        return run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        print("dicomfast: interrupted", file=sys.stderr)  # noqa: T201 - the one line
        return INTERRUPTED
