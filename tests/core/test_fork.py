"""What an account shares stays usable in the child of a fork, whatever the parent's other threads were doing."""

import os
import threading

import pytest
from tests.core.plans import OK, TRANSIENT, Bench
from tests.core.test_engine import SHORT

from unifykit import Platforms, RateLimit, Retry
from unifykit.settings import GitHubSettings

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def in_child(check):
    """Run `check` in a forked child; true if it returned true there within ten seconds."""
    child = os.fork()
    if child == 0:
        done = []
        thread = threading.Thread(target=lambda: done.append(check()), daemon=True)
        thread.start()
        thread.join(10)
        os._exit(0 if done == [True] else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_slots_and_locks_of_the_parent_s_threads_do_not_stay_taken():
    p = Platforms(github=GitHubSettings(token="t"), rate_limit=RateLimit(concurrency=1))
    account = p.github.link.engine.account
    other = p.github.with_options(rate_limit=RateLimit(concurrency=2)).link.engine.account
    assert account.limiter.enter() is None
    account.limiter.enter()
    locks = [
        account.limiter._lock,
        other.limiter._lock,
        account.budget._lock,
        account.breaker._lock,
        account.quota._lock,
    ]
    for lock in locks:
        lock.acquire()

    def check():
        account.quota.state(0.0)
        account.breaker.record(False, 0.0, None)
        assert other.limiter.enter() is None
        return account.budget.spend(1) and account.limiter.enter() is None

    try:
        assert in_child(check)
        assert account.limiter.in_flight == 1  # the parent goes on as it was
    finally:
        for lock in locks:
            lock.release()


def test_what_was_learned_stays():
    bench = Bench(retry=Retry.off(), breaker=SHORT)
    for _ in range(4):
        bench.walk([TRANSIENT])
    bench.now += 5
    probe = bench.plan()
    next(probe)
    tokens = bench.engine.account.budget.tokens
    bench.engine.account.renew()
    assert bench.engine.account.budget.tokens == tokens
    assert bench.walk([TRANSIENT]).error is None  # a probe of its own
    assert bench.walk([OK]).error is not None
    probe.close()
