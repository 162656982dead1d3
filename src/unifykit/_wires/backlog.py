"""What waits between a connection that must not be held up and a consumer that may be slow."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic

from typing_extensions import TypeVar

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline
from unifykit._core.observe import LOGGER
from unifykit.errors import DeadlineExceededError

T = TypeVar("T")


class Backlog(Generic[T]):
    """Items in the order in which they came; when it is full, the oldest give way and are counted.

    Args:
        most: How many items may wait.
        gap: Makes the item that stands for so many that are gone.
    """

    def __init__(self, most: int, gap: Callable[[int], T]) -> None:
        self._items: deque[T] = deque()
        self._most, self._gap = most, gap
        self._gone = 0
        self._more = asyncio.Event()
        self._over: Exception | None = None

    def put(self, item: T) -> None:
        """Add an item; nothing is added after the end."""
        if self._over is not None:
            return
        if len(self._items) >= self._most:
            self._items.popleft()
            self._gone += 1
        self._items.append(item)
        self._more.set()

    def put_first(self, item: T) -> None:
        """Add what belongs before all that waits, however much that is."""
        self._items.appendleft(item)
        self._more.set()

    def end(self, error: Exception | None = None) -> None:
        """Say that nothing comes any more; whoever asks for an item after the last one gets the error."""
        if self._over is None:
            self._over = error or StopAsyncIteration()
        self._more.set()

    def drop(self) -> None:
        """Forget what waits."""
        self._items.clear()
        self._gone = 0

    async def next(self, limit: Deadline | None, clock: Clock) -> T:
        """The next item.

        Raises:
            StopAsyncIteration: There are no more.
            DeadlineExceededError: None came in time.
        """
        while not self._items:
            if self._over is not None:
                raise self._over
            self._more.clear()
            await self._wait(limit, clock)
        if self._gone:
            gone, self._gone = self._gone, 0
            return self._gap(gone)
        return self._items.popleft()

    async def _wait(self, limit: Deadline | None, clock: Clock) -> None:
        try:
            async with asyncio.timeout(None if limit is None else max(0.0, limit.at - clock.now())):
                await self._more.wait()
        except TimeoutError:
            assert limit is not None  # else there is no timeout
            raise DeadlineExceededError(f"no message within {limit.seconds:.3g} s.", phase="attempt") from None

    async def feed(self, handle: Callable[[T], Awaitable[None]], clock: Clock, what: str) -> None:
        """Hand each item to `handle` until the end. What that raises is logged, and the next item follows."""
        while True:
            try:
                item = await self.next(None, clock)
            except Exception:  # noqa: BLE001 -- the end, which others are told of
                return
            try:
                await handle(item)
            except Exception:  # noqa: BLE001 -- the caller's own code, whatever it raises
                LOGGER.exception("a callback of %s failed; the next messages still come", what)
