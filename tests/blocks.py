"""The fenced blocks of the Markdown pages, and what is said about each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

_FENCE = re.compile(r"^```(?P<info>\S[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.+?) -->\s*\Z")
_PRINTS = 'text title="prints"'


@dataclass(frozen=True)
class Block:
    """One ```python block.

    Attributes:
        page: The file, from the root.
        line: Its first line in the file.
        code: Its text.
        not_run: Why it is not run; empty where it is.
        prints: What the block after it says that it prints, or None if there is none.
    """

    page: str
    line: int
    code: str
    not_run: str
    prints: str | None


def pages() -> list[Path]:
    """Every page that a person wrote or that the code wrote."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """The python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    for position, block in enumerate(found):
        if block["info"].split()[0] != "python":
            continue
        reason = _NOT_RUN.search(text[: block.start()])
        after = found[position + 1] if position + 1 < len(found) else None
        follows = after is not None and after["info"] == _PRINTS and not text[block.end() : after.start()].strip()
        yield Block(
            page=str(page.relative_to(ROOT)),
            line=text.count("\n", 0, block.start("text")) + 1,
            code=block["text"],
            not_run=reason["reason"] if reason else "",
            prints=after["text"] if after is not None and follows else None,
        )
