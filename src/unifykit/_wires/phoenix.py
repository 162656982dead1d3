"""Phoenix's protocol, which Supabase's realtime speaks: sockets that stay connected.

https://supabase.com/docs/guides/realtime/protocol
"""

import asyncio
import itertools
import json
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar, cast

from unifykit._core.observe import LOGGER
from unifykit._wires.endpoint import Endpoint
from unifykit._wires.loops import PerLoop
from unifykit._wires.origin import hidden
from unifykit._wires.topic import Payload, Topic
from unifykit._wires.websockets import Connection, LostError
from unifykit.errors import InvalidRequestError, UnifyError

T = TypeVar("T")

HEARTBEAT = 25.0
"""Seconds between two signs of life; the server hangs up after a minute without one."""


class Socket:
    """One connection, made anew when it breaks, for as long as a topic is on it."""

    def __init__(self, sockets: "Sockets") -> None:
        self.topics: dict[str, Topic] = {}
        self._sockets, self._endpoint = sockets, sockets.endpoint
        self._connection: Connection | None = None
        self._opening = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._repair: asyncio.Task[None] | None = None
        self._waiting: dict[str, tuple[str, asyncio.Future[None], str]] = {}
        self._refs = itertools.count(1)
        self._beat = ""
        self.closed: bool = False

    async def connected(self) -> Connection:
        """The connection; it is opened if there is none."""
        async with self._opening:
            if self.closed:
                raise InvalidRequestError("the client was closed meanwhile.")
            if self._connection is None:
                self._connection = await self._endpoint.open()
                self._reader = self._sockets.background(self._keep(self._connection))
            return self._connection

    def new_ref(self) -> str:
        """A number for a message."""
        return str(next(self._refs))

    async def tell(self, topic: str, event: str, payload: Payload, join_ref: str | None, ref: str | None = None) -> str:
        """Send a message."""
        if self._connection is None:
            raise LostError("there is no connection")
        ref = ref or self.new_ref()
        named = {"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref}
        await self._connection.send(json.dumps(named, ensure_ascii=False))
        return ref

    async def ask(
        self, topic: str, event: str, payload: Payload, join_ref: str | None, *, ref: str | None = None
    ) -> None:
        """Send a message, and wait until the server has said yes."""
        ref = ref or self.new_ref()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = topic, answer, payload.get("access_token", "")
        try:
            await self.tell(topic, event, payload, join_ref, ref)
            await answer
        finally:
            self._waiting.pop(ref, None)
            answer.cancel()

    def refusal(self, reason: str, token: str) -> UnifyError:
        """The error for the server's reason, without the key and the user's token."""
        text = hidden(hidden(reason.encode(), self._endpoint.key.get_secret_value()), token)
        return self._endpoint.refused(text.decode())

    async def close(self) -> None:
        """Hang up for good."""
        self.closed = True
        ending = self._reader is not None and self._reader.cancelled()  # by the loop's own end
        for task in (self._repair, self._reader):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait([task])
        connection, self._connection = self._connection, None
        self._fail_waiting()
        if connection is not None:
            await (connection.abort() if ending else connection.close())

    async def _keep(self, connection: Connection) -> None:
        try:
            await self._listen(connection)
        except (LostError, OSError):
            self._connection = None
        self._fail_waiting()
        for topic in list(self.topics.values()):
            topic.lost()
        if self._repair is None or self._repair.done():
            self._repair = self._sockets.background(self._repaired())
        await connection.close()

    def _fail_waiting(self) -> None:
        for _, answer, _ in self._waiting.values():
            if not answer.done():
                answer.set_exception(LostError("the connection broke"))

    async def _repaired(self) -> None:
        if not any(topic.state == "lost" for topic in self.topics.values()):
            return
        try:
            await self._endpoint.until_done("realtime.reconnect", self.connected)
        except UnifyError as error:
            for topic in list(self.topics.values()):
                topic.fail(error)
        else:
            for topic in list(self.topics.values()):
                topic.join_again()

    async def _listen(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        self._beat, due = "", loop.time() + HEARTBEAT
        while True:
            try:
                async with asyncio.timeout_at(due):
                    text = await connection.receive()
            except TimeoutError:
                text = ""
            if loop.time() >= due:
                due = loop.time() + HEARTBEAT
                await self._live()
            if text:
                self._heard(text)

    async def _live(self) -> None:
        if self._beat:
            raise LostError("the server gives no sign of life")
        self._beat = await self.tell("phoenix", "heartbeat", {}, None)

    def _heard(self, text: str) -> None:
        try:
            said: Payload = json.loads(text)
            topic, event, ref = said["topic"], said["event"], said.get("ref")
            payload = cast("Payload", said.get("payload") or {})
            if event == "phx_reply":
                self._answered(topic, ref, payload)
            elif topic in self.topics:
                self.topics[topic].heard(event, ref, payload)
        except Exception as error:  # noqa: BLE001 -- one message that makes no sense ends no channel
            LOGGER.error("a realtime message made no sense (%s); the next ones still come", type(error).__name__)

    def _answered(self, topic: str, ref: str | None, payload: Payload) -> None:
        if ref is None:
            return
        if ref == self._beat:
            self._beat = ""
        expected, answer, token = self._waiting.get(ref, ("", None, ""))
        if answer is None or answer.done() or expected != topic:
            return
        response = cast("Payload", payload.get("response") or {})
        if payload.get("status") == "ok":
            if topic in self.topics:
                self.topics[topic].answered(ref, response)
            answer.set_result(None)
        else:
            answer.set_exception(self.refusal(str(response.get("reason") or response), token))


class Sockets:
    """The connections of one account on one event loop. Topics share one, unless they have the same name."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._sockets: list[Socket] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing: dict[Socket, asyncio.Task[None]] = {}

    def socket_for(self, topic: Topic) -> Socket:
        """A socket on which this topic is joined from now on."""
        found = next((one for one in self._sockets if topic.name not in one.topics), None)
        if found is None:
            found = Socket(self)
            self._sockets.append(found)
        found.topics[topic.name] = topic
        return found

    def release(self, socket: Socket, topic: Topic) -> None:
        """A topic is gone; the last one closes its socket."""
        if socket.topics.get(topic.name) is topic:
            del socket.topics[topic.name]
        if not socket.topics and socket in self._sockets:
            self._sockets.remove(socket)
            self._closing[socket] = task = self.background(socket.close())
            task.add_done_callback(lambda _: self._closing.pop(socket, None))

    async def settled(self, socket: Socket) -> None:
        """Wait until a socket that was released is closed."""
        task = self._closing.get(socket)
        if task is not None and task is not asyncio.current_task():
            await asyncio.wait([task])

    def background(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run something beside its caller, under no caller's deadline."""
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def aclose(self) -> None:
        """End every topic and close every socket."""
        for socket in list(self._sockets):
            for topic in list(socket.topics.values()):
                topic.abandon()
        closing = set(self._closing.values())
        left = self._tasks - closing - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if closing or left:
            await asyncio.wait(closing | left)


class Realtime:
    """The same for all event loops: what the clients of one account share."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._of: PerLoop[Sockets] = PerLoop(lambda: Sockets(endpoint), Sockets.aclose)

    def __reduce__(self) -> Any:
        raise TypeError("this holds connections and a credential: build it anew instead of pickling it")

    @property
    def sockets(self) -> Sockets:
        """The running loop's."""
        return self._of.get()

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        await self._of.aclose()
