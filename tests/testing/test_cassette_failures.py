"""What fails before a reply, or within one, is on a cassette as it happened: each kind, on every stack, in both modes."""

import asyncio
import gzip
import io
import ssl
from http.client import HTTPException

import httpcore
import httpcore2
import pytest
import redis
import trustme
import urllib3.exceptions as theirs
from tests.conftest import Harness
from tests.loopback import Drip, Loopback, Reply, Truncate, refused_port
from tests.resp import Resp
from tests.testing.recordings import Watch, said
from tests.wires.natives import settings_for
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from unifykit import Platforms, Retry
from unifykit._wires import tap_httpcore, tap_urllib3
from unifykit.settings import RedisSettings
from unifykit.testing import Cassette, VirtualClock

MODES = ("sync", "async")
CALLS = {
    "github": lambda p: p.github.me(),
    "gitlab": lambda p: p.gitlab.me(),
    "stripe": lambda p: p.stripe.customers.get("cus_1"),
    "openai": lambda p: p.openai.models.get("m"),
    "supabase": lambda p: p.supabase.table("t").select().execute(),
}
every_stack = pytest.mark.parametrize("platform", CALLS)


def both_times(path, server, platform, mode, played, **options):
    """What a call comes to when it is recorded and when it is played, with its attempts."""
    found = []
    settings = {platform: settings_for(server.url)[platform]}
    for which, how in ((mode, "record"), (played, "replay")):
        watch = Watch()
        with Cassette(path, how) as tape:
            here = Harness(which, **settings, clock=VirtualClock(), observers=[watch], **options)
            try:
                found.append((said(here, CALLS[platform]), [facts[2:] for facts in watch.seen]))
            finally:
                here.close()
        assert tape.unplayed == []
    return found


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
@every_stack
def test_a_certificate_that_nobody_trusts(tmp_path, platform, mode, played):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Loopback(context=context) as server:
        first, second = both_times(tmp_path / "a.json", server, platform, mode, played)
        assert server.seen == []
    assert first == second
    assert first == (("ConnectionFailedError", None, None, 1), [(1, None, "tls")])


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
@every_stack
@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"no gzip", {"Content-Encoding": "gzip"}), Truncate(Reply(200, b"x" * 100_000))],
    ids=["lies", "breaks"],
)
def test_a_body_that_breaks(tmp_path, platform, mode, played, reply):
    with Loopback([reply]) as server:
        first, second = both_times(tmp_path / "a.json", server, platform, mode, played, retry=Retry(max_attempts=1))
    assert first == second
    assert first[0][0] in ("ConnectionFailedError", "UnexpectedResponseError")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("platform", ["github", "openai"])
def test_a_compressed_body_in_the_smallest_pieces(tmp_path, platform, mode):
    body = b'{"login": "packed", "id": "1", "created": 1, "object": "model", "owned_by": "me"}'
    body = body.replace(b'"1"', b"1") if platform == "github" else body
    found = []
    with Loopback([Drip(0.0005, Reply(200, gzip.compress(body), {"Content-Encoding": "gzip"}))]) as server:
        for how in ("record", "replay"):
            with Cassette(tmp_path / "a.json", how):
                here = Harness(mode, **{platform: settings_for(server.url)[platform]})
                found.append(here.run(CALLS[platform]))
                here.close()
        assert len(server.seen) == 1
    assert found[0] == found[1]


def said_of(failure):
    return failure.kind, failure.late, failure.sent


@pytest.mark.parametrize(
    "error",
    [
        theirs.ConnectTimeoutError(HTTPConnection("h"), "late"),
        theirs.NewConnectionError(HTTPConnection("h"), "no way"),
        theirs.EmptyPoolError(HTTPConnectionPool("h"), "all taken"),
        theirs.ReadTimeoutError(HTTPConnectionPool("h"), "/", "silence"),
        theirs.SSLError(ssl.SSLCertVerificationError("whose?")),
        theirs.ProtocolError("cut"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_urllib3_raised_is_raised_again(error):
    kept = tap_urllib3._failure(error)
    again = tap_urllib3._error(kept, "http://h:1")
    assert type(again) is type(error)
    assert said_of(tap_urllib3._failure(again)) == said_of(kept)


def test_what_is_no_failure_of_the_exchange_is_not_kept():
    assert tap_urllib3._failure(LookupError()) is None
    assert tap_urllib3._failure(HTTPException("bad head")).kind == "broken"
    assert tap_httpcore._failure(httpcore, LookupError()) is None


@pytest.mark.parametrize("core", [httpcore, httpcore2], ids=lambda core: core.__name__)
@pytest.mark.parametrize("name", ["ConnectTimeout", "ConnectError", "PoolTimeout", "ReadTimeout", "ReadError"])
def test_what_httpcore_raised_is_raised_again(core, name):
    kept = tap_httpcore._failure(core, getattr(core, name)("why"))
    again = tap_httpcore._error(core, kept)
    assert type(again) is getattr(core, name)
    assert said_of(tap_httpcore._failure(core, again)) == said_of(kept)


class Nothing:
    """Stands at the tap and keeps what comes by."""

    def __init__(self):
        self.kept = []

    def ask(self, _):
        return None

    def keep(self, asked, told):
        self.kept.append((asked, told))


class Failing:
    """A pool that fails otherwise than networks do."""

    def urlopen(self, *_, **__):
        raise LookupError("no pool")

    def handle_request(self, _):
        raise LookupError("no pool")


def test_a_fault_of_the_program_is_on_no_cassette():
    standing = Nothing()
    pool = tap_urllib3.TappedPool(standing, Failing(), "", ("http", "h", 80), lambda *_: False)
    with pytest.raises(LookupError):
        pool.urlopen("GET", "/", None, {}, decode_content=True)
    with pytest.raises(LookupError):
        tap_httpcore._Pool(standing, Failing(), httpcore).handle_request(httpcore.Request("GET", "http://h/"))
    assert standing.kept == []


@pytest.mark.parametrize(
    "body", [b"ab", bytearray(b"ab"), "ab", io.BytesIO(b"ab"), io.StringIO("ab"), (part for part in (b"a", "b"))]
)
def test_every_form_of_a_body_is_kept(tmp_path, body):
    with Loopback([Reply(200, {})]) as server:
        settings = settings_for(server.url)["gitlab"]
        with Cassette(tmp_path / "a.json", "record"), Platforms(gitlab=settings) as p:
            p.gitlab.native.session.post(f"{server.url}/x", data=body)
        assert server.seen[0].body == b"ab"
    assert '"ab"' in (tmp_path / "a.json").read_text()


def test_a_part_of_a_body_may_be_asked_for(tmp_path):
    found = []
    with Loopback([Reply(200, gzip.compress(b"abcdef" * 1000), {"Content-Encoding": "gzip"})]) as server:
        for how in ("record", "replay"):
            with Cassette(tmp_path / "a.json", how), Platforms(**settings_for(server.url)) as p:
                _, _, parts = p.github.native.requester.getStream("/asset", chunk_size=7)
                found.append(b"".join(parts))
    assert found == [b"abcdef" * 1000] * 2


# -- Redis


CONFIRMED = b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"
MESSAGE = b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\n1\r\n"


def listening(here, hear):
    """What `hear` gives for a subscription of redis-py's own."""
    news = here.p.redis.native.pubsub(ignore_subscribe_messages=True)

    def go(_):
        with news:
            news.subscribe("news")
            return hear(news)

    async def ago(_):
        async with news:
            await news.subscribe("news")
            return await hear(news)

    return here.run(ago if here.is_async else go)


def twice(tmp_path, mode, server, record, play, **options):
    """What is heard while it is recorded, and while it is played."""
    found = []
    for how, hear in (("record", record), ("replay", play)):
        with Cassette(tmp_path / "a.json", how):
            here = Harness(mode, redis=RedisSettings(redis_url=server.url, **options), clock=VirtualClock())
            try:
                found.append(listening(here, hear))
            finally:
                here.close()
    return found


@pytest.mark.parametrize("mode", MODES)
def test_who_listens_longer_than_the_recording_is_told_where_it_ends(tmp_path, mode):
    def hear(news, more):
        heard = news.listen()
        first = next(heard)["data"]
        if more:
            with pytest.raises(redis.ConnectionError, match="ends here"):
                next(heard)
        return first

    async def ahear(news, more):
        heard = aiter(news.listen())
        first = (await anext(heard))["data"]
        if more:
            with pytest.raises(redis.ConnectionError, match="ends here"):
                await anext(heard)
        await heard.aclose()
        return first

    how = hear if mode == "sync" else ahear
    with Resp([CONFIRMED + MESSAGE]) as server:
        found = twice(tmp_path, mode, server, lambda news: how(news, False), lambda news: how(news, True))
    assert found == [b"1", b"1"]


def test_a_message_that_stops_midway_is_no_failure_of_the_recording(tmp_path):
    def hear(news):
        assert news.get_message(timeout=5.0) is None  # the confirmation
        with pytest.raises(redis.TimeoutError):
            news.get_message(timeout=0.2)

    with Resp([CONFIRMED + MESSAGE[:20]]) as server:
        twice(tmp_path, "sync", server, hear, lambda news: [news.get_message(timeout=0.01) for _ in range(2)])


def test_who_stops_waiting_for_a_message_ends_no_recording(tmp_path):
    async def hear(news):
        assert await news.get_message(timeout=5.0) is None
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(news.get_message(timeout=30.0), 0.05)

    async def again(news):
        return [await news.get_message(timeout=0.01) for _ in range(2)]

    with Resp([CONFIRMED]) as server:
        assert twice(tmp_path, "async", server, hear, again) == [None, [None, None]]


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_a_pool_of_redis_that_is_empty(tmp_path, mode, played):
    """A subscriber has the one connection for commands that wait; another such command finds none."""

    def subscribed(here):
        def go(_):
            with pytest.raises(redis.MaxConnectionsError) as failed:
                here.p.redis.native.blpop("a", timeout=1)
            return str(failed.value)

        async def ago(_):
            with pytest.raises(redis.MaxConnectionsError) as failed:
                await here.p.redis.native.blpop("a", timeout=1)
            return str(failed.value)

        return here.held(lambda p: p.redis.pubsub.subscribe("news"), ago if here.is_async else go)

    found = []
    with Resp([CONFIRMED]) as server:
        settings = RedisSettings(redis_url=f"{server.url}?max_connections=1")
        for which, how in ((mode, "record"), (played, "replay")):
            watch = Watch()
            with Cassette(tmp_path / "a.json", how):
                here = Harness(which, redis=settings, clock=VirtualClock(), observers=[watch])
                try:
                    found.append((subscribed(here), [facts[2:] for facts in watch.seen]))
                finally:
                    here.close()
    assert found[0] == found[1]
    assert "pool" in {facts[2] for facts in found[0][1]}


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_a_pipeline_that_reaches_nobody(tmp_path, mode, played):
    settings = RedisSettings(redis_url=f"redis://127.0.0.1:{refused_port()}")
    found = []
    for which, how in ((mode, "record"), (played, "replay")):
        watch = Watch()
        with Cassette(tmp_path / "a.json", how):
            here = Harness(which, redis=settings, clock=VirtualClock(), observers=[watch])
            with pytest.raises(redis.ConnectionError):
                here.run(lambda p: p.redis.native.pipeline().incr("a").execute())
            found.append([facts[2:] for facts in watch.seen])
            here.close()
    assert found[0] == found[1] == [(number, None, "connect") for number in (1, 2, 3)]


def test_a_client_of_one_connection_takes_it_for_connected(tmp_path):
    with Resp([b"+PONG\r\n"]) as server:
        with Cassette(tmp_path / "a.json", "record"), Platforms(redis=RedisSettings(redis_url=server.url)) as p:
            with p.redis.native.client() as one:
                assert one.connection.is_connected
                assert one.ping()
