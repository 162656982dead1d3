"""From an HTTP request to a handler and back: tokens, allowance, headers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from starlette.responses import Response

from .call import Call, Reply
from .errors import Refusal, not_implemented, unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from .quota import Quota, Window
    from .routing import Operation
    from .state import User, World

_OK, _NOT_MODIFIED = 200, 304


@dataclass
class Gateway:
    """What all operations share."""

    world: World
    quota: Quota
    operations: Sequence[Operation]
    base_url: str
    storage_url: str
    _requests: Iterator[int] = field(default_factory=lambda: count(1))

    async def respond(self, request: Request) -> Response:
        """Answer one request. Nothing is awaited while the handler runs, so requests never see each other's half."""
        content = await request.body()
        request_id = f"01SANDBOX{next(self._requests):017d}"
        path = request.scope["raw_path"].decode("ascii").partition("?")[0]
        operation, places = self._find(request.method, path)
        anonymous, refusal = True, None
        viewer: User | None = None
        try:
            viewer = self._viewer(request, operation)
            anonymous = viewer is None
        except Refusal as bad_token:
            refusal = bad_token
        caller = viewer.username if viewer else request.client.host if request.client else "unknown"
        window = self.quota.count(caller, anonymous=anonymous)
        if window.exhausted:
            return self._throttled(window, request_id)
        call = self._call(request, path, places, content, viewer)
        reply = self._handled(call, operation) if refusal is None else Reply(refusal.body, refusal.status)
        return _finished(request, reply, {**window.headers(), "X-Request-Id": request_id})

    def _find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
        for operation in self.operations:
            places = operation.match(method, path)
            if places is not None:
                return operation, places
        return None, {}

    def _viewer(self, request: Request, operation: Operation | None) -> User | None:
        """https://docs.gitlab.com/api/rest/authentication/."""
        headers = request.headers
        job_token = headers.get("job-token")
        if job_token is not None and operation is not None and operation.job_token:
            return self._known(self.world.job_tokens.get(job_token))
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        token = headers.get("private-token") or (bearer.strip() if scheme.lower() == "bearer" else None)
        token = token or request.query_params.get("private_token")
        if token is None:
            return None
        return self._known(self.world.tokens.get(token))

    def _known(self, username: str | None) -> User:
        if username is None:
            raise unauthorized()
        return self.world.users[username]

    def _call(self, request: Request, path: str, places: dict[str, str], content: bytes, viewer: User | None) -> Call:
        return Call(
            world=self.world,
            method=request.method,
            path=path,
            base=self.base_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}",
            storage_url=self.storage_url.rstrip("/"),
            places=places,
            query_string=request.url.query,
            content=content,
            content_type=request.headers.get("content-type", ""),
            viewer=viewer,
        )

    def _handled(self, call: Call, operation: Operation | None) -> Reply:
        try:
            if operation is None:
                raise not_implemented(f"{call.method} {call.path}")
            if operation.token and call.viewer is None:
                raise unauthorized()
            return operation.handler(call)
        except Refusal as refusal:
            return Reply(refusal.body, refusal.status)

    def _throttled(self, window: Window, request_id: str) -> Response:
        """GitLab's throttle answers before its API does, in plain text."""
        headers = {**window.headers(), "Retry-After": str(self.quota.wait(window)), "X-Request-Id": request_id}
        return Response(b"Retry later\n", 429, headers, "text/plain")


def _finished(request: Request, reply: Reply, headers: dict[str, str]) -> Response:
    raw = json.dumps(reply.body, separators=(",", ":"), ensure_ascii=False).encode() if reply.raw is None else reply.raw
    status = reply.status
    if request.method == "GET" and status == _OK:
        headers["ETag"] = f'W/"{hashlib.sha256(raw).hexdigest()[:32]}"'
        headers["Cache-Control"] = "max-age=0, private, must-revalidate"
        if request.headers.get("if-none-match") == headers["ETag"]:
            status, raw = _NOT_MODIFIED, b""
    if raw:
        headers["Content-Type"] = reply.content_type
    return Response(raw, status, {**headers, **reply.headers})
