"""R3: locks, rate limits, once."""

import asyncio
import threading
import time

import pytest
from tests.resp import RESET, Resp

from unifykit import AsyncPlatforms, Platforms, deadline
from unifykit.errors import ConflictError, InvalidRequestError
from unifykit.providers.redis.codec import key
from unifykit.providers.redis.scripts import FIRST
from unifykit.settings import RedisSettings


def test_a_lock_is_held_and_released(h, raw):
    name = key("lock", "a")

    def inside(lock):
        assert raw.get(name).endswith(f":{lock.fence}")
        assert 29_000 < raw.pttl(name) <= 30_000
        return lock.fence

    fences = [h.held(lambda p: p.redis.locks.acquire("a", ttl=30), inside) for _ in range(3)]
    assert fences == [1, 2, 3]
    assert raw.get(name) is None


def test_a_held_lock_is_refused_to_others_at_once_or_after_a_wait(h, raw):
    raw.set(key("lock", "a"), "other:1", px=20_000)
    for wait, least in ((0, 0), (0.3, 0.3)):
        began = time.monotonic()
        with pytest.raises(ConflictError, match="held by another") as caught:
            h.held(lambda p, wait=wait: p.redis.locks.acquire("a", ttl=1, wait=wait), lambda lock: None)
        assert least <= time.monotonic() - began < least + 1
        assert 15 < caught.value.retry_after <= 20
    assert raw.get(key("lock", "a")) == "other:1", "another's lock is left alone"


def test_it_is_free_again_when_its_holder_died(h, raw):
    raw.set(key("lock", "a"), "dead:1", px=200)
    assert h.held(lambda p: p.redis.locks.acquire("a", ttl=1, wait=5), lambda lock: "mine") == "mine"


def test_a_lost_lock_is_told_at_the_end_and_the_next_holder_keeps_it(h, raw):
    def inside(lock):
        raw.set(key("lock", "a"), "next:9", px=20_000)

    with pytest.raises(ConflictError, match="had run out"):
        h.held(lambda p: p.redis.locks.acquire("a", ttl=1), inside)
    assert raw.get(key("lock", "a")) == "next:9"


def test_the_callers_error_counts_more_than_the_lost_lock(h, raw):
    def inside(lock):
        raw.delete(key("lock", "a"))
        raise KeyError("mine")

    with pytest.raises(KeyError):
        h.held(lambda p: p.redis.locks.acquire("a", ttl=1), inside)


def test_a_release_whose_reply_was_lost_is_no_lost_lock(both, settings, raw):
    """The release is sent twice; the second finds the lock gone, and knows by whom."""
    h = both(redis=settings)

    def inside(lock):
        raw.delete(key("lock", "a"))
        raw.set(key("lock", "a", "last"), lock.mark, px=60_000)  # what the first release left

    h.held(lambda p: p.redis.locks.acquire("a", ttl=5), inside)


def test_extend(h, raw):
    def inside(lock):
        found = lock.extend(ttl=100)
        if not h.is_async:
            assert raw.pttl(key("lock", "a")) > 90_000
        return found

    h.held(lambda p: p.redis.locks.acquire("a", ttl=1), inside)

    def lost(lock):
        raw.delete(key("lock", "a"))
        return lock.extend()

    with pytest.raises(ConflictError, match="has run out"):
        h.held(lambda p: p.redis.locks.acquire("a", ttl=1), lost)


def test_a_lock_is_released_even_where_the_deadline_has_passed(h, raw):
    h.run(lambda p: p.redis.ping())

    def hold(p):
        with deadline(0.2), p.redis.locks.acquire("late", ttl=60):
            time.sleep(0.25)  # the block's own work takes longer than it may

    async def ahold(p):
        async with deadline(0.2), p.redis.locks.acquire("late", ttl=60):
            await asyncio.sleep(0.25)

    h.run(ahold if h.is_async else hold)
    assert raw.get(key("lock", "late")) is None


def test_never_two_holders(settings):
    holders, most, fences = [], [], []

    def work(p):
        for _ in range(5):
            with p.redis.locks.acquire("busy", ttl=30, wait=60) as lock:
                holders.append(1)
                most.append(len(holders))
                fences.append(lock.fence)
                p.redis.native.ping()
                holders.pop()

    with Platforms(redis=settings) as p:
        threads = [threading.Thread(target=work, args=(p,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(fences) == 30
    assert max(most) == 1
    assert fences == sorted(fences), "fences rise in the order of holding"


def test_never_two_holding_tasks(settings):
    async def main():
        inside, most = 0, 0
        async with AsyncPlatforms(redis=settings) as p:

            async def work():
                nonlocal inside, most
                async with p.redis.locks.acquire("busy", ttl=30, wait=60):
                    inside += 1
                    most = max(most, inside)
                    await asyncio.sleep(0.005)
                    inside -= 1

            await asyncio.gather(*(work() for _ in range(20)))
        return most

    assert asyncio.run(main()) == 1


# -- rate limits


def test_a_limit_allows_its_burst_and_then_says_when(h):
    hits = [h.run(lambda p: p.redis.rate_limits.hit("k", limit=5, period=60)) for _ in range(7)]
    assert [hit.allowed for hit in hits] == [True] * 5 + [False] * 2
    assert [hit.remaining for hit in hits] == [4, 3, 2, 1, 0, 0, 0]
    assert hits[0].retry_after == 0
    assert 10 < hits[5].retry_after <= 12, "one more each period / limit"
    assert 55 < hits[5].reset_after <= 60
    assert h.run(lambda p: p.redis.rate_limits.hit("other", limit=5, period=60)).allowed


def test_what_is_refused_is_not_counted_and_time_gives_back(h):
    def hit():
        return h.run(lambda p: p.redis.rate_limits.hit("k", limit=2, period=0.4))

    hit(), hit()
    refused = [hit() for _ in range(5)][-1]
    assert not refused.allowed
    until = time.monotonic() + refused.retry_after + 0.005
    while time.monotonic() < until:
        pass
    assert hit().allowed


def test_cost(h, raw):
    assert h.run(lambda p: p.redis.rate_limits.hit("k", limit=10, period=60, cost=7)).remaining == 3
    assert not h.run(lambda p: p.redis.rate_limits.hit("k", limit=10, period=60, cost=4)).allowed
    assert h.run(lambda p: p.redis.rate_limits.hit("k", limit=10, period=60, cost=3)).remaining == 0
    assert 0 < raw.pttl(key("limit", "k")) <= 60_000
    for cost in (0, 11):
        with pytest.raises(InvalidRequestError):
            h.run(lambda p, cost=cost: p.redis.rate_limits.hit("k", limit=10, period=60, cost=cost))


@pytest.mark.parametrize(("limit", "period"), [(3, 1), (7, 0.9), (1000, 60), (999, 0.5), (1, 86400 * 30)])
def test_odd_numbers_lose_no_hit(settings, limit, period):
    with Platforms(redis=settings) as p:
        allowed = sum(p.redis.rate_limits.hit("k", limit=limit, period=period * 100).allowed for _ in range(limit))
    assert allowed == limit


def test_concurrent_hits_share_one_limit(settings):
    allowed = []
    with Platforms(redis=settings) as p:

        def work():
            allowed.extend(p.redis.rate_limits.hit("k", limit=25, period=3600).allowed for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(allowed) == 25


def test_a_hit_is_not_counted_twice(both):
    with Resp([RESET]) as server:
        h = both(redis=RedisSettings(redis_url=server.url))
        with pytest.raises(Exception, match="may have happened"):
            h.run(lambda p: p.redis.rate_limits.hit("k", limit=1, period=1))
        assert len(server.seen) == 1


# -- once


def test_once_is_once(h):
    calls = []

    def fn():
        calls.append(1)
        return {"n": len(calls)}

    assert [h.run(lambda p: p.redis.idempotency.once("e", fn, ttl=60)) for _ in range(3)] == [{"n": 1}] * 3
    assert h.run(lambda p: p.redis.idempotency.once("other", fn, ttl=60)) == {"n": 2}


def test_a_failure_frees_the_key(h):
    def fn():
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        h.run(lambda p: p.redis.idempotency.once("e", fn, ttl=60))
    assert h.run(lambda p: p.redis.idempotency.once("e", lambda: 1, ttl=60)) == 1


def test_a_second_caller_waits_for_the_first(settings):
    inside, calls, found = threading.Event(), [], []
    with Platforms(redis=settings) as p:

        def slow():
            calls.append(1)
            inside.set()
            p.redis.native.blpop(["a while"], timeout=0.3)
            return "done"

        thread = threading.Thread(target=lambda: found.append(p.redis.idempotency.once("e", slow, ttl=60)))
        thread.start()
        assert inside.wait(5)
        found.append(p.redis.idempotency.once("e", slow, ttl=60))
        thread.join()
    assert found == ["done", "done"]
    assert len(calls) == 1


def test_a_caller_that_died_keeps_the_key_and_others_are_told(h, raw):
    raw.set(key("once", "e", "claim"), "dead", px=20_000)
    with pytest.raises(ConflictError, match="still being worked on") as caught:
        h.run(lambda p: p.redis.idempotency.once("e", lambda: 1, ttl=60, wait=0.2))
    assert 15 < caught.value.retry_after <= 20
    calls = []
    h.run(lambda p: p.redis.idempotency.once("f", lambda: calls.append(raw.pttl(key("once", "f", "claim"))), ttl=60))
    assert calls[0] > 55_000, "the claim lasts as long as the result would"


# -- first


def test_a_key_is_first_once(h, raw):
    seen = [h.run(lambda p, name=name: p.redis.idempotency.first(name, ttl=60)) for name in ("evt", "evt", "other")]

    assert seen == [True, False, True]
    assert 59_000 < raw.pttl(key("first", "evt")) <= 60_000


def test_who_was_first_is_told_so_again_when_the_reply_was_lost(raw):
    answers = [raw.eval(FIRST.text, 1, "k", token, 60_000) for token in ("mine", "mine", "another")]

    assert answers == [1, 1, 0]
