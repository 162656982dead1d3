"""The operations' own requests: on httpcore without httpx's clients, and yet with all that the wire promises."""

import asyncio
import gzip
import logging
import os
import pickle
import sys
import threading

import httpx
import pytest
from tests.loopback import Drip, Hang, Loopback, Reply, Reset, Truncate, refused_port

from unifykit import (
    AsyncPlatforms,
    AuthenticationError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    Platforms,
    Retry,
    UnavailableError,
    UnexpectedResponseError,
)
from unifykit.settings import SupabaseSettings

KEY = "sb_secret_that-nobody-may-see"
ROWS = Reply(body=[{"id": 1}])


def settings(server, path=""):
    return SupabaseSettings(url=f"{server.url}{path}", key=KEY)


def read(p):
    return p.supabase.table("t").select("id").execute()


def write(p):
    return p.supabase.table("t").insert({"id": 1}).execute()


def test_a_request_and_its_reply(both):
    reply = Reply(body=[{"id": 1}], headers={"Content-Range": "0-0/7"})
    with Loopback([reply]) as server:
        h = both(supabase=settings(server, "/under/a/path/"))
        rows = h.run(lambda p: p.supabase.table("a b").select("id", count="exact").eq("naïve", "x&y+z ").execute())
        assert (rows, rows.count) == ([{"id": 1}], 7)
        h.run(write)
    get, post = server.seen
    assert get.path == "/under/a/path/rest/v1/a%20b?select=id&na%C3%AFve=eq.x%26y%2Bz+"
    assert (get.headers["apikey"], get.headers["host"], get.headers["prefer"]) == (
        KEY, f"127.0.0.1:{server.port}", "count=exact",
    )  # fmt: skip
    assert not {"content-length", "transfer-encoding", "content-type"} & set(get.headers)
    assert (post.body, post.headers["content-type"]) == (b'{"id":1}', "application/json")


@pytest.mark.parametrize(
    "packed", [gzip.compress(b'[{"id":1}]'), b"[" + b" " * 300_000 + b'{"id":1}]'], ids=["packed", "long"]
)
def test_bodies_that_are_packed_or_long(both, packed):
    headers = {"Content-Encoding": "gzip"} if packed[:1] == b"\x1f" else {}
    with Loopback([Reply(body=packed, headers=headers)]) as server:
        assert both(supabase=settings(server)).run(read) == [{"id": 1}]


def test_a_body_that_is_long_on_its_way_out(both):
    with Loopback([Reply(201, [])]) as server:
        both(supabase=settings(server)).run(lambda p: p.supabase.table("t").insert({"a": "x" * 2_000_000}).execute())
        assert len(server.seen[0].body) == 2_000_008


def test_it_shares_the_connections_of_the_sdk(both):
    with Loopback([ROWS]) as server:
        h = both(supabase=settings(server))
        h.run(read)
        h.run(lambda p: p.supabase.native.table("t").select("id").execute())
        h.run(lambda p: p.supabase.with_options(timeout=9).table("t").select("id").execute())
    assert [seen.connection for seen in server.seen] == [1, 1, 1]


@pytest.mark.parametrize(
    ("fault", "kind", "call", "sent"),
    [
        (Reset(), ConnectionFailedError, read, 3),
        (Reset(), ConnectionFailedError, write, 1),
        (Truncate(Reply(body=[{"id": "x" * 99}])), ConnectionFailedError, read, 3),
        (Truncate(Reply(body=[{"id": "x" * 99}])), ConnectionFailedError, write, 1),
        (Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}), ConnectionFailedError, read, 3),
        (Reply(503, {"message": "later"}), UnavailableError, read, 3),
        (Reply(503, {"message": "later"}), UnavailableError, write, 1),
        (Reply(body=b"{not json"), UnexpectedResponseError, read, 1),
        (Reply(body={"not": "rows"}), UnexpectedResponseError, read, 1),
        (Reply(302, b"", {"Location": "/elsewhere"}), UnexpectedResponseError, read, 1),
        (Reply(401, {"message": f"bad key {KEY}"}), AuthenticationError, read, 1),
        (Reply(400, b"<html>"), InvalidRequestError, read, 1),
    ],
)
def test_faults(both, fault, kind, call, sent):
    with Loopback([fault]) as server:
        h = both(supabase=settings(server), retry=Retry(max_attempts=3, base=0))
        with pytest.raises(kind) as caught:
            h.run(call)
    assert (type(caught.value), len(server.seen), caught.value.attempts) == (kind, sent, sent)
    assert caught.value.maybe_executed == (call is write)
    kept = caught.value.__cause__
    assert KEY.encode() not in pickle.dumps(caught.value) + repr(kept).encode() + str(caught.value).encode()
    if isinstance(kept, httpx.HTTPStatusError):
        assert not {"apikey", "authorization"} & set(kept.request.headers)
        assert str(kept.request.url) == server.url + server.seen[-1].path


def test_nobody_listens(both):
    with pytest.raises(ConnectionFailedError, match="ConnectError") as caught:
        both(supabase=SupabaseSettings(url=f"http://127.0.0.1:{refused_port()}", key=KEY), retry=Retry.off()).run(write)
    assert not caught.value.maybe_executed


@pytest.mark.parametrize("fault", [Hang(), Drip(0.1, Reply(body=[{"id": "x" * 999}]))])
def test_a_reply_that_does_not_end(both, fault):
    with Loopback([fault]) as server:
        h = both(supabase=settings(server), timeout=0.5)
        with pytest.raises(DeadlineExceededError):
            h.run(read)


def test_headers_that_none_can_send(both):
    with Loopback([ROWS]) as server:
        h = both(supabase=settings(server))
        for bad in ("é", "a\r\nb: c"):
            with pytest.raises(InvalidRequestError):
                h.run(lambda p, bad=bad: p.supabase.functions.invoke("f", headers={"x-a": bad}))
    assert server.seen == []


def test_a_call_that_is_cancelled_frees_its_connection():
    async def go(server):
        async with AsyncPlatforms(supabase=settings(server)) as p:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(read(p), 0.05)
            server.script([ROWS])
            return await asyncio.gather(*(read(p) for _ in range(150)))

    with Loopback([Hang()]) as server:
        assert asyncio.run(go(server)) == [[{"id": 1}]] * 150


def test_many_threads(recwarn):
    found = []
    with Loopback([ROWS]) as server, Platforms(supabase=settings(server)) as p:
        threads = [threading.Thread(target=lambda: found.extend(read(p) for _ in range(20))) for _ in range(16)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert found == [[{"id": 1}]] * 320
    assert server.connections <= 16


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_child_of_a_fork_has_connections_of_its_own():
    with Loopback([ROWS]) as server, Platforms(supabase=settings(server)) as p:
        read(p)
        child = os.fork()
        if not child:
            os._exit(0 if read(p) == [{"id": 1}] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        read(p)
    assert [seen.connection for seen in server.seen] == [1, 2, 1]


def test_what_is_logged_holds_no_key(both, caplog):
    caplog.set_level(logging.DEBUG)
    with Loopback([Reply(404, {"message": "no", "code": "PGRST205"})]) as server:
        with pytest.raises(Exception, match="no"):
            both(supabase=settings(server)).run(read)
    assert caplog.text
    assert KEY not in caplog.text


def test_it_is_not_pickled():
    with Platforms(supabase=SupabaseSettings(url="http://127.0.0.1:9", key=KEY)) as p:
        with pytest.raises(TypeError, match="connections"):
            pickle.dumps(p.supabase.straight)
