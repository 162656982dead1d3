"""The last look at what is about to be written: does a secret stand in them, however it is spelled?

It shares nothing with the redaction, which it is there to catch out.
"""

import base64
import html
import re
from collections.abc import Iterable, Iterator

from unifykit.testing.cassettes.secrets import SHORTEST

_DEPTH = 3
_APART = "\0"
_ENOUGH = 4096
_PADDING = b"\0\0"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_QUOTED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_SPACE = re.compile(r"\s+")


class Guard:
    """Knows some secrets by label, and finds them."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._known: list[tuple[str, set[str], str]] = []
        for label, secret in dict.fromkeys(secrets):
            if len(secret) >= SHORTEST:
                data = secret.encode()
                self._known.append((label, {secret, data.decode("latin-1"), *_in_base64(data)}, data.hex()))

    def find(self, *texts: str) -> str | None:
        """The label of a secret in these texts, or None: as they are, and as they read when what hides it is undone."""
        seen: set[str] = set()
        level = set(texts)
        for _ in range(_DEPTH + 1):
            level -= seen
            found = self.look(_APART.join(level)) if level else None
            if found is not None:
                return found
            seen |= level
            level = {view for text in level for view in _undone(text)}
        return None

    def look(self, view: str) -> str | None:
        """The label of a secret in a text as it is."""
        folded = _SPACE.sub("", view) if "\n" in view else view
        lowered = folded.lower()
        for label, spellings, hexadecimal in self._known:
            if hexadecimal in lowered or any(spelling in view or spelling in folded for spelling in spellings):
                return label
        return None


def _in_base64(secret: bytes) -> Iterator[str]:
    """The characters that a secret always leaves in base64, at each of the three places where it may begin."""
    for before in range(3):
        text = base64.b64encode(_PADDING[:before] + secret).decode()
        first = (before * 8 + 5) // 6
        last = (before + len(secret)) * 8 // 6
        stable = text[first:last]
        yield stable
        yield stable.translate(str.maketrans("+/", "-_"))


def _undone(text: str) -> Iterator[str]:
    if _QUOTED.search(text) is not None:
        yield _QUOTED.sub(_unquoted, text)
        yield _QUOTED.sub(_unquoted, text.replace("+", " "))
    if "\\" in text:
        yield _ESCAPE.sub(_unescaped, text)
    if "&" in text:
        yield html.unescape(text)
    for source in {text, _SPACE.sub("", text)} if "\n" in text else {text}:
        for found in _ENCODED.finditer(source):
            yield from _from_base64(found[0])


def _unquoted(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _CONTROLS.get(found[3], found[3])


def _from_base64(text: str) -> Iterator[str]:
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    decoded = base64.b64decode(plain + "=" * (-len(plain) % 4))
    try:
        yield decoded.decode()
    except UnicodeDecodeError:
        readable = decoded.decode("latin-1")
        begin = readable[:_ENOUGH]
        if sum(character.isprintable() for character in begin) > len(begin) * 0.8:
            yield readable
