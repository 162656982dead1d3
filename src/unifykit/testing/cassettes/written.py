# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# The reason: what JSON holds is Any, and what is found in it by isinstance is a list or dict of unknown parts.
"""Interactions as they are written: one JSON object each, readable and the same whenever it is recorded anew."""

import base64
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from unifykit._wires.tap import Asked, Commands, Failure, Replies, SaidNo, Told
from unifykit.testing.cassettes import bodies
from unifykit.testing.cassettes.redaction import Redactor
from unifykit.testing.cassettes.secrets import CARRIERS, REDACTED, is_secret

Written = dict[str, Any]

COMPARED = (
    "accept",
    "accept-profile",
    "content-profile",
    "if-match",
    "if-none-match",
    "prefer",
    "range",
    "stripe-account",
)
"""The headers that say what is asked; what a request has beside them is neither written nor compared."""

_HIDDEN = frozenset(("set-cookie", "set-cookie2", "www-authenticate", *CARRIERS))
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(rb"[A-Za-z0-9._~-]")
_BODILESS = frozenset(("HEAD",))


def request(asked: Asked, platform: str, home: str, redactor: Redactor) -> Written:
    """A request."""
    parts = urlsplit(asked.url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
    headers = {name.lower(): value for name, value in asked.headers}
    made: Written = {"method": asked.method, "url": redactor.text(origin + _PERCENT.sub(_normal, parts.path))}
    if home == origin:
        made["home"] = True
    query = bodies.fields(parse_qsl(parts.query, keep_blank_values=True), redactor, query=True)
    kept = {name: redactor.text(headers[name]) for name in COMPARED if headers.get(name, "*/*") != "*/*"}
    body = bodies.asked(asked.body, headers.get("content-type", ""), redactor, platform)
    return {**made, **({"query": query} if query else {}), **({"headers": kept} if kept else {}),
            **({"body": body} if body else {})}  # fmt: skip


def _normal(found: re.Match[str]) -> str:
    plain = unquote_to_bytes(found[0])
    return plain.decode("ascii") if _UNRESERVED.fullmatch(plain) else found[0].upper()


def reply(told: Told, platform: str, redactor: Redactor) -> Written:
    """A reply, and how it broke off if it did."""
    made: Written = {}
    if told.status:
        kind = next((value for name, value in told.headers if name.lower() == "content-type"), "")
        headers = bodies.fields(
            [(name.lower(), _header(name, value, redactor)) for name, value in told.headers], redactor
        )
        made["reply"] = {"status": told.status, "reason": redactor.text(told.reason), "headers": headers}
        body = bodies.told(told.chunks, kind, redactor, platform)
        if body:
            made["reply"]["body"] = body
    return {**made, **_failure(told.failure, redactor)}


def _header(name: str, value: str, redactor: Redactor) -> str:
    return REDACTED if name.lower() in _HIDDEN or is_secret(name) else redactor.text(value)


def _failure(failure: Failure | None, redactor: Redactor) -> Written:
    if failure is None:
        return {}
    made = {"kind": failure.kind, "text": redactor.text(failure.text)}
    return {"error": {**made, **({"late": True} if failure.late else {}), **({} if failure.sent else {"sent": False})}}


def told(written: Written) -> Told:
    """The reply, to be played."""
    made = Told(failure=_found_failure(written))
    said = written.get("reply")
    if said is None:
        return made
    made.status, made.reason = said["status"], said.get("reason", "")
    made.chunks = bodies.bytes_of(said.get("body"))
    length = str(sum(map(len, made.chunks)))
    whole = made.failure is None and written["request"]["method"] not in _BODILESS
    for name, values in said.get("headers", {}).items():
        for value in values if isinstance(values, list) else [values]:
            made.headers.append((name, length if whole and name == "content-length" else value))
    return made


def _found_failure(written: Written) -> Failure | None:
    error = written.get("error")
    if error is None:
        return None
    return Failure(error["kind"], error.get("late", False), error["text"], error.get("sent", True))


def commands(asked: Commands, redactor: Redactor) -> list[Any]:
    """Redis commands."""
    return [_command(command, redactor) for command in asked.commands]


def _command(command: list[bytes], redactor: Redactor) -> list[Any]:
    texts = [_text(part) for part in command]
    hidden = redactor.command(texts)
    return [_value(part, redactor) if text is None else text for part, text in zip(command, hidden, strict=True)]


def _text(part: bytes) -> str | None:
    try:
        return part.decode()
    except UnicodeDecodeError:
        return None


def replies(told: Replies, redactor: Redactor) -> Written:
    """What Redis replied."""
    return {"replies": [_value(value, redactor) for value in told.values], **_failure(told.failure, redactor)}


def _value(value: Any, redactor: Redactor) -> Any:  # noqa: PLR0911 -- one for each kind
    """A value of RESP, where text is bytes.

    https://redis.io/docs/latest/develop/reference/protocol-spec/
    """
    if isinstance(value, bytes):
        text = _text(value)
        return {"base64": base64.b64encode(redactor.data(value)).decode()} if text is None else redactor.value(text)
    if isinstance(value, SaidNo):
        return {"error": redactor.text(value.text)}
    if isinstance(value, str):
        return {"text": redactor.value(value)}
    if isinstance(value, list):
        return _list(value, redactor)
    if isinstance(value, dict):
        pairs = [_list([key, part], redactor) for key, part in value.items()]
        return {"map": pairs}
    if isinstance(value, float) and not abs(value) < float("inf"):
        return {"double": str(value)}
    return value


def _list(values: list[Any], redactor: Redactor) -> list[Any]:
    """Values, of which one that follows a secret's name is hidden: a hash's fields come so."""
    made: list[Any] = []
    before: Any = None
    for value in values:
        hides = isinstance(before, bytes) and isinstance(value, bytes) and is_secret(before.decode("utf-8", "replace"))
        made.append(REDACTED if hides and value else _value(value, redactor))
        before = None if hides else value
    return made


def answers(written: Written) -> Replies:
    """What Redis replied, to be played."""
    return Replies([_played(value) for value in written["replies"]], _found_failure(written))


def _played(value: Any) -> Any:  # noqa: PLR0911 -- one for each kind
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return [_played(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "base64" in value:
        return base64.b64decode(value["base64"])
    if "error" in value:
        return SaidNo(value["error"])
    if "text" in value:
        return value["text"]
    return float(value["double"]) if "double" in value else {_played(key): _played(part) for key, part in value["map"]}
