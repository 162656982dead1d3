"""How long one wait of a stack may last, and when the attempt that it belongs to must be over.

A stack takes its timeouts as numbers and applies them to each wait, so that a server that drips a byte now and then is
never cut off. `Until` is such a number, and our connections ask it anew before every read.
"""

from dataclasses import dataclass
from typing import Self

from unifykit._core.clock import Clock
from unifykit._core.context import Operation


@dataclass(slots=True, eq=False)
class End:
    """The instant at which an attempt must be over; None for a stream that may go on.

    A stream follows its operation, whose deadline is another one for each item.
    """

    clock: Clock
    at: float | None
    stream: Operation | None = None

    def instant(self) -> float | None:
        """When it must be over, as things stand."""
        if self.stream is None:
            return self.at
        return None if self.stream.deadline is None else self.stream.deadline.at


class Until(float):
    """Seconds for one wait."""

    end: End

    def __new__(cls, seconds: float, end: End) -> Self:
        """A number of seconds that knows its attempt's end."""
        made = super().__new__(cls, seconds)
        made.end = end
        return made

    def left(self) -> float:
        """Seconds for the next wait; 0 when the time is over."""
        at = self.end.instant()
        return float(self) if at is None else max(0.0, min(float(self), at - self.end.clock.now()))


def left(timeout: float | None) -> float | None:
    """Seconds for the next wait under any timeout."""
    return timeout.left() if isinstance(timeout, Until) else timeout
