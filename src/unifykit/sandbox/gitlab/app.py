"""The ASGI app."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from . import (
    account,
    boards,
    branches,
    commits,
    files,
    groups,
    issues,
    jobs,
    merge_requests,
    merges,
    notes,
    pipelines,
    projects,
    registry,
    snippets,
    storage,
    time_tracking,
)
from .gateway import Gateway
from .quota import Limits, Quota
from .seed import seeded_world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

DEFAULT_TOKENS: Mapping[str, str] = MappingProxyType({"sandbox-token": "tanuki", "sandbox-reviewer": "robin"})
_JOB_TOKENS: Mapping[str, str] = MappingProxyType({"sandbox-job-token": "tanuki"})
_MODULES = (
    account, boards, branches, commits, files, groups, issues, jobs, merge_requests, merges, notes, pipelines,
    projects, registry, snippets, storage, time_tracking,
)  # fmt: skip
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    *,
    tokens: Mapping[str, str] = DEFAULT_TOKENS,
    job_tokens: Mapping[str, str] = _JOB_TOKENS,
    base_url: str = "",
    storage_url: str = "",
    clock: Callable[[], datetime] = _now,
    limits: Limits | None = None,
) -> Starlette:
    """Make a counterpart of GitLab's REST API whose state lives as long as the app.

    Args:
        tokens: Usernames by token, for ``PRIVATE-TOKEN`` and ``Authorization: Bearer``.
        job_tokens: Usernames by token, for ``JOB-TOKEN``.
        base_url: What addresses in replies begin with; by default the host the client used.
        storage_url: The origin of the object storage that artifacts are fetched from, where this same app must answer
            too; without one they come from the API itself. `app.state.gateway.storage_url` changes it later.
        clock: What tells the time; aware, in UTC.
        limits: How many requests a minute holds; GitLab.com's own numbers by default.

    Returns:
        The app. It must run in a single process.
    """
    world = seeded_world(clock, tokens, job_tokens)
    operations = [operation for module in _MODULES for operation in module.routes.operations]
    gateway = Gateway(world, Quota(limits or Limits(), clock), operations, base_url, storage_url)

    async def endpoint(request: Request) -> Response:
        return await gateway.respond(request)

    app = Starlette(routes=[Route("/{rest:path}", endpoint, methods=_METHODS)])
    app.state.gateway = gateway
    app.state.worlds = [world]
    return app
