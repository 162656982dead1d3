"""Small parts of the wires, each at its edges."""

import asyncio
import select
import socket
import ssl
import threading

import pytest
from tests.loopback import Loopback, Reply
from tests.wires.natives import settings_for

from unifykit import Platforms, deadline
from unifykit._wires import openai as openai_wire
from unifykit._wires.httpcore import readable
from unifykit._wires.loops import PerLoop
from unifykit._wires.redis_connections import _has_news
from unifykit._wires.threads import Threads
from unifykit._wires.tls import LazyContext
from unifykit.errors import InvalidRequestError


@pytest.fixture(params=["poll", "select"])
def how_to_look(request, monkeypatch):
    """Windows has no `poll`."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)


class Writer:
    def __init__(self, sock):
        self.sock = sock

    def get_extra_info(self, name):
        assert name == "socket"
        return self.sock


@pytest.mark.parametrize("look", [readable, lambda sock: _has_news(Writer(sock))], ids=["http", "redis"])
def test_an_idle_connection_that_says_something_is_noticed(look, how_to_look):
    here, there = socket.socketpair()
    with here:
        assert not look(here)
        there.close()
        assert look(here)
    assert look(here)
    assert look(None)


def test_a_redis_connection_that_is_none_is_not_reused():
    assert _has_news(None)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan")])
def test_a_deadline_has_time(seconds):
    with pytest.raises(InvalidRequestError, match="above 0"):
        deadline(seconds)


def test_without_settings_certifi_is_trusted(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    context = LazyContext(ssl.PROTOCOL_TLS_CLIENT)
    assert context.get_ca_certs() == []
    context.load()
    assert len(context.get_ca_certs()) > 50


def test_two_threads_that_come_at_once_load_the_authorities_once(monkeypatch):
    both, lock, loads = threading.Barrier(2), threading.Lock(), []

    class Both:
        def __enter__(self):
            both.wait(10)  # by now each has seen that nothing is loaded
            lock.acquire()

        def __exit__(self, *_):
            lock.release()

    monkeypatch.setattr("unifykit._wires.tls._load_authorities", loads.append)
    context = LazyContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(LazyContext, "_lock", Both())
    threads = [threading.Thread(target=context.load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert loads == [context]


def test_what_an_sdk_raises_at_the_end_of_an_iterator_comes_through():
    async def go():
        with pytest.raises(RuntimeError, match="StopIteration"):
            await Threads().run(lambda: next(iter(())))

    asyncio.run(go())


def test_the_values_of_loops_that_ended_without_a_word_are_forgotten():
    closed = []

    async def close(value):
        closed.append(value)

    async def use():
        return values.get()

    values = PerLoop(object, close)
    loop = asyncio.new_event_loop()
    first = loop.run_until_complete(use())
    loop.close()  # no `shutdown_asyncgens`
    assert asyncio.run(use()) is not first
    assert loop not in values._of


def test_requests_of_many_paths_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(openai_wire, "_PATHS", 2)
    with Loopback([Reply(200, {})]) as server, Platforms(openai=settings_for(server.url)["openai"]) as p:
        native = p.openai.native
        for number in (1, 2, 3, 3):
            native.fetch("post", f"/batches/{number}/cancel", {"n": number})
        assert [seen.path for seen in server.seen] == [f"/v1/batches/{number}/cancel" for number in (1, 2, 3, 3)]
        assert [seen.body for seen in server.seen] == [b'{"n":%d}' % number for number in (1, 2, 3, 3)]
        assert len(native._requests._known) == 1
