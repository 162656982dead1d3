"""A topic of Phoenix's protocol: a channel that stays joined, whatever becomes of its connection."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from unifykit._core.observe import LOGGER
from unifykit._wires.endpoint import Endpoint
from unifykit._wires.websockets import LostError
from unifykit.errors import InvalidRequestError, UnifyError

if TYPE_CHECKING:
    from unifykit._wires.backlog import Backlog
    from unifykit._wires.phoenix import Sockets

T = TypeVar("T")
Payload = dict[str, Any]

_GOODBYE = 2.0


class Listener(Protocol):
    """What a topic tells, in the connection's own task: none of these may wait."""

    def asks(self) -> Payload:
        """What to join with."""
        ...

    def joined(self, response: Payload) -> bool:
        """It is joined. Returns whether the database is still to say that it listens."""
        ...

    def rejoined(self) -> None:
        """It was lost, and hears everything from now on."""
        ...

    def heard(self, event: str, payload: Payload) -> None:
        """A message came."""
        ...

    def ended(self, error: UnifyError | None) -> None:
        """Nothing comes any more."""
        ...


class Topic:
    """One channel on one socket.

    Attributes:
        name: Its name, with the prefix.
        state: ``"joining"``, ``"joined"``, ``"lost"`` while it is being joined again, ``"closed"``.
        tracked: The presence that is told whenever it is joined, if any.
    """

    def __init__(self, sockets: "Sockets", name: str, listener: Listener, endpoint: Endpoint) -> None:
        self.name: str = f"realtime:{name}"
        self.state: str = "joining"
        self.tracked: Payload | None = None
        self._sockets, self._listener, self._endpoint = sockets, listener, endpoint
        self._socket = sockets.socket_for(self)
        self._ref = self._token = ""
        self._ready: asyncio.Future[None] | None = None
        self._usable = asyncio.Event()
        self._was_joined = False
        self._feeds: list[asyncio.Task[None]] = []
        self._error: UnifyError | None = None
        self._again: asyncio.Task[None] | None = None

    async def join(self) -> None:
        """Join, as a part of the running operation."""
        try:
            await self._endpoint.once(self._attempt)
        except BaseException:
            self.abandon()
            self._sockets.background(self._forsake())
            raise

    async def _forsake(self) -> None:
        """Others may be on the socket, and the server may think that this topic is too."""
        with suppress(LostError):
            await self._socket.tell(self.name, "phx_leave", {}, self._ref)

    async def push(self, event: str, payload: Payload, *, answered: bool = True) -> None:
        """Send a message as soon as the channel is joined, as a part of the running operation."""
        sent = False

        async def attempt() -> None:
            nonlocal sent
            await self._usable.wait()
            if self.state == "closed":
                raise copy(self._error or InvalidRequestError("the channel is closed: make another one."))
            sent = True
            say = self._socket.ask if answered else self._socket.tell
            await say(self.name, event, payload, self._ref)

        await self._endpoint.once(attempt, lambda: sent)

    async def track(self, message: Payload | None) -> None:
        """Be present with this from now on, or not any more."""
        self.tracked = message
        await self.push("presence", message or {"type": "presence", "event": "untrack", "payload": {}})

    def feed(self, backlog: "Backlog[T]", handle: Callable[[T], Awaitable[None]]) -> None:
        """Hand what waits to `handle` in a task of its own, until this topic is closed."""
        clock = self._endpoint.client.link.clock
        self._feeds.append(self._sockets.background(backlog.feed(handle, clock, self.name)))

    async def leave(self) -> None:
        """Leave; nothing comes any more when this returns."""
        known, self.state = self.state, "closed"
        if known == "joined":
            with suppress(LostError, OSError, TimeoutError, UnifyError):
                async with asyncio.timeout(_GOODBYE):
                    await self._socket.ask(self.name, "phx_leave", {}, self._ref)
        self.abandon()
        for task in self._feeds:
            if task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait([task])
        await self._sockets.settled(self._socket)

    def abandon(self, error: UnifyError | None = None) -> None:
        """Be closed at once, without a word to the server."""
        self.state, self._error = "closed", error
        self._usable.set()
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(InvalidRequestError("the channel was closed meanwhile."))
        if self._again is not None and self._again is not asyncio.current_task():
            self._again.cancel()
        self._sockets.release(self._socket, self)
        self._listener.ended(error)

    async def _attempt(self) -> None:
        await self._socket.connected()
        self._ready = ready = asyncio.get_running_loop().create_future()
        self._ref = self._socket.new_ref()
        asked = self._listener.asks()
        self._token = asked.get("access_token", "")
        try:
            await self._socket.ask(self.name, "phx_join", asked, self._ref, ref=self._ref)
            await ready
            if self.tracked is not None:
                await self._socket.ask(self.name, "presence", self.tracked, self._ref)
        finally:
            ready.cancel()
        self.state = "joined"
        self._usable.set()
        if self._was_joined:
            self._listener.rejoined()
        self._was_joined = True

    def answered(self, ref: str, response: Payload) -> None:
        """The server said yes to something; if that was the join, what comes next already belongs to it."""
        if ref == self._ref and self._ready is not None and not self._ready.done():
            try:
                waits = self._listener.joined(response)
            except UnifyError as error:
                self._ready.set_exception(error)
            else:
                if not waits:
                    self._ready.set_result(None)

    def heard(self, event: str, ref: str | None, payload: Payload) -> None:
        """A message for this topic came."""
        if event in ("phx_close", "phx_error"):
            if self.state == "joined" and ref in (None, self._ref):
                self._lost_alone()
        elif event == "system":
            self._system(payload)
        else:
            self._listener.heard(event, payload)

    def _system(self, payload: Payload) -> None:
        waiting = self._ready is not None and not self._ready.done()
        if payload.get("extension") != "postgres_changes" or not waiting:
            return
        assert self._ready is not None
        if payload.get("status") == "ok":
            self._ready.set_result(None)
        else:
            self._ready.set_exception(self._socket.refusal(str(payload.get("message")), self._token))

    def lost(self) -> None:
        """The connection is gone, and everything that was said on it."""
        if self.state == "joined":
            self.state = "lost"
            self._usable.clear()
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(LostError("the connection broke"))
        if self._again is not None:
            self._again.cancel()

    def _lost_alone(self) -> None:
        self.lost()
        self.join_again()

    def join_again(self) -> None:
        """Join anew in the background, for as long as it takes."""
        if self.state == "lost":
            self._again = self._sockets.background(self._rejoin())

    async def _rejoin(self) -> None:
        try:
            await self._endpoint.until_done("realtime.rejoin", self._attempt)
        except UnifyError as error:
            self.fail(error)

    def fail(self, error: UnifyError) -> None:
        """End for good."""
        LOGGER.error("%s: the channel is closed: %s", self._endpoint.client.provider, type(error).__name__)
        self.abandon(error)
