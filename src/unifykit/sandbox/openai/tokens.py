"""A tokeniser that is simple and always the same: up to five letters or digits of a word, or one other sign."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\s*(?:\w{1,5}|[^\w\s])|\s+$")


def pieces(text: str) -> list[str]:
    """A text in tokens; joined, they are the text."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(pieces(text))
