"""The other ends of a realtime client: a scripted Phoenix server, and a relay that can break its connections."""

import asyncio
import http
import json
import logging
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from unifykit import AsyncPlatforms
from unifykit.settings import SupabaseSettings

KEY = "sb_secret_0123456789abcdefghij"
_SOON = 10.0
_SILENCE = logging.Logger("the other end")  # noqa: LOG001 -- what a server logs is not the client's
_SILENCE.disabled = True


class Script:
    """A server that says yes to everything, but for what `on` (by event) and `refuses` (statuses, in order) say.

    Attributes:
        heard: What came, as (event, topic, payload).
        sockets: The open connections.
    """

    def __init__(self, refuses=(), headers=None, **on):
        self.refuses, self.headers, self.on = list(refuses), headers or {}, on
        self.heard, self.sockets, self.asked = [], [], 0

    def count(self, event):
        return sum(one[0] == event for one in self.heard)

    def door(self, connection, request):
        self.asked += 1
        if self.refuses:
            status = self.refuses.pop(0)
            reply = connection.respond(http.HTTPStatus(status), json.dumps({"message": f"no: {request.path}"}))
            for name, value in self.headers.items():
                reply.headers[name] = value
            return reply
        return None

    async def talk(self, connection):
        self.sockets.append(connection)
        with suppress(ConnectionClosed):
            async for text in connection:
                said = json.loads(text)
                self.heard.append((said["event"], said["topic"], said["payload"]))
                answer = self.on.get(said["event"], self.yes)
                for one in answer(said) or ():
                    await connection.send(one if isinstance(one, str) else json.dumps(one))

    @staticmethod
    def reply(said, status="ok", **response):
        payload = {"status": status, "response": response}
        return {"topic": said["topic"], "event": "phx_reply", "payload": payload, "ref": said["ref"]}

    def yes(self, said):
        asked = said["payload"].get("config", {}).get("postgres_changes", [])
        yield self.reply(said, postgres_changes=[{**one, "id": place} for place, one in enumerate(asked)])
        if asked:
            told = {"extension": "postgres_changes", "status": "ok", "message": "Subscribed to PostgreSQL"}
            yield {"topic": said["topic"], "event": "system", "payload": told, "ref": None}

    @asynccontextmanager
    async def serving(self):
        async with serve(self.talk, "127.0.0.1", 0, process_request=self.door, logger=_SILENCE) as server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Relay:
    """Passes bytes on to a server, until it is told to break the connections or to take no new ones."""

    def __init__(self, url):
        self._to = urlsplit(url)
        self._server, self._open, self.taken = None, set(), 0
        self.closed = 0

    @asynccontextmanager
    async def serving(self):
        await self.listen(0)
        try:
            yield self
        finally:
            await self.refuse()
            self.drop()

    async def listen(self, port=None):
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port if port is None else port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self):
        """Take no connections until `listen`."""
        self._server.close()

    def drop(self):
        """Reset every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _pass(self, reader, writer):
        self.taken += 1
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._open |= {writer, back}
        with suppress(OSError):
            await asyncio.wait(
                [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        for one in (writer, back):
            one.transport.abort()
            self._open.discard(one)
        self.closed += 1


async def _pump(reader, writer):
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


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
