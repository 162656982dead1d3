"""A stateful counterpart of Agora's REST API for channels, bans and recordings.

Bans end when their time is over; a recording moves from start to stop, and a resource starts one recording only. Who is in
a channel is fixed. What it does not have, it answers with 501 and says so. There is no official description to hold it
against: the shapes are those of Agora's documentation.

https://docs.agora.io/en/api-reference
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from .small import Call, Json, Pace, Refusal, Reply, Routes, heard, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

APP_ID = "970ca35de60c44645bbae8a215061b33"
CERTIFICATE = "5cfd2fd1755d40ecb72977518be15d3b"
CUSTOMER = ("sandbox-customer", "sandbox-secret")

_CHANNELS: dict[str, Json] = {
    "lesson": {"mode": 1, "total": 2, "users": [1, 2]},
    "stage": {"mode": 2, "broadcasters": [10], "audience": [11, 12, 13], "audience_total": 3},
}
_PRIVILEGES = frozenset(("join_channel", "publish_audio", "publish_video"))
_MODES = frozenset(("individual", "mix", "web"))
_LONGEST_BAN, _SHORTEST, _LONGEST_MINUTES = 86_430, 10, 1440
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass
class Recording:
    """A resource, and the recording that it started."""

    channel: str
    uid: str
    mode: str = ""
    sid: str = ""
    stopped: bool = False


@dataclass
class World:
    """What the account has."""

    clock: Callable[[], float]
    queries: Pace
    writes: Pace
    rules: dict[int, Json] = field(default_factory=dict[int, Json])
    resources: dict[str, Recording] = field(default_factory=dict[str, Recording])
    made: int = 1952

    def new(self) -> int:
        """A number that nothing else has."""
        self.made += 1
        return self.made

    def in_force(self) -> list[Json]:
        """The bans that have not ended."""
        now = self.clock()
        self.rules = {number: rule for number, rule in self.rules.items() if rule["_ends"] > now}
        return [{name: value for name, value in rule.items() if name[0] != "_"} for rule in self.rules.values()]


def create_app(
    *, app_id: str = APP_ID, customer: tuple[str, str] = CUSTOMER, clock: Callable[[], float] = time.time,
    queries: int = 1000, writes: int = 1000,
) -> Starlette:  # fmt: skip
    """Make a counterpart of Agora's REST API whose state lives as long as the app.

    Args:
        app_id: The one app that there is.
        customer: The customer's id and secret.
        clock: What tells the time, in epoch seconds.
        queries: Queries of channels that a second holds.
        writes: Other requests that a second holds.
    """
    world = World(clock, Pace(queries), Pace(writes))
    expected = "Basic " + base64.b64encode(":".join(customer).encode()).decode()
    routes = _routes(world, app_id)

    async def endpoint(request: Request) -> Response:
        call = await heard(request)
        headers = {"x-request-id": f"{world.new():032x}"}
        try:
            _admit(world, call, expected)
            reply = routes.answer(call, lambda text: Reply({"message": text}, 501))
        except Refusal as refusal:
            reply = Reply(refusal.body, refusal.status, refusal.headers)
        return said(Reply(reply.body, reply.status, {**headers, **reply.headers}, reply.content_type))

    app = Starlette(routes=[Route("/{rest:path}", endpoint, methods=_METHODS)])
    app.state.world = world
    app.state.worlds = [world]
    app.state.routes = routes.known
    return app


def _admit(world: World, call: Call, expected: str) -> None:
    if call.headers.get("authorization") != expected:
        raise Refusal(401, {"message": "Invalid authentication credentials"})
    reads = call.path.startswith("/dev/v1/channel")
    pace, what = (world.queries, "query") if reads else (world.writes, "write")
    if not pace.admits(what, world.clock()):
        raise Refusal(429, {"message": "API rate limit exceeded"})


def _routes(world: World, app_id: str) -> Routes:
    routes, channels = Routes(), Channels(app_id)
    bans, recordings = Bans(world, app_id), Recordings(world, app_id)
    routes.add("GET", "/dev/v1/channel/{app}", channels.list)
    routes.add("GET", "/dev/v1/channel/user/property/{app}/{uid}/{channel}", channels.status)
    routes.add("GET", "/dev/v1/channel/user/{app}/{channel}", channels.users)
    routes.add("GET", "/dev/v1/channel/user/{app}/{channel}/hosts_only", channels.hosts)
    routes.add("POST", "/dev/v1/kicking-rule", bans.create)
    routes.add("GET", "/dev/v1/kicking-rule", bans.list)
    routes.add("PUT", "/dev/v1/kicking-rule", bans.update)
    routes.add("DELETE", "/dev/v1/kicking-rule", bans.delete)
    root = "/v1/apps/{app}/cloud_recording"
    routes.add("POST", f"{root}/acquire", recordings.acquire)
    routes.add("POST", f"{root}/resourceid/{{resource}}/mode/{{mode}}/start", recordings.start)
    of = f"{root}/resourceid/{{resource}}/sid/{{sid}}/mode/{{mode}}"
    routes.add("GET", f"{of}/query", recordings.query)
    routes.add("POST", f"{of}/update", recordings.update)
    routes.add("POST", f"{of}/stop", recordings.stop)
    return routes


@dataclass
class Channels:
    """Who is where."""

    app_id: str

    def list(self, call: Call) -> Reply:
        """A page of channels; pages begin at 0."""
        _own(self.app_id, call)
        size, page = _number(call, "page_size", 100), _number(call, "page_no", 0)
        counted = [{"channel_name": name, "user_count": len(_present(one))} for name, one in _CHANNELS.items()]
        shown = counted[page * size : (page + 1) * size]
        return Reply({"success": True, "data": {"channels": shown, "total_size": len(counted)}})

    def users(self, call: Call) -> Reply:
        """Who is in a channel."""
        _own(self.app_id, call)
        found = _CHANNELS.get(call.ids["channel"])
        data = {"channel_exist": False} if found is None else {"channel_exist": True, **found}
        return Reply({"success": True, "data": data})

    def hosts(self, call: Call) -> Reply:
        """The hosts of a broadcast."""
        _own(self.app_id, call)
        found = _CHANNELS.get(call.ids["channel"])
        if found is None:
            return Reply({"success": True, "data": {"channel_exist": False}})
        hosts = found.get("broadcasters", [])
        return Reply({"success": True, "data": {"channel_exist": True, "mode": found["mode"], "broadcasters": hosts}})

    def status(self, call: Call) -> Reply:
        """What a user does in a channel."""
        _own(self.app_id, call)
        uid = int(call.ids["uid"]) if call.ids["uid"].isdigit() else 0
        found = _CHANNELS.get(call.ids["channel"], {})
        if uid not in _present(found):
            return Reply({"success": True, "data": {"in_channel": False}})
        role = 1 if found["mode"] == 1 else 2 if uid in found["broadcasters"] else 3
        data = {"join": 1640330382, "uid": uid, "in_channel": True, "platform": 7, "role": role}
        return Reply({"success": True, "data": data})


@dataclass
class Bans:
    """Who may not do what."""

    world: World
    app_id: str

    def create(self, call: Call) -> Reply:
        """Make a rule, or only throw out."""
        fields = self._fields(call)
        seconds = self._seconds(fields)
        taken = fields.get("privileges")
        if not isinstance(taken, list) or not taken or not set(taken) <= _PRIVILEGES:  # pyright: ignore[reportUnknownArgumentType]
            raise Refusal(400, {"message": "invalid privileges"})
        number, now = self.world.new(), self.world.clock()
        rule: Json = {
            "id": number, "appid": self.app_id, "uid": fields.get("uid", 0), "opid": 1406, "cname": fields.get("cname", ""),
            "ip": fields.get("ip", ""), "ts": _stamp(now + seconds), "privileges": taken, "createAt": _stamp(now),
            "updateAt": _stamp(now), "_ends": now + seconds,
        }  # fmt: skip
        if seconds:
            self.world.rules[number] = rule
        return Reply({"status": "success", "id": number})

    def list(self, call: Call) -> Reply:
        """All rules in force."""
        if call.query.get("appid") != self.app_id:
            raise Refusal(400, {"message": "invalid appid"})
        return Reply({"status": "success", "rules": self.world.in_force()})

    def update(self, call: Call) -> Reply:
        """Change when a rule ends."""
        fields = self._fields(call)
        rule, now = self._rule(fields), self.world.clock()
        minutes = fields.get("time")
        if not isinstance(minutes, int) or not 1 <= minutes <= _LONGEST_MINUTES:
            raise Refusal(400, {"message": "invalid time"})
        rule |= {"ts": _stamp(now + minutes * 60), "_ends": now + minutes * 60, "updateAt": _stamp(now)}
        return Reply({"status": "success", "result": {"id": rule["id"], "ts": rule["ts"]}})

    def delete(self, call: Call) -> Reply:
        """End a rule."""
        rule = self._rule(self._fields(call))
        del self.world.rules[rule["id"]]
        return Reply({"status": "success", "id": rule["id"]})

    def _fields(self, call: Call) -> Json:
        fields = call.fields
        if fields.get("appid") != self.app_id:
            raise Refusal(400, {"message": "invalid appid"})
        return fields

    def _rule(self, fields: Json) -> Json:
        self.world.in_force()
        rule = self.world.rules.get(fields.get("id", 0))
        if rule is None:
            raise Refusal(404, {"message": "rule not found"})
        return rule

    def _seconds(self, fields: Json) -> int:
        seconds = fields.get("time_in_seconds", fields.get("time", 60) * 60)
        if not isinstance(seconds, int) or (seconds and not _SHORTEST <= seconds <= _LONGEST_BAN):
            raise Refusal(400, {"message": "invalid time"})
        return seconds


@dataclass
class Recordings:
    """What is kept."""

    world: World
    app_id: str

    def acquire(self, call: Call) -> Reply:
        """Make a resource."""
        _own(self.app_id, call)
        channel, uid = self._who(call)
        resource = f"resource-{self.world.new()}"
        self.world.resources[resource] = Recording(channel, uid)
        return Reply({"cname": channel, "uid": uid, "resourceId": resource})

    def start(self, call: Call) -> Reply:
        """Start the one recording of a resource."""
        found = self._resource(call)
        request: Json = call.fields.get("clientRequest") or {}
        if (
            self._who(call) != (found.channel, found.uid)
            or call.ids["mode"] not in _MODES
            or not request.get("storageConfig")
        ):
            raise Refusal(400, {"code": 2, "reason": "services not ready or bad request"})
        if found.sid:
            return Reply({"code": 7, "reason": "The recording is already running."}, 201)
        if any(
            self._records(one) and (one.channel, one.uid) == (found.channel, found.uid)
            for one in self.world.resources.values()
        ):
            raise Refusal(400, {"code": 53, "reason": "task conflict"})
        found.mode, found.sid = call.ids["mode"], f"sid{self.world.new():029x}"
        return Reply(self._named(call, found))

    def query(self, call: Call) -> Reply:
        """What a recording does."""
        found = self._running(call)
        files = [{"fileName": f"{found.sid}_{found.channel}.m3u8", "trackType": "audio_and_video", "isPlayable": True}]
        told = {"status": 4, "fileListMode": "json", "fileList": files, "sliceStartTime": 0}
        return Reply({**self._named(call, found), "serverResponse": told})

    def update(self, call: Call) -> Reply:
        """Change who is recorded."""
        found = self._running(call)
        if not call.fields.get("clientRequest"):
            raise Refusal(400, {"code": 2, "reason": "bad request"})
        return Reply(self._named(call, found))

    def stop(self, call: Call) -> Reply:
        """End a recording."""
        found = self._running(call)
        found.stopped = True
        return Reply(
            {**self._named(call, found), "serverResponse": {"fileListMode": "json", "uploadingStatus": "uploaded"}}
        )

    @staticmethod
    def _records(recording: Recording) -> bool:
        return bool(recording.sid) and not recording.stopped

    @staticmethod
    def _who(call: Call) -> tuple[str, str]:
        fields = call.fields
        channel, uid = fields.get("cname"), fields.get("uid")
        if (
            not isinstance(channel, str)
            or not isinstance(uid, str)
            or not uid.isdigit()
            or "clientRequest" not in fields
        ):
            raise Refusal(400, {"code": 2, "reason": "bad request"})
        return channel, uid

    def _resource(self, call: Call) -> Recording:
        _own(self.app_id, call)
        found = self.world.resources.get(call.ids["resource"])
        if found is None:
            raise Refusal(400, {"code": 2, "reason": "invalid resourceId"})
        return found

    def _running(self, call: Call) -> Recording:
        found = self._resource(call)
        if not self._records(found) or (found.sid, found.mode) != (call.ids["sid"], call.ids["mode"]):
            raise Refusal(404, {"code": 404, "reason": "failed to find worker"})
        return found

    @staticmethod
    def _named(call: Call, found: Recording) -> Json:
        return {"cname": found.channel, "uid": found.uid, "resourceId": call.ids["resource"], "sid": found.sid}


def _own(app_id: str, call: Call) -> None:
    if call.ids["app"] != app_id:
        raise Refusal(404, {"message": "no Route matched with those values"})


def _present(channel: Json) -> list[int]:
    return [*channel.get("users", []), *channel.get("broadcasters", []), *channel.get("audience", [])]


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdigit():
        raise Refusal(400, {"message": f"invalid {name}"})
    return int(text)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
