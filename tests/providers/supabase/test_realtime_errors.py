"""What `p.supabase.realtime` raises, and when."""

import asyncio
import json
import traceback

import pytest
from tests.phoenix import KEY, Script, scripted, settings, take, until

from unifykit import AsyncPlatforms, Retry, deadline, errors
from unifykit.testing import VirtualClock

# -- errors


def test_a_wrong_key(sandbox):
    async def go():
        url = sandbox.settings()["supabase"]["default"].url
        async with AsyncPlatforms(supabase=settings(url)) as p:
            with pytest.raises(errors.AuthenticationError) as refused:
                await p.supabase.realtime.channel("room").subscribe()
            return refused.value

    error = asyncio.run(go())
    assert (error.status, error.attempts, error.operation) == (401, 1, "realtime.subscribe")
    assert "API key" in error.message
    assert KEY not in "".join(traceback.format_exception(error))


def test_a_token_that_is_none(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            with pytest.raises(errors.AuthenticationError, match="InvalidJWTToken") as refused:
                await p.supabase.as_user("nonsense").realtime.channel("room").subscribe()
            return refused.value

    assert asyncio.run(go()).code == "InvalidJWTToken"


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"table": "articles"}, "check Realtime is enabled"),
        ({"table": "messages", "filter": "colour=eq.red"}, "invalid column for filter colour"),
    ],
)
def test_what_cannot_be_watched(sandbox, wish, text):
    async def go():
        async with sandbox.async_platforms() as p:
            channel = p.supabase.realtime.channel("room").on_postgres_changes("*", **wish)
            with pytest.raises(errors.InvalidRequestError, match=text):
                await channel.subscribe()
            return channel.state

    assert asyncio.run(go()) == "closed"


def test_nobody_there():
    async def go():
        clock = VirtualClock()
        async with Script().serving() as url:
            pass
        async with AsyncPlatforms(supabase=settings(url), clock=clock, random=lambda: 1.0) as p:
            with pytest.raises(errors.ConnectionFailedError) as failed:
                await p.supabase.realtime.channel("room").subscribe()
            return failed.value, clock.slept

    error, slept = asyncio.run(go())
    assert (error.attempts, slept) == (3, [0.05, 0.1])


def test_a_busy_server_is_asked_again():
    async def go():
        script, clock = Script(refuses=[503, 429], headers={"Retry-After": "7"}), VirtualClock()
        async with scripted(script, clock=clock, random=lambda: 0.0) as supabase:
            async with supabase.realtime.channel("room") as room:
                return script.asked, clock.slept, room.state

    assert asyncio.run(go()) == (3, [7.0, 7.0], "joined")


@pytest.mark.parametrize(
    ("reason", "kind", "joins"),
    [
        ("ClientJoinRateLimitReached: Too many joins per second", errors.RateLimitedError, 3),
        ("UnableToConnectToProject: try later", errors.UnavailableError, 3),
        ("Unauthorized: You do not have permissions to read from this Channel topic", errors.PermissionDeniedError, 1),
        ("something new", errors.InvalidRequestError, 1),
    ],
)
def test_why_a_join_is_refused(reason, kind, joins):
    async def go():
        script = Script(phx_join=lambda said: [Script.reply(said, "error", reason=reason)])
        async with scripted(script, clock=VirtualClock()) as supabase:
            with pytest.raises(kind) as refused:
                await supabase.realtime.channel("room", private=True).subscribe()
            return script.count("phx_join"), refused.value

    count, error = asyncio.run(go())
    assert count == joins
    assert type(error) is kind
    assert reason.rstrip(".") in error.message


def test_a_redirect_is_not_followed_and_a_page_is_no_websocket():
    async def go(status):
        script = Script(refuses=[status] * 3, headers={"Location": "http://127.0.0.1:9/elsewhere"})
        async with scripted(script, clock=VirtualClock()) as supabase:
            with pytest.raises(errors.UnexpectedResponseError) as failed:
                await supabase.realtime.channel("room").subscribe()
            return script.asked, failed.value.status

    assert asyncio.run(go(302)) == (1, 302)
    assert asyncio.run(go(200)) == (1, 200)


def test_a_deadline_counts_while_subscribing():
    async def go():
        script = Script(phx_join=lambda said: None)
        async with scripted(script) as supabase:
            channel = supabase.realtime.channel("room")
            with pytest.raises(errors.DeadlineExceededError):
                async with deadline(0.1):
                    await channel.subscribe()
            await until(lambda: script.sockets[0].close_code is not None)  # nothing stays open behind it
            return channel.state, len(asyncio.all_tasks())

    state, _ = asyncio.run(go())
    assert state == "closed"


def test_an_attempt_that_takes_too_long():
    async def go():
        script = Script(phx_join=lambda said: None)
        retry = Retry(max_attempts=2)
        async with scripted(script, clock=VirtualClock(), attempt_timeout=0.05, retry=retry) as supabase:
            with pytest.raises(errors.DeadlineExceededError) as late:
                await supabase.realtime.channel("room").subscribe()
            return late.value.attempts, script.count("phx_join"), script.asked

    assert asyncio.run(go()) == (2, 2, 1)


def test_a_deadline_counts_for_the_next_message():
    async def go():
        async with scripted(Script()) as supabase, supabase.realtime.channel("room").on_broadcast("*") as room:
            with pytest.raises(errors.DeadlineExceededError, match="no message"):
                async with deadline(0.05):
                    await anext(room)
            return room.state

    assert asyncio.run(go()) == "joined"


def test_a_cancelled_subscription_leaves_the_others_alone():
    async def go():
        script = Script(phx_join=lambda said: script.yes(said) if said["topic"] == "realtime:a" else None)
        async with scripted(script) as supabase, supabase.realtime.channel("a").on_broadcast("*") as kept:
            waiting = asyncio.create_task(supabase.realtime.channel("b").subscribe())
            await until(lambda: script.count("phx_join") == 2)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await until(lambda: ("phx_leave", "realtime:b", {}) in script.heard)
            hi = {"topic": "realtime:a", "event": "broadcast", "payload": {"event": "hi", "payload": 1}, "ref": None}
            await script.sockets[0].send(json.dumps(hi))
            return (await take(kept, 1))[0].payload, script.asked

    assert asyncio.run(go()) == (1, 1)


def test_messages_that_make_no_sense_end_nothing(caplog):
    def message(event, payload):
        return json.dumps({"topic": "realtime:room", "event": event, "payload": payload, "ref": None})

    odd = {"schema": "public", "table": "t", "type": "MERGE", "commit_timestamp": "2026-01-01T00:00:00Z", "x": 1}

    async def go():
        script = Script()
        async with scripted(script) as supabase:
            channel = supabase.realtime.channel("room").on_postgres_changes("*", table="t").on_broadcast("*")
            async with channel as room:
                for text in ("{", "[]", '{"topic": 1}', message("postgres_changes", {"ids": [0], "data": {}})):
                    await script.sockets[0].send(text)
                await script.sockets[0].send(message("invented", {"a": 1}))
                await script.sockets[0].send(message("postgres_changes", {"ids": [0], "data": odd}))
                return (await take(room, 1))[0]

    change = asyncio.run(go())
    assert (change.event, change.raw["x"]) == ("MERGE", 1)
    assert caplog.text.count("made no sense") == 4


# -- what is refused before the network


def test_sync_mode_says_that_realtime_is_async(sandbox):
    with sandbox.platforms() as p, pytest.raises(errors.UnsupportedError, match="async only"):
        p.supabase.realtime.channel("room")


def test_what_makes_no_sense_is_refused_at_once():
    p = AsyncPlatforms(supabase=settings("http://127.0.0.1:9"))
    channel = p.supabase.realtime.channel
    with pytest.raises(errors.InvalidRequestError, match="takes a name"):
        channel("")
    with pytest.raises(errors.InvalidRequestError, match="number of messages"):
        channel("room", backlog=0)
    with pytest.raises(errors.InvalidRequestError, match="event is one of"):
        channel("room").on_postgres_changes("insert")
    with pytest.raises(errors.InvalidRequestError, match="needs a table"):
        channel("room").on_postgres_changes("*", filter="id=eq.1")
    with pytest.raises(errors.InvalidRequestError, match=r"column=operator\.value"):
        channel("room").on_postgres_changes("*", table="t", filter="id>1")
    with pytest.raises(errors.InvalidRequestError, match="on_presence"):
        channel("room").presence_state()

    async def go():
        for call in (lambda c: c.broadcast("e", 1), lambda c: c.track({}), lambda c: anext(c.on_broadcast("*"))):
            with pytest.raises(errors.InvalidRequestError, match="not subscribed"):
                await call(channel("room"))
        async with scripted(Script()) as supabase, supabase.realtime.channel("room") as room:
            for late in (lambda: room.on_broadcast("*"), room.on_presence):
                with pytest.raises(errors.InvalidRequestError, match="is subscribed"):
                    late()
            with pytest.raises(errors.InvalidRequestError, match="is subscribed"):
                await room.subscribe()
            with pytest.raises(errors.InvalidRequestError, match="not JSON"):
                await room.broadcast("e", object())
            with pytest.raises(errors.InvalidRequestError, match="event is empty"):
                await room.broadcast("", 1)
            with pytest.raises(errors.InvalidRequestError, match="access token"):
                await room.set_auth("")
            assert room.state == "joined"

    asyncio.run(go())
