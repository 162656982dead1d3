"""One HTTP exchange in which something goes wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.asgi import App, Message, Receive, Scope, Send
from unifykit.sandbox.planning import Allowance, Drop, Fault, Malformed, Redirect, Reset, Slow, Status, Truncate
from unifykit.sandbox.voices import VOICES, Said

if TYPE_CHECKING:
    from unifykit.sandbox.connections import Line

_PIECES = 10
_NO_CONTENT, _OK = (204, 304), 200
_Answered = Callable[[Message, bytes], Awaitable[None]]


class Exchange:
    """A request, its reply, and the connection on which they travel."""

    def __init__(self, platform: str, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        self._voice = VOICES[platform]
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._line: Line = scope["extensions"]["unifykit.line"]
        self._path: str = scope["path"]
        self._seconds, self._drip = 0.0, 0.0
        self._headers: dict[str, str] = {}

    async def meet(self, faults: list[Fault]) -> None:
        """Let the faults happen, in order."""
        for fault in faults:
            match fault:
                case Slow(seconds, drip=True):
                    self._drip += seconds
                case Slow(seconds):
                    self._seconds += seconds
                case Allowance() if not fault.refused:
                    self._headers |= self._voice.counted(fault)
                case _:
                    await self._end(fault)
                    return
        await (self._executed(self._reply) if self._drip else self._app(self._scope, self._receive, self._late))

    async def _end(self, fault: Fault) -> None:
        match fault:
            case Status(status, headers):
                await self._say(self._voice.says(status, self._path, headers))
            case Allowance():
                await self._say(self._voice.refuses(fault, self._path))
            case Redirect(to, status):
                await self._say(Said(status, b"", {"location": self._elsewhere(to)}))
            case Reset():
                await self._listen()
                await self._cut()
            case Drop():
                await self._executed(self._drop)
            case Truncate():
                await self._executed(self._truncate)
            case Malformed():
                await self._executed(self._malform)
            case Slow():
                raise AssertionError("a slow reply ends nothing")

    async def _say(self, said: Said) -> None:
        await self._listen()
        headers = {**said.headers, "content-length": str(len(said.body))}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._reply({"type": "http.response.start", "status": said.status, "headers": pairs}, said.body)

    async def _listen(self) -> None:
        """Hear the request to its end: a reply before that would break the connection."""
        while (await self._receive()).get("more_body"):
            pass

    async def _executed(self, then: _Answered) -> None:
        """Let the app answer, and do `then` with the whole reply as soon as it is there."""
        start: Message = {}
        body = bytearray()

        async def hear(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await then(start, bytes(body))

        await self._app(self._scope, self._receive, hear)

    async def _late(self, message: Message) -> None:
        """Send a message of the reply, the first when its time has come."""
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._told(message["headers"])}
            await self._hold()
        await self._send(message)

    async def _reply(self, start: Message, body: bytes) -> None:
        await self._late(start)
        pieces = _cut(body, _PIECES) if self._drip else [body]
        for number, piece in enumerate(pieces, 1):
            self._seconds = self._drip / len(pieces)
            await self._hold()
            more = number < len(pieces)
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    async def _drop(self, _: Message, __: bytes) -> None:
        await self._cut()

    async def _cut(self) -> None:
        await self._hold()
        self._line.reset()
        await self._gone()

    async def _truncate(self, start: Message, body: bytes) -> None:
        if not body or self._scope["method"] == "HEAD":
            await self._hold()
            self._line.write(b"HTTP/1.1 %d" % start["status"])  # nothing but the head is there to break off
        else:
            await self._late(start)
            await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        self._line.close()
        await self._gone()

    async def _malform(self, start: Message, body: bytes) -> None:
        half = body[: len(body) // 2]
        half = half if half and not _is_json(half) else b"{"
        status = _OK if start["status"] in _NO_CONTENT else start["status"]
        kept = [pair for pair in start["headers"] if pair[0].lower() not in (b"content-length", b"content-type")]
        headers = [*kept, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(half))]
        await self._reply({**start, "status": status, "headers": headers}, half)

    async def _hold(self) -> None:
        """Let the reply wait, unless nobody waits for it any more, or the server is about to stop."""
        seconds, self._seconds = self._seconds, 0.0
        if seconds:
            ends = [asyncio.ensure_future(end) for end in (self._gone(), self._line.ending.wait())]
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _told(self, headers: Any) -> list[tuple[bytes, bytes]]:
        """The reply's headers, with those of the allowance instead of the counterpart's own."""
        ours = {name.encode(): value.encode() for name, value in self._headers.items()}
        return [*(pair for pair in headers if pair[0].lower() not in ours), *ours.items()]

    def _elsewhere(self, to: str) -> str:
        scheme, _, rest = to.rpartition("://")
        host, _, path = rest.partition("/")
        if path:
            return to
        query: str = self._scope["query_string"].decode("ascii")
        raw: str = self._scope["raw_path"].decode("ascii")
        return f"{scheme or self._scope['scheme']}://{host}{raw}{f'?{query}' if query else ''}"


def _cut(body: bytes, most: int) -> list[bytes]:
    """The body in at most so many pieces, one at least."""
    size = max(1, -(-len(body) // most))
    return [body[at : at + size] for at in range(0, len(body), size)] or [b""]


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
