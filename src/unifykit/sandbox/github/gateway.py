"""From an HTTP request to a handler and back: tokens, allowance, conditional requests, headers.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.responses import Response

from .call import Call, Reply
from .errors import DOCS, Refusal
from .links import Links
from .webhooks import send_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from .quota import Quota
    from .routing import Operation
    from .state import Account, World

_LIMITS_PAGE = f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api"
_VERSION = "2022-11-28"
_OK = 200
_NOT_MODIFIED = 304


@dataclass
class Gateway:
    """What all operations share."""

    world: World
    quota: Quota
    base_url: str
    _requests: Iterator[int] = field(default_factory=lambda: count(1))

    async def respond(self, request: Request, operation: Operation) -> Response:
        """Answer one request. Nothing is awaited while the handler runs, so requests never see each other's half.

        Args:
            request: The request.
            operation: What it asks for.

        Returns:
            The response.
        """
        content = await request.body()
        request_id = f"{next(self._requests):04X}:SANDBOX"
        try:
            viewer, refusal = self._viewer(request), None
        except Refusal as bad_token:
            viewer, refusal = None, bad_token
        call = self._call(request, content, viewer)
        if refusal is None:
            refusal = self._refusal(call, request, operation, request_id)
        counted = call.path != "/rate_limit" and call.window.remaining > 0
        call.window.used += counted
        reply = self._handled(call, operation) if refusal is None else _refused(refusal, operation)
        return self._finished(call, request, reply, request_id, counted=counted)

    def _viewer(self, request: Request) -> Account | None:
        header = request.headers.get("authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        login = self.world.tokens.get(token.strip()) if scheme.lower() in ("token", "bearer") else None
        viewer = self.world.account(login) if login else None
        if viewer is None:
            raise Refusal(401, "Bad credentials", documentation_url=DOCS)
        return viewer

    def _call(self, request: Request, content: bytes, viewer: Account | None) -> Call:
        root = str(request.scope.get("root_path", ""))
        path = str(request.scope["path"]).removeprefix(root)
        base = self.base_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}{root}"
        caller = viewer.login if viewer else request.client.host if request.client else "unknown"
        resource = "search" if path.startswith("/search/") else "core"
        return Call(
            world=self.world,
            method=request.method,
            path=path,
            params=request.path_params,
            query=dict(request.query_params),
            accept=request.headers.get("accept", ""),
            content=content,
            links=Links(base),
            viewer=viewer,
            quota=self.quota,
            caller=caller,
            window=self.quota.window(caller, resource, anonymous=viewer is None),
        )

    def _refusal(self, call: Call, request: Request, operation: Operation, request_id: str) -> Refusal | None:
        """Say what stands against even looking at the request."""
        version = request.headers.get("x-github-api-version", _VERSION)
        if not request.headers.get("user-agent"):
            return Refusal(403, "Request forbidden by administrative rules. Please make sure your request has a "
                           "User-Agent header.", documentation_url=f"{DOCS}/using-the-rest-api")  # fmt: skip
        if version != _VERSION:
            return Refusal(
                400, f'"{version}" is not a supported version.', documentation_url=f"{DOCS}/about-the-rest-api"
            )
        if operation.token and call.viewer is None:
            return Refusal(401, "Requires authentication")
        if call.window.remaining == 0 and call.path != "/rate_limit":
            return _exhausted(call, request_id)
        return None

    def _handled(self, call: Call, operation: Operation) -> Reply:
        try:
            return operation.handler(call)
        except Refusal as refusal:
            return _refused(refusal, operation)

    def _finished(self, call: Call, request: Request, reply: Reply, request_id: str, *, counted: bool) -> Response:
        body = encode(reply.body) if reply.raw is None else reply.raw
        headers = {**_common_headers(call, request_id), **reply.headers}
        status = reply.status
        if call.method in ("GET", "HEAD") and status == _OK:
            headers |= {"ETag": f'W/"{hashlib.sha256(body).hexdigest()}"', "Vary": "Accept, Authorization"}
            headers["Cache-Control"] = f"{'private' if call.viewer else 'public'}, max-age=60, s-maxage=60"
            if _unchanged(request, headers["ETag"]):
                status, body = _NOT_MODIFIED, b""
                # https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
                call.window.used -= counted and call.viewer is not None
        headers |= call.window.headers()
        if body:
            headers["Content-Type"] = reply.content_type
        background = BackgroundTask(send_all, self.world) if self.world.outbox else None
        return Response(body, status, headers, background=background)


def encode(body: object) -> bytes:
    """Write JSON as compactly as GitHub does.

    Args:
        body: Plain values.

    Returns:
        UTF-8.
    """
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _refused(refusal: Refusal, operation: Operation) -> Reply:
    headers = {"Location": refusal.location} if refusal.location else {}
    return Reply(refusal.body(operation.documentation_url), refusal.status, headers)


def _exhausted(call: Call, request_id: str) -> Refusal:
    if call.viewer:
        moment = call.now.strftime("%Y-%m-%d %H:%M:%S UTC")
        message = (
            f"API rate limit exceeded for user ID {call.viewer.id}. If you reach out to GitHub Support for help, "
            f"please include the request ID {request_id} and timestamp {moment}."
        )
    else:
        message = (
            f"API rate limit exceeded for {call.caller}. (But here's the good news: Authenticated requests get a "
            "higher rate limit. Check out the documentation for more details.)"
        )
    return Refusal(403, message, documentation_url=_LIMITS_PAGE)


def _unchanged(request: Request, etag: str) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return "*" in known or etag.removeprefix("W/") in known


def _common_headers(call: Call, request_id: str) -> dict[str, str]:
    media = "github.v3; format=json" if call.media == "json" else f"github.v3; param={call.media}"
    if call.media != "json" and "+json" in call.accept:
        media += "; format=json"
    return {
        "X-GitHub-Media-Type": media,
        "X-GitHub-Api-Version-Selected": _VERSION,
        "X-GitHub-Request-Id": request_id,
    }
