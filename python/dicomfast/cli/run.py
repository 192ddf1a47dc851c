"""One run of the command, and what its errors become."""

from __future__ import annotations

import os
import sys

import click

from dicomfast.cli import INTERRUPTED, dashboard, fields, insight, interfaces, objects, slicing, watch  # noqa: F401 - each adds its commands
from dicomfast.cli.commands import cli
from dicomfast.cli.progress import interrupted
from dicomfast.errors import DicomfastError, FilterError
from dicomfast.text import escape

FAILED = 1
USAGE = 2


def run(arguments: list[str]) -> int:
    """Run the command line and answer its exit code."""
    try:
        # Not cli.main(), which has its own ideas about broken pipes and Ctrl-C.
        with cli.make_context("dicomfast", arguments) as context:
            code = cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        code = end.exit_code
    except BrokenPipeError:
        # Who reads us has seen enough. What is still buffered goes nowhere, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, click.Abort):
        return _say(f"interrupted{interrupted()}", INTERRUPTED)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "dicomfast"
        return _say(f"{error.format_message()} (see {command} --help)", USAGE)
    except (DicomfastError, OSError, click.ClickException) as error:
        return _failed(error)
    except Exception as error:
        if os.environ.get("DICOMFAST_TRACEBACK"):
            raise
        # The text of an unexpected error may hold anything, also bytes from the wire: its kind must do.
        kind = type(error).__name__
        return _say(f"internal error: {kind}; DICOMFAST_TRACEBACK=1 shows where, please report it", FAILED)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    if isinstance(error, FilterError):
        # Of three lines, so that the carets stand under the place. It is the user's own text, and escaped.
        print(f"dicomfast: {error}", file=sys.stderr)  # noqa: T201 - more than the one line
        return USAGE
    return _say(str(error), FAILED)


def _say(message: str, code: int) -> int:
    print(f"dicomfast: {escape(' '.join(message.split()))}", file=sys.stderr)  # noqa: T201 - the one line
    return code
