"""A stateful counterpart of LogRocket's REST API, with the store behind its signed addresses.

Users, releases and source maps are kept; highlights are pending at the first look and ready at the second. The store takes
a signature and refuses any credential. There is no official description to hold it against: the shapes are those of
LogRocket's documentation and of its command line. What it does not have, it answers with 501 and says so.

https://docs.logrocket.com/reference
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.routing import Route

from .small import Call, Json, Pace, Refusal, Reply, Routes, heard, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

API_KEY = "sandbox:app:secret-of-the-sandbox"

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_SESSIONS = 3
_LONGEST = 1024
_LOGS = [
    {"time": 1_706_906_952_000 - number * 60_000, "created_date": "2024-02-02T20:49:12Z", "user": "ada@example.com",
     "action": action, "description": f"{action} by Ada"}
    for number, action in enumerate(("MEMBER_INVITED", "PROJECT_CREATED", "API_KEY_CREATED"))
]  # fmt: skip


@dataclass
class World:
    """What the application has."""

    clock: Callable[[], float]
    pace: Pace
    users: dict[str, Json] = field(default_factory=dict[str, Json])
    highlights: dict[str, Json] = field(default_factory=dict[str, Json])
    releases: dict[str, list[str]] = field(default_factory=dict[str, Any])
    stored: dict[str, bytes] = field(default_factory=dict[str, bytes])


def create_app(*, api_key: str = API_KEY, clock: Callable[[], float] = time.time, requests: int = 1000) -> Starlette:
    """Make a counterpart of LogRocket's REST API whose state lives as long as the app.

    Args:
        api_key: The one key that there is: organization, application, secret.
        clock: What tells the time, in epoch seconds.
        requests: How many a second holds.
    """
    world = World(clock, Pace(requests))
    api, root = Api(world), "/v1/orgs/{org}/apps/{app}"
    routes = Routes()
    routes.add("PUT", f"{root}/users/{{user}}", api.identify)
    routes.add("POST", f"{root}/highlights/", api.request_highlights)
    routes.add("GET", f"{root}/highlights", api.get_highlights)
    routes.add("GET", f"{root}/data-export/", api.exports)
    routes.add("GET", f"{root}/audit/logs/", api.logs)
    routes.add("POST", f"{root}/releases/", api.release)
    routes.add("POST", f"{root}/releases/{{version}}/artifacts/", api.artifact)
    store = Routes()
    store.add("GET", "/store/{name}", api.read)
    store.add("PUT", "/store/{name}", api.write)

    async def endpoint(request: Request) -> Response:
        call = await heard(request)
        try:
            if call.path.startswith("/store/"):
                return said(store.answer(call, _unknown))
            _admit(world, call, api_key)
            return said(routes.answer(call, _unknown))
        except Refusal as refusal:
            return said(Reply(refusal.body, refusal.status, refusal.headers))

    app = Starlette(routes=[Route("/{rest:path}", endpoint, methods=_METHODS)])
    app.state.world = world
    app.state.worlds = [world]
    app.state.routes = [*routes.known, *store.known]
    return app


def _unknown(text: str) -> Reply:
    return Reply({"error": text}, 501)


def _admit(world: World, call: Call, api_key: str) -> None:
    scheme, _, key = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "token" or key != api_key:
        raise Refusal(401, {"error": "Invalid API key"})
    organization, app, _ = api_key.split(":")
    if not call.path.startswith(f"/v1/orgs/{organization}/apps/{app}/"):
        raise Refusal(403, {"error": "This API key does not belong to this project"})
    if not world.pace.admits("api", world.clock()):
        raise Refusal(429, {"error": "Too many requests"})


@dataclass
class Api:
    """The operations."""

    world: World

    def identify(self, call: Call) -> Reply:
        """Keep what is given of a user; an empty trait is removed."""
        fields = call.fields
        user = self.world.users.setdefault(call.ids["user"], {"userID": call.ids["user"], "traits": {}})
        user |= {name: fields[name] for name in ("name", "email") if name in fields}
        traits: dict[str, Any] = fields.get("traits") or {}
        for name, value in traits.items():
            text = value if isinstance(value, str) else json.dumps(value)
            if max(len(name), len(text)) > _LONGEST:
                raise Refusal(400, {"error": f"trait {name[:20]} is too long"})
            user["traits"].pop(name, None)
            if text:
                user["traits"][name] = text
        return Reply(user)

    def request_highlights(self, call: Call) -> Reply:
        """Begin to summarize."""
        fields = call.fields
        if not (fields.get("userID") or fields.get("userEmail")) or "startMs" not in fields.get("timeRange", {}):
            raise Refusal(400, {"error": "userID or userEmail, and timeRange, are required"})
        number = f"h{len(self.world.highlights) + 1}"
        failed = fields.get("question") == "fail"
        self.world.highlights[number] = {"looks": 0, "failed": failed}
        return Reply({"id": number})

    def get_highlights(self, call: Call) -> Reply:
        """Pending at the first look."""
        number = call.query.get("id", "")
        found = self.world.highlights.get(number)
        if found is None:
            raise Refusal(404, {"error": "Request not found"})
        found["looks"] += 1
        told: Json = {"requestID": number, "appID": "sandbox/app", "status": "PENDING", "result": None}
        if found["looks"] > 1 and found["failed"]:
            told["status"] = "FAILED"
        elif found["looks"] > 1:
            one = {"recordingID": "5-0190", "sessionID": 0, "highlights": "- Opened the pricing page."}
            told |= {"status": "READY", "result": {"highlights": "The user looked at prices.", "sessions": [one]}}
        return Reply(told)

    def exports(self, call: Call) -> Reply:
        """Addresses of files, by an opaque cursor."""
        size = int(call.query.get("limit", 10))
        cursor = call.query.get("cursor", "c0")
        start = int(cursor[1:]) if cursor[1:].isdigit() else _SESSIONS
        names = [f"session-{number}.jsonl" for number in range(_SESSIONS)][start : start + size]
        found = [{"url": self._signed(call, name)} for name in names]
        return Reply({"cursor": f"c{start + len(found)}", "sessions": found})

    def logs(self, call: Call) -> Reply:
        """The audit log; the first cursor may be an instant."""
        size, cursor = int(call.query.get("limit", 50)), call.query.get("cursor", "")
        start = int(cursor[1:]) if cursor.startswith("c") else 0
        shown = _LOGS[start : start + size]
        more = start + size < len(_LOGS)
        return Reply({"has_next": more, "cursor": f"c{start + size}" if more else None, "logs": shown})

    def release(self, call: Call) -> Reply:
        """Make a release known."""
        version = call.fields.get("version")
        if not isinstance(version, str) or not version:
            raise Refusal(400, {"error": "version is required"})
        if version in self.world.releases:
            raise Refusal(409, {"error": "Release already exists"})
        self.world.releases[version] = []
        return Reply({"version": version})

    def artifact(self, call: Call) -> Reply:
        """Give a signed address for a file of a release."""
        version, path = call.ids["version"], call.fields.get("filepath")
        if version not in self.world.releases:
            raise Refusal(404, {"error": "Release not found"})
        if not isinstance(path, str) or not path:
            raise Refusal(400, {"error": "filepath is required"})
        self.world.releases[version].append(path)
        return Reply({"signed_url": self._signed(call, f"{version}|{path}")})

    def read(self, call: Call) -> Reply:
        """A file of events."""
        self._check(call)
        name = call.ids["name"]
        events = [{"type": "lr.PageView", "session": name, "time": 1}, {"type": "lr.Click", "session": name, "time": 2}]
        return Reply("\n".join(map(json.dumps, events)).encode(), content_type="application/x-ndjson")

    def write(self, call: Call) -> Reply:
        """Keep a file."""
        self._check(call)
        self.world.stored[call.ids["name"]] = call.content
        return Reply(b"", content_type="text/plain")

    def _signed(self, call: Call, name: str) -> str:
        host = call.headers["host"]
        return f"http://{host}/store/{quote(name, safe='')}?X-Goog-Expires=600&X-Goog-Signature={_signature(name)}"

    def _check(self, call: Call) -> None:
        """A store knows the signature, and refuses a request that brings another credential too."""
        if "authorization" in call.headers:
            raise Refusal(400, b"<Error><Code>InvalidArgument</Code></Error>")
        if call.query.get("X-Goog-Signature") != _signature(call.ids["name"]):
            raise Refusal(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")


def _signature(name: str) -> str:
    return sha256(f"sandbox {name}".encode()).hexdigest()
