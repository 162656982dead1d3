"""Bring the third-party servers: `python -m tests.emulators prepare DIR`. Safe to repeat."""

import argparse
from pathlib import Path

from tests.emulators.aimock import prepare as aimock
from tests.emulators.emulate import prepare as emulate
from tests.emulators.localstripe import prepare as localstripe
from tests.emulators.processes import prepare as deno
from tests.emulators.steady import prepare as steady

PREPARED = [deno, emulate, steady, aimock, localstripe]  # deno brings those of npm


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulators", description="Bring the third-party servers for pytest -m emulate."
    )
    parser.add_argument("command", choices=["prepare"])
    parser.add_argument("directory", type=Path)
    where = parser.parse_args().directory.resolve()
    where.mkdir(parents=True, exist_ok=True)
    for bring in PREPARED:
        bring(where)


if __name__ == "__main__":
    main()
