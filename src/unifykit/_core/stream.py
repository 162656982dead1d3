"""Operations that yield items as they arrive: `streamed`, and the streams that callers get."""

# pyright: reportPrivateUsage=false
# The decorators are the other half of Resource, and its only friends.

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import MethodType, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, cast, overload

from typing_extensions import TypeVar

from unifykit._core.context import Operation
from unifykit._core.mode import Async, Sync, close_generator, finish
from unifykit._core.operation import Described, Ended, Resource, astretch, stretch
from unifykit._core.outcome import Safety
from unifykit.errors import InvalidRequestError

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", default=None)


class Piece(Generic[T, F]):
    """What the body of a stream with an end value yields: a `Delta`, or the `Final`."""


@dataclass(frozen=True, slots=True)
class Delta(Piece[T, F]):
    """One item of the stream."""

    value: T


@dataclass(frozen=True, slots=True)
class Final(Piece[T, F]):
    """What the whole stream comes to; the last thing that its body yields."""

    value: F


class _Streaming(Generic[T, F]):
    """What both streams share: the whole stream is one operation, from its first item to its end."""

    def __init__(
        self, described: Described, resource: "Resource[Any]", body: AsyncGenerator[Any, None],
        refusal: InvalidRequestError | None = None,
    ) -> None:  # fmt: skip
        self._described, self._client, self._body, self._refusal = described, resource._client, body, refusal
        self._op: Operation | None = None
        self._final: Final[T, F] | None = None

    @property
    def final(self) -> F:
        """What the whole stream came to.

        Raises:
            InvalidRequestError: The stream was not read to its end, or has no such value.
        """
        if self._final is None:
            raise InvalidRequestError(
                "the stream has no final value: iterate to its end first.",
                provider=self._client.provider,
                operation=self._described.name,
            )
        return self._final.value

    def _unwrapped(self, item: Any) -> Any:
        """The item as the caller sees it; `_END` for what is none: the opening, and the final value, which is kept."""
        if item is OPENED:
            return _END
        if isinstance(item, Final):
            self._final = cast("Final[T, F]", item)
            return _END
        return cast("Delta[T, F]", item).value if isinstance(item, Delta) else item

    def _running(self) -> Operation:
        if self._op is None:
            described, refusal = self._described, self._refusal
            self._op = self._client.begin(described.name, described.safety, stream=True, refusal=refusal)
        self._op.deadline = self._client.due()  # each item has its own: a stream may run for days
        return self._op

    def _ended(self) -> Operation | None:
        """The operation that is still open, if any; it is not open any more."""
        op, self._op = self._op, None
        return op


_END = object()

OPENED: Any = object()
"""What the body of a stream yields first, if the stream is to be open from the beginning of its `with` block."""


class Stream(_Streaming[T, F]):
    """Items as they arrive; a context manager, closed at the end, on error, and by `close()`.

    It is one operation, but `timeout` and `deadline` count for each item.
    """

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if _is_closed(self._body):
            raise StopIteration
        try:
            item = self._unwrapped(self._advance())
        except Ended:
            raise StopIteration from None
        return self.__next__() if item is _END else item

    def _advance(self) -> Any:
        try:
            return stretch(self._client, self._running(), _next(self._body))
        except BaseException:
            self._ended()
            raise

    def __enter__(self) -> Self:
        if self._described.opens and self._op is None:
            self._unwrapped(self._advance())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with suppress(*(() if error is None else (Exception,))):  # the caller's own error is the one that matters
            self.close()

    def close(self) -> None:
        """End the stream and free its connection."""
        op = self._ended()
        if op is None:
            finish(close_generator(self._body))
            return
        stretch(self._client, op, close_generator(self._body))
        self._client.succeeded(op)


class AsyncStream(_Streaming[T, F]):
    """Items as they arrive, in `async for`; an async context manager. See `Stream`."""

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        if _is_closed(self._body):
            raise StopAsyncIteration
        try:
            item = self._unwrapped(await self._advance())
        except Ended:
            raise StopAsyncIteration from None
        return await self.__anext__() if item is _END else item

    async def _advance(self) -> Any:
        try:
            return await astretch(self._client, self._running(), _next(self._body))
        except BaseException:
            self._ended()
            raise

    async def __aenter__(self) -> Self:
        if self._described.opens and self._op is None:
            self._unwrapped(await self._advance())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        with suppress(*(() if error is None else (Exception,))):  # the caller's own error is the one that matters
            await self.aclose()

    async def aclose(self) -> None:
        """End the stream and free its connection."""
        op = self._ended()
        if op is None:
            await self._body.aclose()
            return
        await astretch(self._client, op, close_generator(self._body))
        self._client.succeeded(op)


def _is_closed(body: AsyncGenerator[Any, None]) -> bool:
    return getattr(body, "ag_frame", body) is None


async def _next(body: AsyncGenerator[T, None]) -> T:
    try:
        return await anext(body)
    except StopAsyncIteration:
        raise Ended from None


class Streamed(Described, Generic[P, T, F]):
    """An operation that yields items as they arrive."""

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, Stream[T, F]]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, AsyncStream[T, F]]: ...
    def __get__(self, obj: "Resource[Any] | None", owner: type) -> Any:
        return self if obj is None else MethodType(self._open, obj)

    @functools.cached_property
    def _open(self) -> Callable[..., Any]:
        @functools.wraps(self.body)
        def make(resource: "Resource[Any]", /, *args: Any, **kwargs: Any) -> Any:
            kind: type[Any] = AsyncStream if resource._client.is_async else Stream
            return kind(self, resource, self.body(resource, *args, **kwargs), self.misfit(args, kwargs))

        return make


Streaming = AsyncGenerator[Piece[T, F], None]
"""What the body of a stream with an end value returns: it yields `Delta(item)` and at last `Final(value)`."""


class _Streamer(Protocol):
    # A stream of pieces is one of items too, so the order of these two matters.
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self,
        body: Callable[Concatenate[Any, P], Streaming[T, F]],  # pyright: ignore[reportOverlappingOverload]
    ) -> Streamed[P, T, F]: ...
    @overload
    def __call__(self, body: Callable[Concatenate[Any, P], AsyncGenerator[T, None]]) -> Streamed[P, T, None]: ...


def streamed(safety: Safety, *, opens: bool = False) -> _Streamer:
    """Make an async generator a streaming operation: of items, or of `Delta` items with a `Final` value at its end.

    With `opens`, the body yields `OPENED` first, and a `with` block begins when it has come so far.
    """

    def decorate(body: Any) -> Any:
        made: Streamed[..., Any, Any] = Streamed(safety, body)
        made.opens = opens
        return made

    return decorate
