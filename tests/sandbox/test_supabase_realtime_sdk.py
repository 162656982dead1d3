"""supabase-py's own realtime client alone, against the sandbox: changes, broadcasts and presence."""

import asyncio
import contextlib
import time

import httpx
import pytest
import websockets
from realtime import AsyncRealtimeClient, RealtimeSubscribeStates

from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import SupabaseProject

_SOON = 10.0


@pytest.fixture(scope="module")
def project():
    project = SupabaseProject()
    yield project
    project.close()


@pytest.fixture
def url(project):
    serving = Serving(project.reset())
    yield serving.url
    serving.close()


class Inbox(asyncio.Queue):
    """What callbacks were called with."""

    async def next(self):
        return await asyncio.wait_for(self.get(), _SOON)


@contextlib.asynccontextmanager
async def connected(url, token):
    client = AsyncRealtimeClient(f"{url}/realtime/v1", token)
    try:
        yield client
    finally:
        await client.close()


async def subscribed(channel):
    """Subscribe, and wait until the database is listened to if the channel asks for that."""
    ready, states = Inbox(), []
    channel.on_system(ready.put_nowait)
    await channel.subscribe(lambda state, error: states.append((state, error)))
    assert states == [(RealtimeSubscribeStates.SUBSCRIBED, None)]
    if channel.postgres_changes_callbacks:
        assert (await ready.next()).message == "Subscribed to PostgreSQL"


@pytest.fixture
def rest(url, project):
    headers = {"apikey": project.service_key}
    with httpx.Client(base_url=f"{url}/rest/v1", headers=headers, trust_env=False) as client:
        yield client


async def call(rest, method, path, **given):
    reply = await asyncio.to_thread(rest.request, method, path, **given)
    assert reply.is_success, reply.text


def test_the_three_kinds_of_change(project, url, rest):
    async def go():
        inbox = Inbox()
        async with connected(url, project.anon_key) as client:
            channel = client.channel("room")
            await subscribed(channel.on_postgres_changes("*", inbox.put_nowait, "messages"))
            await call(rest, "POST", "/messages", json={"body": "x" * 20_000, "room": "a"})
            await call(rest, "PATCH", "/messages", params={"id": "eq.1"}, json={"room": "b"})
            await call(rest, "DELETE", "/messages", params={"id": "eq.1"})
            return [(await inbox.next())["data"] for _ in range(3)]

    made, changed, gone = asyncio.run(go())
    assert made["type"] == "INSERT"
    assert (made["schema"], made["table"], made["errors"]) == ("public", "messages", None)
    assert made["record"] == {"id": 1, "room": "a", "body": "x" * 20_000, "created_at": made["record"]["created_at"]}
    assert "old_record" not in made
    assert made["columns"] == [
        {"name": "id", "type": "int8"}, {"name": "room", "type": "text"}, {"name": "body", "type": "text"},
        {"name": "created_at", "type": "timestamptz"},
    ]  # fmt: skip
    assert (changed["type"], changed["record"]["room"], changed["old_record"]) == ("UPDATE", "b", {"id": 1})
    assert (gone["type"], gone["old_record"]) == ("DELETE", {"id": 1})
    assert "record" not in gone


@pytest.mark.parametrize(
    ("filters", "bodies"),
    [
        ("room=eq.a", ["1", "3"]),
        ("id=gt.2", ["3", "4"]),
        ("room=in.(b,c)", ["2", "4"]),
        ("room=not.in.(b,c)", ["1", "3"]),
        ("room=neq.a,id=lt.3", ["2"]),
        ("room=is.null", []),
        ("body=match.^[12]$", ["1", "2"]),
    ],
)
def test_filters(project, url, rest, filters, bodies):
    async def go():
        inbox = Inbox()
        async with connected(url, project.anon_key) as client:
            channel = client.channel("room").on_postgres_changes("INSERT", inbox.put_nowait, "messages", filter=filters)
            last = Inbox()
            await subscribed(channel.on_postgres_changes("INSERT", last.put_nowait, "posts"))
            for body, room in zip("1234", "abac", strict=True):
                await call(rest, "POST", "/messages", json={"body": body, "room": room})
            await call(rest, "POST", "/posts", json={"title": "the end"})
            await last.next()  # changes come in the order of their commits
            return [inbox.get_nowait()["data"]["record"]["body"] for _ in range(inbox.qsize())]

    assert asyncio.run(go()) == bodies


def test_an_event_of_one_kind_and_chosen_columns(project, url, rest):
    async def go():
        inbox = Inbox()
        async with connected(url, project.anon_key) as client:
            channel = client.channel("room")
            await subscribed(channel.on_postgres_changes("UPDATE", inbox.put_nowait, "messages", select=["id", "room"]))
            await call(rest, "POST", "/messages", json={"body": "x"})
            await call(rest, "PATCH", "/messages", params={"id": "eq.1"}, json={"room": "b"})
            return (await inbox.next())["data"]

    found = asyncio.run(go())
    assert (found["type"], found["record"]) == ("UPDATE", {"id": 1, "room": "b"})


def test_policies_decide_who_is_told(project, url, rest):
    def signed_up(name):
        given = {"email": f"{name}@example.com", "password": "correct horse"}
        headers = {"apikey": project.anon_key}
        return httpx.post(f"{url}/auth/v1/signup", json=given, headers=headers, trust_env=False).json()

    ada, bob = signed_up("ada"), signed_up("bob")

    async def go():
        inboxes = {name: Inbox() for name in ("ada", "bob", "anon", "service")}
        tokens = {"ada": ada["access_token"], "bob": bob["access_token"], "anon": project.anon_key}
        async with contextlib.AsyncExitStack() as stack:
            for name, inbox in inboxes.items():
                client = await stack.enter_async_context(connected(url, project.service_key))
                await client.set_auth(tokens.get(name, project.service_key))
                channel = client.channel("room")
                await subscribed(channel.on_postgres_changes("*", inbox.put_nowait, "notes"))
            await call(rest, "POST", "/notes", json={"body": "ada's", "owner": ada["user"]["id"]})
            await call(rest, "POST", "/notes", json={"body": "bob's", "owner": bob["user"]["id"]})
            found = {name: [] for name in inboxes}
            for name, count in (("ada", 1), ("bob", 1), ("service", 2)):  # a row that is gone can be seen by nobody
                found[name] = [(await inboxes[name].next())["data"]["record"]["body"] for _ in range(count)]
            await call(rest, "DELETE", "/notes", params={"id": "gt.0"})  # of these nobody can tell whose they were
            for name, inbox in inboxes.items():
                while not found[name] or found[name][-1] != {"id": 2}:
                    data = (await inbox.next())["data"]
                    found[name].append(data["record"]["body"] if "record" in data else data["old_record"])
            return found

    gone = [{"id": 1}, {"id": 2}]
    assert asyncio.run(go()) == {
        "ada": ["ada's", *gone], "bob": ["bob's", *gone], "anon": gone, "service": ["ada's", "bob's", *gone]
    }  # fmt: skip


def test_what_was_undone_is_not_told(project, url, rest):
    async def go():
        inbox = Inbox()
        async with connected(url, project.anon_key) as client:
            await subscribed(client.channel("room").on_postgres_changes("*", inbox.put_nowait, "messages"))
            await asyncio.to_thread(project.sql, "insert into messages (body) values ('before')")
            await asyncio.to_thread(project.sql, "begin; insert into messages (body) values ('never'); rollback")
            await asyncio.to_thread(project.sql, "insert into messages (body) values ('after')")
            return [(await inbox.next())["data"]["record"]["body"] for _ in range(2)]

    assert asyncio.run(go()) == ["before", "after"]


def test_a_table_that_is_not_published(project, url):
    async def go():
        refused = Inbox()
        async with connected(url, project.anon_key) as client:
            channel = client.channel("room").on_postgres_changes("*", print, "articles")
            channel.on_error = refused.put_nowait
            await channel.subscribe()
            return await refused.next()

    said = asyncio.run(go())
    assert said["status"] == "error"
    assert "Please check Realtime is enabled for the given connect parameters" in said["message"]
    assert "table: articles" in said["message"]


def test_broadcasts(project, url):
    async def go():
        async with connected(url, project.anon_key) as one, connected(url, project.anon_key) as two:
            mine, theirs, elsewhere = Inbox(), Inbox(), Inbox()
            sender = one.channel("room").on_broadcast("shout", mine.put_nowait)
            await subscribed(sender)
            await subscribed(two.channel("room").on_broadcast("shout", theirs.put_nowait))
            await subscribed(two.channel("other").on_broadcast("*", elsewhere.put_nowait))
            await sender.send_broadcast("shout", {"text": "Bonjour été"})
            heard = await theirs.next()
            await sender.http_send("shout", {"text": "over HTTP"})
            over_http = [await mine.next(), await theirs.next()]
            assert elsewhere.empty()
            return heard, over_http

    heard, over_http = asyncio.run(go())
    assert (heard["event"], heard["payload"]) == ("shout", {"text": "Bonjour été"})
    assert [one["payload"] for one in over_http] == [{"text": "over HTTP"}] * 2


def test_a_sender_that_hears_itself_and_is_told_that_it_was_heard(project, url):
    async def go():
        async with connected(url, project.anon_key) as client:
            mine, acks = Inbox(), Inbox()
            config = {"broadcast": {"self": True, "ack": True}, "presence": {"key": "", "enabled": False}}
            channel = client.channel("room", {"config": {**config, "private": False}})
            await subscribed(channel.on_broadcast("shout", mine.put_nowait))
            push = await channel.push("broadcast", {"type": "broadcast", "event": "shout", "payload": {"a": 1}})
            push.receive("ok", acks.put_nowait)
            await acks.next()
            return await mine.next()

    assert asyncio.run(go())["payload"] == {"a": 1}


def test_broadcasts_of_the_rest_api_to_several_topics(project, url):
    async def go():
        async with connected(url, project.anon_key) as client:
            inboxes = [Inbox(), Inbox()]
            for name, inbox in zip("ab", inboxes, strict=True):
                await subscribed(client.channel(name).on_broadcast("e", inbox.put_nowait))
            messages = [{"topic": name, "event": "e", "payload": {"to": name}} for name in "ab"]
            async with httpx.AsyncClient(headers={"apikey": project.anon_key}, trust_env=False) as http:
                said = await http.post(f"{url}/realtime/v1/api/broadcast", json={"messages": messages})
                bad = await http.post(f"{url}/realtime/v1/api/broadcast", json={"messages": [{"event": "e"}]})
                none = await http.get(f"{url}/realtime/v1/api/tenants")
            return [said.status_code, bad.status_code, none.status_code], [await one.next() for one in inboxes]

    statuses, heard = asyncio.run(go())
    assert statuses == [202, 422, 501]
    assert [one["payload"] for one in heard] == [{"to": "a"}, {"to": "b"}]


def test_presence(project, url):
    async def go():
        joins, leaves = Inbox(), Inbox()

        async def present(client, key):
            config = {"broadcast": None, "presence": {"key": key, "enabled": True}, "private": False}
            channel = client.channel("room", {"config": config})
            await subscribed(channel)
            return channel

        async with connected(url, project.anon_key) as one:
            watcher = one.channel("room", {"config": {"presence": {"key": "ada", "enabled": True}}})
            watcher.on_presence_join(lambda key, _, new: joins.put_nowait((key, new)))
            watcher.on_presence_leave(lambda key, _, left: leaves.put_nowait((key, left)))
            await subscribed(watcher)
            await watcher.track({"status": "here"})
            seen = [await joins.next()]
            async with connected(url, project.anon_key) as two:
                guest = await present(two, "bob")
                await guest.track({"status": "new"})
                seen.append(await joins.next())
                while "ada" not in guest.presence_state():
                    await asyncio.sleep(0.01)
                states = [set(guest.presence_state()), set(watcher.presence_state())]
                await guest.untrack()
                gone = [await leaves.next()]
                await guest.track({"status": "again"})
                await joins.next()
            gone.append(await leaves.next())  # its connection is closed
            return seen, states, gone, dict(watcher.presence_state())

    seen, states, gone, state = asyncio.run(go())
    assert [(key, new[0]["status"]) for key, new in seen] == [("ada", "here"), ("bob", "new")]
    assert states == [{"ada", "bob"}] * 2
    assert [(key, left[0]["status"]) for key, left in gone] == [("bob", "new"), ("bob", "again")]
    assert set(state) == {"ada"}


@pytest.mark.parametrize("key", ["", "sb_publishable_nonsense", "a.b.c"])
def test_a_key_that_is_none_is_refused(url, key):
    async def go():
        address = f"{url.replace('http', 'ws', 1)}/realtime/v1/websocket?apikey={key}&vsn=1.0.0"
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(address)
        return refused.value.response

    reply = asyncio.run(go())
    assert reply.status_code == 401
    assert b"API key" in reply.body


def test_a_token_that_is_none_or_too_old(project, url):
    old = project.app.state.project.signer.sign({"role": "authenticated", "exp": int(time.time()) - 1})

    async def go(token):
        errors = []
        async with connected(url, project.anon_key) as client:
            await client.set_auth(token)
            await client.channel("room").subscribe(lambda _, error: errors.append(str(error)))
        return errors

    assert "InvalidJWTToken" in asyncio.run(go("nonsense"))[0]
    assert "expired" in asyncio.run(go(old))[0]


def test_a_new_token_is_taken_and_a_bad_one_closes_the_channel(project, url, rest):
    async def go():
        inbox, closed = Inbox(), Inbox()
        async with connected(url, project.anon_key) as client:
            channel = client.channel("room").on_postgres_changes("INSERT", inbox.put_nowait, "notes")
            channel.on_close = lambda: closed.put_nowait(True)
            await subscribed(channel)
            owner = "00000000-0000-4000-8000-000000000000"
            await asyncio.to_thread(project.sql, f"insert into auth.users (id) values ('{owner}')")
            await client.set_auth(project.service_key)
            await call(rest, "POST", "/notes", json={"body": "seen", "owner": owner})
            seen = (await inbox.next())["data"]["record"]["body"]
            await client.set_auth("nonsense")
            return seen, await closed.next()

    assert asyncio.run(go()) == ("seen", True)


def test_version_2_of_the_protocol_is_arrays(project, url):
    import json

    async def go():
        address = f"{url.replace('http', 'ws', 1)}/realtime/v1/websocket?apikey={project.anon_key}&vsn=2.0.0"
        async with websockets.connect(address) as socket:
            await socket.send(json.dumps(["1", "1", "realtime:room", "phx_join", {"config": {}}]))
            joined = json.loads(await socket.recv())
            await socket.send(json.dumps([None, "2", "phoenix", "heartbeat", {}]))
            alive = json.loads(await socket.recv())
            await socket.send(json.dumps(["1", "3", "realtime:room", "phx_leave", {}]))
            left = [json.loads(await socket.recv()) for _ in range(2)]
            await socket.send(json.dumps(["1", "4", "realtime:room", "broadcast", {}]))
            return joined, alive, left, json.loads(await socket.recv())

    joined, alive, left, late = asyncio.run(go())
    ok = {"status": "ok", "response": {}}
    assert joined == [None, "1", "realtime:room", "phx_reply", {**ok, "response": {"postgres_changes": []}}]
    assert alive == [None, "2", "phoenix", "phx_reply", ok]
    assert left == [[None, "3", "realtime:room", "phx_reply", ok], ["1", None, "realtime:room", "phx_close", {}]]
    assert late[4] == {"status": "error", "response": {"reason": "unmatched topic"}}


def test_a_reset_hangs_up_and_the_next_state_has_its_own_log(project):
    serving = Serving(project.reset())

    async def listen():
        inbox = Inbox()
        address = f"{serving.url.replace('http', 'ws', 1)}/realtime/v1/websocket?apikey={project.anon_key}"
        async with websockets.connect(address) as bare, connected(serving.url, project.anon_key) as client:
            client.auto_reconnect = False
            await subscribed(client.channel("room").on_postgres_changes("*", inbox.put_nowait, "messages"))
            await asyncio.to_thread(project.reset)
            await asyncio.wait_for(bare.wait_closed(), _SOON)
            return bare.close_code

    try:
        assert asyncio.run(listen()) == 1012
    finally:
        serving.close()


_MEMBERS = """
create policy "the staff listens" on realtime.messages for select to authenticated
    using (realtime.topic() = 'staff' and auth.jwt() ->> 'email' like '%@example.com');
create policy "the boss speaks" on realtime.messages for insert to authenticated
    with check (realtime.topic() = 'staff' and auth.jwt() ->> 'email' = 'boss@example.com');
"""


def test_a_private_channel_is_for_those_whom_policies_let_in(project, url):
    project.sql(_MEMBERS)
    signer = project.app.state.project.signer
    tokens = {
        name: signer.sign({"role": "authenticated", "email": f"{name}@example.com", "exp": int(time.time()) + 60})
        for name in ("boss", "clerk")
    }

    async def go():
        async with contextlib.AsyncExitStack() as stack:

            async def join(token, topic="staff", private=True):
                errors, inbox = [], Inbox()
                client = await stack.enter_async_context(connected(url, project.anon_key))
                if token:
                    await client.set_auth(token)
                config = {"broadcast": {}, "presence": {"key": "", "enabled": False}, "private": private}
                channel = client.channel(topic, {"config": config}).on_broadcast("*", inbox.put_nowait)
                await channel.subscribe(lambda _, error: errors.append(str(error) if error else None))
                return channel, inbox, errors[0]

            boss, boss_hears, _ = await join(tokens["boss"])
            clerk, clerk_hears, _ = await join(tokens["clerk"])
            _, public_hears, _ = await join(None, private=False)
            refused = [(await join(None))[2], (await join(tokens["boss"], "board"))[2]]
            await clerk.send_broadcast("e", {"from": "clerk"})
            await clerk.http_send("e", {"from": "clerk, over HTTP"})
            await boss.send_broadcast("e", {"from": "boss"})
            await boss.http_send("e", {"from": "boss, over HTTP"})
            heard = [(await clerk_hears.next())["payload"]["from"] for _ in range(2)]
            own = (await boss_hears.next())["payload"]["from"]
            return refused, heard, own, public_hears.empty()

    refused, heard, own, nothing = asyncio.run(go())
    assert ["You do not have permissions to read from this Channel topic" in text for text in refused] == [True, True]
    assert heard == ["boss", "boss, over HTTP"]
    assert own == "boss, over HTTP"
    assert nothing


def test_a_token_whose_time_is_over_closes_its_channel(project, url, monkeypatch):
    shared = project.app.state.project
    token = shared.signer.sign({"role": "authenticated", "exp": int(time.time()) + 60})

    async def go():
        closed, states = Inbox(), []
        async with connected(url, project.anon_key) as client:
            await client.set_auth(token)
            channel = client.channel("room")
            channel.on_close = lambda: closed.put_nowait("closed")
            await channel.subscribe(lambda state, _: states.append(state))
            monkeypatch.setattr(shared, "now", lambda: time.time() + 3600)
            await channel.send_broadcast("e", {})
            return await closed.next(), states

    assert asyncio.run(go()) == ("closed", [RealtimeSubscribeStates.SUBSCRIBED, RealtimeSubscribeStates.CHANNEL_ERROR])
