"""R1: the cache."""

import asyncio
import multiprocessing
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import BaseModel

from unifykit import AsyncPlatforms, Platforms, deadline
from unifykit.errors import DeadlineExceededError, InvalidRequestError, UnexpectedResponseError
from unifykit.providers.redis.codec import key


class User(BaseModel):
    name: str
    born: datetime
    balance: Decimal = Decimal(0)


ADA = User(name="Ada", born=datetime(1815, 12, 10, tzinfo=UTC), balance=Decimal("9.99"))


@pytest.mark.parametrize("value", [1, 1.5, "text", "", True, None, [], {}, {"a": [1, {"b": None}]}, "é🙂", 2**60])
def test_json_values_come_back_as_they_went(h, value):
    h.run(lambda p: p.redis.cache.set("k", value, ttl=60))
    assert h.run(lambda p: p.redis.cache.get("k", "missing")) == value


def test_models_are_validated_on_their_way_back(h):
    h.run(lambda p: p.redis.cache.set("u", ADA, ttl=60))
    assert h.run(lambda p: p.redis.cache.get("u", into=User)) == ADA
    h.run(lambda p: p.redis.cache.set("us", [ADA, ADA], ttl=60))
    assert h.run(lambda p: p.redis.cache.get("us", into=list[User])) == [ADA, ADA]
    assert h.run(lambda p: p.redis.cache.get("u"))["balance"] == "9.99"


def test_what_is_not_of_the_type_is_named_without_its_value(h):
    h.run(lambda p: p.redis.cache.set("u", {"name": "secret-name"}, ttl=60))
    with pytest.raises(UnexpectedResponseError, match="born") as caught:
        h.run(lambda p: p.redis.cache.get("u", into=User))
    assert "secret-name" not in str(caught.value)


@pytest.mark.parametrize("ttl", [0.05, timedelta(milliseconds=50)])
def test_a_value_lives_as_long_as_was_said(h, raw, ttl):
    h.run(lambda p: p.redis.cache.set("k", 1, ttl=ttl))
    assert 0 < raw.pttl(key("cache", "k")) <= 50
    h.run(lambda p: p.redis.cache.set("for ever", 1, ttl=None))
    assert raw.ttl(key("cache", "for ever")) == -1


@pytest.mark.parametrize("ttl", [0, -1, 0.0001, float("nan"), float("inf"), timedelta(0)])
def test_a_ttl_that_is_none_is_refused_before_the_network(both, ttl):
    from unifykit.settings import RedisSettings

    h = both(redis=RedisSettings(redis_url="redis://127.0.0.1:1/0"))
    with pytest.raises(InvalidRequestError, match="ttl"):
        h.run(lambda p: p.redis.cache.set("k", 1, ttl=ttl))


def test_what_json_cannot_hold_is_refused(h):
    with pytest.raises(InvalidRequestError, match="object"):
        h.run(lambda p: p.redis.cache.set("k", object(), ttl=1))
    with pytest.raises(InvalidRequestError, match="empty"):
        h.run(lambda p: p.redis.cache.get(""))


def test_delete_exists_incr(h, raw):
    h.run(lambda p: p.redis.cache.set("a", 1, ttl=60))
    assert h.run(lambda p: p.redis.cache.exists("a")) is True
    assert h.run(lambda p: p.redis.cache.delete("a", "b")) == 1
    assert h.run(lambda p: p.redis.cache.exists("a")) is False
    assert h.run(lambda p: p.redis.cache.incr("n", 5, ttl=60)) == 5
    raw.pexpire(key("cache", "n"), 10_000)
    assert h.run(lambda p: p.redis.cache.incr("n", -2, ttl=60)) == 3
    assert raw.pttl(key("cache", "n")) <= 10_000, "a number that is there keeps its life"
    assert h.run(lambda p: p.redis.cache.get("n", into=int)) == 3


def test_incr_of_a_text_is_the_callers_fault(h):
    h.run(lambda p: p.redis.cache.set("t", "text", ttl=60))
    with pytest.raises(InvalidRequestError):
        h.run(lambda p: p.redis.cache.incr("t"))


def test_many_and_set_many(h):
    h.run(lambda p: p.redis.cache.set_many({"a": 1, "b": None}, ttl=60))
    assert h.run(lambda p: p.redis.cache.many(["a", "b", "c"])) == {"a": 1, "b": None}
    assert h.run(lambda p: p.redis.cache.many([])) == {}
    h.run(lambda p: p.redis.cache.set_many({}, ttl=60))


def test_namespaces_do_not_collide(h):
    h.run(lambda p: p.redis.cache.namespace("x").set("k", 1, ttl=60))
    h.run(lambda p: p.redis.cache.namespace("y").namespace("z").set("k", 2, ttl=60))
    assert h.run(lambda p: p.redis.cache.many(["k", "x:k", "y:z:k"])) == {"x:k": 1, "y:z:k": 2}
    assert h.run(lambda p: p.redis.cache.namespace("x").get_or_set("n", lambda: 3, ttl=60)) == 3
    assert h.run(lambda p: p.redis.cache.get("x:n")) == 3


def test_keys_of_one_name_share_a_slot_whatever_the_name():
    from redis.crc import key_slot

    for name in ("a", "}x", "{}", "{a}b", "a}b", "%7D"):
        slots = {key_slot(key("cache", name, *parts).encode()) for parts in ((), ("claim",), ("done", "t"))}
        assert len(slots) == 1
    assert key("cache", "}") != key("cache", "%7D")


# -- computed once


def test_get_or_set_computes_once_and_then_remembers(h):
    calls = []

    def factory():
        calls.append(1)
        return {"n": len(calls)}

    async def afactory():
        return factory()

    made = afactory if h.is_async else factory
    assert h.run(lambda p: p.redis.cache.get_or_set("k", made, ttl=60)) == {"n": 1}
    assert h.run(lambda p: p.redis.cache.get_or_set("k", factory, ttl=60)) == {"n": 1}
    assert h.run(lambda p: p.redis.cache.get_or_set("none", lambda: None, ttl=60)) is None
    assert h.run(lambda p: p.redis.cache.get_or_set("none", factory, ttl=60)) is None
    assert h.run(lambda p: p.redis.cache.get_or_set("u", lambda: ADA, ttl=60, into=User)) == ADA


def test_the_factorys_own_error_reaches_its_caller_unchanged_and_frees_the_key(h, raw):
    class Broken(Exception):
        pass

    def factory():
        raise Broken("mine")

    for error in (Broken, TimeoutError):
        with pytest.raises(error) as caught:
            h.run(lambda p, error=error: p.redis.cache.get_or_set("k", lambda: _raise(error("mine")), ttl=60))
        assert caught.value.args == ("mine",)
        assert caught.value.__cause__ is None
    assert raw.get(key("cache", "k", "claim")) is None
    assert h.run(lambda p: p.redis.cache.get_or_set("k", lambda: 1, ttl=60)) == 1


def _raise(error):
    raise error


def test_an_async_factory_in_sync_code_is_refused(h):
    async def factory():
        return 1

    if not h.is_async:
        with pytest.raises(InvalidRequestError, match="AsyncPlatforms"):
            h.run(lambda p: p.redis.cache.get_or_set("k", factory, ttl=60))


def test_commands_in_a_factory_are_judged_by_themselves(both):
    """The operation is idempotent; an INCR that its factory sends is not."""
    from tests.resp import RESET, Resp

    from unifykit.settings import RedisSettings

    def script(command, number):
        return RESET if command[0] == "INCRBY" else b"*1\r\n:2\r\n"

    with Resp(script) as server:
        h = both(redis=RedisSettings(redis_url=server.url))
        with pytest.raises(Exception, match=r"(?i)connection|reset|closed"):
            h.run(lambda p: p.redis.cache.get_or_set("k", lambda: p.redis.native.incr("n"), ttl=60))
        assert server.names().count("INCRBY") == 1


def _stampede(url, barrier, results):
    from unifykit.settings import RedisSettings

    with Platforms(redis=RedisSettings(redis_url=url)) as p:
        p.redis.ping()

        def factory():
            p.redis.native.incr("computed")
            p.redis.native.blpop(["a while"], timeout=0.3)
            return "result"

        barrier.wait(20)
        results.put((p.redis.cache.get_or_set("stampede", factory, ttl=60), time.time()))


def test_eight_processes_compute_once(server, raw):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(8), context.Queue()
    processes = [context.Process(target=_stampede, args=(server.url, barrier, results)) for _ in range(8)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(10)
    assert [value for value, _ in found] == ["result"] * 8
    assert raw.get("computed") == "1"
    times = [when for _, when in found]
    assert max(times) - min(times) < 1, "all who wait are woken, not left to time out"


def test_thirty_threads_and_thirty_tasks_compute_once(settings, raw):
    counted = []

    def factory():
        counted.append(1)
        p.redis.native.blpop(["a while"], timeout=0.2)
        return 1

    with Platforms(redis=settings) as p:
        threads = [
            threading.Thread(target=p.redis.cache.get_or_set, args=("t", factory), kwargs={"ttl": 9}) for _ in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    async def main():
        async with AsyncPlatforms(redis=settings) as ap:

            async def afactory():
                counted.append(1)
                await asyncio.sleep(0.2)
                return 2

            return await asyncio.gather(*(ap.redis.cache.get_or_set("a", afactory, ttl=9) for _ in range(30)))

    assert asyncio.run(main()) == [2] * 30
    assert len(counted) == 2
    left = raw.keys("*")
    assert all(raw.pttl(name) > 0 for name in left), "nothing is left for ever"


def test_more_waiters_than_connections_still_get_the_value(server):
    from unifykit.settings import RedisSettings

    async def main():
        async with AsyncPlatforms(redis=RedisSettings(redis_url=server.url + "?max_connections=3")) as p:

            async def factory():
                await asyncio.sleep(0.2)
                return 1

            return await asyncio.gather(*(p.redis.cache.get_or_set("a", factory, ttl=9) for _ in range(20)))

    assert asyncio.run(main()) == [1] * 20


def test_if_the_factory_raises_one_of_those_who_wait_computes(settings):
    outcomes = []
    inside = threading.Event()

    with Platforms(redis=settings) as p:

        def failing():
            inside.set()
            p.redis.native.blpop(["a while"], timeout=0.2)
            raise ValueError("first")

        def first():
            try:
                p.redis.cache.get_or_set("k", failing, ttl=60)
            except ValueError as error:
                outcomes.append(str(error))

        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(5)
        began = time.monotonic()
        outcomes.append(p.redis.cache.get_or_set("k", lambda: "second", ttl=60))
        took = time.monotonic() - began
        thread.join()
    assert sorted(outcomes) == ["first", "second"]
    assert took < 2, "nobody waits for a lease of 30 s"


def test_a_holder_that_died_is_given_up_after_its_lease(h, raw):
    raw.set(key("cache", "k", "claim"), "dead", px=300)
    began = time.monotonic()
    assert h.run(lambda p: p.redis.cache.get_or_set("k", lambda: 1, ttl=60)) == 1
    assert time.monotonic() - began < 1.5


def test_waiting_ends_at_the_deadline(h, raw):
    raw.set(key("cache", "k", "claim"), "busy", px=30_000)
    h.run(lambda p: p.redis.ping())

    def do(p):
        async def go():
            with deadline(0.3):
                return await p.redis.cache.get_or_set("k", lambda: 1, ttl=60)

        if h.is_async:
            return go()
        with deadline(0.3):
            return p.redis.cache.get_or_set("k", lambda: 1, ttl=60)

    began = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        h.run(do)
    assert time.monotonic() - began < 0.45


# -- cached functions


def test_a_cached_function_remembers_by_its_arguments(h):
    calls = []

    def body(a, b=2, *rest, flag=False):
        calls.append((a, b, rest, flag))
        return User(name=str(a), born=ADA.born)

    async def abody(a: object, b: int = 2, *rest: object, flag: bool = False) -> User:
        return body(a, b, *rest, flag=flag)

    def sbody(a: object, b: int = 2, *rest: object, flag: bool = False) -> User:
        return body(a, b, *rest, flag=flag)

    function = h.p.redis.cache.cached(ttl=60)(abody if h.is_async else sbody)
    first = h.run(lambda p: function(1))
    assert first == User(name="1", born=ADA.born)
    assert h.run(lambda p: function(1, 2)) == h.run(lambda p: function(a=1, b=2)) == first
    assert len(calls) == 1
    for other in ("1", 1.0, True, None, [1], {1, 2, 3}, ADA, Decimal(1)):
        h.run(lambda p, other=other: function(other))
    assert len(calls) == 9
    h.run(lambda p: function({3, 1, 2}))
    assert len(calls) == 9, "a set has no order"
    with pytest.raises(InvalidRequestError, match="JSON"):
        h.run(lambda p: function(object()))


def test_cached_refuses_a_function_of_the_other_mode(h):
    async def afunction():
        return 1

    with pytest.raises(InvalidRequestError, match="takes"):
        h.p.redis.cache.cached(ttl=60)((lambda: 1) if h.is_async else afunction)
    with pytest.raises(InvalidRequestError, match="ttl"):
        h.p.redis.cache.cached(ttl=0)
