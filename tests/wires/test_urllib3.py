"""What urllib3's wire does at its edges, over sockets: bodies that cannot be repeated, time that ends midway, streams of the SDKs' own."""

import asyncio
import contextlib
import pickle
import socket
import threading

import gitlab.exceptions
import pytest
import requests
import stripe
from tests.loopback import Drip, Hang, Loopback, Reply, Truncate
from tests.wires.natives import settings_for
from urllib3.exceptions import DecodeError

from unifykit import Platforms, RateLimit, Retry
from unifykit._core.outcome import Kind, Park
from unifykit._wires import urllib3 as wire
from unifykit._wires.drive import _apark, _park
from unifykit.errors import DeadlineExceededError
from unifykit.events import AttemptEvent
from unifykit.testing import VirtualClock


def on(server, **options):
    return Platforms(**settings_for(server.url), **{"clock": VirtualClock(), **options})


def test_a_body_that_was_read_is_not_sent_again():
    with Loopback([Reply(503), Reply(200)]) as server, on(server) as p:
        reply = p.gitlab.native.session.put(f"{server.url}/x", data=(part for part in (b"a", b"b")))
        assert (reply.status_code, [seen.body for seen in server.seen]) == (503, [b"ab"])


def test_the_time_ends_while_the_reply_arrives():
    clock = VirtualClock()

    def late(_):
        clock.advance(31.0)
        return Drip(0.05, Reply(200, {"id": 1}))

    with Loopback(late) as server, on(server, clock=clock, retry=Retry(max_attempts=1)) as p:
        with pytest.raises(requests.ReadTimeout):
            p.gitlab.native.session.get(f"{server.url}/x")


def test_the_time_ends_while_the_request_leaves():
    clock = VirtualClock()

    def slow():
        yield b"a"
        clock.advance(31.0)
        yield b"b"

    with Loopback() as server, on(server, clock=clock) as p:
        with pytest.raises(requests.RequestException, match="the time was over while the request was sent"):
            p.gitlab.native.session.post(f"{server.url}/x", data=slow())
        assert [seen.body for seen in server.seen] in ([], [b"a"])


def test_a_body_that_is_not_what_it_says_is_asked_for_once():
    with Loopback([Reply(200, b"no gzip", {"Content-Encoding": "gzip"})]) as server, on(server) as p:
        with pytest.raises(requests.RequestException, match="decode"):
            p.gitlab.native.http_get("/x")
        assert len(server.seen) == 1
    assert wire.blame(DecodeError()).kind is Kind.FINAL
    assert wire.blame(LookupError()) is None


def test_a_full_pool_is_waited_for_as_long_as_an_attempt(monkeypatch):
    monkeypatch.setattr(wire, "MAX_CONNECTIONS", 1)
    events = []
    arrived = threading.Event()

    def hang(_):
        arrived.set()
        return Hang()

    with Loopback(hang) as server:
        with on(server, attempt_timeout=0.3, retry=Retry(max_attempts=1), observers=[events.append]) as p:
            session = p.gitlab.native.session
            failures = []

            def hold():
                with pytest.raises(requests.ReadTimeout) as failed:
                    session.post(server.url)
                failures.append(failed.value)

            first = threading.Thread(target=hold)
            first.start()
            assert arrived.wait(10)
            slow = p.gitlab.with_options(attempt_timeout=0.05).native.session
            with pytest.raises(requests.ConnectionError, match="Pool is empty"):
                slow.get(server.url)
            first.join(10)
            assert len(failures) == 1
        assert len(server.seen) == 1
    assert "pool" in {event.error for event in events if isinstance(event, AttemptEvent)}


def test_an_adapter_is_not_pickled():
    with Loopback() as server, on(server) as p:
        with pytest.raises(TypeError, match="build its client anew"):
            pickle.dumps(p.gitlab.native.session.get_adapter(server.url))


def test_a_session_without_credentials_sends_none(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-password")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Loopback() as server, on(server) as p:
        p.gitlab.native.session.get(f"{server.url}/x")
        assert "authorization" not in server.seen[0].headers


def test_the_clients_timeout_counts_for_the_sdk_s_own_calls():
    clock = VirtualClock()

    def late(_):
        clock.advance(6.0)
        return Reply(503)

    with Loopback(late) as server, on(server, clock=clock, timeout=5.0) as p:
        with pytest.raises((DeadlineExceededError, gitlab.exceptions.GitlabError)):
            p.gitlab.native.http_get("/x")
        assert len(server.seen) == 1


def test_a_turn_that_came_meanwhile_is_not_waited_for(mode):
    """Between taking a ticket and waiting for it, a slot may become free."""
    with Loopback() as server, on(server, rate_limit=RateLimit(concurrency=1)) as p:
        engine = p.github.link.engine
        limiter = engine.account.limiter
        limiter.enter()
        ticket = limiter.enter()
        limiter.leave()
        if mode == "sync":
            _park(engine, Park(ticket, 3600.0))
        else:
            asyncio.run(asyncio.wait_for(_apark(engine, Park(ticket, 3600.0)), 10))
        assert ticket.granted
        limiter.leave()


def test_a_turn_that_comes_after_the_wait_was_given_up_disturbs_nobody():
    async def go(p):
        engine = p.github.link.engine
        limiter = engine.account.limiter
        limiter.enter()
        ticket = limiter.enter()
        await _apark(engine, Park(ticket, 0.0))
        limiter.leave()
        limiter.leave()
        await asyncio.sleep(0)
        ready = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(ready.set_result, None)
        await ready
        return limiter.in_flight

    with Loopback() as server, on(server, rate_limit=RateLimit(concurrency=1)) as p:
        assert asyncio.run(go(p)) == 0


# -- streams that the SDKs read themselves


def test_an_asset_of_a_release_arrives_as_a_stream():
    with Loopback([Reply(200, b"x" * 100_000), Reply(200, b""), Reply(404, {"message": "Not Found"})]) as server:
        with on(server) as p:
            requester = p.github.native.requester
            assert b"".join(requester.getStream("/asset", chunk_size=1000)[2]) == b"x" * 100_000
            assert b"".join(requester.getStream("/asset", chunk_size=1000)[2]) == b""
            with pytest.raises(requests.HTTPError, match="404"):
                requester.getStream("/asset", chunk_size=1000)


def test_a_permanent_move_is_followed_with_its_query():
    def answer(seen):
        if seen.path.startswith("/repos/old/r/"):
            return Reply(301, {"message": "Moved"}, {"Location": seen.path.replace("old", "new")})
        return Reply(200, [])

    with Loopback(answer) as server, on(server) as p:
        p.github.native.requester.requestJsonAndCheck("GET", "/repos/old/r/issues?page=2")
        assert [seen.path for seen in server.seen] == ["/repos/old/r/issues?page=2", "/repos/new/r/issues?page=2"]


def test_a_move_in_circles_is_given_up():
    with Loopback([Reply(301, {"message": "Moved"}, {"Location": "/round"})]) as server, on(server) as p:
        with pytest.raises(Exception, match="cannot be followed"):
            p.github.native.requester.requestJsonAndCheck("GET", "/round")
        assert len(server.seen) == 6


def pdf(mode, client):
    """The whole of Stripe's one stream, a quote as a document."""
    if mode == "sync":
        return client.v1.quotes.pdf("qt_1").io.read()

    async def go():
        found = await client.v1.quotes.pdf_async("qt_1")
        return b"".join([part async for part in found.stream()])

    return asyncio.run(go())


def test_stripe_s_documents_arrive_as_streams(mode):
    refusal = {"error": {"type": "invalid_request_error", "message": "No such quote"}}
    with Loopback([Reply(200, b"%PDF-1.7"), Reply(404, refusal)]) as server:
        with on(server) as p:
            client = p.stripe.native
            assert pdf(mode, client) == b"%PDF-1.7"
            with pytest.raises(stripe.InvalidRequestError, match="No such quote"):
                pdf(mode, client)


# -- connections that come to nothing


def test_a_server_that_takes_no_connection_in_time():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):  # the kernel's queue is full, and answers nobody
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        where = f"http://127.0.0.1:{full.getsockname()[1]}"
        events = []
        options = {"retry": Retry(max_attempts=1), "attempt_timeout": 0.2, "observers": [events.append]}
        with Platforms(**settings_for(where), **options) as p, pytest.raises(requests.ConnectTimeout):
            p.gitlab.native.session.post(where)
    told = [event for event in events if isinstance(event, AttemptEvent)]
    assert [event.error for event in told] == ["connect"]


def test_a_reply_that_ends_within_its_headers_is_broken():
    with Loopback([Truncate(Reply(200, b""))]) as server, on(server, retry=Retry(max_attempts=1)) as p:
        with pytest.raises(requests.ConnectionError, match="within the reply's headers"):
            p.gitlab.native.session.get(server.url)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_session_s_redirect_keeps_the_token_at_home_alone(elsewhere):
    with Loopback() as other, Loopback([Reply(302, b"", {"Location": "/there"}), Reply()]) as server, on(server) as p:
        if elsewhere:
            server.script([Reply(302, b"", {"Location": f"{other.url}/there"})])
        p.gitlab.native.session.get(f"{server.url}/x", headers={"PRIVATE-TOKEN": "secret"})
        last = (other if elsewhere else server).seen[-1]
        assert last.path == "/there"
        assert ("private-token" in last.headers) is not elsewhere
