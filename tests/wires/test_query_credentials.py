"""A credential in the query is added below all that logs addresses, and stays on its origin."""

import asyncio
import gc
import logging
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from tests.loopback import Loopback, Reply
from tests.test_no_leak import TOKEN, Log, log, nothing_in, nothing_in_error

from unifykit import AsyncPlatforms, Platforms, Retry, UnifyError
from unifykit._wires import origin
from unifykit._wires.origin import added, hidden, without
from unifykit._wires.rest import QUERY
from unifykit.settings import MapboxSettings

__all__ = ["log"]  # a fixture

PLACE = Reply(body={"type": "FeatureCollection", "features": []})


def settings(url):
    return MapboxSettings(access_token=TOKEN, base_url=url)


def use(mode, url, call, **options):
    """What a call of httpx's client gives, in either mode."""
    if mode == "sync":
        with Platforms(mapbox=settings(url), **options) as p:
            return call(p.mapbox.native)

    async def go():
        async with AsyncPlatforms(mapbox=settings(url), **options) as p:
            return await call(p.mapbox.native)

    return asyncio.run(go())


def query(seen):
    return parse_qsl(urlsplit(seen.path).query)


def test_it_is_sent_and_nothing_shows_it(mode, log: Log):
    with Loopback([PLACE]) as server:
        reply = use(mode, server.url, lambda c: c.get("/x", params={"q": "a b&c=d"}))
        assert query(server.seen[0]) == [("q", "a b&c=d"), ("access_token", TOKEN)]
    for thing in (reply, reply.url, reply.request, reply.request.url, reply.request.extensions, reply.headers):
        nothing_in(f"{thing!r} {thing!s}", type(thing).__name__)
    assert any("/x?q=a" in line for line in log.text.getvalue().splitlines())  # the address itself is logged
    nothing_in(log.text.getvalue(), "the log")


def test_httpx_s_own_error_does_not_tell_it(mode):
    with Loopback([Reply(404, {"message": TOKEN})]) as server:
        reply = use(mode, server.url, lambda c: c.get("/x"))
    with pytest.raises(httpx.HTTPStatusError) as caught:
        reply.raise_for_status()
    nothing_in_error(caught.value)
    nothing_in(reply.text, "the body")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_does_not_carry_it(mode, status, log: Log):
    with Loopback([PLACE]) as other, Loopback() as home:
        for repeated in (f"?access_token={TOKEN}&q=1", "?q=1", f"?q=1&access%5Ftoken={TOKEN}"):
            home.script([Reply(status, b"", {"Location": f"{other.url}/there{repeated}"})])
            reply = use(mode, home.url, lambda c: c.get("/x", follow_redirects=True))
            assert reply.status_code == 200
            assert query(other.seen[-1]) == [("q", "1")]
            nothing_in(f"{reply.url} {reply.history[0].headers!r} {reply.history[0].next_request!r}", "the reply")
        assert all(TOKEN not in str(seen) for seen in other.seen)
    nothing_in(log.text.getvalue(), "the log")


def test_a_redirect_at_home_carries_it_once(mode, log: Log):
    with Loopback() as home:

        def script(seen):
            if seen.path.startswith("/x"):
                return Reply(302, b"", {"Location": f"/there?access_token={TOKEN}&q=1"})
            return PLACE

        home.script(script)
        assert use(mode, home.url, lambda c: c.get("/x", follow_redirects=True)).status_code == 200
        assert query(home.seen[1]) == [("q", "1"), ("access_token", TOKEN)]
    nothing_in(log.text.getvalue(), "the log")


def test_a_request_made_for_elsewhere_does_not_carry_it(mode):
    with Loopback([PLACE]) as other, Loopback([PLACE]) as home:
        use(mode, home.url, lambda c: c.get(f"{other.url}/x?access_token={TOKEN}"))
        assert other.seen[0].path == "/x"


def test_every_attempt_carries_it(mode):
    with Loopback([Reply(503), PLACE]) as server:
        use(mode, server.url, lambda c: c.get("/x"), retry=Retry(base=0))
        assert [query(seen) for seen in server.seen] == [[("access_token", TOKEN)]] * 2


def test_a_caller_s_own_value_is_sent_alone(mode):
    with Loopback([PLACE]) as server:
        use(mode, server.url, lambda c: c.get("/x?access_token=mine"))
        assert query(server.seen[0]) == [("access_token", "mine")]


def test_a_streamed_reply_does_not_show_it(mode, log: Log):
    with Loopback([PLACE]) as server:

        def call(client):
            return client.send(client.build_request("GET", "/x"), stream=True)

        reply = use(mode, server.url, call)
        assert query(server.seen[0]) == [("access_token", TOKEN)]
        nothing_in(f"{reply.url} {reply.request.url}", "the reply")
    nothing_in(log.text.getvalue(), "the log")


def test_a_secret_part_of_one_request_is_sent_instead_and_not_shown(mode, log: Log):
    signature = f"X-Signature={TOKEN}&n=1"
    with Loopback([PLACE]) as server:
        reply = use(mode, server.url, lambda c: c.get("/x", extensions={QUERY: signature}))
        assert server.seen[0].path == f"/x?{signature}"
        nothing_in(f"{reply.url} {reply.request!r}", "the reply")
    nothing_in(log.text.getvalue(), "the log")


def test_what_fails_on_the_way_does_not_tell_it(both, log: Log):
    from tests.test_no_leak import EVENTS

    for event in EVENTS.values():
        with Loopback([event]) as server:
            h = both(mapbox=settings(server.url), retry=Retry(max_attempts=2, base=0))
            for call in (
                lambda p: p.mapbox.geocode.forward("x"),
                lambda p: p.mapbox.tokens.create(["a:read"], user="u"),
                lambda p: p.mapbox.directions.get([(0, 0), (1, 1)]),
                lambda p: p.mapbox.static_map((0, 0)),
            ):
                try:
                    h.run(call)
                except Exception as error:
                    assert isinstance(error, UnifyError)  # noqa: PT017 -- it need not fail
                    nothing_in_error(error)
            assert any(dict(query(seen)).get("access_token") == TOKEN for seen in server.seen)
    nothing_in(log.text.getvalue(), "the log")


def test_observers_are_not_told_it(both):
    told = []
    with Loopback([Reply(401, {"message": TOKEN})]) as server:
        h = both(mapbox=settings(server.url), observers=[told.append])
        with pytest.raises(UnifyError) as caught:
            h.run(lambda p: p.mapbox.geocode.forward("x"))
    nothing_in_error(caught.value)
    nothing_in(repr(told), "the events")
    assert told


def test_objects():
    with Platforms(mapbox=settings("http://127.0.0.1:9")) as p:
        client = p.mapbox
        for thing in (client, client.native, client.link.settings, client.geocode, client.native._transport.wire.home):
            nothing_in(f"{thing!r} {thing!s}", type(thing).__name__)


def test_a_log_that_was_switched_on_would_have_shown_it(log: Log):
    """The check above sees what it is there to see."""
    logging.getLogger("requests").info("GET %s", f"https://api/x?access_token={TOKEN}")
    with pytest.raises(AssertionError):
        nothing_in(log.text.getvalue(), "the log")


def test_a_page_that_links_the_next_one_with_it_is_followed_without_showing_it(mode, log: Log):
    with Loopback() as home:
        link = f'<{home.url}/x?limit=1&access_token={TOKEN}&start=b>; rel="next", <{home.url}/y?access_token={TOKEN}>; rel="x"'
        home.script([Reply(body=[], headers={"Link": link})])
        reply = use(mode, home.url, lambda c: c.get("/x"))
        assert reply.links["next"]["url"] == f"{home.url}/x?limit=1&start=b"
        assert reply.links["x"]["url"] == f"{home.url}/y"
        use(mode, home.url, lambda c: c.get(reply.links["next"]["url"]))
        assert query(home.seen[1]) == [("limit", "1"), ("start", "b"), ("access_token", TOKEN)]
    nothing_in(repr(reply.headers), "the headers")
    nothing_in(log.text.getvalue(), "the log")


def test_many_clients_are_masked_and_forgotten():
    for _ in range(3):
        with Platforms(mapbox=settings("http://127.0.0.1:9")) as p:
            assert p.mapbox.native
    del p
    gc.collect()
    kept = origin.Home("https://a.example", query=("key", "another-secret"))
    [mask] = [found for found in logging.getLogger("httpcore.http11").filters if isinstance(found, origin._Mask)]
    known = [home for found in mask._homes if (home := found()) is not None]
    assert kept in known
    assert not [home for home in known if home.query == ("access_token", TOKEN)]
    record = logging.LogRecord("x", logging.DEBUG, "x", 1, "to %s", ("/x?key=another-secret",), None)
    assert mask.filter(record)
    assert record.getMessage() == "to /x?key=[credential]"


def test_queries():
    assert added(b"", "a=1") == b"a=1"
    assert added(b"b=2", "a=1") == b"b=2&a=1"
    assert without(b"a=1&access_token=x&b&access%5Ftoken=y", "access_token") == b"a=1&b"
    assert hidden(b"x sk/1+23456 y sk%2F1%2B23456 sk\\/1+23456", "sk/1+23456") == (
        b"x [credential] y [credential] [credential]"
    )
    assert hidden(b"short", "or") == b"short"
