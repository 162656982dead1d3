"""Time that passes without waiting."""

import asyncio
import threading

__all__ = ["VirtualClock"]


class VirtualClock:
    """A clock that jumps instead of waiting: a thousand minutes of backoff take no time.

    ```python
    clock = VirtualClock()
    platforms = Platforms(clock=clock)
    ```

    Attributes:
        slept: Every wait that was asked for, in seconds, in order.
    """

    def __init__(self, now: float = 1_000.0, wall: float = 1_800_000_000.0) -> None:
        self._now = now
        self._wall = wall
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return self._now

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self._wall

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += seconds
            self._wall += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass, and remember that somebody waited."""
        self.slept.append(seconds)
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Let time pass, and let other tasks run."""
        self.sleep(seconds)
        await asyncio.sleep(0)
