"""What a user may set: how to retry, how fast to go, when to stop trying. Plain frozen data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

DEFAULT_ATTEMPT_TIMEOUT: float = 30.0
"""Seconds for one attempt, where neither the user nor the provider's client says otherwise."""


def _require(condition: bool, text: str) -> None:
    if not condition:
        from unifykit.errors import ConfigurationError

        raise ConfigurationError(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When and how often a failed request is sent again.

    The numbers are those of AWS's standard mode of November 2026
    (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). A request is repeated only if
    that cannot duplicate a write: see `docs/how-to/retries.md`.

    Args:
        max_attempts: How many times a request is sent at most; the first counts.
        base: Backoff in seconds after a first transient failure; doubles, with full jitter.
        throttle_base: The same after a limit that came without a hint.
        cap: The longest backoff in seconds.
        max_wait: The longest wait in seconds that a provider's hint may impose; a longer one fails at once, with `retry_after`.
        budget: Tokens of the account's retry budget, shared by all of its calls.
        transient_cost: Tokens that a retry after a transient failure costs; success gives them back.
        throttle_cost: Tokens that a retry after a limit costs.
        wait: A tenacity wait (``wait_fixed(1)``, ``wait_random_exponential(max=10)``), instead of the backoff.
        stop: A tenacity stop (``stop_after_attempt(5)``, ``stop_after_delay(30)``), instead of `max_attempts`.
    """

    max_attempts: int = 3
    base: float = 0.05
    throttle_base: float = 1.0
    cap: float = 20.0
    max_wait: float = 60.0
    budget: int = 500
    transient_cost: int = 14
    throttle_cost: int = 5
    wait: "Callable[[RetryCallState], float] | None" = None
    stop: "Callable[[RetryCallState], bool] | None" = None

    def __post_init__(self) -> None:
        _require(self.max_attempts >= 1, "Retry(max_attempts=…) counts the first attempt: give 1 or more")
        numbers = (self.base, self.throttle_base, self.cap, self.max_wait, self.budget)
        _require(min(numbers) >= 0, "Retry takes no negative numbers")
        _require(min(self.transient_cost, self.throttle_cost) >= 0, "Retry takes no negative costs")

    @classmethod
    def off(cls) -> Self:
        """One attempt, never another."""
        return cls(max_attempts=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """How fast one account may be asked, whatever the number of threads and tasks.

    Args:
        rate: Requests per `per` seconds; None for no limit.
        per: The period in seconds.
        burst: How many may go at once after a pause; `rate` when None.
        concurrency: How many requests may be in flight at once; None for no limit.
        max_queue: How many calls may wait for a turn; one more is refused at once with `RateLimitedError`.
    """

    rate: float | None = None
    per: float = 1.0
    burst: int | None = None
    concurrency: int | None = None
    max_queue: int = 10_000

    def __post_init__(self) -> None:
        _require(self.rate is None or self.rate > 0, "RateLimit(rate=…) must be positive")
        _require(self.per > 0, "RateLimit(per=…) is a number of seconds above 0")
        _require(self.burst is None or self.burst >= 1, "RateLimit(burst=…) must be 1 or more")
        _require(self.concurrency is None or self.concurrency >= 1, "RateLimit(concurrency=…) must be 1 or more")
        _require(self.max_queue >= 0, "RateLimit(max_queue=…) must be 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When an account that keeps failing is left alone for a while.

    Only failures of the platform count (5xx, no reply), never 4xx and never a limit.

    Args:
        threshold: The share of failures, 0 to 1, that opens the circuit.
        minimum: How many requests the window must hold before the share counts.
        window: The window in seconds.
        pause: How long the circuit stays open, in seconds, before one request probes it.
    """

    threshold: float = 0.8
    minimum: int = 40
    window: float = 30.0
    pause: float = 5.0

    def __post_init__(self) -> None:
        _require(0 < self.threshold <= 1, "Breaker(threshold=…) is a share above 0, at most 1")
        _require(self.minimum >= 1, "Breaker(minimum=…) must be 1 or more")
        _require(min(self.window, self.pause) > 0, "Breaker takes a number of seconds above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything the engine needs to know about one client's wishes."""

    retry: Retry = Retry()
    limit: RateLimit = RateLimit()
    breaker: Breaker = Breaker()
    timeout: float | None = None
    attempt_timeout: float = DEFAULT_ATTEMPT_TIMEOUT

    def __post_init__(self) -> None:
        _require(
            self.timeout is None or self.timeout > 0, "timeout=… is a number of seconds above 0, or None for no limit"
        )
        _require(self.attempt_timeout > 0, "attempt_timeout=… is a number of seconds above 0")
