"""One realtime channel."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from pydantic import SecretStr

from unifykit._core.context import allowed
from unifykit._core.mode import Async
from unifykit._core.operation import IDEMPOTENT, UNSAFE, Resource, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.supabase.models import Broadcast, Happening, Missed, PostgresChange, Presence, Session
from unifykit.providers.supabase.reception import Callback, Options, Reception, Watch, call, checked_filter
from unifykit.providers.supabase.resource import encoded

if TYPE_CHECKING:
    from unifykit._core.client import Client
    from unifykit._wires.phoenix import Realtime as Wire
    from unifykit._wires.topic import Topic

T = TypeVar("T")
Event = Literal["INSERT", "UPDATE", "DELETE", "*"]

_EVENTS = ("INSERT", "UPDATE", "DELETE", "*")


class _Joined(Resource[Async]):
    """What operations on a channel go through."""

    def __init__(self, client: "Client[Async]") -> None:
        super().__init__(client)
        self._topic: Topic | None = None

    async def ask(self, step: "Callable[[Topic], Awaitable[T]]") -> T:
        """Do something on the channel; the only thing that a body may await."""
        if self._topic is None:
            raise InvalidRequestError("the channel is not subscribed: await channel.subscribe() first.")
        return await step(self._topic)


class Channel(_Joined):
    """A channel of `p.supabase.realtime`: say what it is for, then `subscribe()`, or `async with`.

    https://supabase.com/docs/guides/realtime/concepts

    What has a callback is given to it, in order, one at a time; it may be a coroutine function. What it raises is
    logged by `unifykit` and changes nothing else. What has no callback comes in ``async for``.

    A connection that breaks is made anew with the client's backoff, for as long as the channel is open; then the
    channel is joined and its presence tracked again, and a `Missed` says that what happened meanwhile was not told.
    """

    operations_prefix: ClassVar[str] = "realtime."

    def __init__(self, client: "Client[Async]", name: str, wire: "Wire", options: Options, backlog: int) -> None:
        super().__init__(client)
        from unifykit._wires.backlog import Backlog

        known: Any = client
        self.name: str = name
        self._wire = wire
        items: Backlog[Happening] = Backlog(backlog, lambda count: Missed(why="slow", count=count))
        self._heard = Reception(options, known.credentials.access, items)
        self._heard.calls = Backlog(backlog, self._heard.lost_calls)

    def __repr__(self) -> str:
        return f"<Channel {self.name!r} {self.state}>"

    @property
    def state(self) -> str:
        """``"new"``, ``"joining"``, ``"joined"``, ``"lost"`` while it is being joined again, or ``"closed"``."""
        return "new" if self._topic is None else self._topic.state

    def on_postgres_changes(
        self,
        event: Event,
        *,
        schema: str = "public",
        table: str | None = None,
        filter: str | None = None,  # noqa: A002 -- the vendor's word
        callback: Callback[PostgresChange] | None = None,
    ) -> Self:
        """Ask to be told of rows that are written; of those that this client's key or user may read.

        https://supabase.com/docs/guides/realtime/postgres-changes

        Args:
            event: ``"INSERT"``, ``"UPDATE"``, ``"DELETE"``, or ``"*"`` for all three.
            schema: The table's schema.
            table: The table, which must be in the publication ``supabase_realtime``; all of the schema if None.
            filter: Which rows, such as ``"room=eq.lobby"``.
            callback: Called with each change; without one they come in ``async for``.
        """
        self._still_new()
        if event not in _EVENTS:
            raise InvalidRequestError(f"event is one of {', '.join(_EVENTS)}, not {event!r}.")
        checked_filter(table, filter)
        given = {"event": event, "schema": schema, "table": table, "filter": filter}
        asked = {name: value for name, value in given.items() if value is not None}
        self._heard.watches.append(Watch(asked, callback))
        return self

    def on_broadcast(self, event: str, callback: Callback[Broadcast] | None = None) -> Self:
        """Ask to be told of messages that other clients send.

        https://supabase.com/docs/guides/realtime/broadcast

        Args:
            event: Its name; ``"*"`` for all.
            callback: Called with each message; without one they come in ``async for``.
        """
        self._still_new()
        self._heard.broadcasts.append((event, callback))
        return self

    def on_presence(self, callback: Callback[Presence] | None = None) -> Self:
        """Ask to be told who comes and goes; `presence_state` then knows who is there.

        https://supabase.com/docs/guides/realtime/presence

        Args:
            callback: Called with each; without one they come in ``async for``.
        """
        self._still_new()
        self._heard.presences.append(callback)
        return self

    def on_missed(self, callback: Callback[Missed]) -> Self:
        """Ask to be told when messages are gone for good. In ``async for`` this is told anyway.

        Args:
            callback: Called each time; read the state anew then.
        """
        self._still_new()
        self._heard.misses.append(callback)
        return self

    @operation(IDEMPOTENT)
    async def subscribe(self) -> "Channel":
        """Join the channel; everything is told from when this returns, changes of tables too. Returns the channel.

        https://supabase.com/docs/reference/python/subscribe

        Raises:
            AuthenticationError: The key or the user's token is not accepted.
            InvalidRequestError: A table is not published, a filter has no such column, or the channel was subscribed before.
            DeadlineExceededError: The server or its database did not answer in time.

        Example:
            >>> import asyncio
            >>> async def main():
            ...     async with sandbox.async_platforms() as p:
            ...         room = p.supabase.realtime.channel("room").on_postgres_changes("INSERT", table="messages")
            ...         await room.subscribe()
            ...         await p.supabase.table("messages").insert({"body": "hello"}).execute()
            ...         async for change in room:
            ...             await room.close()
            ...             return change.event, change.record["body"]
            >>> asyncio.run(main())
            ('INSERT', 'hello')
        """
        self._still_new()
        from unifykit._wires.topic import Topic

        sockets = self._wire.sockets
        self._topic = topic = Topic(sockets, self.name, self._heard, sockets.endpoint.of(self._client))
        if self._heard.called:
            topic.feed(self._heard.calls, call)
        await self.ask(lambda it: it.join())
        return self

    @operation(UNSAFE)
    async def broadcast(self, event: str, payload: Any) -> None:
        """Send a message to the other clients of the channel, as soon as it is joined.

        https://supabase.com/docs/guides/realtime/broadcast

        Args:
            event: Its name.
            payload: What JSON can hold.

        Raises:
            ConnectionFailedError: With `acknowledge`, the connection broke before the server said that it has it.

        Example:
            >>> import asyncio
            >>> async def main():
            ...     async with sandbox.async_platforms() as p:
            ...         async with p.supabase.realtime.channel("room", receive_own=True).on_broadcast("hi") as room:
            ...             await room.broadcast("hi", {"from": "Ada"})
            ...             return (await anext(room)).payload
            >>> asyncio.run(main())
            {'from': 'Ada'}
        """
        if not event:
            raise InvalidRequestError("the event is empty: give it a name.")
        message = {"type": "broadcast", "event": event, "payload": json.loads(encoded(payload))}
        wanted = self._heard.options.acknowledge
        await self.ask(lambda it: it.push("broadcast", message, answered=wanted))

    @operation(IDEMPOTENT)
    async def track(self, state: dict[str, Any]) -> None:
        """Be present on the channel, with this state, until `untrack` or `close`; again after each reconnection.

        https://supabase.com/docs/guides/realtime/presence

        Args:
            state: What JSON can hold.

        Example:
            >>> import asyncio
            >>> async def main():
            ...     async with sandbox.async_platforms() as p:
            ...         async with p.supabase.realtime.channel("room", presence_key="ada").on_presence() as room:
            ...             await room.track({"status": "here"})
            ...             async for one in room:
            ...                 if one.event == "join":
            ...                     return one.key, one.presences[0]["status"]
            >>> asyncio.run(main())
            ('ada', 'here')
        """
        message = {"type": "presence", "event": "track", "payload": json.loads(encoded(state))}
        await self.ask(lambda it: it.track(message))

    @operation(IDEMPOTENT)
    async def untrack(self) -> None:
        """Be present no more.

        https://supabase.com/docs/guides/realtime/presence

        Example:
            >>> import asyncio
            >>> async def main():
            ...     async with sandbox.async_platforms() as p:
            ...         async with p.supabase.realtime.channel("room", presence_key="ada").on_presence() as room:
            ...             await room.track({"status": "here"})
            ...             await room.untrack()
            ...             async for one in room:
            ...                 if one.event == "leave":
            ...                     return one.key, room.presence_state()
            >>> asyncio.run(main())
            ('ada', {})
        """
        await self.ask(lambda it: it.track(None))

    def presence_state(self) -> dict[str, list[dict[str, Any]]]:
        """Who is there: what each key tracks, one entry for each of its connections. Needs `on_presence`."""
        if not self._heard.presences:
            raise InvalidRequestError("nobody is told who is there: call channel.on_presence() before subscribe().")
        return {key: list(metas.values()) for key, metas in self._heard.state.items()}

    @operation(IDEMPOTENT)
    async def set_auth(self, session: Session | str) -> None:
        """Go on in the name of this token, such as that of a session that was refreshed; reconnections use it too.

        https://supabase.com/docs/guides/realtime/authorization

        Args:
            session: What `auth.refresh` returned, or an access token.

        Example:
            >>> session = p.supabase.auth.sign_up("alan@example.com", "correct horse").session
            >>> import asyncio
            >>> async def main():
            ...     async with sandbox.async_platforms() as p:
            ...         async with p.supabase.realtime.channel("room") as room:
            ...             await room.set_auth(session)
            ...             return room.state
            >>> asyncio.run(main())
            'joined'
        """
        token = session if isinstance(session, str) else session.access_token
        if not token:
            raise InvalidRequestError("set_auth(session) wants a session of auth.refresh, or an access token.")
        self._heard.token = SecretStr(token)
        await self.ask(lambda it: it.push("access_token", {"access_token": token}, answered=False))

    @operation(IDEMPOTENT)
    async def close(self) -> None:
        """Leave the channel. Nothing is told any more when this returns, and ``async for`` ends.

        https://supabase.com/docs/reference/python/removechannel

        Example:
            >>> import asyncio
            >>> async def main():
            ...     async with sandbox.async_platforms() as p:
            ...         room = await p.supabase.realtime.channel("room").on_broadcast("*").subscribe()
            ...         await room.close()
            ...         return room.state, [message async for message in room]
            >>> asyncio.run(main())
            ('closed', [])
        """
        if self._topic is not None:
            await self.ask(lambda it: it.leave())

    async def __aenter__(self) -> Self:
        if self._topic is None:
            await self.subscribe()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[Happening]:
        return self

    async def __anext__(self) -> Happening:
        if not self._heard.iterated:
            raise InvalidRequestError(
                "nothing comes in `async for`: all that this channel is told goes to callbacks.",
                provider="supabase", operation="realtime.channel",
            )  # fmt: skip
        if self._topic is None:
            raise InvalidRequestError(
                "the channel is not subscribed: await channel.subscribe() first.",
                provider="supabase", operation="realtime.channel",
            )  # fmt: skip
        return await self._heard.items.next(allowed.get(), self._client.link.clock)

    def _still_new(self) -> None:
        if self._topic is not None:
            raise InvalidRequestError(
                "the channel is subscribed: say what it is for before, and make another one to subscribe again."
            )
