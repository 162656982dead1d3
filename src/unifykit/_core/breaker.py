"""The circuit breaker: an account that keeps failing is left alone for a while, then probed by one request."""

import threading

from unifykit._core.policy import Breaker

_SLICES = 10


class CircuitBreaker:
    """Counts the platform's failures in a sliding window of ten slices."""

    def __init__(self, policy: Breaker) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._slices: dict[int, tuple[int, int]] = {}
        self._open_until: float | None = None
        self._probe: object = None

    def renew(self) -> None:
        """Forget the threads that a fork left behind: the lock and the probe that they held."""
        self._lock, self._probe = threading.Lock(), None

    def refuse_for(self, now: float, who: object) -> float | None:
        """Seconds until a request may pass, or None if it may pass now. Lets one probe through after the pause: `who`."""
        if self._open_until is None:
            return None
        with self._lock:
            if self._open_until is None:  # pyright: ignore[reportUnnecessaryComparison] -- another thread closed it
                return None
            if now < self._open_until:
                return self._open_until - now
            if self._probe is not None:
                return self._policy.pause
            self._probe = who
            return None

    def record(self, failed: bool, now: float, who: object) -> None:
        """Count one request's end; `failed` means the platform's failure, not a 4xx and not a limit."""
        with self._lock:
            if self._open_until is not None:
                if self._probe is who:  # not an older request that ended while the circuit was open
                    self._judge_probe(failed, now)
                return
            self._count(failed, now)
            if failed and self._too_many():
                self._open_until = now + self._policy.pause

    def abandon(self, who: object) -> None:
        """A request ended without a verdict (cancelled): free its place if it was the probe."""
        with self._lock:
            if self._probe is who:
                self._probe = None

    def _judge_probe(self, failed: bool, now: float) -> None:
        self._probe = None
        self._slices.clear()
        self._open_until = now + self._policy.pause if failed else None

    def _count(self, failed: bool, now: float) -> None:
        width = self._policy.window / _SLICES
        current = int(now // width)
        if current not in self._slices:
            oldest = current - _SLICES
            self._slices = {index: counts for index, counts in self._slices.items() if index > oldest}
        total, failures = self._slices.get(current, (0, 0))
        self._slices[current] = (total + 1, failures + failed)

    def _too_many(self) -> bool:
        total = sum(counts[0] for counts in self._slices.values())
        failures = sum(counts[1] for counts in self._slices.values())
        return total >= self._policy.minimum and failures >= self._policy.threshold * total
