"""The page of the command line, from its own help."""

import importlib.util
from collections.abc import Iterator
from typing import Any

HEAD = """# Command line

`pip install 'unifykit[cli]'`. Without the extra, `unifykit` prints that line and exits with code 2. The sandbox needs
the extra `sandbox` too.

| exit code | |
| --- | --- |
| 0 | success |
| 1 | something that was asked for failed |
| 2 | a wrong call, or a missing extra |
"""


def page() -> str:
    """The whole page."""
    return "\n\n".join([HEAD.strip(), *_root()])


def _root() -> Iterator[str]:
    if importlib.util.find_spec("unifykit.cli") is None:
        return
    from typer.main import get_command

    from unifykit.cli.app import app

    yield from _walk("unifykit", get_command(app))


def _walk(name: str, command: Any) -> Iterator[str]:
    commands = getattr(command, "commands", None)
    options = [line for parameter in command.params if (line := _option(parameter))]
    usage = f"```text\n{name}{' [OPTIONS]' if options else ''}{' COMMAND' if commands else ''}\n```"
    told = " ".join((command.help or "").split())
    yield "\n\n".join(part for part in (f"## {name}", usage, told, "\n".join(options)) if part)
    for key, value in sorted((commands or {}).items()):
        yield from _walk(f"{name} {key}", value)


def _option(parameter: Any) -> str:
    if parameter.name == "help" or getattr(parameter, "hidden", False):
        return ""
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    return f"- {names}: {' '.join((getattr(parameter, 'help', None) or '').split())}"
