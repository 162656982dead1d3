"""Every decision of the engine, on moments fed by hand."""

import pytest
from tenacity import (
    stop_after_attempt,
    stop_after_delay,
    stop_before_delay,
    wait_chain,
    wait_fixed,
    wait_random_exponential,
)
from tests.core.plans import (
    EXHAUSTED,
    FINAL,
    OK,
    REFUSED,
    THROTTLED,
    TIMED_OUT,
    TRANSIENT,
    Bench,
    limited,
)

from unifykit import CircuitOpenError, DeadlineExceededError, RateLimitedError
from unifykit._core.context import Operation
from unifykit._core.outcome import Kind, Outcome, Park, Quota, Safety, Send, Wait
from unifykit._core.policy import Breaker, RateLimit, Retry
from unifykit.events import AttemptEvent, WaitEvent

SAFE, IDEMPOTENT, KEYED, UNSAFE = Safety

REPEATS = [
    # outcome, safety, sends
    (OK, SAFE, 1), (OK, UNSAFE, 1),
    (TRANSIENT, SAFE, 3), (TRANSIENT, IDEMPOTENT, 3), (TRANSIENT, KEYED, 3), (TRANSIENT, UNSAFE, 1),
    (REFUSED, SAFE, 3), (REFUSED, IDEMPOTENT, 3), (REFUSED, KEYED, 3), (REFUSED, UNSAFE, 3),
    (THROTTLED, SAFE, 3), (THROTTLED, IDEMPOTENT, 3), (THROTTLED, KEYED, 3), (THROTTLED, UNSAFE, 3),
    (EXHAUSTED, SAFE, 1), (EXHAUSTED, IDEMPOTENT, 1), (EXHAUSTED, KEYED, 1), (EXHAUSTED, UNSAFE, 1),
    (FINAL, SAFE, 1), (FINAL, IDEMPOTENT, 1), (FINAL, KEYED, 1), (FINAL, UNSAFE, 1),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "safety", "sends"), REPEATS)
def test_repeats_only_what_cannot_duplicate(outcome, safety, sends):
    trace = Bench().walk([outcome], safety)
    assert (trace.sends, trace.error) == (sends, None)
    assert trace.op.attempts == sends
    assert trace.op.outcome is outcome


@pytest.mark.parametrize("outcome", [TRANSIENT, REFUSED, THROTTLED])
def test_a_body_that_cannot_be_replayed_is_sent_once(outcome):
    assert Bench().walk([outcome], SAFE, replayable=False).sends == 1


@pytest.mark.parametrize(
    ("outcome", "safety", "maybe"),
    [
        (TRANSIENT, UNSAFE, True),
        (TIMED_OUT, UNSAFE, True),
        (REFUSED, UNSAFE, False),
        (THROTTLED, UNSAFE, False),
        (FINAL, UNSAFE, False),
        (TRANSIENT, SAFE, False),
        (TRANSIENT, IDEMPOTENT, False),
        (OK, UNSAFE, False),
    ],
)
def test_says_whether_a_write_may_have_happened(outcome, safety, maybe):
    assert Bench().walk([outcome], safety).op.maybe_executed is maybe


@pytest.mark.parametrize(
    ("outcomes", "maybe"),
    [
        ([TRANSIENT], True),
        ([TRANSIENT, THROTTLED, THROTTLED], True),
        ([THROTTLED], False),
        ([REFUSED], False),
        ([TRANSIENT, FINAL], False),
        ([TRANSIENT, OK], False),
    ],
)
def test_a_keyed_write_is_uncertain_until_the_platform_gives_a_definite_answer(outcomes, maybe):
    """The caller's repeat would carry another key."""
    assert Bench().walk(outcomes, KEYED).op.maybe_executed is maybe


def test_stops_at_the_first_success():
    trace = Bench().walk([TRANSIENT, OK])
    assert [type(step) for step in trace.steps] == [Send, Wait, Send]


def test_one_attempt_when_retries_are_off():
    assert Bench(retry=Retry.off()).walk([TRANSIENT]).sends == 1


# -- the numbers


@pytest.mark.parametrize(
    ("jitter", "waits"), [(1.0, [0.05, 0.1, 0.2, 0.4]), (0.5, [0.025, 0.05, 0.1, 0.2]), (0.0, [0.0] * 4)]
)
def test_full_jitter_after_transient_failures(jitter, waits):
    assert Bench(retry=Retry(max_attempts=5), jitter=jitter).walk([TRANSIENT]).waits == pytest.approx(waits)


def test_throttling_without_a_hint_starts_at_a_second_and_is_capped_at_twenty():
    assert Bench(retry=Retry(max_attempts=8)).walk([THROTTLED]).waits == [1, 2, 4, 8, 16, 20, 20]


def test_two_thousand_attempts_do_not_overflow():
    waits = Bench(retry=Retry(max_attempts=2000, transient_cost=0)).walk([TRANSIENT]).waits
    assert (len(waits), waits[-1]) == (1999, 20.0)


@pytest.mark.parametrize("jitter", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("hint", [0.0, 0.5, 3.0, 45.0])
def test_never_earlier_than_the_hint_and_hardly_later(hint, jitter):
    waits = Bench(jitter=jitter).walk([limited(hint)]).waits
    assert waits == [pytest.approx(hint + jitter * min(1.0, 0.1 * hint))] * 2
    assert min(waits) >= hint


def test_a_transient_failure_s_hint_counts_too():
    hinted = Outcome(Kind.TRANSIENT, status=503, retry_after=7.0)
    assert Bench(jitter=0.0).walk([hinted, OK]).waits == [7.0]


# -- waits that do not fit


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_a_hint_of_exactly_the_longest_wait_is_waited_for(jitter):
    assert Bench(jitter=jitter).walk([limited(60.0), OK]).sends == 2


def test_a_hint_beyond_the_longest_wait_is_handed_on_at_once():
    trace = Bench().walk([limited(61.0)])
    assert (trace.sends, trace.waits, trace.error) == (1, [], None)
    assert trace.op.phase == "retry wait"
    assert "does not fit" in trace.op.note
    assert trace.op.retry_after == 61.0


@pytest.mark.parametrize("hint", [5.0, 5.1, 30.0])
def test_a_wait_that_reaches_the_deadline_is_handed_on_at_once(hint):
    trace = Bench(jitter=0.0).walk([limited(hint)], within=5.0)
    assert (trace.sends, trace.waits, trace.ended) == (1, [], 1_000.0)
    assert trace.op.phase == "retry wait"


def test_the_longest_wait_limits_hints_not_the_caller_s_own_wait():
    trace = Bench(retry=Retry(max_wait=1.0, wait=wait_fixed(90))).walk([TRANSIENT, OK])
    assert trace.waits == [90]


# -- the deadline


def test_an_attempt_is_cut_at_the_deadline():
    bench = Bench(attempt_timeout=30.0)
    assert next(bench.plan(within=4.0)) == Send(4.0)
    assert next(bench.plan(within=40.0)) == Send(30.0)
    assert next(bench.plan()) == Send(30.0)


def test_a_passed_deadline_sends_nothing():
    trace = Bench().walk([OK], within=0.0)
    assert trace.steps == []
    assert isinstance(trace.error, DeadlineExceededError)
    assert trace.error.phase == "before the attempt"


def test_an_attempt_that_ate_the_deadline():
    trace = Bench().walk([TIMED_OUT], UNSAFE, within=2.0, took=2.0)
    assert isinstance(trace.error, DeadlineExceededError)
    assert (trace.error.phase, trace.error.attempts, trace.error.maybe_executed) == ("attempt", 1, True)
    assert "2 s" in str(trace.error)


def test_a_reply_after_the_deadline_is_still_a_reply():
    assert Bench().walk([OK], within=2.0, took=3.0).error is None


def test_a_wait_that_overslept_the_deadline():
    bench = Bench(jitter=0.0)
    plan = bench.plan(within=5.0)
    next(plan)
    assert plan.send(bench.moment(limited(4.0))) == Wait(4.0)
    bench.now += 6
    with pytest.raises(DeadlineExceededError) as caught:
        plan.send(bench.moment())
    assert caught.value.phase == "retry wait"


@pytest.mark.parametrize("asleep", [5.0, 6.0])
def test_a_turn_that_came_too_late_sends_nothing(asleep):
    bench = Bench(limit=RateLimit(rate=1, per=4.5, concurrency=3))
    assert isinstance(next(bench.plan()), Send)
    plan = bench.plan(within=5.0)
    assert next(plan) == Wait(4.5)
    bench.now += asleep
    with pytest.raises(DeadlineExceededError) as caught:
        plan.send(bench.moment())
    assert caught.value.phase == "rate limit queue"
    assert bench.engine.account.limiter.in_flight == 0


def test_a_quota_wait_that_overslept_sends_nothing():
    bench = Bench()
    bench.walk([Outcome(Kind.OK, status=200, quota=Quota(5, 0, 1_800_000_004.0))])
    plan = bench.plan(within=5.0)
    assert next(plan) == Wait(4.0)
    bench.now += 5
    with pytest.raises(DeadlineExceededError) as caught:
        plan.send(bench.moment())
    assert caught.value.phase == "quota wait"


# -- tenacity


def test_tenacity_waits():
    assert Bench(retry=Retry(wait=wait_fixed(3))).walk([TRANSIENT]).waits == [3, 3]
    chain = wait_chain(wait_fixed(1), wait_fixed(2), wait_fixed(4))
    assert Bench(retry=Retry(wait=chain, max_attempts=5)).walk([TRANSIENT]).waits == [1, 2, 4, 4]
    waits = (
        Bench(retry=Retry(wait=wait_random_exponential(multiplier=1, max=10), max_attempts=7)).walk([TRANSIENT]).waits
    )
    assert all(0 <= wait <= min(10, 2**index) for index, wait in enumerate(waits))
    assert len(waits) == 6


def test_a_tenacity_wait_is_never_earlier_than_the_hint():
    assert Bench(retry=Retry(wait=wait_fixed(3))).walk([limited(9)]).waits == [9, 9]


def test_tenacity_stops():
    assert Bench(retry=Retry(stop=stop_after_attempt(5))).walk([TRANSIENT]).sends == 5
    retry = Retry(stop=stop_after_delay(10), wait=wait_fixed(3))
    assert Bench(retry=retry).walk([TRANSIENT]).sends == 5  # at 0, 3, 6, 9, 12 s
    retry = Retry(stop=stop_before_delay(10), wait=wait_fixed(3))
    assert Bench(retry=retry).walk([TRANSIENT]).sends == 4  # at 0, 3, 6, 9 s: the next would be beyond
    retry = Retry(stop=stop_before_delay(10))
    assert Bench(retry=retry, jitter=0.0).walk([limited(6)]).sends == 2


def test_tenacity_is_asked_only_after_a_failed_attempt():
    asked = []

    def stop(state):
        asked.append((state.attempt_number, state.seconds_since_start))
        return state.attempt_number == 3

    retry = Retry(stop=stop, wait=wait_fixed(2))
    assert Bench(retry=retry).walk([OK]).sends == 1
    assert Bench(retry=retry).walk([FINAL]).sends == 1
    assert asked == []
    assert Bench(retry=retry).walk([TRANSIENT], took=1.0).sends == 3
    assert asked == [(1, 1.0), (2, 4.0), (3, 7.0)]


# -- the retry budget


def test_the_budget_is_500_at_14_and_5_and_an_outage_empties_it():
    bench = Bench(breaker=Breaker(minimum=10_000))
    sends = [bench.walk([TRANSIENT]).sends for _ in range(20)]
    assert sends == [3] * 17 + [2, 1, 1]  # 35 retries of 14: 490 tokens
    assert bench.engine.account.budget.tokens == 10
    assert bench.walk([THROTTLED]).sends == 3
    assert bench.engine.account.budget.tokens == 0
    assert bench.walk([THROTTLED]).sends == 1


def test_success_gives_back_what_the_last_retry_cost_or_one():
    bench = Bench()
    budget = bench.engine.account.budget
    bench.walk([TRANSIENT, TRANSIENT, OK])
    assert budget.tokens == 500 - 14
    bench.walk([THROTTLED, OK])
    assert budget.tokens == 500 - 14
    bench.walk([OK])
    assert budget.tokens == 500 - 13
    for _ in range(20):
        bench.walk([OK])
    assert budget.tokens == 500


# -- the circuit breaker

SHORT = Breaker(threshold=0.5, minimum=4, window=30.0, pause=5.0)


def test_the_circuit_opens_probes_once_and_closes():
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    for _ in range(4):
        bench.walk([TRANSIENT])
    refused = bench.walk([OK])
    assert isinstance(refused.error, CircuitOpenError)
    assert (refused.steps, refused.error.retry_after) == ([], 5.0)
    bench.now += 5
    probe = bench.plan()
    assert isinstance(next(probe), Send)
    assert isinstance(bench.walk([OK]).error, CircuitOpenError)
    with pytest.raises(StopIteration):
        probe.send(bench.moment(OK))
    assert bench.walk([OK]).error is None


def test_a_failed_probe_opens_the_circuit_again():
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    for _ in range(4):
        bench.walk([TRANSIENT])
    bench.now += 5
    assert bench.walk([TRANSIENT]).error is None
    assert isinstance(bench.walk([OK]).error, CircuitOpenError)
    bench.now += 5
    assert bench.walk([OK]).error is None


def test_a_cancelled_probe_leaves_its_place_to_the_next():
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    for _ in range(4):
        bench.walk([TRANSIENT])
    bench.now += 5
    probe = bench.plan()
    next(probe)
    probe.close()
    assert bench.walk([OK]).error is None


def test_an_older_request_neither_frees_the_probe_s_place_nor_judges_for_it():
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    older, cancelled = bench.plan(), bench.plan()
    next(older), next(cancelled)
    for _ in range(4):
        bench.walk([TRANSIENT])
    bench.now += 5
    probe = bench.plan()
    next(probe)
    cancelled.close()
    assert isinstance(bench.walk([OK]).error, CircuitOpenError)
    with pytest.raises(StopIteration):
        older.send(bench.moment(OK))
    assert isinstance(bench.walk([OK]).error, CircuitOpenError)
    with pytest.raises(StopIteration):
        probe.send(bench.moment(OK))
    assert bench.walk([OK]).error is None


@pytest.mark.parametrize("outcome", [FINAL, THROTTLED, EXHAUSTED, OK])
def test_what_is_not_the_platform_s_failure_never_trips_it(outcome):
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    for _ in range(100):
        assert bench.walk([outcome]).error is None


def test_the_circuit_refuses_without_keeping_a_slot():
    bench = Bench(retry=Retry.off(), breaker=SHORT, limit=RateLimit(concurrency=1))
    for _ in range(4):
        bench.walk([TRANSIENT])
    for _ in range(3):
        assert isinstance(bench.walk([OK]).error, CircuitOpenError)


def test_a_circuit_that_another_thread_closes_meanwhile_lets_pass():
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    for _ in range(4):
        bench.walk([TRANSIENT])
    breaker = bench.engine.account.breaker
    real = breaker._lock

    class Closing:
        """A lock that is taken just after the probe's verdict."""

        def __enter__(self):
            breaker._open_until = None
            real.acquire()

        def __exit__(self, *_):
            real.release()

    breaker._lock = Closing()
    assert breaker.refuse_for(bench.now, object()) is None


# -- the learned quota


def used_up(seconds: float, kind: Kind = Kind.OK) -> Outcome:
    return Outcome(kind, executed=False, status=200, quota=Quota(60, 0, 1_800_000_000.0 + seconds))


def test_a_used_up_quota_blocks_until_its_reset():
    bench = Bench()
    bench.walk([used_up(10.0)], bucket="core")
    assert bench.walk([OK], bucket="search").waits == []
    assert bench.walk([OK], bucket="core", metered=False).waits == []
    assert bench.walk([OK], bucket="core").waits == [10.0]
    assert bench.walk([OK], bucket="core").waits == []


@pytest.mark.parametrize(("seconds", "within"), [(61.0, None), (10.0, 10.0), (10.0, 4.0)])
def test_a_quota_that_is_blocked_for_too_long_is_refused_at_once(seconds, within):
    bench = Bench()
    bench.walk([used_up(seconds)])
    trace = bench.walk([OK], within=within)
    assert isinstance(trace.error, RateLimitedError)
    assert (trace.steps, trace.error.retry_after, trace.error.phase) == ([], seconds, "quota wait")
    assert trace.error.source == "provider"


def test_a_free_request_that_says_there_is_quota_again_unblocks():
    bench = Bench()
    bench.walk([used_up(10.0)])
    bench.now += 1
    bench.walk([Outcome(Kind.OK, status=200, quota=Quota(60, 60, 1_800_003_600.0))], metered=False)
    assert bench.walk([OK]).waits == []


def test_a_reply_to_a_request_from_before_the_block_does_not_unblock():
    bench = Bench()
    older = bench.plan()
    next(older)
    bench.now += 1
    bench.walk([used_up(10.0)])
    with pytest.raises(StopIteration):
        older.send(bench.moment(Outcome(Kind.OK, status=200, quota=Quota(60, 1, 1_800_000_010.0))))
    assert bench.walk([OK]).waits == [pytest.approx(9.0)]


def test_of_two_blocks_the_longer_counts():
    bench = Bench()
    first, second = bench.plan(), bench.plan()
    next(first), next(second)
    with pytest.raises(StopIteration):
        first.send(bench.moment(used_up(10.0)))
    with pytest.raises(StopIteration):
        second.send(bench.moment(used_up(4.0)))
    assert bench.walk([OK]).waits == [10.0]


def test_calls_in_the_queue_see_that_the_quota_ran_out():
    bench = Bench(limit=RateLimit(concurrency=1))
    running = bench.plan()
    next(running)
    queued = bench.plan()
    park = next(queued)
    assert isinstance(park, Park)
    with pytest.raises(StopIteration):
        running.send(bench.moment(used_up(10.0)))
    assert park.ticket.granted
    assert queued.send(bench.moment()) == Wait(10.0)
    assert bench.engine.account.limiter.in_flight == 0  # a slot is not kept while nothing is in flight
    bench.now += 10
    assert isinstance(queued.send(bench.moment()), Send)


# -- the client's own limit


def test_gcra_lets_a_burst_through_and_spaces_the_rest():
    bench = Bench(limit=RateLimit(rate=2, per=1.0, burst=2))
    assert [bench.walk([OK]).waits for _ in range(4)] == [[], [], [0.5], [0.5]]
    bench.now += 100
    assert [bench.walk([OK]).waits for _ in range(3)] == [[], [], [0.5]]


def test_weights_count():
    bench = Bench(limit=RateLimit(rate=10, burst=10))
    assert bench.walk([OK], weight=10).waits == []
    assert bench.walk([OK], weight=5).waits == [0.5]


def test_a_turn_beyond_the_deadline_is_refused_at_once_by_the_client():
    bench = Bench(limit=RateLimit(rate=1, per=10, burst=1))
    bench.walk([OK])
    trace = bench.walk([OK], within=4.0)
    assert isinstance(trace.error, RateLimitedError)
    assert (trace.error.source, trace.error.retry_after, trace.error.phase) == ("client", 10.0, "rate limit queue")


def test_a_full_queue_refuses_at_once():
    bench = Bench(limit=RateLimit(rate=1, burst=1, max_queue=1))
    bench.walk([OK])
    waiting = bench.plan()
    assert isinstance(next(waiting), Wait)
    assert isinstance(bench.walk([OK]).error, RateLimitedError)
    waiting.close()
    assert bench.walk([OK]).error is None


def test_turns_that_were_given_up_are_not_lost():
    bench = Bench(limit=RateLimit(rate=1, burst=1))
    bench.walk([OK])
    waiting = [bench.plan() for _ in range(50)]
    assert [next(plan) for plan in waiting[:3]] == [Wait(1.0), Wait(2.0), Wait(3.0)]
    for plan in waiting[3:]:
        next(plan)
    for plan in waiting:
        plan.close()
    assert bench.walk([OK]).waits == [1.0]


def test_slots_are_handed_on_in_order():
    bench = Bench(limit=RateLimit(concurrency=2))
    running = [bench.plan(), bench.plan()]
    assert all(isinstance(next(plan), Send) for plan in running)
    queued = [bench.plan(within=50.0) for _ in range(3)]
    parks = [next(plan) for plan in queued]
    assert [park.seconds for park in parks] == [50.0] * 3
    for index, plan in enumerate(running):
        with pytest.raises(StopIteration):
            plan.send(bench.moment(OK))
        assert [park.ticket.granted for park in parks] == [number <= index for number in range(3)]
    bench.now += 2
    assert isinstance(queued[0].send(bench.moment()), Send)
    assert [(event.reason, event.seconds) for event in bench.events if isinstance(event, WaitEvent)] == [
        ("concurrency", 2.0)
    ]


def test_a_slot_that_does_not_come_in_time():
    bench = Bench(limit=RateLimit(concurrency=1))
    running = bench.plan()
    next(running)
    queued = bench.plan(within=3.0)
    next(queued)
    bench.now += 3
    with pytest.raises(DeadlineExceededError) as caught:
        queued.send(bench.moment())
    assert caught.value.phase == "rate limit queue"
    running.close()
    assert bench.walk([OK]).error is None


def test_a_slot_that_came_as_the_deadline_passed_is_given_on():
    bench = Bench(limit=RateLimit(concurrency=1))
    running, queued = bench.plan(), bench.plan(within=3.0)
    next(running), next(queued)
    running.close()
    bench.now += 3
    with pytest.raises(DeadlineExceededError):
        queued.send(bench.moment())
    assert bench.walk([OK]).error is None


def test_a_call_that_leaves_the_queue_takes_nobody_else_s_place():
    bench = Bench(limit=RateLimit(concurrency=1))
    running, first, second = bench.plan(), bench.plan(), bench.plan()
    next(running)
    park, _ = next(first), next(second)
    second.close()
    running.close()
    assert park.ticket.granted
    first.close()  # granted, but cancelled before it noticed
    assert bench.walk([OK]).error is None


def test_a_concurrency_queue_has_an_end():
    bench = Bench(limit=RateLimit(concurrency=1, max_queue=0))
    running = bench.plan()
    next(running)
    refused = bench.walk([OK])
    assert isinstance(refused.error, RateLimitedError)
    assert refused.error.retry_after is None


@pytest.mark.parametrize("at", ["send", "retry wait"])
def test_a_cancelled_call_frees_its_slot(at):
    bench = Bench(limit=RateLimit(concurrency=1))
    plan = bench.plan()
    next(plan)
    if at == "retry wait":
        assert isinstance(plan.send(bench.moment(TRANSIENT)), Wait)
    plan.close()
    assert bench.engine.account.limiter.in_flight == 0
    assert bench.walk([OK]).error is None


# -- what observers hear, and what accounts share


def test_attempts_and_waits_are_told_in_order():
    bench = Bench(jitter=0.0)
    bench.walk([limited(2.0), OK], took=0.25, sent=7)
    call = bench.events[0].call
    assert bench.events == [
        AttemptEvent("test", "things.do", call, 1, 0.25, 429, None, 7, 0),
        WaitEvent("test", "things.do", call, 2.0, "retry"),
        AttemptEvent("test", "things.do", call, 2, 0.25, 200, None, 7, 0),
    ]


def test_time_spent_waiting_is_added_up_from_the_clock():
    bench = Bench(jitter=0.0)
    op = Operation("test", "things.do", SAFE)
    plan = bench.plan(op=op)
    next(plan)
    plan.send(bench.moment(limited(2.0)))
    bench.now += 2.5
    plan.send(bench.moment())
    assert op.waited == 2.5


def test_attempts_add_up_over_the_requests_of_one_operation():
    bench = Bench()
    op = Operation("test", "things.do", SAFE)
    for _ in range(2):
        plan = bench.plan(op=op)
        next(plan)
        with pytest.raises(StopIteration):
            plan.send(bench.moment(OK))
    assert op.attempts == 2
    assert [event.attempt for event in bench.events] == [1, 1]


def test_another_policy_shares_the_account_and_counts_its_own_limit_apart():
    bench = Bench()
    policy = bench.engine.policy
    from dataclasses import replace

    other = bench.engine.with_policy(replace(policy, retry=Retry.off()))
    assert other.account is bench.engine.account
    slow = replace(policy, limit=RateLimit(rate=1))
    limited_ = bench.engine.with_policy(slow)
    assert limited_.account.budget is bench.engine.account.budget
    assert limited_.account.limiter is not bench.engine.account.limiter
    again = bench.engine.with_policy(replace(slow, retry=Retry.off()))
    assert again.account.limiter is limited_.account.limiter  # the same limit is one limit


@pytest.mark.parametrize("at", ["before", "after an attempt", "in a wait"])
def test_a_call_that_was_given_up_sends_nothing_more(at):
    """A thread cannot be stopped, but what it does next can be."""
    bench, op = Bench(), Operation("test", "things.do", SAFE)
    plan = bench.plan(op=op)
    op.over = at == "before"
    if at == "before":
        with pytest.raises(DeadlineExceededError, match="given this operation up"):
            next(plan)
        return
    next(plan)
    op.over = at == "after an attempt"
    if at == "after an attempt":
        with pytest.raises(StopIteration):
            plan.send(bench.moment(TRANSIENT))
        return
    assert isinstance(plan.send(bench.moment(TRANSIENT)), Wait)
    op.over = True
    with pytest.raises(DeadlineExceededError, match="given this operation up"):
        plan.send(bench.moment())
