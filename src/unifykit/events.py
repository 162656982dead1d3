"""What observers are told. An observer is any callable that takes one event; it must not block.

```python
def slow(event: Event) -> None:
    if isinstance(event, AttemptEvent) and event.seconds > 1:
        print(event.provider, event.operation, event.seconds)


platforms = Platforms(observers=[slow])
```

Events carry names, counts and durations, never a header, a body, a URL or a credential.
"""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["AttemptEvent", "Event", "Observer", "OutcomeEvent", "StartEvent", "WaitEvent"]


@dataclass(frozen=True, slots=True)
class StartEvent:
    """An operation begins. `call` is the same number in every event of one operation.

    Attributes:
        stream: True if the caller's own code runs between its items, so that it is open while others begin and end.
    """

    provider: str
    operation: str
    call: int
    stream: bool = False


@dataclass(frozen=True, slots=True)
class AttemptEvent:
    """One request was sent and answered, or failed.

    Attributes:
        call: The operation's number in this process.
        attempt: 1 for the first.
        seconds: How long it took until the reply's headers (or whole body, where the wire reads it).
        status: The HTTP status, or None without a reply.
        error: The failure's kind when there was no reply: ``"connect"``, ``"broken"``, ``"timeout"``, or a Redis error word.
        sent: Bytes of the request's body.
        received: Bytes of the reply's body where the wire read it or the reply said so, else 0.
    """

    provider: str
    operation: str
    call: int
    attempt: int
    seconds: float
    status: int | None
    error: str | None
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class WaitEvent:
    """The pipeline waits before the next attempt. `reason` is ``"retry"``, ``"rate limit"``, ``"quota"`` or ``"concurrency"``."""

    provider: str
    operation: str
    call: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class OutcomeEvent:
    """An operation ended. `error` is the error's class name, or None for success."""

    provider: str
    operation: str
    call: int
    seconds: float
    attempts: int
    waited: float
    error: str | None


Event = StartEvent | AttemptEvent | WaitEvent | OutcomeEvent
"""Any of the events."""

Observer = Callable[[Event], None]
"""A callable that is told every event."""
