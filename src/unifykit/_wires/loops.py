"""Async connections belong to one event loop. One set for each loop, closed when that loop shuts down."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

from unifykit._wires.fork import AfterFork

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes a value for each running loop; `asyncio.run` closes it on its way out."""

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[object]]) -> None:
        self._make = make
        self._close = close
        self._of: dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None, None]]] = {}
        self._after_fork = AfterFork(self._renew)

    def get(self) -> T:
        """The running loop's value."""
        loop = asyncio.get_running_loop()
        found = self._of.get(loop)
        if found is not None:
            return found[0]
        for dead in [other for other in list(self._of) if other.is_closed()]:  # other threads' loops come and go
            self._of.pop(dead, None)
        value = self._make()
        self._of[loop] = value, _prime(self._guard(loop, value))
        return value

    async def aclose(self) -> None:
        """Close the running loop's value now."""
        found = self._of.get(asyncio.get_running_loop())
        if found is not None:
            await found[1].aclose()

    async def _guard(self, loop: asyncio.AbstractEventLoop, value: T) -> AsyncGenerator[None, None]:
        # `loop.shutdown_asyncgens()`, which `asyncio.run` calls, closes this generator: the one hook that a loop offers.
        try:
            yield
        finally:
            self._of.pop(loop, None)
            await self._close(value)

    def _renew(self) -> object:
        old, self._of = self._of, {}
        return old


def _prime(guard: AsyncGenerator[None, None]) -> AsyncGenerator[None, None]:
    first = guard.asend(None)
    with contextlib.suppress(StopIteration):
        first.send(None)  # runs to the `yield` without a loop
    return guard
