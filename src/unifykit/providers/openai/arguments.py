"""What is refused before the network, and how the caller's files become what is sent."""

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from unifykit.errors import InvalidRequestError

File = str | os.PathLike[str] | bytes | tuple[str, bytes]
"""A file: its path, its bytes, or a name and bytes."""

Picture = str | os.PathLike[str] | bytes
"""A picture: a URL (``https://``, ``http://`` or ``data:``), a path, or bytes."""

_URLS = ("https://", "http://", "data:")


def filled(name: str, value: str) -> str:
    """A text that is not empty."""
    if not value.strip():
        raise InvalidRequestError(f"{name} is empty: give it a value.")
    return value


def within(name: str, value: float | None, least: float, most: float) -> float | None:
    """A number within bounds."""
    if value is not None and not least <= value <= most:
        raise InvalidRequestError(f"{name}={value:g} is out of bounds: give a number from {least:g} to {most:g}.")
    return value


def at_least(name: str, value: int | None, least: int) -> int | None:
    """A number that is not too small."""
    if value is not None and value < least:
        raise InvalidRequestError(f"{name}={value} is too small: the least is {least}.")
    return value


def place(template: str, *ids: str) -> str:
    """A path with ids in it; an id cannot leave its place."""
    for one in ids:
        if not one.strip() or one in (".", ".."):
            raise InvalidRequestError(f"{one!r} is no id: give it as the platform told it.")
    return template.format(*(quote(one, safe=":") for one in ids))


def given(fields: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fields that the caller gave, and what he adds himself."""
    return {**{name: value for name, value in fields.items() if value is not None}, **(extra or {})}


def named_file(file: File, name: str) -> tuple[str, bytes]:
    """A file's name and bytes; `name` is what bytes alone are called."""
    if isinstance(file, tuple):
        return file
    if isinstance(file, bytes):
        return name, file
    path = existing(file)
    return path.name, path.read_bytes()


def existing(path: str | os.PathLike[str]) -> Path:
    """A file that is there."""
    found = Path(path)
    if not found.is_file():
        raise InvalidRequestError(f"there is no file {str(found)!r}.")
    return found


def picture_url(picture: Picture) -> str:
    """A picture's address; of a path and of bytes, one that holds the picture itself."""
    if isinstance(picture, str) and picture.startswith(_URLS):
        return picture
    content = picture if isinstance(picture, bytes) else existing(picture).read_bytes()
    return f"data:{picture_type(content)};base64,{base64.b64encode(content).decode()}"


def picture_type(content: bytes) -> str:
    """The media type of a picture.

    https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise InvalidRequestError("the picture is none of PNG, JPEG, GIF and WebP.")


def written(text: Sequence[str] | str | None) -> list[str] | None:
    """One text or several, as a list."""
    return [text] if isinstance(text, str) else None if text is None else list(text)
