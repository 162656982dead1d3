"""An engine without sockets: its plans are fed with moments and outcomes by hand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from unifykit._core.context import Deadline, Operation
from unifykit._core.engine import Account, Engine, Moment
from unifykit._core.outcome import Kind, Outcome, Park, Request, Safety, Send, Step, Wait
from unifykit._core.policy import Breaker, Policy, RateLimit, Retry
from unifykit.errors import UnifyError
from unifykit.events import Event

OK = Outcome(Kind.OK, status=200)
TRANSIENT = Outcome(Kind.TRANSIENT, status=503)
REFUSED = Outcome(Kind.TRANSIENT, executed=False, error="connect")
THROTTLED = Outcome(Kind.THROTTLED, executed=False, status=429)
EXHAUSTED = Outcome(Kind.EXHAUSTED, executed=False, status=429)
FINAL = Outcome(Kind.FINAL, executed=False, status=404)
TIMED_OUT = Outcome(Kind.TRANSIENT, error="timeout", timeout=True)

START, WALL = 1_000.0, 1_800_000_000.0


def limited(seconds: float) -> Outcome:
    """A limit with a hint."""
    return Outcome(Kind.THROTTLED, executed=False, status=429, retry_after=seconds)


@dataclass
class Trace:
    """What one request led to."""

    steps: list[Step]
    op: Operation
    error: UnifyError | None
    ended: float

    @property
    def sends(self) -> int:
        return sum(isinstance(step, Send) for step in self.steps)

    @property
    def waits(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Wait)]


@dataclass
class Bench:
    """One account's engine, with the time at hand."""

    retry: Retry = field(default_factory=Retry)
    limit: RateLimit = field(default_factory=RateLimit)
    breaker: Breaker = field(default_factory=Breaker)
    attempt_timeout: float = 30.0
    jitter: Any = 1.0
    now: float = START

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        policy = Policy(retry=self.retry, limit=self.limit, breaker=self.breaker, attempt_timeout=self.attempt_timeout)
        random = self.jitter if callable(self.jitter) else lambda: self.jitter
        self.engine = Engine("test", policy, Account(policy), random, self.events.append)

    def moment(self, outcome: Outcome | None = None) -> Moment:
        return Moment(self.now, WALL + self.now - START, outcome)

    def plan(
        self, safety: Safety = Safety.SAFE, *, within: float | None = None, op: Operation | None = None, **facts: Any
    ):
        limit = None if within is None else Deadline(self.now + within, within)
        op = op or Operation("test", "things.do", safety)
        return self.engine.plan(Request(safety, **facts), op, limit, self.moment())

    def walk(
        self, outcomes: Iterable[Outcome], safety: Safety = Safety.SAFE, *, within: float | None = None,
        took: float = 0.0, **facts: Any,
    ) -> Trace:  # fmt: skip
        """Run one request to its end; the last outcome repeats."""
        op = Operation("test", "things.do", safety)
        plan = self.plan(safety, within=within, op=op, **facts)
        script, last, steps, outcome = iter(outcomes), OK, [], None
        try:
            step = next(plan)
            while True:
                steps.append(step)
                assert not isinstance(step, Park), "nobody frees this slot"
                self.now += step.seconds if isinstance(step, Wait) else took
                if isinstance(step, Send):
                    last = outcome = next(script, last)
                step = plan.send(self.moment(outcome if isinstance(step, Send) else None))
        except StopIteration:
            return Trace(steps, op, None, self.now)
        except UnifyError as error:
            return Trace(steps, op, error, self.now)
