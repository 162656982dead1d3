"""The `unifykit` command (extra ``cli``): `demo`, `doctor`, `sandbox up`."""

import _thread
import importlib
import io
import signal
import sys
import threading

from unifykit._core.extras import extra
from unifykit.errors import MissingExtraError, UnifyError

__all__ = ["Terminated", "main"]

_UNUSABLE = 2
_SIGNALLED = 128
_SOON = 0.05


class Terminated(SystemExit):
    """SIGTERM, told from what an imported package may raise to end the process."""


def main() -> None:
    """Run the command of `sys.argv` and exit: 0 for success, 1 for a failure, 2 for a wrong call or a missing extra."""
    try:
        with extra("cli", ("typer", "rich")):
            importlib.import_module("rich")  # typer asks for it only when it prints
            from unifykit.cli.app import app
        _never_fail_to_print()
        # What was started is stopped when the process is asked to end, as it is on Ctrl-C.
        signal.signal(signal.SIGTERM, _terminate)
        sys.unraisablehook = _unheard
        app()
    except UnifyError as error:
        sys.stderr.write(f"unifykit: {error}\n")
        sys.exit(_UNUSABLE if isinstance(error, MissingExtraError) else 1)


def _terminate(number: int, _: object) -> None:
    raise Terminated(_SIGNALLED + number)


def _never_fail_to_print() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _unheard(told: "sys.UnraisableHookArgs") -> None:
    """A signal that comes within a finalizer or a weak reference's callback, where Python drops it, comes again."""
    ended = isinstance(told.exc_value, Terminated)
    if not ended and not isinstance(told.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(told)
        return
    again = threading.Timer(_SOON, _signal, [signal.SIGTERM if ended else signal.SIGINT])
    again.daemon = True
    again.start()


def _signal(number: int) -> None:
    """Send a signal that interrupts what the main thread waits for, where there are such signals."""
    if sys.platform == "win32":
        _thread.interrupt_main(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)
