"""What must hold whatever happens."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from tests.core.plans import EXHAUSTED, FINAL, OK, REFUSED, THROTTLED, TIMED_OUT, TRANSIENT, Bench, limited

from unifykit._core.budget import RetryBudget
from unifykit._core.limiter import Limiter, Refused
from unifykit._core.outcome import Park, Safety, Send, Wait
from unifykit._core.policy import Breaker, RateLimit, Retry

OUTCOMES = st.sampled_from([OK, TRANSIENT, REFUSED, THROTTLED, EXHAUSTED, FINAL, TIMED_OUT]) | st.floats(0, 100).map(
    limited
)
RETRIES = st.builds(
    Retry,
    max_attempts=st.integers(1, 8),
    base=st.floats(0, 5),
    throttle_base=st.floats(0, 5),
    cap=st.floats(0, 30),
    max_wait=st.floats(0, 100),
    budget=st.integers(0, 60),
)


@given(
    RETRIES, st.lists(OUTCOMES, min_size=1, max_size=10), st.sampled_from(Safety), st.floats(0.1, 200) | st.none(),
    st.floats(0, 2), st.lists(st.floats(0, 1), min_size=1, max_size=10),
)  # fmt: skip
def test_one_request(retry, outcomes, safety, within, took, jitters):  # noqa: PLR0917
    numbers = deque(jitters)

    def jitter():
        numbers.rotate(-1)
        return numbers[0]

    bench = Bench(retry=retry, jitter=jitter)
    trace = bench.walk(outcomes, safety, within=within, took=took)
    assert trace.sends <= retry.max_attempts
    assert trace.op.attempts == trace.sends
    assert 0 <= bench.engine.account.budget.tokens <= retry.budget
    if within is not None:
        assert sum(trace.waits) <= within
    repeated = [*outcomes, *[outcomes[-1]] * 8]
    for outcome, wait in zip(repeated, trace.waits, strict=False):
        assert (outcome.retry_after or 0.0) <= min(wait, retry.max_wait)
    if safety is Safety.UNSAFE:
        executed = [outcome.executed for outcome in repeated[: trace.sends]]
        assert sum(executed) <= 1


class Budget(RuleBasedStateMachine):
    """The purse is never overdrawn and never fuller than it was."""

    def __init__(self):
        super().__init__()
        self.budget = RetryBudget(50)
        self.model = 50

    @rule(cost=st.integers(0, 30))
    def spend(self, cost):
        paid = self.budget.spend(cost)
        assert paid == (cost <= self.model)
        self.model -= cost if paid else 0

    @rule(tokens=st.integers(0, 30))
    def refund(self, tokens):
        self.budget.refund(tokens)
        self.model = min(50, self.model + tokens)

    @invariant()
    def within_bounds(self):
        assert 0 <= self.budget.tokens == self.model <= 50


class Slots(RuleBasedStateMachine):
    """Never more in flight than allowed; first come, first served; no slot is lost, whoever leaves the queue."""

    holders = Bundle("holders")
    tickets = Bundle("tickets")

    def __init__(self):
        super().__init__()
        self.limiter = Limiter(RateLimit(concurrency=2, max_queue=3))
        self.held = 0
        self.queue = []
        self.woken = []

    @rule(target=tickets)
    def enter(self):
        try:
            ticket = self.limiter.enter()
        except Refused:
            assert len(self.queue) == 3
            return None
        if ticket is None:
            assert not self.queue
            self.held += 1
        else:
            self.queue.append(ticket)
            assert self.limiter.arm(ticket, lambda: self.woken.append(ticket))
        return ticket

    @rule()
    def leave(self):
        if self.held:
            self.held -= 1
            self.limiter.leave()
            self.grant()

    @rule(ticket=consumes(tickets))
    def withdraw(self, ticket):
        if ticket is None:
            return
        was_granted = ticket.granted
        self.limiter.withdraw(ticket)
        if was_granted:
            self.held -= 1
            self.grant()
        else:
            self.queue.remove(ticket)

    def grant(self):
        if self.queue:
            first = self.queue.pop(0)
            assert first.granted
            assert self.woken.pop() is first
            assert not self.limiter.arm(first, lambda: None)
            self.held += 1

    @invariant()
    def nothing_is_lost(self):
        assert self.limiter.in_flight == self.held <= 2
        assert not any(ticket.granted for ticket in self.queue)
        assert self.woken == []


TestBudget = Budget.TestCase
TestSlots = Slots.TestCase
for case in (TestBudget, TestSlots):
    case.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


ARRIVALS = st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=30)


@given(st.integers(1, 5), st.integers(1, 5), ARRIVALS)
def test_no_window_sees_more_than_the_burst_and_the_rate(rate, burst, arrivals):
    """Each arrival is a pause before it, and whether the caller gives up while it waits."""
    bench = Bench(limit=RateLimit(rate=rate, burst=burst), retry=Retry(max_wait=1e9))
    sent, waiting = [], []

    def pass_time(until):
        for due, plan in sorted(waiting, key=lambda entry: entry[0]):
            if due <= until:
                bench.now = max(bench.now, due)
                assert isinstance(plan.send(bench.moment()), Send)
                sent.append(bench.now)
                plan.close()
                waiting.remove((due, plan))
        bench.now = max(bench.now, until)

    for pause, gives_up in arrivals:
        pass_time(bench.now + pause)
        plan = bench.plan()
        step = next(plan)
        if isinstance(step, Send):
            sent.append(bench.now)
            plan.close()
        elif gives_up:
            plan.close()
        else:
            waiting.append((bench.now + step.seconds, plan))
    pass_time(bench.now + 1e6)
    assert not waiting
    for start, first in enumerate(sent):
        for count, last in enumerate(sent[start:], 1):
            assert count <= burst + rate * (last - first) + 1e-6


@given(st.integers(1, 3), st.lists(st.integers(0, 9), max_size=60))
def test_never_more_in_flight_than_allowed_and_everyone_gets_a_turn(concurrency, schedule):
    """Ten calls, moved on in any order; some are cancelled wherever they stand."""
    bench = Bench(limit=RateLimit(concurrency=concurrency), breaker=Breaker(minimum=1000), jitter=0.0)
    plans = {number: bench.plan() for number in range(10)}
    at = {}

    def move(number):
        if number not in plans:
            return
        step = at.get(number)
        if isinstance(step, Park) and not step.ticket.granted:
            return
        try:
            outcome = (TRANSIENT if bench.now % 2 else OK) if isinstance(step, Send) else None
            at[number] = next(plans[number]) if step is None else plans[number].send(bench.moment(outcome))
        except StopIteration:
            del plans[number], at[number]
        assert sum(isinstance(step, Send) for step in at.values()) <= concurrency

    for index, number in enumerate(schedule):
        bench.now += 1
        if index % 7 == 6 and number in at:
            plans.pop(number).close()
            del at[number]
        else:
            move(number)
    while plans:
        bench.now += 1
        before = dict(at)
        for number in list(plans):
            move(number)
        assert at != before or len(at) < len(before) or any(isinstance(step, Wait | Send) for step in at.values())
    assert bench.engine.account.limiter.in_flight == 0
