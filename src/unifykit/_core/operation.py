"""The decorators that give one body to callers in both modes: `operation`, `paged`, `streamed`, `held`."""

# pyright: reportPrivateUsage=false
# The decorators are the other half of Resource, and its only friends.

import functools
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, cast, overload

from typing_extensions import TypeVar

from unifykit._core.context import Deadline, Operation, allowed, current
from unifykit._core.mode import Async, M, RuleBrokenError, Sync, close_generator, finish
from unifykit._core.outcome import Safety
from unifykit.errors import InvalidRequestError
from unifykit.paging import AsyncPager, Page, Pager

if TYPE_CHECKING:
    from contextvars import Token

    from unifykit._core.client import Client

P = ParamSpec("P")
S = TypeVar("S", bound="Resource[Any]")
T = TypeVar("T")
C = TypeVar("C")
F = TypeVar("F", default=None)

SAFE, IDEMPOTENT, KEYED, UNSAFE = Safety.SAFE, Safety.IDEMPOTENT, Safety.KEYED, Safety.UNSAFE


class Resource(Generic[M]):
    """A group of operations of one client, such as `p.github.issues`."""

    def __init__(self, client: "Client[M]") -> None:
        self._client: Client[M] = client

    def __repr__(self) -> str:
        return f"<{self._client.provider}.{type(self).__name__.lower()}>"


class Foreign(BaseException):
    """Carries an error of the caller's own code (a factory, a callback) through an operation that called it.

    The caller gets that error itself: it is none of the provider's, so it is not translated.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class _Described:
    """A decorated body that knows its name and what repeating it can do."""

    opens = False

    def __init__(self, safety: Safety, body: Callable[..., Any]) -> None:
        self.safety: Safety = safety
        self.body: Callable[..., Any] = body
        self.name: str = body.__name__
        self.__doc__: str | None = body.__doc__
        self.__wrapped__: Callable[..., Any] = body

    def __set_name__(self, owner: type, name: str) -> None:
        # A client's own operations carry their bare name, a resource's carry its name too: "me", "issues.create".
        self.name = getattr(owner, "operations_prefix", f"{_snake(owner.__name__)}.") + name


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


class Bound(_Described, Generic[P, T]):
    """An operation: a method that returns its result, or a coroutine of it in async mode."""

    def __init__(self, safety: Safety, body: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        super().__init__(safety, body)
        described = self

        @functools.wraps(body)
        def run(resource: "Resource[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
            return _run(described, resource, body(resource, *args, **kwargs))

        @functools.wraps(body)
        async def arun(resource: "Resource[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
            return await _arun(described, resource, body(resource, *args, **kwargs))

        self._run = run
        self._arun = arun

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, obj: "Resource[Any] | None", owner: type) -> Any:
        if obj is None:
            return self
        return MethodType(self._arun if obj._client.is_async else self._run, obj)


def operation(
    safety: Safety,
) -> Callable[[Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]], Bound[P, T]]:
    """Make an `async def` an operation; `safety` says what repeating it can do."""

    def decorate(body: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> Bound[P, T]:
        return Bound(safety, body)

    return decorate


def _run(described: _Described, resource: "Resource[Any]", body: Coroutine[Any, Any, T]) -> T:
    client = resource._client
    op = client.begin(described.name, described.safety)
    result = _stretch(client, op, body)
    client.succeeded(op)
    return result


async def _arun(described: _Described, resource: "Resource[Any]", body: Coroutine[Any, Any, T]) -> T:
    client = resource._client
    op = client.begin(described.name, described.safety)
    result = await _astretch(client, op, body)
    client.succeeded(op)
    return result


def _stretch(client: "Client[Any]", op: Operation, body: Coroutine[Any, Any, T]) -> T:
    """Run a part of an operation; whatever it raises ends the operation."""
    token = current.set(op)
    try:
        return finish(body)
    except Foreign as foreign:
        raise client.passed_on(op, foreign.error) from foreign.error.__cause__
    except RuleBrokenError as error:
        raise client.passed_on(op, error) from error.__cause__
    except Exception as error:
        raise client.failed(op, error) from _cause(error)
    except BaseException as error:
        client.cut_off(op, None if isinstance(error, _Ended) else error)
        raise
    finally:
        _leave(token)


async def _astretch(client: "Client[Any]", op: Operation, body: Coroutine[Any, Any, T]) -> T:
    token = current.set(op)
    try:
        return await body if op.deadline is None else await client.within_deadline(op, body)
    except Foreign as foreign:
        raise client.passed_on(op, foreign.error) from foreign.error.__cause__
    except RuleBrokenError as error:
        raise client.passed_on(op, error) from error.__cause__
    except Exception as error:
        raise client.failed(op, error) from _cause(error)
    except BaseException as error:
        client.cut_off(op, None if isinstance(error, _Ended) else error)
        raise
    finally:
        _leave(token)


def _leave(token: "Token[Operation | None]") -> None:
    with suppress(ValueError):  # a coroutine that is thrown away is closed in another context
        current.reset(token)


def _cause(error: Exception) -> BaseException | None:
    from unifykit.errors import UnifyError

    return error.__cause__ if isinstance(error, UnifyError) else error


class Paged(_Described, Generic[P, T]):
    """A list operation: a method that returns a pager."""

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, Pager[T]]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, AsyncPager[T]]: ...
    def __get__(self, obj: "Resource[Any] | None", owner: type) -> Any:
        return self if obj is None else MethodType(self._list, obj)

    @functools.cached_property
    def _list(self) -> Callable[..., Any]:
        def make(resource: "Resource[Any]", /, *args: Any, **kwargs: Any) -> Any:
            client = resource._client
            name = f"{client.provider}.{self.name}"
            call = functools.partial(self.body, resource)
            self._signature.bind(*args, **kwargs)  # a wrong call fails here, not at the first item
            if client.is_async:
                return AsyncPager(name, lambda cursor: _arun(self, resource, call(cursor, *args, **kwargs)))
            return Pager(name, lambda cursor: _run(self, resource, call(cursor, *args, **kwargs)))

        functools.update_wrapper(make, self.body)
        signature = self._signature
        make.__signature__ = signature.replace(parameters=[_SELF, *signature.parameters.values()])  # type: ignore[attr-defined]
        return make

    @functools.cached_property
    def _signature(self) -> inspect.Signature:
        signature = inspect.signature(self.body)
        return signature.replace(parameters=list(signature.parameters.values())[2:])


_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


def paged(
    body: Callable[Concatenate[S, C | None, P], Coroutine[Any, Any, Page[T, C]]],
) -> Paged[P, T]:
    """Make an `async def` that fetches one page a list operation; callers do not see its cursor parameter."""
    return Paged(SAFE, body)


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

    def __init__(self, described: _Described, resource: "Resource[Any]", body: AsyncGenerator[Any, None]) -> None:
        self._described, self._client, self._body = described, resource._client, body
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
            self._op = self._client.begin(self._described.name, self._described.safety, stream=True)
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
        except _Ended:
            raise StopIteration from None
        return self.__next__() if item is _END else item

    def _advance(self) -> Any:
        try:
            return _stretch(self._client, self._running(), _next(self._body))
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
        _stretch(self._client, op, close_generator(self._body))
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
        except _Ended:
            raise StopAsyncIteration from None
        return await self.__anext__() if item is _END else item

    async def _advance(self) -> Any:
        try:
            return await _astretch(self._client, self._running(), _next(self._body))
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
        await _astretch(self._client, op, close_generator(self._body))
        self._client.succeeded(op)


def _is_closed(body: AsyncGenerator[Any, None]) -> bool:
    return getattr(body, "ag_frame", body) is None


class _Ended(BaseException):
    """The stream's body returned. Not an Exception, so that it is not taken for a failure of the provider."""


async def _next(body: AsyncGenerator[T, None]) -> T:
    try:
        return await anext(body)
    except StopAsyncIteration:
        raise _Ended from None


class Streamed(_Described, Generic[P, T, F]):
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
            return kind(self, resource, self.body(resource, *args, **kwargs))

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

    def __init__(self, described: _Described, resource: "Resource[Any]", body: AsyncGenerator[T, None]) -> None:
        self._described, self._resource, self._body = described, resource, body

    def __enter__(self) -> T:
        return _run(self._described, self._resource, _only(self._body))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            with _grace(self._resource):
                _run(self._described, self._resource, _undo(self._body))
        except Exception:
            if error is None:  # the caller's own error is the one that matters
                raise


class _AsyncBlock(Generic[T]):
    """A held operation in `async with`."""

    def __init__(self, described: _Described, resource: "Resource[Any]", body: AsyncGenerator[T, None]) -> None:
        self._described, self._resource, self._body = described, resource, body

    async def __aenter__(self) -> T:
        return await _arun(self._described, self._resource, _only(self._body))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            with _grace(self._resource):
                await _arun(self._described, self._resource, _undo(self._body))
        except Exception:
            if error is None:  # the caller's own error is the one that matters
                raise


class Held(_Described, Generic[P, T]):
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
            return kind(self, resource, self.body(resource, *args, **kwargs))

        return make


def held(
    safety: Safety,
) -> Callable[[Callable[Concatenate[Any, P], AsyncGenerator[T, None]]], Held[P, T]]:
    """Make an async generator that yields once an operation for `with`; what follows the yield undoes it."""
    return lambda body: Held(safety, body)
