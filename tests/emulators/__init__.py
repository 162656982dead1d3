"""Servers that others wrote, on this machine, on 127.0.0.1 only: what our clients and our counterparts are held against.

    python -m tests.emulators prepare DIR    # once, needs the registries of PyPI and npm
    UNIFYKIT_EMULATORS=DIR pytest -m emulate

    with github() as server:
        httpx.get(f"{server.url}/user", headers=server.headers)

npm packages are brought and run by PyPI `deno`, so that no Node is needed; all versions are pinned.
docs/reference/emulate.md says what npm `emulate` and PyPI `localstripe` answer.
"""

from tests.emulators.aimock import aimock
from tests.emulators.emulate import Emulator, github, stripe
from tests.emulators.localstripe import localstripe
from tests.emulators.processes import DIRECTORY_VARIABLE, EmulatorError, directory
from tests.emulators.steady import Verdict, steady

__all__ = [
    "DIRECTORY_VARIABLE",
    "Emulator",
    "EmulatorError",
    "Verdict",
    "aimock",
    "directory",
    "github",
    "localstripe",
    "steady",
    "stripe",
]
