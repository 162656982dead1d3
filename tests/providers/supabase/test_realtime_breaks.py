"""`p.supabase.realtime` whose connection breaks: in virtual time, through a relay or on a scripted server."""

import asyncio
import json

import pytest
from tests.phoenix import Relay, Script, scripted, settings, soon, take, until

from unifykit import AsyncPlatforms, errors
from unifykit._wires import phoenix
from unifykit.providers.supabase.models import Broadcast, Missed
from unifykit.testing import VirtualClock

# -- connections that break


def test_a_broken_connection_is_made_anew_with_the_engines_backoff(sandbox):
    events = []

    async def go():
        clock = VirtualClock()
        url = sandbox.settings()["supabase"]["default"].url
        key = sandbox.settings()["supabase"]["default"].key.get_secret_value()
        async with Relay(url).serving() as relay:
            given = settings(f"http://127.0.0.1:{relay.port}", key)
            async with AsyncPlatforms(supabase=given, clock=clock, random=lambda: 1.0, observers=[events.append]) as p:
                missed = []
                changes = p.supabase.realtime.channel("changes").on_postgres_changes("*", table="messages")
                changes.on_missed(missed.append)
                shouts = p.supabase.realtime.channel("shouts", presence_key="me").on_broadcast("*").on_presence()
                async with changes, shouts:
                    await shouts.track({"status": "here"})
                    assert relay.taken == 1  # both are on one connection
                    await relay.refuse()
                    relay.drop()
                    await until(lambda: len(clock.slept) >= 12)
                    assert [changes.state, shouts.state] == ["lost", "lost"]
                    slept = list(clock.slept)
                    await relay.listen()
                    await until(lambda: changes.state == shouts.state == "joined")
                    assert relay.taken == 2
                    await until(lambda: missed)
                    sandbox_p = sandbox.async_platforms()
                    async with sandbox_p as other:
                        await other.supabase.table("messages").insert({"body": "after"}).execute()
                        async with other.supabase.realtime.channel("shouts").on_presence() as guest:
                            await until(lambda: "me" in guest.presence_state())  # it is tracked again
                            await guest.broadcast("hi", 1)
                    found = [one async for one in _some(shouts, Broadcast)]
                    return slept, await take(changes, 2), missed, found

    slept, (gap, change), missed, shouts = asyncio.run(go())
    assert slept[:12] == [0.05 * 2**n for n in range(9)] + [20.0] * 3
    assert (gap, change.record["body"]) == (Missed(why="reconnected"), "after")
    assert missed == [gap]
    assert shouts[0].payload == 1
    told = {event.operation for event in events}
    assert {"realtime.subscribe", "realtime.reconnect", "realtime.rejoin", "realtime.track"} <= told


async def _some(channel, kind, count=1):
    while count:
        item = (await take(channel, 1))[0]
        if isinstance(item, kind):
            count -= 1
            yield item


def test_a_broadcast_waits_for_the_connection(sandbox):
    async def go():
        given = sandbox.settings()["supabase"]["default"]
        async with Relay(given.url).serving() as relay, sandbox.async_platforms() as other:
            near = settings(f"http://127.0.0.1:{relay.port}", given.key.get_secret_value())
            async with AsyncPlatforms(supabase=near) as p:
                sender = p.supabase.realtime.channel("room", acknowledge=True)
                async with sender, other.supabase.realtime.channel("room").on_broadcast("*") as receiver:
                    await relay.refuse()
                    relay.drop()
                    await until(lambda: sender.state == "lost")
                    waiting = asyncio.create_task(sender.broadcast("hi", "there"))
                    await asyncio.sleep(0)
                    await relay.listen()
                    await soon(waiting)
                    return await take(receiver, 1)

    assert asyncio.run(go())[0].payload == "there"


def test_a_broadcast_whose_answer_is_lost_is_not_sent_twice():
    async def go():
        script = Script(broadcast=lambda said: asyncio.create_task(script.sockets[-1].close()) and None)
        async with scripted(script, clock=VirtualClock()) as supabase:
            async with supabase.realtime.channel("room", acknowledge=True) as room:
                with pytest.raises(errors.ConnectionFailedError) as failed:
                    await room.broadcast("hi", 1)
                return script.count("broadcast"), failed.value

    count, error = asyncio.run(go())
    assert count == 1
    assert error.maybe_executed
    assert (error.provider, error.operation) == ("supabase", "realtime.broadcast")


def test_silence_is_a_broken_connection(monkeypatch):
    monkeypatch.setattr(phoenix, "HEARTBEAT", 0.05)

    async def go():
        alive = Script()
        async with scripted(alive) as supabase, supabase.realtime.channel("room"):
            await until(lambda: alive.count("heartbeat") >= 4)
        dead = Script(heartbeat=lambda said: None)
        async with (
            scripted(dead, clock=VirtualClock()) as supabase,
            supabase.realtime.channel("room").on_broadcast("*"),
        ):
            await until(lambda: dead.count("phx_join") >= 2)
        return alive.asked, dead.asked

    alive, dead = asyncio.run(go())
    assert alive == 1
    assert dead >= 2


@pytest.mark.parametrize("event", ["phx_error", "phx_close"])
def test_a_channel_that_the_server_drops_is_joined_again(event):
    async def go():
        script = Script()
        async with scripted(script, clock=VirtualClock()) as supabase:
            async with supabase.realtime.channel("room").on_broadcast("*") as room:
                gone = {"topic": "realtime:room", "event": event, "payload": {}, "ref": None}
                await script.sockets[0].send(json.dumps(gone))
                found = await take(room, 1)
                return found, script.count("phx_join"), script.asked

    assert asyncio.run(go()) == ([Missed(why="reconnected")], 2, 1)


def test_a_key_that_is_refused_later_ends_the_channel(caplog):
    async def go():
        script = Script()
        async with scripted(script, clock=VirtualClock()) as supabase:
            channels = [supabase.realtime.channel(name).on_broadcast("*") for name in "ab"]
            async with channels[0], channels[1]:
                script.refuses = [503, 404, 302, 401]  # what gateways say while they restart, then no
                await script.sockets[0].close()
                refused = []
                for channel in channels:
                    with pytest.raises(errors.AuthenticationError) as error:
                        await soon(anext(channel))
                    refused.append(error.value)
                with pytest.raises(errors.AuthenticationError):
                    await channels[0].broadcast("hi", 1)
                return [one.state for one in channels], refused, script.asked

    states, refused, asked = asyncio.run(go())
    assert states == ["closed", "closed"]
    assert asked == 5
    assert refused[0].operation == "realtime.reconnect"
    assert "AuthenticationError" in caplog.text


def test_a_token_whose_time_is_over_ends_the_channel():
    async def go():
        over = "InvalidJWTToken: Token has expired 1 seconds ago"

        def join(said):
            return script.yes(said) if script.count("phx_join") == 1 else [Script.reply(said, "error", reason=over)]

        script = Script(phx_join=join)
        async with scripted(script, clock=VirtualClock()) as supabase:
            async with supabase.as_user("old-token").realtime.channel("room").on_broadcast("*") as room:
                gone = {"topic": "realtime:room", "event": "phx_close", "payload": {}, "ref": None}
                await script.sockets[0].send(json.dumps(gone))
                with pytest.raises(errors.AuthenticationError, match="expired") as ended:
                    await soon(anext(room))
                return ended.value.operation, room.state, script.count("phx_join")

    assert asyncio.run(go()) == ("realtime.rejoin", "closed", 2)


# -- tokens


def test_a_new_token_is_pushed_and_used_for_joining_again():
    async def go():
        script = Script()
        async with scripted(script, clock=VirtualClock()) as supabase:
            async with supabase.as_user("old-token").realtime.channel("room").on_broadcast("*") as room:
                await room.set_auth("new-token")
                await until(lambda: script.count("access_token"))
                await script.sockets[0].close()
                await take(room, 1)
        return [
            payload.get("access_token") for event, _, payload in script.heard if event in ("phx_join", "access_token")
        ]

    assert asyncio.run(go()) == ["old-token", "new-token", "new-token"]


def test_a_new_token_changes_what_is_seen(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            session = (await p.supabase.auth.sign_up("ada@example.com", "correct horse")).session
            channel = p.supabase["anon"].realtime.channel("room").on_postgres_changes("INSERT", table="notes")
            async with channel as room:
                await room.set_auth(session)
                await p.supabase.as_user(session).table("notes").insert({"body": "mine"}).execute()
                return (await take(room, 1))[0].record["body"]

    assert asyncio.run(go()) == "mine"
