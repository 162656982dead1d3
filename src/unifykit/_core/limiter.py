"""The client's own limit: a GCRA for the rate, a fair queue for what is in flight."""

import threading
from collections import deque
from collections.abc import Callable

from unifykit._core.outcome import Ticket
from unifykit._core.policy import RateLimit


class Refused(Exception):  # noqa: N818 -- a signal to the engine, never seen outside
    """The queue is full, or the turn would come too late; `seconds` says when."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds


class Limiter:
    """Hands out turns in the order in which they were asked for."""

    def __init__(self, policy: RateLimit) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._arrival = 0.0  # GCRA's theoretical arrival time
        self._queued = 0
        self.in_flight: int = 0
        self._waiting: deque[Ticket] = deque()
        self.unlimited: bool = policy.rate is None and policy.concurrency is None

    @property
    def waiting(self) -> int:
        """How many stand in the queue for a slot."""
        return len(self._waiting)

    def renew(self) -> None:
        """Forget the threads that a fork left behind: the lock, slots and places that they held."""
        self._lock = threading.Lock()
        self._queued = self.in_flight = 0
        self._waiting = deque()

    def reserve(self, now: float, weight: int, longest: float) -> float:
        """Reserve a turn and return the seconds until it comes.

        Raises:
            Refused: The turn would come later than `longest` seconds, or the queue is full.
        """
        if self._policy.rate is None:
            return 0.0
        interval = self._policy.per / self._policy.rate
        burst = self._policy.burst if self._policy.burst is not None else max(1, int(self._policy.rate))
        with self._lock:
            if not self._queued:  # then turns beyond the burst are nobody's: they were given up
                self._arrival = min(self._arrival, now + burst * interval)
            arrival = max(self._arrival, now) + weight * interval
            delay = max(0.0, arrival - burst * interval - now)
            if delay > longest or (delay > 0 and self._queued >= self._policy.max_queue):
                raise Refused(delay)
            self._arrival = arrival
            self._queued += delay > 0
            return delay

    def arrived(self) -> None:
        """A reserved turn has come (or was given up): it no longer counts as queued."""
        with self._lock:
            self._queued -= 1

    def enter(self) -> Ticket | None:
        """Take a slot; None if one was free, else a ticket in the queue.

        Raises:
            Refused: The queue is full.
        """
        if self._policy.concurrency is None:
            return None
        with self._lock:
            if self.in_flight < self._policy.concurrency:
                self.in_flight += 1
                return None
            if len(self._waiting) >= self._policy.max_queue:
                raise Refused(None)
            ticket = Ticket()
            self._waiting.append(ticket)
            return ticket

    def arm(self, ticket: Ticket, ready: Callable[[], None]) -> bool:
        """Have `ready` called when the ticket is granted; False if it was granted already."""
        with self._lock:
            ticket.ready = ready
            return not ticket.granted

    def withdraw(self, ticket: Ticket) -> None:
        """Leave the queue; give the slot on if it was granted in the meantime."""
        with self._lock:
            if not ticket.granted:
                self._waiting.remove(ticket)
                return
        self.leave()

    def leave(self) -> None:
        """Free a slot: the longest waiting ticket gets it."""
        if self._policy.concurrency is None:
            return
        with self._lock:
            if not self._waiting:
                self.in_flight -= 1
                return
            ticket = self._waiting.popleft()
            ticket.granted = True
            ready = ticket.ready
        if callable(ready):
            ready()
