# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# The reason: what JSON holds is Any, and what is found in it by isinstance is a list or dict of unknown parts.
"""Bodies as a cassette has them: JSON and text where they are that, forms by their fields, base64 else."""

import base64
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from math import isfinite
from typing import Any, cast
from urllib.parse import parse_qsl

from unifykit.testing.cassettes.redaction import Redactor
from unifykit.testing.cassettes.secrets import is_secret

Body = dict[str, Any]

_EVENTS = ("text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq")
_BOUNDARY = re.compile(r"boundary=\"?([^\";]+)", re.IGNORECASE)
_READABLE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*")


class _InexactError(ValueError):
    """This JSON would not come out again as it went in."""


def exact_json(text: str) -> Any:
    """A JSON text's value, if the text can be made of it again but for its spaces.

    Raises:
        ValueError: It cannot, or is no JSON.
    """
    try:
        value = json.loads(text, parse_float=_float, parse_constant=_constant, object_pairs_hook=_object)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise _InexactError from None
    return value


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value) or Decimal(repr(value)) != Decimal(text):
        raise _InexactError
    return value


def _constant(_: str) -> Any:
    raise _InexactError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _InexactError
    return made


def asked(body: bytes, kind: str, redactor: Redactor, platform: str) -> Body | None:
    """A request's body, for the eye and for comparison."""
    if not body:
        return None
    media = kind.partition(";")[0].strip().lower()
    boundary = _BOUNDARY.search(kind)
    if media == "application/x-www-form-urlencoded":
        return {"form": _form(body, redactor)}
    if media.startswith("multipart/") and boundary is not None:
        return {"multipart": _multipart(body, kind, redactor, platform)}
    return one(body, redactor, platform)


def one(body: bytes, redactor: Redactor, platform: str = "") -> Body:
    """A body in one piece."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _binary(redactor.data(body))
    if text.lstrip()[:1] in ("{", "[", '"'):
        try:
            return {"json": redactor.json(exact_json(text), platform)}
        except ValueError:
            pass
    return {"text": redactor.text(text)} if _READABLE.fullmatch(text) else _binary(redactor.data(body))


def told(chunks: list[bytes], kind: str, redactor: Redactor, platform: str) -> Body | None:
    """A reply's body; a stream of events stays in the pieces in which it came."""
    body = b"".join(chunks)
    if not body:
        return None
    if kind.partition(";")[0].strip().lower() not in _EVENTS:
        return one(body, redactor, platform)
    pieces = [redactor.text(text) for text in _texts(chunks)]
    whole = redactor.text(body.decode("utf-8", "replace"))
    return {"chunks": pieces if "".join(pieces) == whole else [whole]}


def _texts(chunks: list[bytes]) -> list[str]:
    """Pieces as texts; a character that two of them share belongs to the second."""
    found: list[str] = []
    rest = b""
    for chunk in chunks:
        whole = rest + chunk
        text = whole.decode("utf-8", "ignore") if _cut(whole) else whole.decode("utf-8", "replace")
        rest = whole[len(text.encode()) :] if _cut(whole) else b""
        found.append(text)
    return [text for text in (*found, rest.decode("utf-8", "replace")) if text]


def _cut(data: bytes) -> bool:
    """Whether the last character is not whole, and the rest is text."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.end == len(data) and "unexpected end" in error.reason
    return False


def _binary(body: bytes) -> Body:
    return {"base64": base64.b64encode(body).decode()}


def _form(body: bytes, redactor: Redactor) -> dict[str, Any]:
    return fields(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True), redactor)


def fields(pairs: list[tuple[str, str]], redactor: Redactor, *, query: bool = False) -> dict[str, Any]:
    """Names and values, whose order among different names means nothing."""
    hide = redactor.parameter if query else redactor.named
    made: dict[str, Any] = {}
    for name, value in pairs:
        made.setdefault(redactor.text(name), []).append(hide(name, value))
    return {name: values[0] if len(values) == 1 else values for name, values in made.items()}


def _multipart(body: bytes, kind: str, redactor: Redactor, platform: str) -> list[Body]:
    head = b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    return [_part(part, redactor, platform) for part in message.iter_parts()]


def _part(part: Any, redactor: Redactor, platform: str) -> Body:
    data = cast("bytes", part.get_payload(decode=True) or b"")
    name, filename = part.get_param("name", header="content-disposition"), part.get_filename()
    about: dict[str, str | None] = {"name": name, "filename": filename}
    if part.get("content-type"):
        about["type"] = str(part.get("content-type"))
    made: Body = {field: redactor.text(value) for field, value in about.items() if value}
    if isinstance(name, str) and data and is_secret(name):
        return {**made, "text": redactor.named("password", "hidden")}
    return {**made, **(one(data, redactor, platform) if data else {})}


def bytes_of(body: Mapping[str, Any] | None) -> list[bytes]:
    """A reply's body as it was, in pieces."""
    if not body:
        return []
    if "chunks" in body:
        return [str(chunk).encode() for chunk in body["chunks"]]
    if "json" in body:
        return [json.dumps(body["json"], ensure_ascii=False, separators=(",", ":")).encode()]
    return [str(body["text"]).encode() if "text" in body else base64.b64decode(body["base64"])]
