"""`p.supabase.realtime` over sockets, against the sandbox: changes, broadcasts, presence, and the end of it all."""

import asyncio
import gc
import logging
import traceback

import pytest
from tests.phoenix import Relay, Script, settings, soon, take, until

from unifykit import AsyncPlatforms, errors
from unifykit.providers.supabase.models import Broadcast, Missed, PostgresChange, Presence
from unifykit.testing import VirtualClock

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
