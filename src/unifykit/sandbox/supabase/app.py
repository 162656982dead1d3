"""The gateway: keys and tokens first, then the service that the path names."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from . import auth, broadcasts, files, functions, realtime, rest
from .call import Call, Project, Reply
from .hooks import Hook
from .line import Lines
from .refusals import Refusal, unknown
from .refusals import rest as rest_refusal
from .tokens import BadTokenError, Signer

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SERVICES: dict[str, Callable[[Call], Awaitable[Reply]]] = {
    "/rest/v1": rest.answer, "/auth/v1": auth.answer, "/storage/v1": files.answer, "/functions/v1": functions.answer,
    "/realtime/v1": broadcasts.answer,
}  # fmt: skip
_OPEN = ("/storage/v1/object/public/", "/storage/v1/object/sign/", "/auth/v1/health", "/auth/v1/verify")
_TEN_YEARS = 315_360_000


def keys(signer: Signer, now: float) -> dict[str, str]:
    """The project's two keys: what anyone may have, and what passes every policy."""
    said = {"iss": "supabase", "ref": "sandbox", "iat": int(now), "exp": int(now) + _TEN_YEARS}
    return {role: signer.sign({**said, "role": role}) for role in ("anon", "service_role")}


def create_app(
    socket: str,
    database: str,
    signer: Signer,
    registered: dict[str, functions.Registered],
    *,
    now: Callable[[], float] = time.time,
    hooked: Mapping[str, Hook] | None = None,
) -> Starlette:
    """Make the gateway of a project.

    Args:
        socket: The socket of the PostgreSQL server.
        database: The project's database there.
        signer: Signs and verifies its tokens.
        registered: The callables behind `/functions/v1`; later changes are seen.
        now: Tells the time, in epoch seconds.
        hooked: What accounts asks before it acts; later changes are seen.

    Returns:
        The app; `app.state.project` is what its requests share.
    """
    project = Project(
        Lines(socket, database),
        signer,
        now,
        registered,
        realtime.Hub(socket, database),
        {} if hooked is None else hooked,
    )

    async def endpoint(request: Request) -> Response:
        headers = {"sb-request-id": secrets.token_hex(16)}
        try:
            reply = await _answered(project, request)
        except Refusal as refusal:
            reply = Reply(refusal.body, refusal.status, {**_said(refusal), **refusal.headers})
        return Response(reply.raw, reply.status, {**headers, **reply.headers}, reply.content_type)

    async def channels(websocket: WebSocket) -> None:
        try:
            claims = _of_key(project, websocket.headers.get("apikey") or websocket.query_params.get("apikey"))
        except Refusal as refusal:
            await websocket.send_denial_response(Response(json.dumps(refusal.body), refusal.status))
        else:
            await project.realtime.serve(project, websocket, claims)

    routes = [WebSocketRoute("/realtime/v1/websocket", channels), Route("/{rest:path}", endpoint, methods=_METHODS)]
    app = Starlette(routes=routes)
    app.state.project = project
    return app


async def _answered(project: Project, request: Request) -> Reply:
    path = request.scope["raw_path"].decode("ascii").partition("?")[0]
    service = next((one for prefix, one in _SERVICES.items() if path == prefix or path.startswith(f"{prefix}/")), None)
    content = await request.body()
    if service is None:
        raise unknown(request.method, path)
    call = Call(
        project, request.method, path, request.url.query, dict(request.headers), content,
        f"{request.url.scheme}://{request.url.netloc}", _claims(project, request, path),
    )  # fmt: skip
    try:
        return await service(call)
    except BadTokenError as error:
        raise _bad_token(path, error) from error


def _claims(project: Project, request: Request, path: str) -> dict[str, Any]:
    """Who asks: the key says which project, the bearer who; without one the key is both."""
    key = request.headers.get("apikey") or request.query_params.get("apikey")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    signed = request.method == "PUT" and path.startswith("/storage/v1/object/upload/sign/")
    if signed or (path.startswith(_OPEN) and request.method in ("GET", "HEAD")):
        return {"role": "anon"}
    open_to_bearers = bool(bearer) and path.startswith(("/storage/v1", "/functions/v1"))
    claims = _of_key(project, key) if key or not open_to_bearers else {}
    try:
        return project.signer.verify(bearer, project.now()) if bearer else claims
    except BadTokenError as error:
        raise _bad_token(path, error) from error


def _of_key(project: Project, key: str | None) -> dict[str, Any]:
    """What the project's key says of its holder."""
    if not key:
        raise Refusal(
            401,
            {"message": "No API key found in request", "hint": "No `apikey` request header or url param was found."},
        )
    try:
        return project.signer.verify(key, project.now())
    except BadTokenError:
        raise Refusal(
            401, {"message": "Invalid API key", "hint": "Double check your Supabase `anon` or `service_role` API key."}
        ) from None


def _bad_token(path: str, error: BadTokenError) -> Refusal:
    if path.startswith("/auth/v1"):
        return Refusal(
            403,
            {
                "code": 403,
                "error_code": "bad_jwt",
                "msg": f"invalid JWT: unable to parse or verify signature, {error.message}",
            },
        )
    if path.startswith("/storage/v1"):
        return Refusal(400, {"statusCode": "403", "error": "Unauthorized", "message": error.message})
    if path.startswith("/functions/v1"):
        return Refusal(401, {"code": 401, "message": "Invalid JWT"})
    return rest_refusal(401, "PGRST303" if error.expired else "PGRST301", error.message)


def _said(refusal: Refusal) -> dict[str, str]:
    code = refusal.body.get("code")
    return {"Proxy-Status": f"PostgREST; error={json.dumps(code)[1:-1]}"} if isinstance(code, str) else {}
