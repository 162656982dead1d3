"""WebSockets and the channels on them where a connection ends at an unlucky moment."""

import asyncio
import base64
import hashlib
import json
import pickle
from contextlib import asynccontextmanager

import pytest
from tests.phoenix import Script, scripted, settings, soon, until

from unifykit import AsyncPlatforms, errors
from unifykit._core.context import Operation, current
from unifykit._core.outcome import Safety
from unifykit._wires.backlog import Backlog
from unifykit._wires.clock import SYSTEM
from unifykit._wires.phoenix import Socket
from unifykit._wires.websockets import Connection, LostError
from unifykit.testing import VirtualClock

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@asynccontextmanager
async def by_hand(accept=None):
    """A server that opens WebSockets, with an answer of its own to the challenge if given, and then says nothing, not even goodbye."""
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split()[-1]
        answer = accept or base64.b64encode(hashlib.sha1(key + _MAGIC).digest())
        upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(upgrade + b"Sec-WebSocket-Accept: " + answer + b"\r\n\r\n")
        await reader.read()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in writers:
            writer.transport.abort()


def test_a_server_that_fails_the_challenge_is_no_websocket():
    async def go():
        async with by_hand(b"wrong") as where:
            async with AsyncPlatforms(supabase=settings(f"http://{where}"), clock=VirtualClock()) as p:
                with pytest.raises(errors.ConnectionFailedError, match="no WebSocket was opened") as failed:
                    await p.supabase.realtime.channel("room").subscribe()
                return failed.value.attempts

    assert asyncio.run(go()) == 3


def test_both_directions_of_a_connection_that_is_gone_say_so():
    async def go():
        script = Script()
        async with script.serving() as url:
            connection = await Connection.open(url.replace("http", "ws") + "?apikey=sec-ret", "sec-ret")
            assert repr(connection) == "<Connection>"
            await until(lambda: script.sockets)
            await script.sockets[0].close(1012, "restart")
            with pytest.raises(LostError, match=r"hung up \(1012: restart\)"):
                await soon(connection.receive())
            with pytest.raises(LostError, match=r"hung up \(1012: restart\)"):
                await connection.send("hello")
            await connection.close()

    asyncio.run(go())


def test_who_is_cancelled_while_hanging_up_waits_for_nobody():
    async def go():
        async with by_hand() as where:
            connection = await Connection.open(f"ws://{where}/", "")
            closing = asyncio.create_task(connection.close())
            await asyncio.sleep(0)
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await soon(closing)
            with pytest.raises(LostError, match="the connection broke"):
                await soon(connection.receive())

    asyncio.run(go())


def test_after_its_end_a_backlog_takes_nothing():
    async def go():
        backlog = Backlog(2, lambda gone: -gone)
        backlog.put(1)
        backlog.end()
        backlog.put(2)
        assert await backlog.next(None, SYSTEM) == 1
        with pytest.raises(StopAsyncIteration):
            await backlog.next(None, SYSTEM)

    asyncio.run(go())


def sockets_of(supabase):
    """What the channels of a client share on this loop."""
    return supabase.realtime.channel("unused")._wire.sockets


def test_a_client_that_was_closed_opens_nothing():
    async def go():
        script = Script()
        async with scripted(script, clock=VirtualClock()) as supabase:
            socket = Socket(sockets_of(supabase))
            with pytest.raises(LostError, match="no connection"):
                await socket.tell("room", "event", {}, None)
            await socket.close()
            with pytest.raises(errors.InvalidRequestError, match="closed meanwhile"):
                await socket.connected()
            return script.asked

    assert asyncio.run(go()) == 0


def test_what_is_no_fault_of_the_connection_is_raised_as_it_is():
    async def go():
        async with scripted(Script(), clock=VirtualClock()) as supabase:
            token = current.set(Operation("supabase", "toy", Safety.SAFE))
            tried = []

            async def attempt():
                tried.append(1)
                raise LookupError("ours")

            try:
                with pytest.raises(LookupError, match="ours"):
                    await sockets_of(supabase).endpoint.once(attempt)
            finally:
                current.reset(token)
            return len(tried)

    assert asyncio.run(go()) == 1


def test_connections_are_not_pickled():
    async def go():
        async with scripted(Script()) as supabase:
            with pytest.raises(TypeError, match="build it anew"):
                pickle.dumps(supabase.realtime.channel("room")._wire)

    asyncio.run(go())


def test_replies_to_nothing_change_nothing():
    def join(said):
        yield {"topic": said["topic"], "event": "phx_reply", "payload": {"status": "error"}, "ref": None}
        yield {"topic": said["topic"], "event": "phx_reply", "payload": {"status": "error"}, "ref": "4711"}
        yield {"topic": "realtime:other", "event": "phx_reply", "payload": {"status": "error"}, "ref": said["ref"]}
        yield Script.reply(said, postgres_changes=[])

    async def go():
        async with scripted(Script(phx_join=join), clock=VirtualClock()) as supabase:
            async with supabase.realtime.channel("room") as room:
                return room.state

    assert asyncio.run(go()) == "joined"


def test_a_yes_to_a_channel_that_left_meanwhile_is_a_yes():
    asked = []

    async def go():
        script = Script(presence=asked.append)
        async with scripted(script, clock=VirtualClock()) as supabase:
            async with supabase.realtime.channel("stays"):
                leaves = await supabase.realtime.channel("leaves").subscribe()
                tracking = asyncio.create_task(leaves.track({"here": True}))
                await until(lambda: asked)
                await leaves.close()
                await script.sockets[0].send(json.dumps(Script.reply(asked[0])))
                await soon(tracking)

    asyncio.run(go())


class Gone:
    """A connection that broke."""

    closed = 0

    async def receive(self):
        raise LostError("gone")

    async def close(self):
        self.closed += 1


def test_a_connection_that_breaks_while_the_line_is_repaired_starts_no_second_repair():
    async def go():
        async with scripted(Script(), clock=VirtualClock()) as supabase:
            socket, gone = Socket(sockets_of(supabase)), Gone()
            loop = asyncio.get_running_loop()
            repair, answered, open_ = (loop.create_future() for _ in range(3))
            answered.set_result(None)
            socket._repair = repair
            socket._waiting = {"1": ("room", answered, ""), "2": ("room", open_, "")}
            await socket._keep(gone)
            assert socket._repair is repair
            assert answered.result() is None  # it came before the end
            with pytest.raises(LostError, match="broke"):
                open_.result()
            repair.set_result(None)
            assert gone.closed == 1

    asyncio.run(go())


def half_joined(said):
    """The yes to a join, without the word that changes come from now on."""
    asked = said["payload"]["config"]["postgres_changes"]
    yield {"topic": "realtime:nobody", "event": "news", "payload": {}, "ref": None}
    yield Script.reply(said, postgres_changes=[{**one, "id": place} for place, one in enumerate(asked)])
    yield {"topic": said["topic"], "event": "system", "payload": {"extension": "presence"}, "ref": None}


def test_a_channel_that_is_closed_while_it_joins():
    async def go():
        script = Script(phx_join=half_joined)
        async with scripted(script, clock=VirtualClock()) as supabase:
            room = supabase.realtime.channel("room").on_postgres_changes("*", table="messages")
            joining = asyncio.create_task(room.subscribe())
            await until(lambda: room._topic is not None and room._topic._ready is not None)
            await until(lambda: not room._topic._socket._waiting)
            await room.close()
            with pytest.raises(errors.InvalidRequestError, match="closed meanwhile"):
                await soon(joining)
            return room.state

    assert asyncio.run(go()) == "closed"


def test_a_connection_that_breaks_while_one_channel_joins_and_another_is_there():
    async def go():
        script = Script()
        async with scripted(script, clock=VirtualClock()) as supabase:
            async with supabase.realtime.channel("there") as there:
                script.on["phx_join"] = half_joined
                room = supabase.realtime.channel("room").on_postgres_changes("*", table="messages")
                joining = asyncio.create_task(room.subscribe())
                await until(lambda: room._topic is not None and room._topic._ready is not None)
                await until(lambda: not room._topic._socket._waiting)
                del script.on["phx_join"]
                script.sockets[0].transport.abort()
                async with await soon(joining):
                    await until(lambda: there.state == room.state == "joined")
                    return script.asked

    assert asyncio.run(go()) == 2


def test_a_join_whose_answer_makes_no_sense_is_refused():
    def join(said):
        yield Script.reply(said, postgres_changes=[])

    async def go():
        async with scripted(Script(phx_join=join), clock=VirtualClock()) as supabase:
            with pytest.raises(errors.UnexpectedResponseError, match="did not take over"):
                await supabase.realtime.channel("room").on_postgres_changes("*", table="messages").subscribe()

    asyncio.run(go())
