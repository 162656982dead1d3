"""The pipeline's own account of what it did, by platform."""

import threading
from dataclasses import dataclass, fields

from unifykit.events import AttemptEvent, Event, OutcomeEvent, WaitEvent


@dataclass(slots=True)
class Account:
    """What the pipeline did for one platform.

    Attributes:
        calls: Operations that ended.
        failed: Those that ended in an error.
        attempts: Requests sent.
        retries: Requests that were sent again.
        waited: Seconds waited before attempts.
        received: Bytes of replies, where they are known.
        seconds: Time of all operations together.
    """

    calls: int = 0
    failed: int = 0
    attempts: int = 0
    retries: int = 0
    waited: float = 0.0
    received: int = 0
    seconds: float = 0.0


NAMES = tuple(field.name for field in fields(Account))


class Tally:
    """An observer that counts. Safe to share among threads.

    Attributes:
        accounts: What was counted, by platform.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Count one event."""
        with self._lock:
            account = self.accounts.setdefault(event.provider, Account())
            if isinstance(event, AttemptEvent):
                account.attempts += 1
                account.retries += event.attempt > 1
                account.received += event.received
            elif isinstance(event, WaitEvent):
                account.waited += event.seconds
            elif isinstance(event, OutcomeEvent):
                account.calls += 1
                account.failed += event.error is not None
                account.seconds += event.seconds
