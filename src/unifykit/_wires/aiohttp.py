"""httpx2's transport over aiohttp, for openai's async client: half the CPU of httpx2's own.

openai brings such a transport too, but there every lost connection is a connect timeout, which would have a request sent
again that may have been executed, and no wait ends with the attempt.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
from aiohttp.connector import Connection
from yarl import URL

from unifykit._wires.httpcore import readable
from unifykit._wires.tls import CONTEXT
from unifykit._wires.until import left

_CONNECTIONS = 100
_KEPT_SECONDS = 5.0  # as httpx2 does
_LONGEST_HEAD = 100 * 1024  # as h11 does
_PART = 65_536
_OURS_ALONE = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_UNTIMED = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
_EXACT = float("inf")  # else aiohttp rounds up what is longer than 5 s

_ERRORS: tuple[tuple[Any, type[httpx2.TransportError]], ...] = (
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), httpx2.ProxyError),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), httpx2.UnsupportedProtocol),
    (aiohttp.ClientResponseError, httpx2.RemoteProtocolError),
    ((aiohttp.ClientError, OSError), httpx2.ReadError),
)
"""The first that fits counts."""


def _as_httpx(error: Exception) -> Exception:
    kind = next((kind for known, kind in _ERRORS if isinstance(error, known)), None)
    return error if kind is None else kind(str(error) or type(error).__name__)


@dataclass(slots=True)
class _Exchange:
    """How long to wait for what comes next: for a place and a connection, and then for the reply's head."""

    wait: asyncio.Timeout
    patience: float | None
    transport: asyncio.Transport | None = None

    def go(self, transport: asyncio.Transport | None) -> None:
        """There is a connection."""
        self.transport = transport
        seconds = left(self.patience)
        self.wait.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


_exchange: ContextVar[_Exchange] = ContextVar("unifykit_aiohttp_exchange")


class _Connector(aiohttp.TCPConnector):
    """Says when there is a connection, and gives none that the server has closed while the loop was not running."""

    async def connect(self, *args: Any, **given: Any) -> Connection:
        made = await super().connect(*args, **given)
        _exchange.get().go(made.transport)
        return made

    async def _get(self, *args: Any, **given: Any) -> Connection | None:
        while (kept := await super()._get(*args, **given)) is not None and _gone(kept.transport):
            kept.close()
        return kept


def _gone(transport: asyncio.Transport | None) -> bool:
    return readable(None if transport is None else transport.get_extra_info("socket"))


def _abort(transport: asyncio.Transport | None) -> None:
    """Close a connection although not all has gone out: the peer may have stopped reading."""
    if transport is not None:
        transport.abort()


class _Body(httpx2.AsyncByteStream):
    """A reply's body, each wait for which ends with the attempt."""

    def __init__(self, reply: aiohttp.ClientResponse, patience: float | None) -> None:
        self._reply = reply
        self._patience = patience

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._next():
            yield chunk

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(left(self._patience)):
                return await self._reply.content.readany()
        except TimeoutError as error:
            raise httpx2.ReadTimeout("the time was over while the reply was awaited") from error
        except Exception as error:
            raise _as_httpx(error) from error

    async def aclose(self) -> None:
        connection = self._reply.connection
        if connection is not None:  # a connection whose reply was read to the end has gone back before
            _abort(connection.transport)
        self._reply.close()


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Connections of one event loop, to any host or to one proxy."""

    def __init__(self, proxy: str | None) -> None:
        self._proxy: URL | None = None if proxy is None else URL(proxy)
        if self._proxy is not None and self._proxy.scheme not in ("http", "https"):
            raise httpx2.UnsupportedProtocol(
                f"aiohttp knows no proxy of {self._proxy.scheme}://: use httpx's transport"
            )
        connector = _Connector(limit=_CONNECTIONS, keepalive_timeout=_KEPT_SECONDS, ssl=CONTEXT)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=_UNTIMED, auto_decompress=False,
            skip_auto_headers=_OURS_ALONE, max_line_size=_LONGEST_HEAD, max_field_size=_LONGEST_HEAD,
        )  # fmt: skip
        self._session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- the engine's business

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        waits = request.extensions.get("timeout", {})
        patience = waits.get("read")
        try:
            reply = await self._send(request, waits, patience)
        except (TimeoutError, httpx2.TransportError):
            raise
        except Exception as error:
            raise _as_httpx(error) from error
        version = reply.version
        return httpx2.Response(
            reply.status, headers=reply.raw_headers, stream=_Body(reply, patience),
            extensions={
                "http_version": b"HTTP/1.0" if version is not None and version.minor == 0 else b"HTTP/1.1",
                "reason_phrase": (reply.reason or "").encode("ascii", "ignore"),
            },
        )  # fmt: skip

    async def _send(
        self, request: httpx2.Request, waits: Mapping[str, float | None], patience: float | None
    ) -> aiohttp.ClientResponse:
        wait = asyncio.timeout(left(waits.get("pool")))
        connecting = aiohttp.ClientTimeout(sock_connect=left(waits.get("connect")), ceil_threshold=_EXACT)
        exchange = _Exchange(wait, patience)
        token = _exchange.set(exchange)
        headers = [(name, value) for name, value in request.headers.multi_items() if name != "transfer-encoding"]
        try:
            async with wait:
                return await self._session.request(
                    request.method, URL(str(request.url), encoded=True), headers=headers, data=_content(request),
                    allow_redirects=False, proxy=self._proxy, timeout=connecting,
                )  # fmt: skip
        except TimeoutError as error:
            late = httpx2.ConnectTimeout if exchange.transport is None else httpx2.ReadTimeout
            _abort(exchange.transport)
            raise late("the time was over while the reply was awaited") from error
        except BaseException:
            _abort(exchange.transport)
            raise
        finally:
            _exchange.reset(token)

    async def aclose(self) -> None:
        await self._session.close()


def _content(request: httpx2.Request) -> Any:
    try:
        content = request.content
    except httpx2.RequestNotRead:
        return request.stream
    return (content or None) if len(content) <= _PART else _parts(content)


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    """A long body in parts, so that the event loop does not stand still."""
    for start in range(0, len(content), _PART):
        yield content[start : start + _PART]
