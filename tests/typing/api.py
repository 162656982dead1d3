"""What type checkers know of the public API, in both modes. Checked by mypy and pyright, never run.

A line with an ignore must be flagged: both checkers report an ignore that is not needed.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, assert_type

import github
import pandas as pd  # pyright: ignore[reportMissingTypeStubs]
import redis
import redis.asyncio
from pydantic import BaseModel

from unifykit import AsyncPager, AsyncPlatforms, Pager, Platforms, Retry
from unifykit._core.mode import Async, Sync
from unifykit._core.stream import AsyncStream, Stream
from unifykit.providers.github import GitHub
from unifykit.providers.github.models import Issue, Repository
from unifykit.providers.openai.chat import ToolRun
from unifykit.providers.openai.models import ChatReply, ResponseReply, StoredFile
from unifykit.providers.redis.coordination import Lock
from unifykit.providers.redis.models import Message


def sync_mode(p: Platforms) -> None:
    """Operations return their results."""
    assert_type(p.github, GitHub[Sync])
    assert_type(p.github["bot"], GitHub[Sync])
    assert_type(p.github.with_options(retry=Retry.off()), GitHub[Sync])
    assert_type(p.github.repos.get("o/r"), Repository)
    assert_type(p.github.issues.list("o/r", state="open"), Pager[Issue])
    for issue in p.github.issues.list("o/r"):
        assert_type(issue, Issue)
    assert_type(p.github.issues.list("o/r").first(3), list[Issue])
    assert_type(p.github.issues.list("o/r").collect(progress=True), list[Issue])
    assert_type(p.github.issues.list("o/r").cursor, str | None)
    assert_type(p.github.issues.list("o/r").resume("x"), Pager[Issue])
    assert_type(p.github.issues.list("o/r").to_dataframe(), pd.DataFrame)
    assert_type(p.github.native, github.Github)
    assert_type(p.redis.native, redis.Redis)
    assert_type(p.redis.locks.acquire("x", ttl=1), AbstractContextManager[Lock[Sync]])
    with p.redis.locks.acquire("x", ttl=1) as lock:
        assert_type(lock, Lock[Sync])
    assert_type(p.redis.pubsub.subscribe("x"), Stream[Message])
    with p.redis.pubsub.subscribe("x") as messages:
        for message in messages:
            assert_type(message, Message)


class Recipe(BaseModel):
    """What an answer may have to fit."""

    name: str


def typed_answers(p: Platforms) -> None:
    """A reply knows the model that was asked for."""
    assert_type(p.openai.chat.complete("m", "x"), ChatReply[None])
    assert_type(p.openai.chat.complete("m", "x", response_model=Recipe), ChatReply[Recipe])
    assert_type(p.openai.chat.complete("m", "x", response_model=Recipe).parsed, Recipe)
    assert_type(p.openai.chat.run_tools("m", "x", [], response_model=Recipe), ToolRun[Recipe])
    assert_type(p.openai.chat.stream("m", "x", response_model=Recipe), Stream[str, ChatReply[Recipe]])
    assert_type(p.openai.chat.stream("m", "x").final.text, str)
    for text in p.openai.responses.stream("m", "x"):
        assert_type(text, str)
    assert_type(p.openai.files.list(), Pager[StoredFile])


async def typed_answers_awaited(p: AsyncPlatforms) -> None:
    """The same, awaited."""
    assert_type(await p.openai.chat.complete("m", "x", response_model=Recipe), ChatReply[Recipe])
    assert_type(await p.openai.responses.create("m", "x"), ResponseReply[None])
    assert_type(p.openai.chat.stream("m", "x"), AsyncStream[str, ChatReply[None]])
    assert_type(p.openai.responses.stream("m", "x", response_model=Recipe).final.parsed, Recipe)


async def async_mode(p: AsyncPlatforms) -> None:
    """Operations are awaited."""
    assert_type(p.github, GitHub[Async])
    assert_type(p.github["bot"], GitHub[Async])
    _ = assert_type(p.github.repos.get("o/r"), Coroutine[Any, Any, Repository])
    assert_type(await p.github.repos.get("o/r"), Repository)
    assert_type(p.github.issues.list("o/r", state="open"), AsyncPager[Issue])
    async for issue in p.github.issues.list("o/r"):
        assert_type(issue, Issue)
    assert_type(await p.github.issues.list("o/r").first(3), list[Issue])
    assert_type(await p.github.issues.list("o/r").collect(progress=True), list[Issue])
    assert_type(p.github.issues.list("o/r").resume("x"), AsyncPager[Issue])
    assert_type(await p.github.issues.list("o/r").to_dataframe(), pd.DataFrame)
    assert_type(p.github.native, github.Github)
    assert_type(p.redis.native, redis.asyncio.Redis)
    assert_type(p.redis.locks.acquire("x", ttl=1), AbstractAsyncContextManager[Lock[Async]])
    async with p.redis.locks.acquire("x", ttl=1) as lock:
        assert_type(lock, Lock[Async])
    assert_type(p.redis.pubsub.subscribe("x"), AsyncStream[Message])
    async with p.redis.pubsub.subscribe("x") as messages:
        async for message in messages:
            assert_type(message, Message)


async def forgotten_awaits(p: AsyncPlatforms) -> None:
    """What both checkers flag."""
    p.github.repos.get("o/r")  # type: ignore[unused-coroutine]
    p.github.repos.get("o/r").name  # type: ignore[attr-defined]  # noqa: B018
    p.github.issues.list("o/r").first(3)[0]  # type: ignore[index]
    if p.github.repos.get("o/r"):  # type: ignore[truthy-bool]
        pass
    for _ in p.github.issues.list("o/r"):  # type: ignore[attr-defined]
        pass
    with p.redis.locks.acquire("x", ttl=1):  # type: ignore[attr-defined]
        pass


def wrong_calls(p: Platforms) -> None:
    """What both checkers refuse."""
    p.github.repos.get()  # type: ignore[call-arg]
    p.github.repos.get(7)  # type: ignore[arg-type]
    p.github.issues.list("o/r", stat="open")  # type: ignore[call-arg]
    p.github.issues.list(None, "o/r")  # type: ignore[call-arg, arg-type]
    Platforms(retry=3)  # type: ignore[arg-type]


def either(make: Callable[[], GitHub]) -> Repository:
    """A client's mode is sync where none is named."""
    return make().repos.get("o/r")
