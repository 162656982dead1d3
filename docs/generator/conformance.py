"""What tells the sandbox's counterparts from those that others wrote."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIFFERENCES = Path(__file__).parents[2] / "tests" / "conformance" / "differences.toml"
SHOWN = 5

INTRO = """# Conformance

The same script of plain HTTP requests (`tests/conformance/github.py`, `stripe.py`) runs on the sandbox's counterparts and on
[those that others wrote](emulate.md). Compared are the status, the fields and their types, the number of items, the links to other
pages, the content type, and of refusals what a program reads: type, code, parameter, GitHub's message.

Each difference is listed in `tests/conformance/differences.toml` and judged by the platform's OpenAPI description or documentation.
The suite fails on a difference that is not listed, and on one that is listed and gone. All replies of ours to the script fit the
description, but for those that say 501.
"""
NAMES = {"github": "GitHub", "stripe": "Stripe"}


def page() -> str:
    """The whole page."""
    judged = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    sections = [_pair(name, server, rows) for name, servers in judged.items() for server, rows in servers.items()]
    return "\n\n".join([INTRO.strip(), *sections])


def _pair(name: str, server: str, rows: Mapping[str, Any]) -> str:
    counts = Counter(row["right"] for row in rows.values())
    told = ", ".join(f"{what}: {count}" for what, count in counts.most_common())
    lines = [["request", "difference", "right", "why"], ["---"] * 4]
    lines += [[step.strip(), _told(row["differences"]), row["right"], row["why"]] for step, row in rows.items()]
    table = "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)
    return f"## {NAMES[name]}: ours and {server}\n\n{len(rows)} rows; who is right: {told}.\n\n{table}"


def _told(differences: list[str]) -> str:
    return "; ".join(_short(text) for text in differences)


def _short(text: str) -> str:
    side, lacks, names = text.partition(" lacks ")
    fields = names.split(", ")
    if not lacks or len(fields) <= SHOWN:
        return text
    return f"{side} lacks {', '.join(fields[:SHOWN])} and {len(fields) - SHOWN} more"


def _cell(text: str) -> str:
    plain = re.sub(r"\s+", " ", text).replace("|", "\\|").replace("[]", "\\[\\]")
    return re.sub(r"(?<![(<])(https://\S+?)(?=[:,;]?(\s|$))", r"<\1>", plain)
