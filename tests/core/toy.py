"""A provider without a platform: its "SDK" is an object in memory."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from unifykit._core.client import Blocking, Client, Dual, Native
from unifykit._core.context import Operation, current
from unifykit._core.dialect import Dialect
from unifykit._core.held import held
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, Foreign, operation, paged
from unifykit._core.policy import Policy
from unifykit._core.stream import Delta, Final, Streaming, streamed
from unifykit._core.translate import from_failure
from unifykit._wires.link import link
from unifykit.errors import UnifyError
from unifykit.paging import Page


class Sdk:
    """What the toy wraps: remembers what was asked of it."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def call(self, what: Any) -> Any:
        self.log.append(what)
        if isinstance(what, BaseException):
            raise what
        return what

    async def acall(self, what: Any) -> Any:
        return self.call(what)


class Things(Blocking[M, Sdk]):
    """Operations of every shape."""

    @operation(SAFE)
    async def get(self, what: Any, *, seen: list[Any] | None = None) -> Any:
        """Ask for anything; an exception is raised."""
        if seen is not None:
            seen.append(current.get())
        return await self.ask(lambda sdk: sdk.call(what))

    @operation(UNSAFE)
    async def wait(self) -> None:
        """Break the rule: await something else."""
        await asyncio.sleep(0)

    @operation(SAFE)
    async def nest(self) -> Any:
        """Break the rule: call another operation."""
        return await self.get(1)  # type: ignore[misc]

    @operation(SAFE)
    async def confuse(self) -> Any:
        """Raise a TypeError of another kind."""
        return await self.ask(lambda sdk: sdk.call(1 + "1"))  # type: ignore[operator]

    @operation(UNSAFE)
    async def hang(self) -> None:
        """Attempt something that never ends (async mode only)."""
        op = current.get()
        assert op is not None
        op.attempts += 1
        await asyncio.Event().wait()

    @operation(UNSAFE)
    async def call_back(self, callback: Any) -> Any:
        """Call the caller's own code."""
        try:
            return await self.ask(lambda sdk: callback())
        except Exception as error:
            raise Foreign(error) from None

    @operation(IDEMPOTENT)
    async def note(self, **facts: Any) -> None:
        """Leave facts on the operation, then fail."""
        op = current.get()
        assert op is not None
        error = facts.pop("error", None)
        for name, value in facts.items():
            setattr(op, name, value)
        raise error or OSError("it failed")

    @paged
    async def list(self, cursor: int | None, start: int, *, pages: int = 3) -> Page[int, int]:
        """Numbers."""
        number = cursor or 0
        await self.ask(lambda sdk: sdk.call(number))
        return Page([start + number], [number + 1] if number + 1 < pages else [])

    @streamed(SAFE)
    async def stream(self, *items: Any) -> AsyncGenerator[Any, None]:
        """Items as they come; an exception is raised."""
        try:
            for item in items:
                yield await self.ask(lambda sdk, item=item: sdk.call(item))
        finally:
            await self.ask(lambda sdk: sdk.call("closed"))

    @streamed(SAFE)
    async def fragile(self, error: Exception) -> AsyncGenerator[int, None]:
        """Fails when it is closed."""
        try:
            yield 1
        finally:
            await self.ask(lambda sdk: sdk.call(error))

    @streamed(SAFE)
    async def count(self, *items: Any, late: Any = None) -> Streaming[Any, int]:
        """Items as they come, and how many they were; an exception is raised."""
        try:
            for item in items:
                found = await self.ask(lambda sdk, item=item: sdk.call(item))
                yield Delta(found)
            yield Final(len(items))
            await self.ask(lambda sdk: sdk.call(late))
        finally:
            await self.ask(lambda sdk: sdk.call("closed"))

    @held(UNSAFE)
    async def hold(self, value: Any) -> AsyncGenerator[Any, None]:
        """Undone by what follows, without a `finally`."""
        await self.ask(lambda sdk: sdk.call("taken"))
        yield value
        await self.ask(lambda sdk: sdk.call("undone"))

    @held(UNSAFE)
    async def hold_tightly(self, error: Exception | None = None) -> AsyncGenerator[int, None]:
        """Undone in a `finally`."""
        try:
            yield 1
        finally:
            await self.ask(lambda sdk: sdk.call(error or "undone"))

    @held(UNSAFE)
    async def hold_nothing(self) -> AsyncGenerator[int, None]:
        """Break the rule: yield nothing."""
        for number in []:
            yield number

    @held(UNSAFE)
    async def hold_twice(self) -> AsyncGenerator[int, None]:
        """Break the rule: yield twice."""
        yield 1
        yield 2


class Twins(Dual[M, Any]):
    """A resource of an SDK with a client for each mode."""

    @operation(SAFE)
    async def get(self, what: Any) -> Any:
        """Ask for anything."""
        return await self.ask(lambda sdk: sdk.get(what))


class TwinSdk:
    """The sync half."""

    def get(self, what: Any) -> Any:
        return what


class AsyncTwinSdk:
    """The async half."""

    async def get(self, what: Any) -> Any:
        return what


class Toy(Client[M], Blocking[M, Sdk]):
    """The provider."""

    provider = "toy"
    packages = ("toy",)
    dialect = Dialect(provider="toy")

    native: "Native[Sdk, Sdk]" = Native()

    def build_native(self) -> Any:
        return self.link.settings()

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        return from_failure(op, error)

    @property
    def things(self) -> Things[M]:
        """Its things."""
        return Things(self)

    @property
    def twins(self) -> Twins[M]:
        """Its twins."""
        return Twins(self)

    @operation(SAFE)
    async def me(self) -> str:
        """An operation of the client itself."""
        return await self.ask(lambda sdk: sdk.call("me"))


def toy(
    mode: str, observe: Any = None, *, settings: Any = Sdk, clock: Any = None, sibling: Any = None, **policy: Any
) -> Toy[Any]:
    """A client in a mode."""
    made = link(
        "toy", settings=settings, policy=Policy(**policy), is_async=mode == "async", clock=clock, random=lambda: 1.0,
        observers=[] if observe is None else [observe], sibling=sibling or (lambda account: account),
    )  # fmt: skip
    return Toy(made)
