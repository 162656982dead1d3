"""The last look at a cassette's bytes: does a secret stand in them, however it is spelled?

It shares nothing with the redaction, which it is there to catch out.
"""

import base64
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from unifykit.testing.cassettes.secrets import SHORTEST

_DEPTH = 3
_PADDING = b"\0\0"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_SPACE = re.compile(r"\s+")


class Guard:
    """Knows some secrets by label, and finds them."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._known: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        for label, secret in dict.fromkeys(secrets):
            if len(secret) >= SHORTEST:
                data = secret.encode()
                self._known.append((label, (secret, data.decode("latin-1"), *_in_base64(data)), (data.hex(),)))

    def find(self, data: bytes) -> str | None:
        """The label of a secret in these bytes, or None."""
        return next((label for view in _views(data) for label in self._in(view)), None)

    def _in(self, view: str) -> Iterator[str]:
        folded = _SPACE.sub("", view)
        lowered = folded.lower()
        for label, spellings, hexadecimal in self._known:
            plain = any(spelling in view or spelling in folded for spelling in spellings)
            if plain or any(spelling in lowered for spelling in hexadecimal):
                yield label


def _in_base64(secret: bytes) -> Iterator[str]:
    """The characters that a secret always leaves in base64, at each of the three places where it may begin."""
    for before in range(3):
        text = base64.b64encode(_PADDING[:before] + secret).decode()
        first = (before * 8 + 5) // 6
        last = (before + len(secret)) * 8 // 6
        stable = text[first:last]
        yield stable
        yield stable.translate(str.maketrans("+/", "-_"))


def _views(data: bytes) -> Iterator[str]:
    """The text, and what it says when percent signs, backslashes, entities and base64 are taken away, in any order."""
    seen: set[str] = set()
    waiting = [(data.decode("utf-8", "replace"), 0)]
    while waiting:
        text, depth = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        yield text
        if depth < _DEPTH:
            waiting.extend((view, depth + 1) for view in _undone(text))


def _undone(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
        yield unquote(text.replace("+", " "))
    if "\\" in text:
        yield _ESCAPE.sub(_unescaped, text)
    if "&" in text:
        yield html.unescape(text)
    folded = _SPACE.sub("", text)
    for source in {text, folded}:
        decoded = [part for found in _ENCODED.finditer(source) for part in _from_base64(found[0])]
        if decoded:
            yield "\n".join(decoded)


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
        if sum(character.isprintable() for character in readable) > len(readable) * 0.8:
            yield readable
