"""The `unifykit` command (extra ``cli``): `demo`, `doctor`, `sandbox up`."""

import importlib
import io
import signal
import sys

from unifykit._core.extras import extra
from unifykit.errors import MissingExtraError, UnifyError

__all__ = ["main"]

_UNUSABLE = 2


def main() -> None:
    """Run the command of `sys.argv` and exit: 0 for success, 1 for a failure, 2 for a wrong call or a missing extra."""
    try:
        with extra("cli", ("typer", "rich")):
            importlib.import_module("rich")  # typer asks for it only when it prints
            from unifykit.cli.app import app
        _never_fail_to_print()
        # What was started is stopped when the process is asked to end, as it is on Ctrl-C.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        app()
    except UnifyError as error:
        sys.stderr.write(f"unifykit: {error}\n")
        sys.exit(_UNUSABLE if isinstance(error, MissingExtraError) else 1)


def _never_fail_to_print() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
