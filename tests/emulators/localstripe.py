"""Stripe as PyPI `localstripe` plays it: GPL-3, so a process of its own in an environment of its own, and no dependency of ours."""

import sys
import venv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.emulators.processes import EmulatorError, pip_install, prepared, running

LOCALSTRIPE = "localstripe==1.15.10"
KEY = "sk_test_localstripe"

# Its own command line listens on every interface, and its store writes itself to a file that all users share.
_PROGRAM = """
import sys
from aiohttp import web
from localstripe import resources, server
type(resources.store).dump_to_disk = lambda self: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


def prepare(where: Path) -> None:
    """Bring localstripe (PyPI) into an environment below `where`."""
    if not _python(where).is_file():
        venv.create(where / "localstripe", with_pip=True)
    pip_install(_python(where), LOCALSTRIPE)


@contextmanager
def localstripe(where: Path | None = None) -> Generator[str, None, None]:
    """Run localstripe without data and give its address; any key that begins with sk_ is good.

    Raises:
        EmulatorError: Not prepared, or it did not start.
    """
    python = _python(prepared(where))
    if not python.is_file():
        raise EmulatorError(f"no {python}: run `python -m tests.emulators prepare DIR`")

    def command(port: int, folder: Path) -> list[str]:
        return [str(python), "-I", "-c", _PROGRAM, str(port)]

    with running(command, answers="/v1/customers", headers={"Authorization": f"Bearer {KEY}"}) as (url, _):
        yield url


def _python(where: Path) -> Path:
    return where / "localstripe" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
