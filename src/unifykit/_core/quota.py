"""The provider's allowance, learned from every reply: when it is used up, requests wait instead of failing."""

import threading
from dataclasses import dataclass

from unifykit._core.outcome import Quota


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """What is known of one of the provider's allowances.

    Attributes:
        limit: Requests in a period, or None if the provider did not say.
        remaining: Requests left in the period, or None.
        reset_at: When the period ends, in epoch seconds, or None.
        retry_after: Seconds until a request can succeed; 0 when one can now.
    """

    limit: int | None
    remaining: int | None
    reset_at: float | None
    retry_after: float


class QuotaBook:
    """Remembers the last word of the provider on each allowance ("bucket")."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Quota] = {}
        self._blocked: dict[str, tuple[float, float]] = {}  # since when, until when

    def renew(self) -> None:
        """Take a new lock in the child of a fork: another thread may have held the old one."""
        self._lock = threading.Lock()

    def learn(self, bucket: str, quota: Quota, asked: float, now: float, wall: float) -> None:
        """Take in what a reply said to a request of the instant `asked`."""
        with self._lock:
            since, until = self._blocked.get(bucket, (asked, now))
            if asked < since and quota.remaining:
                return  # counted before the allowance was used up, answered after
            self._known[bucket] = quota
            if quota.remaining == 0 and quota.reset_at is not None and quota.reset_at > wall:
                self._blocked[bucket] = now, max(until, now + quota.reset_at - wall)
            elif quota.remaining:
                self._blocked.pop(bucket, None)

    def blocked_for(self, bucket: str, now: float) -> float:
        """Seconds until this bucket may be drawn on; 0 when now."""
        if not self._blocked:
            return 0.0
        return max(0.0, self._blocked.get(bucket, (now, now))[1] - now)

    def state(self, now: float) -> dict[str, RateLimitState]:
        """All that is known, by bucket."""
        with self._lock:
            return {
                bucket: RateLimitState(q.limit, q.remaining, q.reset_at, self.blocked_for(bucket, now))
                for bucket, q in self._known.items()
            }
