"""`unifykit sandbox up` and `unifykit sandbox seed`."""

import os
import shlex
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from unifykit.cli import show
from unifykit.platforms import Platforms
from unifykit.sandbox import Sandbox


def run(*, only: Sequence[str] | None, env_only: bool, persist: Path | None) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM."""
    to = show.console()
    with Sandbox(only=only, persist=persist) as sandbox, suppress(KeyboardInterrupt):
        if not env_only:
            for name, kind in sandbox.kinds.items():
                show.line(to, f"# {name}: {kind}")
        for variable, value in sandbox.environment().items():
            show.line(to, f"{variable}={shlex.quote(value)}")
        if not env_only:
            show.line(to, f"# its page: {sandbox.url}")
            ends = "forgets everything" if persist is None else f"keeps everything in {persist}"
            show.line(to, f"# running; Ctrl-C stops it and {ends}")
        to.file.flush()
        _until_interrupted()


def seed(*, only: Sequence[str] | None, persist: Path | None) -> None:
    """Fill the sandbox that runs on a folder, or that the environment leads to."""
    from unifykit.sandbox import seeding
    from unifykit.sandbox.persisting import environment_of

    settings: dict[str, Any] = seeding.local(os.environ if persist is None else environment_of(persist), only)
    to = show.console()
    with Platforms(**settings) as p:
        for platform, what in seeding.fill(p, list(settings)):
            show.line(to, f"{platform}: {what}")


def _until_interrupted() -> None:
    never = threading.Event()
    while not never.wait(1):  # in pieces, because Windows cannot interrupt an endless wait
        pass
