"""The ASGI app."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
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
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .call import Call
    from .state import World

DEFAULT_TOKENS: Mapping[str, str] = MappingProxyType({"sandbox-token": "octocat", "sandbox-reviewer": "hubot"})
_MODULES = (
    account, activity, collaborators, commits, contents, gists, hooks, issue_labels, issues, merges, pulls, refs,
    repos, search, workflows,
)  # fmt: skip
_NUMBERED = re.compile(r"/repositories/(\d+)(/.*)?")
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
    app = Starlette(routes=[*routes, _route(gateway, fallback, _METHODS)], middleware=[Middleware(ByNumber, world)])
    app.router.redirect_slashes = False
    app.state.worlds = [world]
    return app


class ByNumber:
    """Lets a repository be asked for by its number, as addresses do that lead away from an old name."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer under the repository's name."""
        found = _NUMBERED.fullmatch(str(scope.get("path", "")).removeprefix(str(scope.get("root_path", ""))))
        repos = self.world.repos.values() if found else ()
        for repo in repos:
            if found and str(repo.id) == found[1]:
                path = f"{scope.get('root_path', '')}/repos/{repo.full_name}{found[2] or ''}"
                scope = {**scope, "path": path, "raw_path": quote(path).encode()}
        await self.app(scope, receive, send)


def _route(gateway: Gateway, operation: Operation, methods: list[str]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await gateway.respond(request, operation)

    return Route(operation.path, endpoint, methods=methods)
