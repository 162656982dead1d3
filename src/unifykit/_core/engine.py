"""The engine: what to do next with a request. Pure: it is told the time and what happened, and answers with a step.

A plan is a generator. It yields `Send`, `Wait` or `Park`; the wire does that and sends back the time (`now`, on the
wire's monotonic clock; `wall`, in epoch seconds) and, after a `Send`, the attempt's `Outcome`. It returns when the
wire should hand the last reply or failure on, and raises when the engine itself refuses.
"""

from collections.abc import Callable, Generator
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from unifykit._core.breaker import CircuitBreaker
from unifykit._core.budget import RetryBudget
from unifykit._core.context import Deadline, Operation
from unifykit._core.limiter import Limiter, Refused
from unifykit._core.outcome import Kind, Outcome, Park, Request, Safety, Send, Step, Wait
from unifykit._core.policy import Policy, RateLimit
from unifykit._core.quota import QuotaBook
from unifykit.errors import CircuitOpenError, DeadlineExceededError, RateLimitedError
from unifykit.events import AttemptEvent, Event, Observer, WaitEvent

if TYPE_CHECKING:
    from tenacity import RetryCallState


@dataclass(slots=True, eq=False)
class Moment:
    """What the wire says when it comes back."""

    now: float
    wall: float
    outcome: Outcome | None = None


Plan = Generator[Step, Moment, None]

_DOUBLINGS = 64  # beyond any cap, and still a float
_NEARLY = 0.95  # sockets time out a little before the clock says so


class Account:
    """What all calls with one credential share: budget, breaker, limiter, quota."""

    def __init__(self, policy: Policy) -> None:
        self.budget: RetryBudget = RetryBudget(policy.retry.budget)
        self.breaker: CircuitBreaker = CircuitBreaker(policy.breaker)
        self.limiter: Limiter = Limiter(policy.limit)
        self.quota: QuotaBook = QuotaBook()
        self._limiters: WeakValueDictionary[RateLimit, Limiter] = WeakValueDictionary({policy.limit: self.limiter})

    def limited(self, limit: RateLimit) -> "Account":
        """The same account under another client-side limit; equal limits are one limit."""
        other = copy(self)
        other.limiter = self._limiters.get(limit) or self._limiters.setdefault(limit, Limiter(limit))
        return other

    def renew(self) -> None:
        """Forget the threads that a fork left behind: the locks, slots and places that they held."""
        self.budget.renew()
        self.breaker.renew()
        self.quota.renew()
        for limiter in list(self._limiters.values()):
            limiter.renew()


class Engine:
    """Decides for the clients of one account under one policy."""

    def __init__(
        self, provider: str, policy: Policy, account: Account, random: Callable[[], float], tell: Observer
    ) -> None:
        self.provider = provider
        self.policy = policy
        self.account = account
        self._random = random
        self._tell = tell

    def with_policy(self, policy: Policy) -> "Engine":
        """The same account under another policy; a new rate limit is counted apart."""
        account = self.account if policy.limit == self.policy.limit else self.account.limited(policy.limit)
        return Engine(self.provider, policy, account, self._random, self._tell)

    def plan(self, request: Request, operation: Operation, limit: Deadline | None, started: Moment) -> Plan:
        """The way of one request.

        Raises:
            DeadlineExceededError: The time is over; the phase says what ate it.
            RateLimitedError: Our own limiter refused, or the learned quota is used up for too long.
            CircuitOpenError: The account keeps failing.
        """
        return _Attempts(self, request, operation, limit).run(started)

    def tell(self, event: Event) -> None:
        """Report to the observers."""
        self._tell(event)

    def random(self) -> float:
        """A number from 0 to 1."""
        return self._random()


class _Attempts:
    """One request's state between its first attempt and its last."""

    __slots__ = ("account", "attempt", "engine", "limit", "now", "op", "paid", "policy", "request", "started", "wall")

    def __init__(self, engine: Engine, request: Request, operation: Operation, limit: Deadline | None) -> None:
        self.engine = engine
        self.account = engine.account
        self.policy = engine.policy
        self.request = request
        self.op = operation
        self.limit = limit
        self.attempt = 0
        self.paid = 0

    def run(self, started: Moment) -> Plan:
        self.now, self.wall = started.now, started.wall
        self.started = started.now
        while True:
            yield from self._admit()
            try:
                outcome = yield from self._send()
            finally:
                self.account.limiter.leave()
            if outcome is None:
                return
            pause = self._next(outcome)
            if pause is None:
                return
            yield from self._wait(pause, "retry")

    # -- before an attempt

    def _admit(self) -> Plan:
        if self.op.refusal is not None:
            raise self.op.refusal
        self._within_deadline("retry wait" if self.attempt else "before the attempt")
        if self.op.over:  # a thread that a cancelled call left behind
            raise DeadlineExceededError(
                "the caller has given this operation up, so nothing more was sent.",
                provider=self.op.provider, operation=self.op.name, attempts=self.op.attempts,
            )  # fmt: skip
        limiter = self.account.limiter
        yield from self._wait_for_quota()
        while not limiter.unlimited:
            yield from self._take_turn()
            if not self._blocked():
                break
            limiter.leave()  # the quota ran out while this call stood in the queue
            yield from self._wait_for_quota()
        refused = self.account.breaker.refuse_for(self.now, self)
        if refused is not None:
            limiter.leave()
            raise CircuitOpenError(
                "this account keeps failing, so nothing was sent.",
                provider=self.op.provider, operation=self.op.name, retry_after=refused, attempts=self.op.attempts,
            )  # fmt: skip

    def _blocked(self) -> float:
        return self.account.quota.blocked_for(self.request.bucket, self.now) if self.request.metered else 0.0

    def _wait_for_quota(self) -> Plan:
        blocked = self._blocked()
        if not blocked:
            return
        if not self._fits(blocked, blocked):
            raise RateLimitedError(
                f"the provider's quota is used up for {blocked:.0f} s, so nothing was sent.",
                provider=self.op.provider, operation=self.op.name, retry_after=blocked, attempts=self.op.attempts,
                phase="quota wait",
            )  # fmt: skip
        yield from self._wait(blocked, "quota")
        self._within_deadline("quota wait")

    def _take_turn(self) -> Plan:
        limiter = self.account.limiter
        try:
            delay = limiter.reserve(self.now, self.request.weight * self.op.weight, self._longest())
            if delay > 0:
                try:
                    yield from self._wait(delay, "rate limit")
                finally:
                    limiter.arrived()
                self._within_deadline("rate limit queue")
            ticket = limiter.enter()
        except Refused as full:
            raise RateLimitedError(
                "the client's own rate limit has no turn in time, so nothing was sent.", source="client",
                provider=self.op.provider, operation=self.op.name, retry_after=full.seconds,
                attempts=self.op.attempts, phase="rate limit queue",
            ) from None  # fmt: skip
        if ticket is None:
            return
        since = self.now
        try:
            moment = yield Park(ticket, self._remaining())
        except GeneratorExit:
            limiter.withdraw(ticket)
            raise
        self.now, self.wall = moment.now, moment.wall
        self._waited(self.now - since, "concurrency")
        if not ticket.granted or self._remaining() == 0:
            limiter.withdraw(ticket)
            self._within_deadline("rate limit queue", over=True)

    # -- the attempt

    def _send(self) -> Generator[Step, Moment, Outcome | None]:
        self.attempt += 1
        self.op.attempts += 1
        remaining = self._remaining()
        timeout = self.policy.attempt_timeout
        began = self.now
        try:
            moment = yield Send(timeout if remaining is None else min(timeout, remaining))
        except GeneratorExit:
            self.account.breaker.abandon(self)
            raise
        self.now, self.wall = moment.now, moment.wall
        outcome = moment.outcome
        assert outcome is not None
        self._report(outcome, self.now - began)
        self._learn(outcome, began)
        if outcome.timeout and remaining is not None and self.now - began >= _NEARLY * remaining:
            self._within_deadline("attempt", over=True)
        return None if outcome.kind is Kind.OK else outcome

    def _report(self, outcome: Outcome, seconds: float) -> None:
        op = self.op
        self.engine.tell(
            AttemptEvent(
                op.provider, op.name, op.call, self.attempt, seconds, outcome.status, outcome.error,
                self.request.sent, outcome.received,
            )
        )  # fmt: skip

    def _learn(self, outcome: Outcome, began: float) -> None:
        account = self.account
        account.breaker.record(outcome.kind is Kind.TRANSIENT, self.now, self)
        if outcome.kind is Kind.OK:
            account.budget.refund(self.paid or 1)
        if outcome.quota is not None:
            account.quota.learn(self.request.bucket, outcome.quota, began, self.now, self.wall)
        unclear = outcome.executed and outcome.kind is Kind.TRANSIENT
        self.op.repeated_blindly |= unclear and self.request.safety is not Safety.SAFE
        if self.request.safety is Safety.KEYED:  # under its key a definite answer is the answer to every attempt
            self.op.maybe_executed = self.op.repeated_blindly and outcome.kind in (Kind.TRANSIENT, Kind.THROTTLED)
        else:
            self.op.maybe_executed = unclear and self.request.safety is Safety.UNSAFE
        self.op.retry_after = outcome.retry_after
        self.op.outcome = outcome

    # -- after an attempt

    def _next(self, outcome: Outcome) -> float | None:
        """Seconds to wait before the next attempt, or None to hand the outcome on."""
        if not self._may_repeat(outcome):
            return None
        pause = self._pause(outcome)
        if self._stopped(pause):
            return None
        if not self._fits(outcome.retry_after or 0.0, pause):
            self.op.phase = "retry wait"
            self.op.note = f"the wait of {pause:.3g} s before another attempt does not fit"
            return None
        retry = self.policy.retry
        cost = retry.throttle_cost if outcome.kind is Kind.THROTTLED else retry.transient_cost
        if not self.account.budget.spend(cost):
            return None
        self.paid = cost
        return pause

    def _may_repeat(self, outcome: Outcome) -> bool:
        if outcome.kind not in (Kind.TRANSIENT, Kind.THROTTLED) or not self.request.replayable or self.op.over:
            return False
        return not outcome.executed or self.request.safety is not Safety.UNSAFE

    def _stopped(self, pause: float) -> bool:
        retry = self.policy.retry
        if retry.stop is None:
            return self.attempt >= retry.max_attempts
        return bool(retry.stop(self._tenacity(pause)))

    def _pause(self, outcome: Outcome) -> float:
        retry = self.policy.retry
        hint = outcome.retry_after
        if retry.wait is not None:
            return max(hint or 0.0, float(retry.wait(self._tenacity(0.0))))
        scale = retry.base if outcome.kind is Kind.TRANSIENT else retry.throttle_base
        jitter = self.engine.random()
        backoff = jitter * min(retry.cap, scale * 2.0 ** min(self.attempt - 1, _DOUBLINGS))
        if hint is None:
            return backoff
        return hint + jitter * min(1.0, 0.1 * hint)  # never earlier than the hint, and not all callers at once

    def _tenacity(self, pause: float) -> "RetryCallState":
        from tenacity import RetryCallState, Retrying

        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = self.attempt
        state.start_time = self.started
        state.outcome_timestamp = self.now
        state.idle_for = self.op.waited
        state.upcoming_sleep = pause
        return state

    # -- waiting

    def _wait(self, seconds: float, reason: str) -> Plan:
        self._tell_wait(seconds, reason)
        since = self.now
        moment = yield Wait(seconds)
        self.now, self.wall = moment.now, moment.wall
        self.op.waited += self.now - since

    def _waited(self, seconds: float, reason: str) -> None:
        self._tell_wait(seconds, reason)
        self.op.waited += seconds

    def _tell_wait(self, seconds: float, reason: str) -> None:
        self.engine.tell(WaitEvent(self.op.provider, self.op.name, self.op.call, seconds, reason))

    def _remaining(self) -> float | None:
        return None if self.limit is None else max(0.0, self.limit.at - self.now)

    def _longest(self) -> float:
        """The longest wait that makes sense for a turn: the policy's, and what leaves time for an attempt."""
        remaining = self._remaining()
        longest = self.policy.retry.max_wait
        return longest if remaining is None else min(longest, remaining)

    def _fits(self, imposed: float, pause: float) -> bool:
        """Whether the provider does not ask for too much, and the pause leaves time for an attempt."""
        remaining = self._remaining()
        return imposed <= self.policy.retry.max_wait and (remaining is None or pause < remaining)

    def _within_deadline(self, phase: str, *, over: bool = False) -> None:
        if self.limit is None or (self.limit.at > self.now and not over):
            return
        raise DeadlineExceededError(
            f"not done within {self.limit.seconds:.3g} s.",
            provider=self.op.provider, operation=self.op.name, attempts=self.op.attempts, phase=phase,
            maybe_executed=self.op.maybe_executed,
        )  # fmt: skip
