"""`p.supabase.realtime` over sockets: against the sandbox, and against a scripted server where that never misbehaves."""

import asyncio
import gc
import logging
import traceback
from contextlib import asynccontextmanager

import pytest
from tests.phoenix import Relay, Script

from unifykit import AsyncPlatforms, Platforms, Retry, deadline, errors
from unifykit._wires import phoenix
from unifykit.providers.supabase.models import Broadcast, Missed, PostgresChange, Presence
from unifykit.settings import SupabaseSettings
from unifykit.testing import VirtualClock

KEY = "sb_secret_0123456789abcdefghij"
_SOON = 10.0


def settings(url, key=KEY):
    return SupabaseSettings(url=url, key=key)


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, _SOON)


async def until(true):
    async def wait():
        while not true():
            await asyncio.sleep(0.005)

    await soon(wait())


async def take(channel, count):
    return [await soon(anext(channel)) for _ in range(count)]


@asynccontextmanager
async def scripted(script, **options):
    async with script.serving() as url, AsyncPlatforms(supabase=settings(url), **options) as p:
        yield p.supabase


# -- changes


def test_the_three_kinds_of_change(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            table = p.supabase.table("messages")
            async with p.supabase.realtime.channel("room").on_postgres_changes("*", table="messages") as room:
                await table.insert({"body": "hello", "room": "a"}).execute()
                await table.update({"room": "b"}).eq("id", 1).execute()
                await table.delete().eq("id", 1).execute()
                return await take(room, 3)

    made, changed, gone = asyncio.run(go())
    assert isinstance(made, PostgresChange)
    assert (made.event, made.schema_name, made.table, made.record["body"]) == ("INSERT", "public", "messages", "hello")
    assert made.commit_timestamp.tzinfo is not None
    assert [column.name for column in made.columns] == ["id", "room", "body", "created_at"]
    assert (changed.event, changed.record["room"], changed.old_record) == ("UPDATE", "b", {"id": 1})
    assert (gone.event, gone.record, gone.old_record) == ("DELETE", None, {"id": 1})
    assert made.raw["type"] == "INSERT"


def test_filters_and_kinds_are_the_servers(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            channel = p.supabase.realtime.channel("room")
            channel.on_postgres_changes("INSERT", table="messages", filter="room=eq.a")
            async with channel.on_postgres_changes("UPDATE", table="messages", filter="id=gt.1") as room:
                rows = [{"body": "1", "room": "a"}, {"body": "2", "room": "b"}, {"body": "3", "room": "a"}]
                await p.supabase.table("messages").insert(rows).execute()
                await p.supabase.table("messages").update({"body": "new"}).gt("id", 0).execute()
                return await take(room, 4)

    found = asyncio.run(go())
    assert [(one.event, one.record["id"]) for one in found] == [
        ("INSERT", 1), ("INSERT", 3), ("UPDATE", 2), ("UPDATE", 3)
    ]  # fmt: skip


def test_a_user_is_told_of_what_policies_show(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            people = [await p.supabase.auth.sign_up(f"{name}@example.com", "correct horse") for name in ("ada", "bob")]
            clients = [p.supabase.as_user(one.session) for one in people]
            # one socket could not be joined twice to one topic
            rooms = [one.realtime.channel("room").on_postgres_changes("INSERT", table="notes") for one in clients]
            async with rooms[0], rooms[1]:
                for client, body in zip(clients, ("ada's", "bob's"), strict=True):
                    await client.table("notes").insert({"body": body}).execute()
                return [(await take(room, 1))[0].record["body"] for room in rooms]

    assert asyncio.run(go()) == ["ada's", "bob's"]


def test_callbacks_may_fail_and_may_be_coroutines(sandbox, caplog):
    async def go():
        done, told = asyncio.Event(), []

        def bad(change):
            raise ValueError("the application's own")

        async def good(change):
            await asyncio.sleep(0)
            told.append(change.record["body"])
            if len(told) == 2:
                done.set()

        async with sandbox.async_platforms() as p:
            channel = p.supabase.realtime.channel("room").on_postgres_changes("INSERT", table="messages", callback=bad)
            async with channel.on_postgres_changes("INSERT", table="messages", callback=good):
                await p.supabase.table("messages").insert([{"body": "1"}, {"body": "2"}]).execute()
                await soon(done.wait())
                with pytest.raises(errors.InvalidRequestError, match="callbacks"):
                    await anext(channel)
        return told

    assert asyncio.run(go()) == ["1", "2"]
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(failures) == 2
    assert all(record.name == "unifykit" and record.exc_info[0] is ValueError for record in failures)


def test_a_callback_may_close_its_channel(sandbox):
    async def go():
        over = asyncio.Event()
        async with sandbox.async_platforms() as p:
            channel = p.supabase.realtime.channel("room", receive_own=True)

            async def close(_):
                await channel.close()
                over.set()

            await channel.on_broadcast("stop", close).subscribe()
            await channel.broadcast("stop", None)
            await soon(over.wait())
            return channel.state

    assert asyncio.run(go()) == "closed"


# -- broadcasts and presence


def test_broadcasts_between_two_clients(sandbox):
    async def go():
        async with sandbox.async_platforms() as one, sandbox.async_platforms() as two:
            sender = one.supabase.realtime.channel("room", acknowledge=True).on_broadcast("*")
            receiver = two.supabase["anon"].realtime.channel("room").on_broadcast("Shout")
            async with sender, receiver:
                await sender.broadcast("other", {})
                await sender.broadcast("shout", {"text": "été", "when": None})
                heard = await take(receiver, 1)
                await receiver.broadcast("answer", [1, 2])
                return heard + await take(sender, 1)

    heard, answer = asyncio.run(go())
    assert isinstance(heard, Broadcast)
    assert (heard.event, heard.payload) == ("shout", {"text": "été", "when": None})
    assert (answer.event, answer.payload) == ("answer", [1, 2])


def test_two_channels_of_one_name_and_client_are_two(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            rooms = [p.supabase.realtime.channel("room").on_broadcast("*") for _ in range(2)]
            async with rooms[0], rooms[1]:
                await rooms[0].broadcast("hi", 1)
                return (await take(rooms[1], 1))[0].payload

    assert asyncio.run(go()) == 1


def test_presence(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            ada = p.supabase.realtime.channel("room", presence_key="ada").on_presence()
            async with ada:
                await ada.track({"status": "here"})
                seen = await take(ada, 2)
                while seen[-1].event != "join":
                    seen += await take(ada, 1)
                bob = p.supabase["anon"].realtime.channel("room", presence_key="bob").on_presence()
                async with bob:
                    await bob.track({"status": "new"})
                    await until(lambda: set(bob.presence_state()) == set(ada.presence_state()) == {"ada", "bob"})
                    state = bob.presence_state()
                    await bob.track({"status": "busy"})
                    await until(lambda: ada.presence_state()["bob"][0]["status"] == "busy")
                await until(lambda: set(ada.presence_state()) == {"ada"})
                await ada.untrack()
                await until(lambda: not ada.presence_state())
                await ada.broadcast("end", None)
                while (seen[-1].event, seen[-1].key) != ("leave", "ada"):
                    seen += await take(ada, 1)
                return state, [(one.event, one.key, one.presences) for one in seen if one.event != "sync"]

    state, seen = asyncio.run(go())
    assert (state["ada"][0]["status"], state["bob"][0]["status"]) == ("here", "new")
    told = [(event, key, presences[0]["status"]) for event, key, presences in seen]
    assert told == [
        ("join", "ada", "here"), ("join", "bob", "new"), ("join", "bob", "busy"), ("leave", "bob", "new"),
        ("leave", "bob", "busy"), ("leave", "ada", "here"),
    ]  # fmt: skip
    assert Presence(event="someday", key=None).event == "someday"  # what the vendor adds later fails nothing


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
                await script.sockets[0].send(phoenix.json.dumps(gone))
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
                await script.sockets[0].send(phoenix.json.dumps(gone))
                with pytest.raises(errors.AuthenticationError, match="expired") as ended:
                    await soon(anext(room))
                return ended.value.operation, room.state, script.count("phx_join")

    assert asyncio.run(go()) == ("realtime.rejoin", "closed", 2)


# -- slow consumers


def test_nothing_is_lost_for_a_slow_consumer_within_its_backlog(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            async with p.supabase.realtime.channel("room").on_postgres_changes("*", table="messages") as room:
                await p.supabase.table("messages").insert([{"body": str(n)} for n in range(200)]).execute()
                return [(await soon(anext(room))).record["body"] for _ in range(200)]

    assert asyncio.run(go()) == [str(n) for n in range(200)]


def test_a_slow_consumer_is_told_how_much_it_missed(sandbox):
    async def go():
        async with sandbox.async_platforms() as p:
            seen, gate, missed, called = asyncio.Event(), asyncio.Event(), [], []

            async def slow(message):
                called.append(message.payload)
                await gate.wait()
                if message.payload == 199:
                    seen.set()

            channel = p.supabase.realtime.channel("room", receive_own=True, acknowledge=True, backlog=50)
            channel.on_broadcast("*").on_broadcast("*", slow).on_missed(missed.append)
            async with channel as room:
                for n in range(200):
                    await room.broadcast("n", n)
                first = await take(room, 51)
                gate.set()
                await soon(seen.wait())
                return first, missed, called

    first, missed, called = asyncio.run(go())
    assert first[0] == Missed(why="slow", count=150)
    assert [one.payload for one in first[1:]] == list(range(150, 200))
    assert sum(one.count for one in missed) + len(called) == 200


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
            await script.sockets[0].send(phoenix.json.dumps(hi))
            return (await take(kept, 1))[0].payload, script.asked

    assert asyncio.run(go()) == (1, 1)


def test_messages_that_make_no_sense_end_nothing(caplog):
    async def go():
        async with scripted(Script()) as supabase:
            channel = supabase.realtime.channel("room").on_postgres_changes("*", table="t").on_broadcast("*")
            async with channel as room:
                return room, await _odd(room)

    async def _odd(room):
        def message(event, payload):
            return phoenix.json.dumps({"topic": "realtime:room", "event": event, "payload": payload, "ref": None})

        socket = SCRIPT[0].sockets[0]
        for text in ("{", "[]", '{"topic": 1}', message("postgres_changes", {"ids": [0], "data": {}})):
            await socket.send(text)
        await socket.send(message("invented", {"a": 1}))
        odd = {"schema": "public", "table": "t", "type": "MERGE", "commit_timestamp": "2026-01-01T00:00:00Z", "x": 1}
        await socket.send(message("postgres_changes", {"ids": [0], "data": odd}))
        return (await take(room, 1))[0]

    SCRIPT = []
    made = Script.__init__
    try:
        Script.__init__ = lambda self, *a, **k: (made(self, *a, **k), SCRIPT.append(self))[0]
        _, change = asyncio.run(go())
    finally:
        Script.__init__ = made
    assert (change.event, change.raw["x"]) == ("MERGE", 1)
    assert "made no sense" in caplog.text


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


# -- the end


def test_nothing_is_left(sandbox):
    async def go(end):
        before = asyncio.all_tasks()
        p = sandbox.async_platforms()
        room = p.supabase.realtime.channel("room", presence_key="me").on_presence(lambda _: None)
        other = p.supabase.realtime.channel("other").on_postgres_changes("*", table="messages")
        await room.subscribe()
        await other.subscribe()
        await room.track({})
        reading = asyncio.create_task(_all(other))
        if end == "close":
            await room.close()
            await other.close()
            assert asyncio.all_tasks() - before <= {reading}
        await p.aclose()
        assert await soon(reading) == []
        assert asyncio.all_tasks() == before
        with pytest.raises(errors.InvalidRequestError, match="closed"):
            await room.broadcast("hi", 1)
        again = p.supabase.realtime.channel("room").on_broadcast("*")
        async with again:
            assert again.state == "joined"  # the object stays usable
        await p.aclose()
        return room.state, other.state

    assert asyncio.run(go("close")) == ("closed", "closed")
    assert asyncio.run(go("aclose")) == ("closed", "closed")
    gc.collect()  # an open socket would warn, and warnings are errors


async def _all(channel):
    return [one async for one in channel]


def test_a_loop_that_ends_takes_its_channels_along(sandbox):
    p = sandbox.async_platforms()

    async def go():
        room = p.supabase.realtime.channel("room").on_postgres_changes("*", table="messages", callback=print)
        await room.subscribe()
        return room

    rooms = [asyncio.run(go()), asyncio.run(go())]
    gc.collect()
    assert [room.state for room in rooms] == ["closed", "closed"]


# -- nobody sees the key


def test_the_key_reaches_no_log_no_error_and_no_event(sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("websockets.client", "websockets", "realtime", "asyncio", "unifykit"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    given = sandbox.settings()["supabase"]["default"]
    key = given.key.get_secret_value()
    texts, token = [], "a.user.token-that-is-secret"

    async def refusals():
        script = Script(refuses=[400], headers={"X-Request-Id": "1"})
        async with script.serving() as url, AsyncPlatforms(supabase=settings(url, key), observers=[seen]) as p:
            with pytest.raises(errors.InvalidRequestError, match="no:") as refused:  # its body repeats the address
                await p.supabase.realtime.channel("room").subscribe()
            texts.append("".join(traceback.format_exception(refused.value)))
        echo = Script(phx_join=lambda said: [Script.reply(said, "error", reason=f"bad {key} {token}")])
        async with echo.serving() as url, AsyncPlatforms(supabase=settings(url, key), observers=[seen]) as p:
            with pytest.raises(errors.UnifyError) as refused:
                await p.supabase.as_user(token).realtime.channel("room").subscribe()
            texts.append("".join(traceback.format_exception(refused.value)))

    async def life():
        async with Relay(given.url).serving() as relay:
            near = settings(f"http://127.0.0.1:{relay.port}", key)
            async with AsyncPlatforms(supabase=near, clock=VirtualClock(), observers=[seen]) as p:
                async with p.supabase.realtime.channel("room").on_broadcast("*") as room:
                    relay.drop()
                    await take(room, 1)
                    texts.extend(map(repr, (room, p.supabase.realtime, room._topic, room._wire, room._heard)))
                    texts.extend(map(repr, vars(room._topic).values()))
                    await relay.refuse()
                    relay.drop()
                    await until(lambda: room.state == "lost")

    def seen(event):
        texts.append(repr(event))

    asyncio.run(refusals())
    asyncio.run(life())
    assert len(texts) > 20
    everything = caplog.text + "".join(texts) + "".join(map(repr, (vars(record) for record in caplog.records)))
    assert key not in everything
    assert key.split(".")[2] not in everything
    assert token not in everything
    assert "realtime" in everything


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
    assert Platforms is not AsyncPlatforms
