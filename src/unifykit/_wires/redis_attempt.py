"""One attempt at a Redis command while it runs: when it must be over, and whether anything of it left."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_STUCK = 1e-6


@dataclass(slots=True, eq=False)
class Attempt:
    """One attempt while it runs.

    Attributes:
        until: When it must be over, on the machine's monotonic clock; None for never.
        sent: True once bytes of the command may have left.
    """

    until: float | None
    sent: bool = False

    def left(self) -> float | None:
        """Seconds left, at least a little: 0 would make a socket non-blocking."""
        return None if self.until is None else max(_STUCK, self.until - time.monotonic())


running: ContextVar[Attempt | None] = ContextVar("unifykit_redis_attempt", default=None)
"""The attempt that is running here, if any."""


@contextmanager
def attempting(seconds: float | None) -> Generator[Attempt]:
    """Everything in the block is one attempt of at most `seconds`."""
    mine = Attempt(None if seconds is None else time.monotonic() + seconds)
    token = running.set(mine)
    try:
        yield mine
    finally:
        running.reset(token)
