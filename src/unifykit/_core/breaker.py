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
        self._probing = False

    def refuse_for(self, now: float) -> float | None:
        """Seconds until a request may pass, or None if it may pass now. Lets one probe through after the pause."""
        if self._open_until is None:
            return None
        with self._lock:
            if self._open_until is None:
                return None
            if now < self._open_until:
                return self._open_until - now
            if self._probing:
                return self._policy.pause
            self._probing = True
            return None

    def record(self, failed: bool, now: float) -> None:
        """Count one request's end; `failed` means the platform's failure, not a 4xx and not a limit."""
        with self._lock:
            if self._open_until is not None:
                self._judge_probe(failed, now)
                return
            self._count(failed, now)
            if failed and self._too_many():
                self._open_until = now + self._policy.pause

    def abandon(self) -> None:
        """A request ended without a verdict (cancelled): free the probe's place."""
        if self._probing:
            with self._lock:
                self._probing = False

    def _judge_probe(self, failed: bool, now: float) -> None:
        if not self._probing:
            return  # an older request that ended while the circuit was open
        self._probing = False
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
