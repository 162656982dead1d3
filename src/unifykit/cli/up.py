"""`unifykit sandbox up`."""

import shlex
import threading
from collections.abc import Sequence
from contextlib import suppress

from unifykit.cli import show
from unifykit.sandbox import Sandbox


def run(*, only: Sequence[str] | None, env_only: bool) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM."""
    to = show.console()
    with Sandbox(only=only) as sandbox, suppress(KeyboardInterrupt):
        if not env_only:
            for name, kind in sandbox.kinds.items():
                show.line(to, f"# {name}: {kind}")
        for variable, value in sandbox.environment().items():
            show.line(to, f"{variable}={shlex.quote(value)}")
        if not env_only:
            show.line(to, "# running; Ctrl-C stops it and forgets everything")
        to.file.flush()
        _until_interrupted()


def _until_interrupted() -> None:
    never = threading.Event()
    while not never.wait(1):  # in pieces, because Windows cannot interrupt an endless wait
        pass
