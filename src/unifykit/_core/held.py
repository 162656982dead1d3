"""Operations whose effect lasts for a `with` block: `held`."""

# pyright: reportPrivateUsage=false
# The decorators are the other half of Resource, and its only friends.

import functools
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from types import MethodType, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from unifykit._core.context import Deadline, allowed
from unifykit._core.mode import Async, RuleBrokenError, Sync
from unifykit._core.operation import Described, Resource, arun, run
from unifykit._core.outcome import Safety
from unifykit.errors import InvalidRequestError

P = ParamSpec("P")
T = TypeVar("T")


async def _only(body: AsyncGenerator[T, None]) -> T:
    async for value in body:
        return value
    raise RuleBrokenError("a held operation's body must yield once")


async def _undo(body: AsyncGenerator[Any, None]) -> None:
    """Run what follows the `yield`, in a `finally` or not, however the block ended."""
    async for _ in body:
        await body.aclose()
        raise RuleBrokenError("a held operation's body must yield only once")


GRACE = 1.0
"""Seconds to undo a held operation after its deadline."""


@contextmanager
def _grace(resource: "Resource[Any]") -> Generator[None]:
    """A held operation is undone even where the time is over: what stayed held would stop everybody else.

    It has a second for that, or what is left of the deadline if that is more.
    """
    limit, now = allowed.get(), resource._client.link.clock.now()
    if limit is None or limit.at >= now + GRACE:
        yield
        return
    token = allowed.set(Deadline(now + GRACE, GRACE))
    try:
        yield
    finally:
        allowed.reset(token)


class _Block(Generic[T]):
    """A held operation in `with`."""

    def __init__(
        self, described: Described, resource: "Resource[Any]", body: AsyncGenerator[T, None],
        refusal: InvalidRequestError | None = None,
    ) -> None:  # fmt: skip
        self._described, self._resource, self._body, self._refusal = described, resource, body, refusal

    def __enter__(self) -> T:
        return run(self._described, self._resource, _only(self._body), self._refusal)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            with _grace(self._resource):
                run(self._described, self._resource, _undo(self._body))
        except Exception:
            if error is None:  # the caller's own error is the one that matters
                raise


class _AsyncBlock(Generic[T]):
    """A held operation in `async with`."""

    def __init__(
        self, described: Described, resource: "Resource[Any]", body: AsyncGenerator[T, None],
        refusal: InvalidRequestError | None = None,
    ) -> None:  # fmt: skip
        self._described, self._resource, self._body, self._refusal = described, resource, body, refusal

    async def __aenter__(self) -> T:
        return await arun(self._described, self._resource, _only(self._body), self._refusal)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            with _grace(self._resource):
                await arun(self._described, self._resource, _undo(self._body))
        except Exception:
            if error is None:  # the caller's own error is the one that matters
                raise


class Held(Described, Generic[P, T]):
    """An operation whose effect lasts for a `with` block."""

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, AbstractContextManager[T]]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, AbstractAsyncContextManager[T]]: ...
    def __get__(self, obj: "Resource[Any] | None", owner: type) -> Any:
        return self if obj is None else MethodType(self._open, obj)

    @functools.cached_property
    def _open(self) -> Callable[..., Any]:
        @functools.wraps(self.body)
        def make(resource: "Resource[Any]", /, *args: Any, **kwargs: Any) -> Any:
            kind: type[Any] = _AsyncBlock if resource._client.is_async else _Block
            return kind(self, resource, self.body(resource, *args, **kwargs), self.misfit(args, kwargs))

        return make


def held(
    safety: Safety,
) -> Callable[[Callable[Concatenate[Any, P], AsyncGenerator[T, None]]], Held[P, T]]:
    """Make an async generator that yields once an operation for `with`; what follows the yield undoes it."""
    return lambda body: Held(safety, body)
