"""From an HTTP request to a handler and back: keys, versions, idempotency, expansion, headers.

https://docs.stripe.com/api/authentication, https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
from starlette.background import BackgroundTask
from starlette.responses import Response

from .call import Call
from .clockwork import catch_up
from .errors import Refusal, invalid
from .expanding import expanded
from .forms import Fields, decode
from .state import VERSION, Kept
from .webhooks import send_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request

    from .routing import Operation
    from .state import World

_VERSION = re.compile(r"\d{4}-\d\d-\d\d(\.[a-z]+)?")
_OK, _DECLINED = 200, 402
_LONGEST_KEY = 255


@dataclass
class Gateway:
    """What all operations share."""

    worlds: Mapping[str, World]
    base_url: str
    latency: float
    _requests: Iterator[int] = field(default_factory=lambda: count(1))

    async def respond(self, request: Request, operation: Operation) -> Response:
        """Answer one request. Nothing is awaited while the handler runs, so requests never see each other's half."""
        content = await request.body()
        request_id = f"req_sandbox{next(self._requests):06d}"
        headers = {"Request-Id": request_id}
        world: World | None = None
        try:
            world = self._world(request)
            headers["Stripe-Version"] = _version(request)
            status, body = await self._once(world, request, operation, content, headers)
        except Refusal as refusal:
            status, body = refusal.status, _encode(refusal.body)
        background = BackgroundTask(send_all, world) if world is not None and world.outbox else None
        return Response(body, status, headers, "application/json", background)

    def base(self, request: Request) -> str:
        """What addresses in replies begin with."""
        root = str(request.scope.get("root_path", ""))
        return self.base_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}{root}"

    def _world(self, request: Request) -> World:
        key = _key(request.headers.get("authorization", ""))
        if not key:
            said = (
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            )
            raise Refusal(401, said)
        world = self.worlds.get(key)
        if world is None:
            raise Refusal(401, f"Invalid API Key provided: {key[:7]}{'*' * 8}{key[-4:] if len(key) > 16 else ''}")  # noqa: PLR2004
        return world

    async def _once(
        self, world: World, request: Request, operation: Operation, content: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Execute a request, or give again what was answered to it before.

        https://docs.stripe.com/api/idempotent_requests
        """
        key = request.headers.get("idempotency-key")
        if key is None or request.method != "POST":
            return await self._executed(world, request, operation, content, headers, None)
        if not 1 <= len(key) <= _LONGEST_KEY:
            raise invalid("Idempotency keys must be between 1 and 255 characters long.")
        headers["Idempotency-Key"] = key
        print_of = hashlib.sha256(f"{request.method} {request.scope['path']} ".encode() + content).hexdigest()
        kept = world.keys.get(key)
        if kept is not None:
            return _replayed(kept, print_of, key, headers)
        kept = world.keys[key] = Kept(print_of, headers["Request-Id"])
        status = 0
        try:
            status, kept.body = await self._executed(world, request, operation, content, headers, key)
        finally:
            # What was refused before it began is not remembered; what a card's bank said is.
            if status in (_OK, _DECLINED):
                kept.status = status
            else:
                del world.keys[key]
        return status, kept.body

    async def _executed(  # noqa: PLR0917 - the parts of a request
        self,
        world: World,
        request: Request,
        operation: Operation,
        content: bytes,
        headers: dict[str, str],
        key: str | None,
    ) -> tuple[int, bytes]:
        if self.latency:
            await anyio.sleep(self.latency)
        world.request = {"id": headers["Request-Id"], "idempotency_key": key}
        try:
            return _OK, _encode(self._handled(world, request, operation, content))
        except Refusal as refusal:
            return refusal.status, _encode(refusal.body)

    def _handled(self, world: World, request: Request, operation: Operation, content: bytes) -> dict[str, Any]:
        path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
        text = request.url.query if request.method != "POST" else content.decode("utf-8", "replace")
        where = f"{request.method} {operation.path if operation.path.startswith('/v1') else path}"
        fields = Fields(decode(text))
        if operation.method != "*":
            fields.only(operation.takes, where)
        catch_up(world)
        call = Call(world, request.method, path, request.path_params, fields, self.base(request))
        return expanded(world, operation.handler(call), fields.texts("expand") if operation.method != "*" else ())


def _replayed(kept: Kept, fingerprint: str, key: str, headers: dict[str, str]) -> tuple[int, bytes]:
    if kept.fingerprint != fingerprint:
        said = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request."
        )
        raise Refusal(400, said, kind="idempotency_error")
    if kept.status is None:
        said = (
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
            f"submitted twice, and the other request is still going through): {key}. Please try again later."
        )
        raise Refusal(409, said, kind="idempotency_error", code="idempotency_key_in_use")
    headers |= {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
    return kept.status, kept.body


def _key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    try:
        return base64.b64decode(value).decode().partition(":")[0] if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _version(request: Request) -> str:
    version = request.headers.get("stripe-version", VERSION)
    if not _VERSION.fullmatch(version):
        raise invalid(f"Invalid Stripe API version: {version}")
    return version


def _encode(body: object) -> bytes:
    return json.dumps(body, indent=2, ensure_ascii=False).encode()
