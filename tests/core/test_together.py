"""Several exchanges of one operation at once; sums that many threads add to."""

import asyncio
import threading

import pytest

from unifykit._core.tally import Tally
from unifykit._core.together import atogether, together


def plain(value, log=None):
    async def step():
        if log is not None:
            log.append(value)
        if isinstance(value, BaseException):
            raise value
        return value

    return step


def test_in_threads_the_order_is_kept():
    assert together([plain(n) for n in range(20)], 4) == list(range(20))


def test_in_tasks_the_order_is_kept():
    async def late(n):
        await asyncio.sleep(0.001 * (5 - n))
        return n

    assert asyncio.run(atogether([lambda n=n: late(n) for n in range(5)], 3)) == list(range(5))


@pytest.mark.parametrize("limit", [1, 2])
def test_in_threads_the_first_error_ends_what_has_not_begun(limit):
    log = []
    with pytest.raises(KeyError):
        together([plain(KeyError("x"), log), *[plain(n, log) for n in range(1000)]], limit)
    assert len(log) < 1000


def test_in_tasks_the_first_error_cancels_the_others():
    async def go():
        ended = []

        async def hang():
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        with pytest.raises(KeyError):
            await atogether([hang, plain(KeyError("x")), hang], 2)
        return ended, len(asyncio.all_tasks())

    assert asyncio.run(go()) == ([True], 1)  # the one that had begun; the last never did


def test_no_more_tasks_than_allowed():
    busy, most = 0, 0

    async def step():
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    asyncio.run(atogether([step] * 20, 3))
    assert most == 3


def test_sums_of_many_threads():
    tally = Tally()
    threads = [threading.Thread(target=lambda: [tally.add("m", (1, 2)) for _ in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.renew()
    assert tally.sums() == {"m": (4000, 8000)}
