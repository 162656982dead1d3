"""`/realtime/v1`: channels over a WebSocket that speaks Phoenix's protocol.

https://supabase.com/docs/guides/realtime/protocol
"""

import asyncio
import contextlib
import json
import logging
import secrets
from typing import TYPE_CHECKING, Any, cast

from .line import DatabaseError
from .replication import Change, Replication
from .tokens import BadTokenError
from .topics import may_read, may_write
from .watching import BadBindingError, Binding, Watcher, checked, told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.websockets import WebSocket

    from .call import Project

_LOGGER = logging.getLogger("unifykit.sandbox")
PREFIX = "realtime:"
"""What every topic begins with on the wire."""

_ROLES = ("anon", "authenticated", "service_role")
_LONGEST_QUEUE = 10_000
_UNREADABLE, _RESTARTING, _TOO_SLOW = 1003, 1012, 1013
_FIELDS = ("join_ref", "ref", "topic", "event", "payload")

Payload = dict[str, Any]


def room(name: str, *, private: bool) -> str:
    """Where those meet who join this channel: a private channel is another one than the public one of its name."""
    return f"{'private' if private else 'public'}:{name}"


class Hub:
    """Who is joined to which channel, and the log that they are told from; lives on the server's event loop.

    Args:
        path: The database server's socket.
        database: The database there.
    """

    def __init__(self, path: str, database: str) -> None:
        self._path, self._database = path, database
        self._members: dict[str, list[Member]] = {}
        self._sockets: set[Socket] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feed: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._numbers = 0

    async def serve(self, project: "Project", websocket: "WebSocket", claims: Payload) -> None:
        """Speak with one client until it or we hang up."""
        self._loop = asyncio.get_running_loop()
        socket = Socket(self, project, websocket, claims)
        self._sockets.add(socket)
        try:
            await socket.run()
        finally:
            self._sockets.discard(socket)
            for member in list(socket.members.values()):
                await member.leave()

    def close(self) -> None:
        """Hang up all, from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it ended in between, and all sockets with it
                loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        if self._feed is not None:
            self._feed.cancel()
        for socket in list(self._sockets):
            socket.end(_RESTARTING)

    def members(self, room: str) -> "list[Member]":
        """Who is joined to a topic."""
        return self._members.get(room, [])

    def joined(self, member: "Member") -> None:
        """Somebody came."""
        self._members.setdefault(member.room, []).append(member)

    async def left(self, member: "Member") -> None:
        """Somebody went; the log is not read for nobody."""
        there = self._members.get(member.room, [])
        if member in there:
            there.remove(member)
        if not there:
            self._members.pop(member.room, None)
        if self._feed is not None and not self._watchers():
            feed, self._feed = self._feed, None
            feed.cancel()
            await asyncio.wait([feed])

    def number(self) -> int:
        """An id for a binding."""
        self._numbers += 1
        return self._numbers

    async def watch(self, project: "Project", member: "Member") -> None:
        """Tell a member of changes from now on."""
        async with self._opening:
            if self._feed is None or self._feed.done():
                log = await Replication.open(self._path, self._database)
                self._feed = asyncio.create_task(self._read(project, log))
        for binding in member.watcher.bindings:
            await checked(project.lines, binding)
        member.watching = True

    def _watchers(self) -> "list[Member]":
        return [one for there in self._members.values() for one in there if one.watcher.bindings]

    async def _read(self, project: "Project", log: Replication) -> None:
        try:
            async for change in log.changes():
                try:
                    await self._tell(project, change)
                except DatabaseError:  # such as of a table that has been dropped since
                    _LOGGER.exception("a change of %s was not told", change.relation.table)
        except OSError:
            for member in self._watchers():
                member.socket.end(_RESTARTING)
        finally:
            log.close()

    async def _tell(self, project: "Project", change: Change) -> None:
        members = [member for member in self._watchers() if member.watching]
        for member, messages in zip(
            members, await told(project.lines, change, [member.watcher for member in members]), strict=True
        ):
            for message in messages:
                member.say("postgres_changes", {"data": message.data, "ids": message.numbers})

    def broadcast(self, room: str, event: str, payload: Any, but: "Member | None" = None) -> None:
        """Send a message to all who are joined."""
        meta = {"id": secrets.token_hex(16)}
        for member in self.members(room):
            if member is not but:
                member.say("broadcast", {"type": "broadcast", "event": event, "payload": payload, "meta": meta})


class Member:
    """A channel that one client has joined."""

    def __init__(self, socket: "Socket", topic: str, ref: str | None, config: Payload, claims: Payload) -> None:
        self.socket: Socket = socket
        self.topic: str = topic
        self.ref: str | None = ref
        broadcast, presence = _part(config, "broadcast"), _part(config, "presence")
        self.hears_itself: bool = bool(broadcast.get("self"))
        self.acknowledged: bool = bool(broadcast.get("ack"))
        self.present: bool = bool(presence.get("enabled"))
        self.private: bool = bool(config.get("private"))
        self.room: str = room(topic.removeprefix(PREFIX), private=self.private)
        self.may: dict[str, bool] = {"broadcast": True, "presence": True}
        self.key: str = str(presence.get("key") or secrets.token_hex(16))
        self.meta: Payload | None = None
        hub = socket.hub
        wanted = cast("list[Payload]", config.get("postgres_changes") or [])
        self.watcher: Watcher = Watcher(claims, [Binding.of(hub.number(), one) for one in wanted])
        self.watching: bool = False

    def say(self, event: str, payload: Payload) -> None:
        """Send a message."""
        self.socket.say(self.topic, event, payload, join_ref=self.ref)

    def state(self) -> Payload:
        """Who is present, by key."""
        found: dict[str, dict[str, list[Payload]]] = {}
        for member in self.socket.hub.members(self.room):
            if member.meta is not None:
                found.setdefault(member.key, {"metas": []})["metas"].append(member.meta)
        return found

    def track(self, meta: Payload | None) -> None:
        """Be present with this state, or not any more."""
        before = self.meta
        if meta is not None:
            again = {} if before is None else {"phx_ref_prev": before["phx_ref"]}
            meta = {**meta, "phx_ref": secrets.token_urlsafe(8), **again}
        self.meta = meta
        joins, leaves = (
            {} if one is None else {self.key: {"metas": [{k: v for k, v in one.items() if k != "phx_ref_prev"}]}}
            for one in (meta, before)
        )
        if joins or leaves:
            for member in self.socket.hub.members(self.room):
                if member.present:
                    member.say("presence_diff", {"joins": joins, "leaves": leaves})

    async def leave(self) -> None:
        """Be gone."""
        self.socket.members.pop(self.topic, None)
        self.watching = False
        await self.socket.hub.left(self)
        self.track(None)


class Socket:
    """One client's connection."""

    def __init__(self, hub: Hub, project: "Project", websocket: "WebSocket", claims: Payload) -> None:
        self.hub: Hub = hub
        self.project: Project = project
        self.members: dict[str, Member] = {}
        self._websocket, self._claims = websocket, claims
        self._as_list = websocket.query_params.get("vsn", "1.0.0").startswith("2.")
        self._outgoing: asyncio.Queue[str | int] = asyncio.Queue()
        self._on: dict[str, Callable[[Member, Payload, str | None], Awaitable[None] | None]] = {
            "phx_leave": self._leave, "access_token": self._renew, "broadcast": self._broadcast, "presence": self._presence,
        }  # fmt: skip

    async def run(self) -> None:
        """Read and write until one side hangs up."""
        await self._websocket.accept()
        writer = asyncio.create_task(self._write())
        try:
            while True:
                incoming = await self._websocket.receive()
                if incoming["type"] == "websocket.disconnect":
                    break
                await self._answer(incoming.get("text") or "")
        finally:
            writer.cancel()
            await asyncio.wait([writer])

    def end(self, code: int) -> None:
        """Hang up."""
        self._outgoing.put_nowait(code)

    def say(
        self, topic: str, event: str, payload: Payload, *, ref: str | None = None, join_ref: str | None = None
    ) -> None:
        """Send a message, behind those that still wait."""
        named = dict(zip(_FIELDS, (join_ref, ref, topic, event, payload), strict=True))
        if self._outgoing.qsize() >= _LONGEST_QUEUE:
            self.end(_TOO_SLOW)
            return
        self._outgoing.put_nowait(json.dumps([*named.values()] if self._as_list else named, ensure_ascii=False))

    async def _write(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # it hung up; the reader is told
            while True:
                out = await self._outgoing.get()
                if isinstance(out, int):
                    await self._websocket.close(out)
                    return
                await self._websocket.send_text(out)

    async def _answer(self, text: str) -> None:
        try:
            said: Any = json.loads(text)
            named = cast("Payload", said if isinstance(said, dict) else dict(zip(_FIELDS, said, strict=True)))
            topic, event, ref = str(named["topic"]), str(named["event"]), named.get("ref")
        except (KeyError, TypeError, ValueError):
            self.end(_UNREADABLE)
            return
        if topic == "phoenix" and event == "heartbeat":
            self._reply(topic, ref)
        elif event == "phx_join":
            await self._join(topic, named.get("join_ref") or ref, ref, _part(named, "payload"))
        elif topic not in self.members:
            self._refuse(topic, ref, "unmatched topic")
        elif not await self._is_over(self.members[topic]):
            await self._act(self.members[topic], event, _part(named, "payload"), ref)

    async def _act(self, member: Member, event: str, payload: Payload, ref: str | None) -> None:
        act = self._on.get(event)
        if act is None:
            return self._refuse(member.topic, ref, f"UnknownEvent: {event}")
        waiting = act(member, payload, ref)
        if waiting is not None:
            await waiting
        return None

    def _reply(self, topic: str, ref: str | None, response: Payload | None = None) -> None:
        self.say(topic, "phx_reply", {"status": "ok", "response": response or {}}, ref=ref)

    def _refuse(self, topic: str, ref: str | None, reason: str) -> None:
        self.say(topic, "phx_reply", {"status": "error", "response": {"reason": reason}}, ref=ref)

    async def _join(self, topic: str, join_ref: str | None, ref: str | None, payload: Payload) -> None:
        config = _part(payload, "config")
        before = self.members.get(topic)
        if before is not None:  # Phoenix lets the newer one win
            await before.leave()
            before.say("phx_close", {})
        try:
            claims = self._verified(payload.get("access_token"))
            if not topic.startswith(PREFIX) or topic == PREFIX:
                return self._refuse(topic, ref, "unmatched topic")
            member = Member(self, topic, join_ref, config, claims)
        except BadTokenError as error:
            return self._refuse(topic, ref, f"InvalidJWTToken: {error.message}")
        except BadBindingError as error:
            return self._refuse(topic, ref, str(error))
        if member.private and not await self._admitted(member):
            name = topic.removeprefix(PREFIX)
            text = f"Unauthorized: You do not have permissions to read from this Channel topic: {name}"
            return self._refuse(topic, ref, text)
        self.members[topic] = member
        self.hub.joined(member)
        numbered = [{**one.asked, "id": one.number} for one in member.watcher.bindings]
        self._reply(topic, ref, {"postgres_changes": numbered})
        if member.present:
            member.say("presence_state", member.state())
        if numbered:
            await self._watch(member)
        return None

    async def _admitted(self, member: Member) -> bool:
        """Whether the policies let it in; they also say what it may do there."""
        lines, name, claims = self.project.lines, member.topic.removeprefix(PREFIX), member.watcher.claims
        for extension in member.may:
            member.may[extension] = await may_write(lines, name, claims, extension)
        return await may_read(lines, name, claims)

    async def _watch(self, member: Member) -> None:
        status, text = "ok", "Subscribed to PostgreSQL"
        try:
            await self.hub.watch(self.project, member)
        except (BadBindingError, DatabaseError, OSError) as error:
            status, text = "error", str(error)
        name = member.topic.removeprefix(PREFIX)
        told = {"channel": name, "extension": "postgres_changes", "message": text, "status": status}
        member.say("system", told)

    def _verified(self, token: Any) -> Payload:
        claims = self.project.signer.verify(str(token), self.project.now()) if token else self._claims
        if claims.get("role", "anon") not in _ROLES:
            raise BadTokenError(f"Role {claims.get('role')!r} does not exist")
        return claims

    async def _is_over(self, member: Member) -> bool:
        """Whether the time of the member's token is over; then it is sent away."""
        if member.watcher.claims.get("exp", self.project.now() + 1) > self.project.now():
            return False
        await self._send_away(member, "Access token has expired")
        return True

    async def _send_away(self, member: Member, why: str) -> None:
        name = member.topic.removeprefix(PREFIX)
        member.say("system", {"channel": name, "extension": "system", "message": why, "status": "error"})
        await member.leave()
        member.say("phx_close", {})

    async def _leave(self, member: Member, _: Payload, ref: str | None) -> None:
        await member.leave()
        self._reply(member.topic, ref)
        member.say("phx_close", {})

    async def _renew(self, member: Member, payload: Payload, _: str | None) -> None:
        try:
            member.watcher.claims = self._verified(payload.get("access_token"))
        except BadTokenError as error:
            await self._send_away(member, f"Invalid access token: {error.message}")

    def _broadcast(self, member: Member, payload: Payload, ref: str | None) -> None:
        but = None if member.hears_itself else member
        if not member.may["broadcast"]:
            return  # as the vendor's: without a word
        self.hub.broadcast(member.room, str(payload.get("event")), payload.get("payload"), but)
        if member.acknowledged:
            self._reply(member.topic, ref)

    def _presence(self, member: Member, payload: Payload, ref: str | None) -> None:
        if not member.may["presence"]:
            return
        member.track(_part(payload, "payload") if payload.get("event") == "track" else None)
        self._reply(member.topic, ref)


def _part(of: Payload, name: str) -> Payload:
    found = of.get(name)
    return cast("Payload", found) if isinstance(found, dict) else {}
