"""The ASGI app."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from starlette.applications import Starlette
from starlette.routing import Route

from . import audio, chat, conversations, embeddings, files, fine_tuning, images, models, responses, retired
from .errors import Refusal, not_implemented
from .gateway import Gateway
from .quota import Limits, Quota
from .routing import Operation
from .state import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from .call import Call

DEFAULT_KEYS: Mapping[str, str] = MappingProxyType({"sk-sandbox": "org-sandbox"})
_MODULES = (audio, chat, conversations, embeddings, files, fine_tuning, images, models, responses, retired)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _now() -> datetime:
    return datetime.now(UTC)


def _nowhere(call: Call) -> NoReturn:
    if not call.path.startswith("/v1/"):
        raise Refusal(404, f"Invalid URL ({call.method} {call.path})")
    raise not_implemented(f"{call.method} {call.path}")


def create_app(
    *,
    keys: Mapping[str, str] = DEFAULT_KEYS,
    clock: Callable[[], datetime] = _now,
    limits: Limits | None = None,
    latency: float = 0.0,
    pace: float = 0.0,
) -> Starlette:
    """Make a counterpart of OpenAI's API whose state lives as long as the app.

    Args:
        keys: Organization ids by API key; each organization has objects of its own.
        clock: What tells the time; aware.
        limits: How much a minute holds for each model, and whether there is credit.
        latency: Seconds that each request takes.
        pace: Seconds between the events of a stream.

    Returns:
        The app; the API is below ``/v1``. It must run in a single process.
    """
    bounds = limits or Limits()
    worlds = {name: World(name, clock, Quota(bounds)) for name in keys.values()}
    gateway = Gateway({key: worlds[name] for key, name in keys.items()}, latency, pace)
    operations = [operation for module in _MODULES for operation in module.routes.operations]
    routes = [_route(gateway, operation, [operation.method]) for operation in operations]
    fallback = Operation("*", "/{rest:path}", frozenset(), False, _nowhere)
    app = Starlette(routes=[*routes, _route(gateway, fallback, _METHODS)])
    app.router.redirect_slashes = False
    app.state.worlds = list(worlds.values())
    return app


def _route(gateway: Gateway, operation: Operation, methods: list[str]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await gateway.respond(request, operation)

    return Route(operation.path, endpoint, methods=methods)
