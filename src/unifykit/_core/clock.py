"""Time as the engine's drivers see it. The real one is in `_wires`, the virtual one in `unifykit.testing`."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait in this thread."""
        ...

    async def asleep(self, seconds: float, /) -> None:
        """Wait in this task."""
        ...
