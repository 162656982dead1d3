"""The ASGI app."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from . import (
    account,
    activity,
    collaborators,
    commits,
    contents,
    gists,
    hooks,
    issue_labels,
    issues,
    merges,
    pulls,
    refs,
    repos,
    search,
    workflows,
)
from .errors import DOCS, not_implemented
from .gateway import Gateway
from .quota import Limits, Quota
from .routing import Operation
from .seed import seeded_world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from starlette.requests import Request
    from starlette.responses import Response

    from .call import Call

DEFAULT_TOKENS: Mapping[str, str] = MappingProxyType({"sandbox-token": "octocat", "sandbox-reviewer": "hubot"})
_MODULES = (
    account, activity, collaborators, commits, contents, gists, hooks, issue_labels, issues, merges, pulls, refs,
    repos, search, workflows,
)  # fmt: skip
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _now() -> datetime:
    return datetime.now(UTC)


def _nowhere(call: Call) -> NoReturn:
    raise not_implemented(f"{call.method} {call.path}")


def create_app(
    *,
    tokens: Mapping[str, str] = DEFAULT_TOKENS,
    base_url: str = "",
    clock: Callable[[], datetime] = _now,
    limits: Limits | None = None,
) -> Starlette:
    """Make a counterpart of GitHub's REST API whose state lives as long as the app.

    The server in front sends the `Date` header, as uvicorn does by itself.

    Args:
        tokens: Logins by token.
        base_url: What addresses in replies begin with; by default the host the client used.
        clock: What tells the time; aware, in UTC.
        limits: How many requests each window holds; GitHub's own numbers by default.

    Returns:
        The app. It must run in a single process.
    """
    world = seeded_world(clock, tokens)
    gateway = Gateway(world, Quota(limits or Limits(), clock), base_url)
    operations = [operation for module in _MODULES for operation in module.routes.operations]
    routes = [_route(gateway, operation, [operation.method]) for operation in operations]
    fallback = Operation("*", "/{rest:path}", DOCS, False, _nowhere)
    app = Starlette(routes=[*routes, _route(gateway, fallback, _METHODS)])
    app.router.redirect_slashes = False
    app.state.worlds = [world]
    return app


def _route(gateway: Gateway, operation: Operation, methods: list[str]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await gateway.respond(request, operation)

    return Route(operation.path, endpoint, methods=methods)
