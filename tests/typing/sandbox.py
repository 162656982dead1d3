"""`Platforms.sandbox` as the type checkers see it; checked, never run."""

from typing import assert_type

from unifykit import AsyncPlatforms, Platforms, Retry
from unifykit.providers.github.models import Repository
from unifykit.sandbox import Sandbox, Snapshot


def in_sync_code() -> None:
    with Platforms.sandbox(only=["github"], persist="kept", retry=Retry(), timeout=3) as p:
        assert_type(p, Platforms)
        assert_type(p.sandbox, Sandbox)
        assert_type(p.sandbox.snapshot(), Snapshot)
        assert_type(p.github.repos.get("o/r"), Repository)


async def in_async_code() -> None:
    async with AsyncPlatforms.sandbox(only=["github"]) as p:
        assert_type(p, AsyncPlatforms)
        assert_type(p.sandbox, Sandbox)
        assert_type(await p.github.repos.get("o/r"), Repository)
