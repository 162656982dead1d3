"""From an HTTP request to a handler and back: keys, limits, headers, events.

https://platform.openai.com/docs/api-reference/authentication
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import anyio
from starlette.responses import Response, StreamingResponse

from .call import Call
from .errors import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.requests import Request

    from .routing import Json, Operation, Reply
    from .state import World

_VERSION = "2020-10-01"


@dataclass
class Gateway:
    """What all operations share."""

    worlds: Mapping[str, World]
    latency: float
    pace: float
    _requests: Iterator[int] = field(default_factory=lambda: count(1))

    async def respond(self, request: Request, operation: Operation) -> Response:
        """Answer one request. Nothing is awaited while the handler runs, so requests never see each other's half."""
        content = await request.body()
        headers = {
            "x-request-id": f"req_{next(self._requests):032x}",
            "openai-version": _VERSION,
            "openai-processing-ms": "1",
        }
        if self.latency:
            await anyio.sleep(self.latency)
        try:
            reply = self._handled(request, operation, content, headers)
        except Refusal as refusal:
            headers |= refusal.headers
            return Response(_encode(refusal.body), refusal.status, headers, "application/json")
        if reply.events is not None:
            stream = self._streamed(reply.events, done=reply.done)
            return StreamingResponse(stream, 200, headers, "text/event-stream; charset=utf-8")
        body = reply.raw if reply.raw is not None else _encode(reply.body)
        return Response(body, 200, headers, reply.content_type)

    def _handled(self, request: Request, operation: Operation, content: bytes, headers: dict[str, str]) -> Reply:
        world = self._world(request)
        headers["openai-organization"] = world.organization
        path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
        kind = request.headers.get("content-type", "")
        call = Call(world, request.method, path, request.path_params, dict(request.query_params), content, kind)
        if operation.method != "*":
            call.only(operation.takes)
        if not operation.costs:
            return operation.handler(call)
        bucket = world.quota.admit(str(call.body.get("model") or "default"), world.clock().timestamp())
        headers |= bucket.headers()
        reply = operation.handler(call)
        bucket.tokens -= reply.tokens
        headers |= bucket.headers()
        return reply

    def _world(self, request: Request) -> World:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            said = (
                "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
                "auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're "
                "accessing the API from your browser and are prompted for a username and password. You can obtain an API "
                "key from https://platform.openai.com/account/api-keys."
            )
            raise Refusal(401, said)
        world = self.worlds.get(key)
        if world is None:
            said = (
                f"Incorrect API key provided: {_masked(key)}. You can find your API key at "
                "https://platform.openai.com/account/api-keys."
            )
            raise Refusal(401, said, code="invalid_api_key")
        return world

    async def _streamed(self, events: Iterator[tuple[str, Json]], *, done: bool) -> AsyncIterator[bytes]:
        for name, event in events:
            await anyio.sleep(self.pace)
            head = f"event: {name}\n".encode() if name else b""
            yield head + b"data: " + _encode(event) + b"\n\n"
        if done:
            yield b"data: [DONE]\n\n"


def _masked(key: str) -> str:
    return key[:8] + "*" * max(0, len(key) - 12) + key[-4:] if len(key) > 12 else "*" * len(key)  # noqa: PLR2004


def _encode(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
