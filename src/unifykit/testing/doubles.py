"""Operations that answer without the platform. Their real bodies run until they would ask it: bad input is refused as ever."""

import copy
import functools
import inspect
import itertools
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any

from unifykit._core.check import Checkup
from unifykit._core.client import Client
from unifykit._core.context import current
from unifykit._core.operation import Bound, Described, Foreign, Paged, Resource
from unifykit._core.poller import Poller
from unifykit._core.stream import OPENED, Delta, Final
from unifykit._core.stream import Streamed as StreamedOperation
from unifykit.errors import UnifyError, UnsupportedError
from unifykit.paging import Page
from unifykit.testing.answers import Answer, Answers, Call, Computed, Failure, Polled, Streamed, made, unanswered
from unifykit.testing.shapes import Shape, signature

_EVERY = 5.0
"""Seconds between two looks of a double's poller, on its clock."""

_NUMBERS = itertools.count(1)


class Reached(BaseException):
    """A body asks the platform: from here on the answer counts. No Exception, so that bodies do not take it for a failure."""


def make_double(resource: Resource[Any]) -> None:
    """Make an object's operations answer as the test has programmed."""
    cls: Any = type(resource)
    resource.__class__ = _doubled(cls)


def _adopt(_client: Client[Any], resource: Resource[Any]) -> None:
    make_double(resource)


@functools.cache
def _doubled(cls: Any) -> Any:
    """A subclass that looks like the class itself."""
    if getattr(cls, "is_double", False):
        return cls
    found = {name: inspect.getattr_static(cls, name) for name in dir(cls)}
    twins = {
        name: _twin(one) for name, one in found.items() if isinstance(one, Described) and not isinstance(one, Checkup)
    }
    own: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "is_double": True}
    if hasattr(cls, "ask"):
        own["ask"] = _reach
    if hasattr(cls, "build_native"):
        own |= {"_adopt": _adopt, "build_native": _no_native}
    made = type(cls.__name__, (cls,), {**own, **twins})
    for name, twin in twins.items():
        twin.name = found[name].name  # making the class has named it after the subclass
    return made


async def _reach(_resource: Resource[Any], _step: Callable[..., Any]) -> Any:
    raise Reached


def _no_native(client: Client[Any]) -> Any:
    if current.get() is not None:
        raise Reached
    raise UnsupportedError(
        "a double has no vendor's client: use the sandbox, or replace your own function that uses it.",
        provider=client.provider,
    )


def _twin(described: Described) -> Described:
    shown, paged = signature(described), isinstance(described, Paged)

    @functools.wraps(described.body)
    def body(resource: Resource[Any], /, *args: Any, **kwargs: Any) -> Any:
        real = described.body(resource, *args, **kwargs)
        cursor, rest = (args[0], args[1:]) if paged else (None, args)
        bound = shown.bind(*rest, **kwargs)
        bound.apply_defaults()
        name = f"{_client(resource).provider}.{described.name}"
        again = functools.partial(_called, args=rest, kwargs=kwargs)
        double = _Double(described, Call(name, bound.arguments, resource), again)
        return double.page(real, cursor) if paged else double.run(real)

    kind: Any = type(described)
    twin: Described = kind(described.safety, body)
    twin.opens = described.opens
    return twin


def _client(resource: Resource[Any]) -> Client[Any]:
    return resource._client  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


class _Double:
    """One call of a double's operation."""

    def __init__(self, described: Described, call: Call, again: Callable[..., Any]) -> None:
        self._described, self._call, self._again = described, call, again
        self._client = _client(call.on)
        self._answers: Answers = self._client.link.shared[Answers]
        self._shape = _shape_of(call.operation, described)

    def run(self, real: Any) -> Any:
        if isinstance(self._described, Bound):
            return self._value(real)
        return self._items(real) if isinstance(self._described, StreamedOperation) else self._block(real)

    async def _value(self, real: Coroutine[Any, Any, Any]) -> Any:
        try:
            found = await real
        except Reached:
            answer = await self._answer()
            return self._poller(answer) if isinstance(answer, Polled) else answer
        instead = self._answers.find(self._call)  # it needs no platform
        return found if instead is None else await self._given(instead)

    async def page(self, real: Coroutine[Any, Any, Page[Any]], cursor: Any) -> Page[Any]:
        """A page; the first one asks for an answer, the others are of the same answer."""
        if cursor is not None:
            real.close()
            return self._kept(*cursor)
        try:
            return await real
        except Reached:
            return self._kept(self._answers.keep(await self._answer() or [[]]), 0)

    def _kept(self, number: int, position: int) -> Page[Any]:
        pages = self._answers.kept(number)
        then = [[number, later] for later in range(position + 1, len(pages))]
        return Page(pages[position], then, sum(map(len, pages)))

    async def _items(self, real: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        await _up_to_the_platform(real)
        answer: Streamed = await self._answer()
        if self._described.opens:
            yield OPENED
        for item in answer.items:
            yield Delta(item)
        if answer.error is not None:
            raise copy.copy(answer.error)
        if self._shape.final is not None:
            yield Final(answer.final)

    async def _block(self, real: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        await _up_to_the_platform(real)
        yield await self._answer()

    async def _answer(self) -> Any:
        """What the test has programmed."""
        answer = self._answers.find(self._call)
        if answer is None:
            raise Foreign(unanswered(self._call, self._shape))
        return await self._given(answer)

    async def _given(self, answer: Answer) -> Any:
        if isinstance(answer, Failure):
            raise copy.copy(answer.error)
        return await self._computed(answer.function) if isinstance(answer, Computed) else answer.value

    async def _computed(self, function: Callable[..., Any]) -> Any:
        """What the test's own function gives; what it raises is not translated."""
        try:
            found = self._again(function)
            if inspect.isawaitable(found) and self._client.is_async:
                found = await found
            return made(self._shape, found)
        except UnifyError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the test's own
            raise Foreign(error) from None

    def _poller(self, answer: Polled) -> Poller[Any, Any]:
        looks = itertools.count()

        async def look() -> Any:
            return answer.result if next(looks) >= answer.after else None

        return Poller(self._client, f"fake-{next(_NUMBERS)}", look, _EVERY)


async def _up_to_the_platform(real: AsyncGenerator[Any, None]) -> None:
    async with aclosing(real):
        with suppress(Reached, StopAsyncIteration):
            await anext(real)


@functools.cache
def _shape_of(name: str, described: Described) -> Shape:
    return Shape(name, described)
