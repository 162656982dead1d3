"""Virtual time: waits take none, tasks that wait together wake in order, and the same program gives the same times."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.loopback import Loopback, Reply

from unifykit import AsyncPlatforms, Breaker, Platforms, RateLimit, Retry, UnavailableError, deadline
from unifykit.settings import GitHubSettings
from unifykit.testing import VirtualClock

WAITS = 20
PAUSE = 3_000.0
CALLERS = 5
PATIENT = Retry(max_attempts=WAITS + 1, base=PAUSE, cap=PAUSE, transient_cost=0)


@pytest.fixture
def server():
    """Is unavailable to every path until it was asked for 20 times."""
    asked, lock, together = {}, threading.Lock(), threading.Barrier(CALLERS, timeout=10)

    def decide(seen):
        with lock:
            asked[seen.path] = asked.get(seen.path, 0) + 1
        if asked[seen.path] == 1:
            together.wait()  # nobody waits before all have begun
        if asked[seen.path] <= WAITS:
            return Reply(503, {"message": "not now"})
        return Reply(body={"sha": "1" * 40, "html_url": "http://127.0.0.1/c", "commit": {"message": "m"}})

    with Loopback(decide) as server:
        yield server


def _options(server, clock):
    return {
        "github": GitHubSettings(token="t", base_url=server.url), "clock": clock, "retry": PATIENT, "breaker": Breaker(minimum=1_000),
        "random": lambda: 1.0,
    }  # fmt: skip


def test_a_thousand_minutes_of_backoff_take_a_second_in_threads(server):
    clock = VirtualClock()
    began = time.perf_counter()
    with Platforms(**_options(server, clock)) as p, ThreadPoolExecutor(CALLERS) as threads:
        found = list(threads.map(lambda n: p.github.commits.get("o/r", f"{n}").sha, range(CALLERS)))
    assert time.perf_counter() - began < 10  # of a machine that does something else too; alone it is well below 1
    assert found == ["1" * 40] * CALLERS
    assert clock.slept == [PAUSE] * WAITS * CALLERS
    assert clock.now() - 1_000 == WAITS * PAUSE  # 1,000 minutes


def test_a_thousand_minutes_of_backoff_take_a_second_in_tasks(server):
    clock = VirtualClock()

    async def go():
        async with AsyncPlatforms(**_options(server, clock)) as p:
            calls = (p.github.commits.get("o/r", f"{n}") for n in range(CALLERS))
            return [commit.sha for commit in await asyncio.gather(*calls)]

    began = time.perf_counter()
    assert asyncio.run(go()) == ["1" * 40] * CALLERS
    assert time.perf_counter() - began < 10
    assert clock.slept == [PAUSE] * WAITS * CALLERS
    assert clock.now() - 1_000 == WAITS * PAUSE  # 1,000 minutes


def _log(clock, plans):
    """Who woke when, where each plan is a task's waits."""
    woken = []

    async def work(name, waits):
        for seconds in waits:
            await clock.asleep(seconds)
            woken.append((name, clock.now() - 1_000))

    async def go():
        await asyncio.gather(*(work(name, waits) for name, waits in plans.items()))

    asyncio.run(go())
    return woken


def test_tasks_wait_together_and_wake_in_the_order_of_their_times():
    woken = _log(VirtualClock(), {"slow": [10], "quick": [1, 1, 1], "middle": [5]})
    assert woken == [("quick", 1), ("quick", 2), ("quick", 3), ("middle", 5), ("slow", 10)]


def test_equals_wake_in_the_order_in_which_they_came():
    names = [f"task {n}" for n in range(50)]
    woken = _log(VirtualClock(), dict.fromkeys(names, (2, 2)))
    assert woken == [(name, 2) for name in names] + [(name, 4) for name in names]


def test_many_tasks_are_fair_and_every_run_is_the_same():
    plans = {n: [1 + (n * step) % 7 for step in range(10)] for n in range(200)}
    first = _log(VirtualClock(), plans)
    assert first == _log(VirtualClock(), plans)
    assert [at for _, at in first] == sorted(at for _, at in first)
    assert dict(first) == {n: sum(waits) for n, waits in plans.items()}


def test_a_task_that_needs_some_turns_before_it_waits_again_is_not_left_behind():
    clock, woken = VirtualClock(), []

    async def busy():
        for _ in range(3):
            await clock.asleep(1)
            for _ in range(5):
                await asyncio.sleep(0)
            woken.append(clock.now() - 1_000)

    async def go():
        await asyncio.gather(busy(), clock.asleep(100))

    asyncio.run(go())
    assert woken == [1, 2, 3]
    assert clock.now() == 1_100


def test_time_stands_still_while_a_request_is_under_way(both):
    """Another's wait would else look like a time-out of the request: 3,000 s passed while it was under way."""
    clock, arrived, done = VirtualClock(), threading.Event(), threading.Event()

    def decide(_):
        arrived.set()
        done.wait(0.2)  # somebody waits meanwhile
        return Reply(body={"login": "ada", "id": 1, "type": "User"})

    def wait():
        arrived.wait(10)
        clock.sleep(PAUSE)
        done.set()

    with Loopback(decide) as server, ThreadPoolExecutor(1) as threads:
        harness = both(github=GitHubSettings(token="t", base_url=server.url), clock=clock, retry=Retry.off())
        waiting = threads.submit(wait)
        assert harness.run(lambda p: p.github.me()).login == "ada"
        waiting.result()
    assert clock.now() == 1_000 + PAUSE


def test_a_request_that_hangs_holds_time_up_for_a_second_only(both):
    clock, stuck, began = VirtualClock(), threading.Event(), []

    def decide(_):
        began.append(time.monotonic())
        threading.Thread(target=lambda: (clock.sleep(PAUSE), stuck.set())).start()
        assert stuck.wait(10)
        return Reply(body={"login": "ada", "id": 1, "type": "User"})

    with Loopback(decide) as server:
        settings = GitHubSettings(token="t", base_url=server.url)
        harness = both(github=settings, clock=clock, retry=Retry.off(), attempt_timeout=2 * PAUSE)
        assert harness.run(lambda p: p.github.me()).login == "ada"
    assert 0.9 < time.monotonic() - began[0] < 5


def test_a_loop_that_is_closed_holds_nobody_up():
    clock = VirtualClock()
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(clock.asleep(1))
    loop.run_until_complete(asyncio.sleep(0))
    began = time.monotonic()
    clock.sleep(5)  # its second has not come, and nobody will ever ask for it
    assert clock.now() >= 1_005
    assert time.monotonic() - began < 5
    waiting.cancel()
    loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
    loop.close()
    clock.sleep(5)


def test_a_cancelled_wait_takes_no_time():
    clock = VirtualClock()

    async def go():
        waiting = asyncio.ensure_future(clock.asleep(1_000_000))
        await asyncio.sleep(0)
        waiting.cancel()
        await clock.asleep(5)
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(go())
    assert clock.now() == 1_005


def test_loops_in_several_threads_share_the_clock():
    clock = VirtualClock()

    async def go():
        for _ in range(100):
            await clock.asleep(1)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: asyncio.run(go()), range(4)))
    assert 100 <= clock.now() - 1_000 <= 400
    assert len(clock.slept) == 400


def test_threads_lose_no_time():
    clock = VirtualClock()

    def work(_):
        for _ in range(1_000):
            clock.sleep(0.5)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert len(clock.slept) == 8_000
    assert 500 <= clock.now() - 1_000 <= 4_000
    assert clock.wall() == 1_800_000_000 + clock.now() - 1_000


def test_a_clock_serves_one_loop_after_the_other():
    clock = VirtualClock()
    asyncio.run(clock.asleep(1))
    asyncio.run(clock.asleep(2))
    assert clock.now() == 1_003
    assert repr(clock) == "<VirtualClock 3 s after its beginning>"


def test_time_can_be_let_pass_by_hand():
    clock = VirtualClock(now=5, wall=100)
    clock.advance(2)
    assert (clock.now(), clock.wall(), clock.slept) == (7, 102, [])


def test_a_limit_on_the_pace_takes_virtual_time_only(both):
    """Ten requests at one a second: nine seconds in either mode."""
    body = {"sha": "1" * 40, "html_url": "http://127.0.0.1/c", "commit": {"message": "m"}}
    clock = VirtualClock()
    with Loopback(lambda _: Reply(body=body)) as server:
        settings = GitHubSettings(token="t", base_url=server.url)
        harness = both(github=settings, clock=clock, rate_limit=RateLimit(rate=1, burst=1))
        for _ in range(10):
            harness.run(lambda p: p.github.commits.get("o/r", "main"))
    assert 9 <= clock.now() - 1_000 < 9.1


def test_a_deadline_on_the_clock_counts_its_time(both):
    clock = VirtualClock()
    with Loopback([Reply(503)]) as server:
        harness = both(**_options(server, clock))
        _fails_in_time(harness, clock)


def _fails_in_time(harness, clock):
    with deadline(PAUSE * 3 - 1, clock=clock), pytest.raises(UnavailableError, match="does not fit"):
        harness.run(lambda p: p.github.commits.get("o/r", "main"))
    assert clock.slept == [PAUSE] * 2
