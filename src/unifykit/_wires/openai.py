"""openai-python on our wire, deaf to the ``OPENAI_*`` variables that would lead an explicitly configured account elsewhere.

`fetch` and `open` give the reply's bytes, and raise what the SDK would raise. Neither the SDK's transformation of
parameters nor its objects are made, and it builds only the first request of each path, for its headers: all three cost
more than the rest of a call.
"""

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import openai
from openai._models import FinalRequestOptions
from openai._utils._json import openapi_dumps

from unifykit._core.context import current
from unifykit._core.outcome import Safety
from unifykit.errors import ConnectionFailedError, DeadlineExceededError, UnifyError

_AMBIENT = ("organization", "project", "webhook_secret", "admin_api_key")
_PATHS = 64

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


class _Requests:
    """The requests of one client. What a POST of JSON has beside its body is the same every time."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: dict[tuple[str, str], httpx2.Request] = {}

    def make(
        self, method: str, path: str, body: Any, query: Mapping[str, Any] | None, files: Files | None
    ) -> httpx2.Request:
        """The request, as the SDK would build it."""
        client = self._client
        if method != "post" or body is None or files is not None:
            return cast("httpx2.Request", client._build_request(_options(method, path, body, query, files)))  # noqa: SLF001
        key = path, client.api_key
        first = self._known.get(key)
        if first is None:
            if len(self._known) >= _PATHS:  # some have an id in them
                self._known.clear()
            first = self._known[key] = client._build_request(_options(method, path, {}, None, None))  # noqa: SLF001
            del first.headers["content-length"]
        return httpx2.Request(
            first.method, first.url, headers=first.headers, content=openapi_dumps(body), extensions=first.extensions
        )


@contextmanager
def _as_the_sdk(request: httpx2.Request) -> Generator[None]:
    """Raise for what happens to a request what the SDK would raise."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise openai.APITimeoutError(request=request) from error
    except httpx2.HTTPError as error:
        raise openai.APIConnectionError(request=request) from error


def _good(client: Any, reply: httpx2.Response) -> httpx2.Response:
    if reply.is_success:
        return reply
    raise client._make_status_error_from_response(reply)  # noqa: SLF001


class WiredOpenAI(openai.OpenAI):
    """`openai.OpenAI` under the settings alone."""

    def __init__(self, **given: Any) -> None:
        given["max_retries"] = 0
        super().__init__(**given)
        _forget_ambient(self, given)
        self._requests = _Requests(self)

    def fetch(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> bytes:
        """One exchange; returns the reply's body."""
        request = self._requests.make(method, path, body, query, files)
        with _as_the_sdk(request):
            reply = self._client.send(request)
        return _good(self, reply).content

    def open(self, path: str, body: Any) -> "Chunks":
        """A POST whose reply is read as it arrives."""
        request = self._requests.make("post", path, body, None, None)
        with _as_the_sdk(request):
            reply = self._client.send(request, stream=True)
            if not reply.is_success:
                reply.read()
        return Chunks(_good(self, reply))


class WiredAsyncOpenAI(openai.AsyncOpenAI):
    """`openai.AsyncOpenAI` under the settings alone."""

    def __init__(self, **given: Any) -> None:
        given["max_retries"] = 0
        super().__init__(**given)
        _forget_ambient(self, given)
        self._requests = _Requests(self)

    async def fetch(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
    ) -> bytes:
        """One exchange; returns the reply's body."""
        request = self._requests.make(method, path, body, query, files)
        with _as_the_sdk(request):
            reply = await self._client.send(request)
        return _good(self, reply).content

    async def open(self, path: str, body: Any) -> "AsyncChunks":
        """A POST whose reply is read as it arrives."""
        request = self._requests.make("post", path, body, None, None)
        with _as_the_sdk(request):
            reply = await self._client.send(request, stream=True)
            if not reply.is_success:
                await reply.aread()
        return AsyncChunks(_good(self, reply))


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

    def _take(self) -> bytes:
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
