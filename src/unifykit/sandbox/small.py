"""What the counterparts without an SDK share: routes by method and path, one credential, one limit, faults by name.

Each is a single class of handlers; a request that none of them knows is answered with 501 and names itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

Json = dict[str, Any]

_WINDOW = 1.0


class Refusal(Exception):  # noqa: N818 - an answer the handler gives, not a fault of the server
    """An answer other than success, in the platform's own shape."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status: int = status
        self.body: Any = body
        self.headers: dict[str, str] = dict(headers or {})


@dataclass
class Call:
    """One request.

    Attributes:
        ids: The parts of its path that the route names.
        query: Its query.
        headers: Its headers, in small letters.
        content: Its body.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    ids: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.content) if self.content else None
        except ValueError:
            return None

    @property
    def fields(self) -> Json:
        """The body, which must be a JSON object."""
        found = self.json
        if not isinstance(found, dict):
            raise Refusal(400, {"message": "The body is not a JSON object."})
        return found  # pyright: ignore[reportUnknownVariableType]


@dataclass
class Reply:
    """What goes back; bytes as they are, everything else as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = "application/json"


Handler = Callable[[Call], Reply]


@dataclass
class Routes:
    """Handlers by method and path; ``{name}`` stands for one segment."""

    known: list[tuple[str, re.Pattern[str], Handler]] = field(default_factory=list[Any])

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Register a handler."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
        self.known.append((method, re.compile(f"^{pattern}$"), handler))

    def answer(self, call: Call, unknown: Callable[[str], Reply]) -> Reply:
        """Answer one request."""
        for method, pattern, handler in self.known:
            found = pattern.match(call.path)
            if found and method == call.method:
                call.ids = {name: unquote(part) for name, part in found.groupdict().items()}
                return handler(call)
        return unknown(f"unifykit sandbox: {call.method} {unquote(call.path)} is not implemented.")


@dataclass
class Pace:
    """Requests in a second, counted by what they draw on."""

    most: int
    seen: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def admits(self, what: str, now: float) -> bool:
        """Count a request; False if there were too many in the last second."""
        recent = [moment for moment in self.seen.get(what, []) if moment > now - _WINDOW]
        if len(recent) >= self.most:
            return False
        self.seen[what] = [*recent, now]
        return True


async def heard(request: Request) -> Call:
    """The request, with its path as it was sent: a quoted slash does not part segments."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.partition(b"?")[0].decode("ascii")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(request.method, path, dict(request.query_params), headers, await request.body())


def said(reply: Reply) -> Response:
    """The reply as it goes back."""
    content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body, ensure_ascii=False).encode()
    return Response(content, reply.status, dict(reply.headers), reply.content_type)
