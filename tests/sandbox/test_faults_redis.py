"""Faults before Redis: a relay takes the server's place, and is found at the same address."""

import gc
import socket
import time
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry as NativeRetry

from unifykit import ConfigurationError, InvalidRequestError, Retry
from unifykit.sandbox import Sandbox
from unifykit.sandbox.redis import RedisServer
from unifykit.sandbox.relay import Relay
from unifykit.testing import VirtualClock


@pytest.fixture(scope="module")
def running():
    with Sandbox(only=["redis"]) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.reset()
    return running


@pytest.fixture
def again(sandbox, both):
    """Both modes, with retries that take no time."""
    return both(**sandbox.settings(), clock=VirtualClock(), retry=Retry(max_attempts=4, budget=100_000))


@pytest.fixture
def redis(sandbox):
    with Redis.from_url(sandbox.environment()["UNIFYKIT_REDIS_URL"], retry=NativeRetry(NoBackoff(), 0)) as client:
        yield client


def test_redis_alone(sandbox, redis):
    faults = sandbox.faults("redis")
    faults.reset(operation="INCRBY")
    with pytest.raises(RedisConnectionError):
        redis.incr("n")
    assert redis.get("n") is None
    faults.commit_then_drop(operation="INCRBY n")
    with pytest.raises(RedisConnectionError):
        redis.incr("n")
    assert redis.get("n") == b"1"
    redis.set("long", "x" * 1000)
    faults.truncate()
    with pytest.raises(RedisConnectionError):
        redis.get("long")
    faults.slow(0.2, operation="GET")
    began = time.monotonic()
    assert redis.get("long") == b"x" * 1000
    assert time.monotonic() - began >= 0.2
    assert faults.seen == {"reset": 1, "commit_then_drop": 1, "truncate": 1, "slow": 1}


def test_redis_in_a_transaction(sandbox, redis):
    sandbox.faults("redis").commit_then_drop(operation="EXEC")
    with redis.pipeline() as pipe:
        pipe.incr("n").incr("n")
        with pytest.raises(RedisConnectionError):
            pipe.execute()
    assert redis.get("n") == b"2"


def test_redis_through_unifykit(sandbox, again):
    faults = sandbox.faults("redis")
    faults.reset(operation="SET").commit_then_drop(operation="SET").truncate(operation="GET")
    again.run(lambda p: p.redis.cache.set("k", {"a": 1}, ttl=60))
    assert again.run(lambda p: p.redis.cache.get("k")) == {"a": 1}
    assert faults.seen.total() == 3


def test_what_speaks_no_http_has_no_errors_of_http(sandbox):
    faults = sandbox.faults("redis")
    has = "redis speaks no HTTP.*commit_then_drop, reset, slow, truncate"
    for plan in (
        lambda: faults.status(503), lambda: faults.rate_limit(1), faults.malformed_json,
        lambda: faults.redirect_to("a.example"), lambda: faults.slow(1, drip=True), lambda: faults.randomly(0.1).status(500),
    ):  # fmt: skip
        with pytest.raises(InvalidRequestError, match=has):
            plan()


def test_the_relay_takes_the_server_s_place(both):
    with Sandbox(only=["redis"]) as sandbox:
        address = sandbox.environment()["UNIFYKIT_REDIS_URL"]
        h = both(**sandbox.settings())
        h.run(lambda p: p.redis.cache.set("kept", 1, ttl=60))
        sandbox.faults("redis")
        assert sandbox.environment()["UNIFYKIT_REDIS_URL"] == address
        assert h.run(lambda p: p.redis.cache.get("kept")) == 1
        sandbox.reset()
        assert h.run(lambda p: p.redis.cache.get("kept")) is None
    parts = urlsplit(address)
    with pytest.raises(OSError, match=r"."):
        socket.create_connection((parts.hostname, parts.port), 1)


def test_fakeredis_has_its_relay_from_the_beginning(both, monkeypatch, tmp_path):
    pytest.importorskip("fakeredis")
    monkeypatch.setattr("unifykit.sandbox.redis._choose", lambda _: ("fakeredis", None))
    with Sandbox(only=["redis"], persist=tmp_path / "kept") as sandbox:
        address = sandbox.environment()
        h = both(**sandbox.settings(), clock=VirtualClock())
        sandbox.faults("redis").reset(operation="SET")
        h.run(lambda p: p.redis.cache.set("k", 1, ttl=60))
        assert h.run(lambda p: p.redis.cache.get("k")) == 1
        assert sandbox.faults("redis").seen == {"reset": 1}
    with Sandbox(only=["redis"], persist=tmp_path / "kept") as sandbox:
        assert sandbox.environment() == address, "the relay is found where it was"
    [port] = [urlsplit(url).port for url in address.values()]
    with socket.create_server(("127.0.0.1", port)), Sandbox(only=["redis"], persist=tmp_path / "kept") as sandbox:
        assert sandbox.environment() != address, "unless another program has that port"


def test_a_server_that_cannot_move_says_so(monkeypatch):
    monkeypatch.setattr("unifykit.sandbox.relay._said", lambda *_: b"-ERR Unsupported CONFIG parameter: port\r\n")
    with (
        Sandbox(only=["redis"]) as sandbox,
        pytest.raises(ConfigurationError, match=r"one of Redis 7 does.*Unsupported"),
    ):
        sandbox.faults("redis")


def test_a_relay_that_is_closed_while_clients_leave_leaves_nothing_open():
    with RedisServer() as server:
        for _ in range(10):
            relay = Relay(0, server.port)
            lines = [socket.create_connection(("127.0.0.1", relay.port), 5) for _ in range(30)]
            for line in lines:
                line.sendall(b"PING\r\n")
                assert line.recv(64) == b"+PONG\r\n"
            for line in lines:
                line.close()
            relay.close()
            gc.collect()  # what is still open warns, and a warning is an error
