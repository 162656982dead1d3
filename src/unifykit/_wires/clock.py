"""Real time, and the deadline that a caller sets."""

import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, allowed
from unifykit.errors import InvalidRequestError

if TYPE_CHECKING:
    from contextvars import Token


class SystemClock:
    """The machine's clocks."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
    sleep = staticmethod(time.sleep)

    @staticmethod
    async def asleep(seconds: float) -> None:
        """Wait in this task."""
        import asyncio

        await asyncio.sleep(seconds)


SYSTEM = SystemClock()


class deadline:  # noqa: N801 -- reads as the context manager that it is
    """Every operation in the block must be done within `seconds` from its start, waits and all attempts included.

    Works in `with`, in sync and async code alike. Blocks nest: the nearer deadline counts. A list's pages count where
    they are fetched, not where the pager was made.

    Args:
        seconds: The time allowed, from the moment the block is entered.
        clock: The clock of the `Platforms`, if it is not the machine's.

    Raises:
        DeadlineExceededError: From the operations in the block; its `phase` names what ate the time.
    """

    def __init__(self, seconds: float, *, clock: Clock = SYSTEM) -> None:
        if not seconds > 0:
            raise InvalidRequestError("deadline(seconds) takes a number of seconds above 0")
        self._seconds = seconds
        self._clock = clock
        self._tokens: list[Token[Deadline | None]] = []

    def __enter__(self) -> Deadline:
        mine = Deadline(self._clock.now() + self._seconds, self._seconds)
        outer = allowed.get()
        nearer = mine if outer is None or mine.at < outer.at else outer
        self._tokens.append(allowed.set(nearer))
        return nearer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with suppress(
            ValueError
        ):  # left in another context than it was entered in (a generator): nothing to undo there
            allowed.reset(self._tokens.pop())

    async def __aenter__(self) -> Deadline:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
