"""The same script leads to the same events, waits and end in both modes."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.test_properties import OUTCOMES, RETRIES

from unifykit import UnifyError
from unifykit._core.context import Deadline, Operation
from unifykit._core.engine import Account, Engine
from unifykit._core.outcome import Kind, Request, Safety
from unifykit._core.policy import Policy, RateLimit, Retry
from unifykit._wires.drive import Port, adrive, drive
from unifykit.testing import VirtualClock

FREE = RateLimit()


class Broken(Exception):
    """No reply."""


class Stack:
    """A scripted I/O stack under the engine, in either mode."""

    def __init__(self, outcomes, retry, limit=FREE, within=None, took=0.5):
        self.clock = VirtualClock()
        self.events, self.sends, self.discarded = [], [], []
        policy = Policy(retry=retry, limit=limit)
        self.engine = Engine("test", policy, Account(policy), lambda: 0.5, self.events.append)
        self.outcomes, self.took = list(outcomes), took
        self.deadline = None if within is None else Deadline(self.clock.now() + within, within)
        self.op = Operation("test", "things.do", Safety.SAFE, call=1)
        self.port = Port(
            judge=lambda reply: reply,
            blame=lambda error: getattr(error, "outcome", None),
            discard=self.discarded.append,
        )

    def send(self, timeout):
        self.sends.append((self.clock.now(), timeout))
        self.clock.advance(self.took)
        outcome = self.outcomes[min(len(self.sends), len(self.outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        if outcome.status is None and outcome.kind is not Kind.OK:
            error = Broken()
            error.outcome = outcome
            raise error
        return outcome

    async def asend(self, timeout):
        return self.send(timeout)

    def told(self, end):
        return end, self.events, self.sends, self.clock.slept, self.discarded, self.op


def ended(error):
    return (type(error), str(error), type(error.__cause__), getattr(error, "phase", None))


def sync_trace(*script, **options):
    stack = Stack(*script, **options)
    try:
        end = drive(stack.engine, stack.clock, Request(Safety.SAFE), stack.port, stack.send, stack.op, stack.deadline)
    except (UnifyError, Broken, ValueError) as error:
        end = ended(error)
    return stack.told(end)


def async_trace(*script, **options):
    stack = Stack(*script, **options)

    async def go():
        return await adrive(
            stack.engine, stack.clock, Request(Safety.SAFE), stack.port, stack.asend, stack.op, stack.deadline
        )

    try:
        end = asyncio.run(go())
    except (UnifyError, Broken, ValueError) as error:
        end = ended(error)
    return stack.told(end)


@given(
    outcomes=st.lists(OUTCOMES | st.builds(ValueError, st.just("no failure of the exchange")), min_size=1, max_size=6),
    retry=RETRIES, within=st.none() | st.floats(0.1, 40), limit=st.sampled_from([RateLimit(), RateLimit(rate=1, burst=1), RateLimit(concurrency=1)]),
)  # fmt: skip
def test_both_modes_do_the_same(outcomes, retry, within, limit):
    options = {"within": within, "limit": limit}
    assert sync_trace(outcomes, retry, **options) == async_trace(outcomes, retry, **options)


@pytest.mark.parametrize("trace", [sync_trace, async_trace])
def test_a_reply_that_nobody_will_read_is_freed(trace):
    from tests.core.plans import OK, TRANSIENT

    end, _, sends, slept, discarded, _ = trace([TRANSIENT, TRANSIENT, OK], Retry())
    assert (end, len(sends), len(slept), discarded) == (OK, 3, 2, [TRANSIENT, TRANSIENT])


def test_a_slot_wakes_the_thread_that_waits_longest():
    from tests.core.plans import OK

    stack = Stack([OK], Retry(), RateLimit(concurrency=1))
    inside, go_on = threading.Event(), threading.Event()
    order = []

    def send(name):
        def sending(_timeout):
            order.append(name)
            inside.set()
            assert go_on.wait(10)
            return OK

        op = Operation("test", "things.do", Safety.SAFE)
        return drive(stack.engine, stack.clock, Request(Safety.SAFE), stack.port, sending, op, None)

    first = threading.Thread(target=send, args=("first",))
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=send, args=("second",))
    second.start()
    while not stack.engine.account.limiter.waiting:
        threading.Event().wait(0.001)
    assert order == ["first"]
    go_on.set()
    first.join(10), second.join(10)
    assert order == ["first", "second"]
    assert stack.engine.account.limiter.in_flight == 0


def test_a_cancelled_task_leaves_the_queue():
    from tests.core.plans import OK

    stack = Stack([OK], Retry(), RateLimit(concurrency=1))
    limiter = stack.engine.account.limiter

    async def go():
        started, go_on = asyncio.Event(), asyncio.Event()

        async def sending(_timeout):
            started.set()
            await go_on.wait()
            return OK

        def call():
            op = Operation("test", "things.do", Safety.SAFE)
            return asyncio.create_task(
                adrive(stack.engine, stack.clock, Request(Safety.SAFE), stack.port, sending, op, None)
            )

        first = call()
        await started.wait()
        second, third = call(), call()
        while limiter.waiting < 2:
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        assert limiter.waiting == 1
        go_on.set()
        assert await third is OK
        first_reply = await first
        assert first_reply is OK

    asyncio.run(go())
    assert limiter.in_flight == 0


def test_threads_and_tasks_together_never_exceed_the_limit():
    from tests.core.plans import OK

    stack = Stack([OK], Retry(), RateLimit(concurrency=3))
    lock, inside, peak, done = threading.Lock(), [0], [0], []

    def count(step):
        with lock:
            inside[0] += step
            peak[0] = max(peak[0], inside[0])

    def send(_timeout):
        count(1)
        threading.Event().wait(0.0005)
        count(-1)
        return OK

    async def asend(_timeout):
        count(1)
        await asyncio.sleep(0.0005)
        count(-1)
        return OK

    def facts():
        return stack.engine, stack.clock, Request(Safety.SAFE), stack.port

    def operation():
        return Operation("test", "things.do", Safety.SAFE)

    def work():
        done.extend(drive(*facts(), send, operation(), None) for _ in range(40))

    async def awork():
        async def one():
            done.extend([await adrive(*facts(), asend, operation(), None) for _ in range(20)])

        await asyncio.gather(*(one() for _ in range(10)))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    asyncio.run(awork())
    for thread in threads:
        thread.join(30)
    assert (len(done), peak[0], stack.engine.account.limiter.in_flight) == (400, 3, 0)
