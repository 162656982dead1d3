"""The wire under SDKs that ride on httpx (supabase, our REST clients) or httpx2 (openai): the same code over either module.

The two modules have the same API and unrelated classes, so everything here is made by `family(module)`.
"""

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import ModuleType
from typing import Any

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Exchange, Operation
from unifykit._core.dialect import Dialect, judge
from unifykit._core.engine import Engine
from unifykit._core.outcome import Kind, Outcome, Request
from unifykit._wires.drive import Port, adrive, drive, operation_for
from unifykit._wires.fork import AfterFork
from unifykit._wires.loops import PerLoop
from unifykit._wires.origin import Home
from unifykit._wires.proxies import proxy_for
from unifykit._wires.safety import key_for, safety_of
from unifykit._wires.tls import CONTEXT

_STREAM = "unifykit.stream"
_ERRORS = 400
_LIMITS = {"max_connections": 100, "max_keepalive_connections": 20}


@dataclass(frozen=True)
class Family:
    """The classes for one of the modules.

    Attributes:
        Client: A sync client over our transport: no cookies, no redirects, no environment but the proxies.
        AsyncClient: Its async twin.
        SyncPools: Connections for sync clients.
        AsyncPools: Connections for async clients, by event loop.
    """

    Client: Any
    AsyncClient: Any
    SyncPools: Any
    AsyncPools: Any


class _Wire:
    """What both transports know."""

    def __init__(self, engine: Engine, clock: Clock, dialect: Dialect, home: Home, pools: Any) -> None:
        self.engine = engine
        self.clock = clock
        self.dialect = dialect
        self.home = home
        self.pools = pools

    def prepare(self, request: Any) -> tuple[Request, Operation, Deadline | None]:
        """Guard a request's credentials and say what the engine must know of it."""
        op, limit = operation_for(self.engine, self.clock)
        url = request.url
        self.home.guard(url.scheme, url.host, url.port, request.headers)
        target = url.raw_path.decode("ascii")
        facts = Request(
            safety=safety_of(request.method, request.headers, op),
            replayable=_replayable(request.stream),
            bucket=self.dialect.bucket(target),
            metered=not self.dialect.free(target),
            sent=int(request.headers.get("content-length", 0)),
        )
        key_for(request.method, request.headers, op)
        return facts, op, limit

    def judged(self, op: Operation, reply: Any) -> Outcome:
        """What a reply means; keeps it for the error translator."""
        body = reply.content if hasattr(reply, "_content") else b""
        op.last = Exchange(reply.status_code, reply.headers, body)
        received = len(body) or _length(reply.headers)
        return judge(self.dialect, reply.status_code, reply.headers, lambda: body, self.clock.wall(), received)


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isdigit() else 0


def _replayable(stream: Any) -> bool:
    """True for a body in memory and for a form whose files can be rewound."""
    if hasattr(stream, "fields"):
        files = (getattr(field, "file", b"") for field in stream.fields)
        return all(isinstance(file, str | bytes) or (hasattr(file, "seekable") and file.seekable()) for file in files)
    return type(stream).__name__ == "ByteStream"


def _timeouts(request: Any, seconds: float) -> None:
    """No single wait of the stack may outlast the attempt."""
    given: Mapping[str, float | None] = request.extensions.get("timeout", {})
    capped = {
        name: seconds if given.get(name) is None else min(seconds, given[name] or seconds)
        for name in ("connect", "read", "write", "pool")
    }
    request.extensions = {**request.extensions, "timeout": capped}


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


@functools.cache
def family(module: ModuleType) -> Family:
    """The classes over `httpx` or `httpx2`."""

    def blame(error: Exception) -> Outcome | None:
        if isinstance(error, module.ConnectTimeout | module.PoolTimeout):
            return Outcome(Kind.TRANSIENT, executed=False, error="connect", timeout=True)
        if isinstance(error, module.ConnectError | module.ProxyError):
            return Outcome(Kind.TRANSIENT, executed=False, error="connect")
        if isinstance(error, module.TimeoutException):
            return Outcome(Kind.TRANSIENT, error="timeout", timeout=True)
        if isinstance(error, module.NetworkError | module.RemoteProtocolError | module.DecodingError):
            return Outcome(Kind.TRANSIENT, error="broken")
        return Outcome(Kind.FINAL, executed=False, error="refused") if isinstance(error, module.TransportError) else None

    def options(proxy: str | None) -> dict[str, Any]:
        return {"verify": CONTEXT, "trust_env": False, "proxy": proxy, "limits": module.Limits(**_LIMITS)}

    def read_late(request: Any, limit: Deadline | None, clock: Clock) -> None:
        if limit is not None and clock.now() >= limit.at:
            raise module.ReadTimeout("the deadline passed while the body was read", request=request)

    class SyncPools:
        def __init__(self) -> None:
            self._by_proxy: dict[str | None, Any] = {}
            self._after_fork = AfterFork(self._renew)

        def find(self, url: Any) -> Any:
            proxy = proxy_for(url.scheme, url.host)
            found = self._by_proxy.get(proxy)
            return found or self._by_proxy.setdefault(proxy, module.HTTPTransport(**options(proxy)))

        def close(self) -> None:
            old = self._renew()
            for transport in old.values():
                transport.close()

        def _renew(self) -> dict[str | None, Any]:
            old, self._by_proxy = self._by_proxy, {}
            return old

    class AsyncPools:
        def __init__(self) -> None:
            self._by_loop: PerLoop[dict[str | None, Any]] = PerLoop(dict, self._close)

        def find(self, url: Any) -> Any:
            by_proxy = self._by_loop.get()
            proxy = proxy_for(url.scheme, url.host)
            return by_proxy.get(proxy) or by_proxy.setdefault(proxy, module.AsyncHTTPTransport(**options(proxy)))

        async def aclose(self) -> None:
            await self._by_loop.aclose()

        @staticmethod
        async def _close(by_proxy: dict[str | None, Any]) -> None:
            for transport in by_proxy.values():
                await transport.aclose()

    class Transport(module.BaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self, wire: _Wire) -> None:
            self.wire = wire

        def handle_request(self, request: Any) -> Any:
            wire = self.wire
            facts, op, limit = wire.prepare(request)

            def attempt(timeout: float) -> Any:
                _timeouts(request, timeout)
                reply = wire.pools.find(request.url).handle_request(request)
                reply.request = request
                if reply.status_code >= _ERRORS or not request.extensions.get(_STREAM, True):
                    read(reply, limit)
                return reply

            def read(reply: Any, limit: Deadline | None) -> None:
                with contextlib.closing(reply):
                    chunks: list[bytes] = []
                    for chunk in reply.iter_raw():
                        chunks.append(chunk)
                        read_late(request, limit, wire.clock)
                _keep(reply, chunks)

            port: Port[Any] = Port(functools.partial(wire.judged, op), blame, lambda reply: reply.close())
            return drive(wire.engine, wire.clock, facts, port, attempt, op, limit)

    class AsyncTransport(module.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self, wire: _Wire) -> None:
            self.wire = wire

        async def handle_async_request(self, request: Any) -> Any:
            wire = self.wire
            facts, op, limit = wire.prepare(request)

            async def attempt(timeout: float) -> Any:
                _timeouts(request, timeout)
                reply = await wire.pools.find(request.url).handle_async_request(request)
                reply.request = request
                if reply.status_code >= _ERRORS or not request.extensions.get(_STREAM, True):
                    await read(reply)
                return reply

            async def read(reply: Any) -> None:
                async with contextlib.aclosing(reply):
                    chunks: list[bytes] = []
                    async for chunk in reply.aiter_raw():
                        chunks.append(chunk)
                        read_late(request, limit, wire.clock)
                _keep(reply, chunks)

            port: Port[Any] = Port(functools.partial(wire.judged, op), blame, lambda reply: reply.aclose())
            return await adrive(wire.engine, wire.clock, facts, port, attempt, op, limit)

    def _keep(reply: Any, chunks: list[bytes]) -> None:
        """Give the reply the body that was read, as if it had arrived just now."""
        reply.stream = module.ByteStream(b"".join(chunks))
        reply.is_stream_consumed = reply.is_closed = False
        reply.read()

    class Client(module.Client):  # type: ignore[misc, name-defined]
        def __init__(self, engine: Engine, clock: Clock, dialect: Dialect, home: Home, pools: Any, **given: Any) -> None:
            transport = Transport(_Wire(engine, clock, dialect, home, pools))
            super().__init__(transport=transport, trust_env=False, follow_redirects=False, cookies=_no_cookies(), **given)

        def send(self, request: Any, *, stream: bool = False, **given: Any) -> Any:
            request.extensions = {**request.extensions, _STREAM: stream}
            return super().send(request, stream=stream, **given)

        def __reduce__(self) -> Any:
            raise TypeError("this client holds connections: build it anew instead of pickling it")

    class AsyncClient(module.AsyncClient):  # type: ignore[misc, name-defined]
        def __init__(self, engine: Engine, clock: Clock, dialect: Dialect, home: Home, pools: Any, **given: Any) -> None:
            transport = AsyncTransport(_Wire(engine, clock, dialect, home, pools))
            super().__init__(transport=transport, trust_env=False, follow_redirects=False, cookies=_no_cookies(), **given)

        async def send(self, request: Any, *, stream: bool = False, **given: Any) -> Any:
            request.extensions = {**request.extensions, _STREAM: stream}
            return await super().send(request, stream=stream, **given)

        def __reduce__(self) -> Any:
            raise TypeError("this client holds connections: build it anew instead of pickling it")

    return Family(Client, AsyncClient, SyncPools, AsyncPools)
