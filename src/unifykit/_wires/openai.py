"""openai-python on our wire, deaf to the ``OPENAI_*`` variables that would lead an explicitly configured account elsewhere.

`fetch` and `open` go through the SDK's own request building and authentication and give the reply's bytes: neither its
transformation of parameters nor its objects, which cost more than the rest of a call, are made.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import openai
from openai._models import FinalRequestOptions

from unifykit._core.context import current
from unifykit._core.outcome import Safety
from unifykit.errors import ConnectionFailedError, DeadlineExceededError, UnifyError

_AMBIENT = ("organization", "project", "webhook_secret", "admin_api_key")

Files = Sequence[tuple[str, Any]]


def _forget_ambient(client: Any, given: dict[str, Any]) -> None:
    """Take back what the constructor read from the environment. A copy (`with_options`) is built the same way."""
    for name in _AMBIENT:
        setattr(client, name, given.get(name))
    client._custom_headers = dict(given.get("default_headers") or {})  # noqa: SLF001 -- `OPENAI_CUSTOM_HEADERS` would be among them


def _options(
    method: str, path: str, body: Any, query: Mapping[str, Any] | None, files: Files | None
) -> FinalRequestOptions:
    headers = {"Content-Type": "multipart/form-data"} if files else {}
    return FinalRequestOptions.construct(
        method=method,
        url=path,
        json_data=body,
        files=list(files) if files else None,
        params={} if query is None else query,
        headers=headers,
    )


class WiredOpenAI(openai.OpenAI):
    """`openai.OpenAI` under the settings alone."""

    def __init__(self, **given: Any) -> None:
        given["max_retries"] = 0
        super().__init__(**given)
        _forget_ambient(self, given)

    def fetch(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> bytes:
        """One exchange; returns the reply's body."""
        return self.request(httpx2.Response, _options(method, path, body, query, files)).content

    def open(self, path: str, body: Any) -> "Chunks":
        """A POST whose reply is read as it arrives."""
        options = _options("post", path, body, None, None)
        reply = self.request(httpx2.Response, options, stream=True, stream_cls=openai.Stream[Any])
        return Chunks(cast("httpx2.Response", reply))


class WiredAsyncOpenAI(openai.AsyncOpenAI):
    """`openai.AsyncOpenAI` under the settings alone."""

    def __init__(self, **given: Any) -> None:
        given["max_retries"] = 0
        super().__init__(**given)
        _forget_ambient(self, given)

    async def fetch(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> bytes:
        """One exchange; returns the reply's body."""
        return (await self.request(httpx2.Response, _options(method, path, body, query, files))).content

    async def open(self, path: str, body: Any) -> "AsyncChunks":
        """A POST whose reply is read as it arrives."""
        options = _options("post", path, body, None, None)
        reply = await self.request(httpx2.Response, options, stream=True, stream_cls=openai.AsyncStream[Any])
        return AsyncChunks(cast("httpx2.Response", reply))


@dataclass
class Arrived:
    """How much of a stream has come.

    Attributes:
        size: Bytes.
        events: Server-sent events, where it has such.
    """

    size: int = 0
    events: int = 0

    def __str__(self) -> str:
        events = f"{self.events} event{'' if self.events == 1 else 's'} ({self.size:,} bytes)"
        return events if self.events else f"{self.size:,} bytes"

    def cut(self, why: str = "") -> UnifyError:
        """The error for a stream that ended before its end."""
        op = current.get()
        unclear = op is not None and op.safety is Safety.UNSAFE
        return ConnectionFailedError(f"the stream was cut after {self}{why}.", maybe_executed=unclear)

    def lost(self, error: Exception) -> UnifyError:
        """The error for what the connection raised."""
        if isinstance(error, httpx2.TimeoutException):
            return DeadlineExceededError(f"the stream fell silent after {self}.", phase="attempt")
        return self.cut(f" ({type(error).__name__}: {error})")


@dataclass
class _Lines:
    """Server-sent events out of bytes, cut anywhere.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    rest: bytes = b""
    data: list[bytes] = field(default_factory=list[bytes])
    ready: list[bytes] = field(default_factory=list[bytes])

    def feed(self, chunk: bytes) -> None:
        """Take in bytes; whole events become ready."""
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for raw in lines:
            line = raw.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self.data.append(line[5:].removeprefix(b" "))
            elif not line and self.data:
                self.ready.append(b"\n".join(self.data))
                self.data = []


class _Reading:
    def __init__(self, reply: httpx2.Response) -> None:
        self._reply = reply
        self._lines = _Lines()
        self.arrived: Arrived = Arrived()

    def _take(self) -> bytes | None:
        if not self._lines.ready:
            return None
        self.arrived.events += 1
        return self._lines.ready.pop(0)


class Chunks(_Reading):
    """A reply as it arrives, in pieces or in events."""

    def __init__(self, reply: httpx2.Response) -> None:
        super().__init__(reply)
        self._chunks: Iterator[bytes] = reply.iter_bytes()

    def piece(self) -> bytes | None:
        """The next bytes; None at the end."""
        try:
            found = next(self._chunks, None)
        except httpx2.TransportError as error:
            raise self.arrived.lost(error) from error
        self.arrived.size += len(found or b"")
        return found

    def event(self) -> bytes | None:
        """The next event's data; None at the end."""
        while not self._lines.ready:
            chunk = self.piece()
            if chunk is None:
                return None
            self._lines.feed(chunk)
        return self._take()

    def close(self) -> None:
        """Free the connection."""
        self._reply.close()


class AsyncChunks(_Reading):
    """A reply as it arrives, in pieces or in events."""

    def __init__(self, reply: httpx2.Response) -> None:
        super().__init__(reply)
        self._chunks: AsyncIterator[bytes] = reply.aiter_bytes()

    async def piece(self) -> bytes | None:
        """The next bytes; None at the end."""
        try:
            found = await anext(self._chunks, None)
        except httpx2.TransportError as error:
            raise self.arrived.lost(error) from error
        self.arrived.size += len(found or b"")
        return found

    async def event(self) -> bytes | None:
        """The next event's data; None at the end."""
        while not self._lines.ready:
            chunk = await self.piece()
            if chunk is None:
                return None
            self._lines.feed(chunk)
        return self._take()

    async def close(self) -> None:
        """Free the connection."""
        await self._reply.aclose()
