"""The decorators that give one body to callers in both modes: `operation` and `paged`.

Their kin are in `unifykit._core.stream` (items as they arrive) and `unifykit._core.held` (a `with` block).
"""

# pyright: reportPrivateUsage=false
# The decorators are the other half of Resource, and its only friends.

import functools
import inspect
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from unifykit._core.context import Operation, current
from unifykit._core.fit import misfit, rules
from unifykit._core.mode import Async, M, RuleBrokenError, Sync, finish
from unifykit._core.outcome import Safety
from unifykit.paging import AsyncPager, Page, Pager

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token

    from unifykit._core.client import Client
    from unifykit._core.fit import Rule
    from unifykit.errors import InvalidRequestError

P = ParamSpec("P")
S = TypeVar("S", bound="Resource[Any]")
T = TypeVar("T")
C = TypeVar("C")

SAFE, IDEMPOTENT, KEYED, UNSAFE = Safety.SAFE, Safety.IDEMPOTENT, Safety.KEYED, Safety.UNSAFE


class Resource(Generic[M]):
    """A group of operations of one client, such as `p.github.issues`."""

    def __init__(self, client: "Client[M]") -> None:
        self._client: Client[M] = client
        client._adopt(self)

    def __repr__(self) -> str:
        return f"<{self._client.provider}.{type(self).__name__.lower()}>"


class Foreign(BaseException):
    """Carries an error of the caller's own code (a factory, a callback) through an operation that called it.

    The caller gets that error itself: it is none of the provider's, so it is not translated.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Ended(BaseException):
    """The stream's body returned. Not an Exception, so that it is not taken for a failure of the provider."""


class Described:
    """A decorated body that knows its name and what repeating it can do."""

    opens = False
    hidden = 1
    """How many of its body's parameters callers do not see."""

    def __init__(self, safety: Safety, body: Callable[..., Any]) -> None:
        self.safety: Safety = safety
        self.body: Callable[..., Any] = body
        self.name: str = body.__name__
        self.__doc__: str | None = body.__doc__
        self.__wrapped__: Callable[..., Any] = body

    def __set_name__(self, owner: type, name: str) -> None:
        # A client's own operations carry their bare name, a resource's carry its name too: "me", "issues.create".
        self.name = getattr(owner, "operations_prefix", f"{_snake(owner.__name__)}.") + name

    @functools.cached_property
    def _rules(self) -> "Mapping[str, Rule]":
        return rules(self.body, self.hidden)

    def misfit(self, args: tuple[Any, ...], kwargs: "Mapping[str, Any]") -> "InvalidRequestError | None":
        """The error for an argument that is of no type that its parameter takes, or None."""
        return misfit(self._rules, args, kwargs)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


class Bound(Described, Generic[P, T]):
    """An operation: a method that returns its result, or a coroutine of it in async mode."""

    def __init__(self, safety: Safety, body: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        super().__init__(safety, body)
        described = self

        @functools.wraps(body)
        def call(resource: "Resource[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
            return run(described, resource, body(resource, *args, **kwargs), described.misfit(args, kwargs))

        @functools.wraps(body)
        async def acall(resource: "Resource[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
            return await arun(described, resource, body(resource, *args, **kwargs), described.misfit(args, kwargs))

        self._call = call
        self._acall = acall

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, obj: "Resource[Any] | None", owner: type) -> Any:
        if obj is None:
            return self
        return MethodType(self._acall if obj._client.is_async else self._call, obj)


def operation(
    safety: Safety,
) -> Callable[[Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]], Bound[P, T]]:
    """Make an `async def` an operation; `safety` says what repeating it can do."""

    def decorate(body: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> Bound[P, T]:
        return Bound(safety, body)

    return decorate


def run(
    described: Described, resource: "Resource[Any]", body: Coroutine[Any, Any, T],
    refusal: "InvalidRequestError | None" = None,
) -> T:  # fmt: skip
    client = resource._client
    op = client.begin(described.name, described.safety, refusal=refusal)
    result = stretch(client, op, body)
    if refusal is not None:  # a body that asks no platform, and did not mind
        raise client.failed(op, refusal)
    client.succeeded(op)
    return result


async def arun(
    described: Described, resource: "Resource[Any]", body: Coroutine[Any, Any, T],
    refusal: "InvalidRequestError | None" = None,
) -> T:  # fmt: skip
    client = resource._client
    op = client.begin(described.name, described.safety, refusal=refusal)
    result = await astretch(client, op, body)
    if refusal is not None:
        raise client.failed(op, refusal)
    client.succeeded(op)
    return result


def stretch(client: "Client[Any]", op: Operation, body: Coroutine[Any, Any, T]) -> T:
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
        client.cut_off(op, None if isinstance(error, Ended) else error)
        raise
    finally:
        _leave(token)


async def astretch(client: "Client[Any]", op: Operation, body: Coroutine[Any, Any, T]) -> T:
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
        client.cut_off(op, None if isinstance(error, Ended) else error)
        raise
    finally:
        _leave(token)


def _leave(token: "Token[Operation | None]") -> None:
    with suppress(ValueError):  # a coroutine that is thrown away is closed in another context
        current.reset(token)


def _cause(error: Exception) -> BaseException | None:
    from unifykit.errors import UnifyError

    return error.__cause__ if isinstance(error, UnifyError) else error


class Paged(Described, Generic[P, T]):
    """A list operation: a method that returns a pager."""

    hidden = 2

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
            refusal = self.misfit(args, kwargs)
            if client.is_async:
                return AsyncPager(name, lambda cursor: arun(self, resource, call(cursor, *args, **kwargs), refusal))
            return Pager(name, lambda cursor: run(self, resource, call(cursor, *args, **kwargs), refusal))

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
