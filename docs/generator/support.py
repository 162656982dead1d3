"""The support page: which operation works where, and what it has been tested against."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.walk import Operation, operations, providers
from unifykit.platforms import PROVIDERS

TABLE = Path(__file__).parents[2] / "tests" / "support.toml"

INTRO = """# Support

Every operation, what repeating it can do, and what the test suite runs it against. Every operation works in both modes,
and the suite runs it in both; those of a Supabase realtime channel are async only, as the vendor's are.
"""


def page() -> str:
    """The whole page."""
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    parts = [INTRO.strip(), _legend(told["counterparts"])]
    parts += [_provider(name, told) for name in providers() if operations(name)]
    return "\n\n".join([*parts, _native()])


def counterparts(operation: Operation, told: Mapping[str, Any]) -> list[str]:
    """What an operation is tested against: its own entry, else that of the resource around it.

    Raises:
        KeyError: There is no entry.
    """
    provider, _, name = operation.path.partition(".")
    around = name if "." in name else f"client.{name}"
    while around not in told[provider]:
        if "." not in around:
            raise KeyError(f"tests/support.toml has no entry for {operation.path}")
        around = around.rpartition(".")[0]
    found: list[str] = told[provider][around]
    return found


def _legend(told: Mapping[str, str]) -> str:
    return "## Counterparts\n\n" + "\n".join(f"- **{name}**: {what}" for name, what in told.items())


def _provider(name: str, told: Mapping[str, Any]) -> str:
    found = operations(name)
    columns = [column for column in told["counterparts"] if any(column in counterparts(op, told) for op in found)]
    head = ["operation", "gives", "safety", *columns]
    rows = [[f"`{op.path.partition('.')[2]}`", op.kind, op.safety, *_marks(op, told, columns)] for op in found]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"## {PROVIDERS[name][0]}\n\n{len(found)} operations.\n\n{table}"


def _marks(op: Operation, told: Mapping[str, Any], columns: list[str]) -> list[str]:
    return ["✓" if column in counterparts(op, told) else "" for column in columns]


def _native() -> str:
    bare = [name for name in providers() if not operations(name)]
    if not bare:
        return ""
    names = ", ".join(PROVIDERS[name][0] for name in bare)
    return (
        f"## Native only\n\n{names}: `p.<provider>.native` is the vendor's client behind the same pipeline. "
        "Retries, limits, deadlines and events work; typed operations are not there yet."
    )
