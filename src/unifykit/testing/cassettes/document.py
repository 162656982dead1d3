# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# The reason: what JSON holds is Any, and what is found in it by isinstance is a list or dict of unknown parts.
"""The file: read as a whole, written as a whole or not at all."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from unifykit.testing.cassettes.bodies import bytes_of
from unifykit.testing.cassettes.errors import CassetteError, SecretInCassetteError
from unifykit.testing.cassettes.guard import Guard
from unifykit.testing.cassettes.written import Written

VERSION = 1
_MARK = "unifykit_cassette"


def read(path: Path, how: str) -> Written:
    """A cassette's content.

    Raises:
        CassetteError: There is none, or it is none that this version reads.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CassetteError(f"there is no cassette {str(path)!r}: {how}.") from None
    except (OSError, ValueError) as error:
        raise CassetteError(f"the cassette {str(path)!r} cannot be read: {error}.") from error
    version = cast("Written", found).get(_MARK) if isinstance(found, dict) else None
    if version != VERSION:
        raise CassetteError(f"the cassette {str(path)!r} is of version {version}, and this reads {VERSION}: {how}.")
    return cast("Written", found)


def write(path: Path, interactions: list[Written], platforms: Written, secrets: Iterable[tuple[str, str]]) -> None:
    """Write a cassette.

    Raises:
        SecretInCassetteError: A secret is in what would be written; the file is as it was.
    """
    document = {_MARK: VERSION, "platforms": platforms, "interactions": interactions}
    text = json.dumps(document, ensure_ascii=False, indent=2)
    data = text.encode("utf-8", "replace") + b"\n"
    guard = Guard(secrets)
    found = guard.look(text) or guard.find(*_texts(document), *_bodies(interactions))
    if found is not None:
        raise SecretInCassetteError(
            f"the cassette {path.name!r} is not written: {found} is in {_whereabouts(guard, document)}. "
            "Keep it out of what is sent, or record with an account whose secret may be seen."
        )
    _replace(path, data)


def _texts(value: Any) -> set[str]:
    """Every text in a JSON value; one that comes often is there once."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            found.add(part)
        elif isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list):
            waiting += part
    return found


def _bodies(interactions: list[Written]) -> Iterator[str]:
    """Bodies that the file has in pieces or in base64, as they are."""
    for interaction in interactions:
        for side in ("request", "reply"):
            body: Written = interaction.get(side, {}).get("body") or {}
            parts: list[Written] = body.get("multipart") or [body]
            for part in parts:
                if "chunks" in part or "base64" in part:
                    yield b"".join(bytes_of(part)).decode("utf-8", "replace")


def _whereabouts(guard: Guard, document: Written) -> str:
    for number, interaction in enumerate(document["interactions"], 1):
        for side, part in interaction.items():
            parts = cast("Written", part) if isinstance(part, dict) else {"": part}
            for name, value in parts.items():
                if guard.find(*_texts(value)):
                    return f"interaction {number}, {f'{side}.{name}'.rstrip('.')}"
    return "the settings" if guard.find(*_texts(document["platforms"])) else "one of its bodies"


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
