"""Tables for terminals, plain columns for pipes."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Sequence[str]

_STYLES = {"ok": "green", "failed": "bold red", "broken": "bold red", "missing": "yellow", "not run": "dim"}


def console() -> Console:
    """Standard output; highlights nothing by itself."""
    return Console(highlight=False, soft_wrap=True)


def table(to: Console, title: str, head: Row, rows: Sequence[Row]) -> None:
    """Print a table; where nobody looks at a terminal, aligned columns that are never cut or wrapped."""
    if not to.is_terminal:
        to.print(Text("\n".join([title, *_aligned([head, *rows]), ""])))
        return
    drawn = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for name in head:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    to.print(drawn, soft_wrap=False)


def line(to: Console, text: str, style: str = "") -> None:
    """Print one line as it is."""
    to.print(Text(text, style=style))


def as_json(value: Any) -> None:
    """Write JSON to standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=True))


def _aligned(rows: Sequence[Row]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
