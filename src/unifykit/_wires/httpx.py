"""The wire under SDKs that ride on httpx (supabase, our REST clients) or httpx2 (openai): the same code over either module.

The two modules have the same API and unrelated classes, so everything here is made by `family(module)`.
"""

# pyright: reportUntypedBaseClass=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownParameterType=false, reportUnusedClass=false
# The classes below are made over a module that is only known when the program runs.

import datetime as dt
import functools
import importlib
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import ModuleType
from typing import Any
from urllib.parse import quote

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Exchange, Operation
from unifykit._core.dialect import Dialect, judge
from unifykit._core.engine import Engine
from unifykit._core.outcome import Kind, Outcome, Request
from unifykit._wires import tap
from unifykit._wires.drive import NATIVE, Port, adrive, drive, operation_for
from unifykit._wires.fork import AfterFork
from unifykit._wires.httpcore import Streams, timed_streams
from unifykit._wires.loops import PerLoop
from unifykit._wires.origin import CREDENTIALS, Home, added, hidden, unrepeated, without
from unifykit._wires.proxies import proxy_for
from unifykit._wires.safety import safety_of
from unifykit._wires.tls import CONTEXT, is_certificate_error
from unifykit._wires.until import End, Until

_STREAM = "unifykit.stream"
QUERY = "unifykit.query"
"""A request's extension: a secret part of its query, such as a signature; no log, no error and no reply shows it."""
_ERRORS = 400
_WAITS = ("connect", "read", "write", "pool")
_LIMITS = {"max_connections": 100, "max_keepalive_connections": 100}


@dataclass(frozen=True)
class Family:
    """The classes for one of the modules.

    Attributes:
        Client: A sync client over our transport: no cookies, no redirects, no environment but the proxies.
        AsyncClient: Its async twin.
        SyncPools: Connections for sync clients.
        AsyncPools: Connections for async clients, by event loop.
        blame: What a failure of the module means; None if it is no failure of an exchange.
    """

    Client: Any
    AsyncClient: Any
    SyncPools: Any
    AsyncPools: Any
    blame: Callable[[Exception], Outcome | None]


class Wire:
    """What the transports know."""

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
        self._strip(request)
        target = url.raw_path.decode("ascii")
        facts = Request(
            safety=safety_of(request.method, request.headers, op),
            replayable=_replayable(request.stream),  # a generator or a pipe is gone after the first attempt
            bucket=self.dialect.bucket(target),
            metered=not self.dialect.free(target),
            sent=int(request.headers.get("content-length", 0)),
        )
        return facts, op, limit

    def _strip(self, request: Any) -> None:
        """Take a credential out of the query of a request that leaves home: a redirect may have repeated it."""
        query, url = self.home.query, request.url
        if query is not None and not self.home.owns(url.scheme, url.host, url.port):
            request.url = url.copy_with(query=without(url.query, query[0]) or None)

    def outgoing(self, request: Any) -> Any:
        """The request as it goes out: with what its query must not show to those who log URLs."""
        secret, url = request.extensions.get(QUERY) or self._credential(request.url), request.url
        if not secret:
            return request
        return type(request)(
            request.method, url.copy_with(query=added(url.query, secret)), headers=request.headers,
            stream=request.stream, extensions=request.extensions,
        )  # fmt: skip

    def _credential(self, url: Any) -> str:
        query = self.home.query
        if query is None or query[0] in url.params or not self.home.owns(url.scheme, url.host, url.port):
            return ""
        return f"{query[0]}={quote(query[1], safe='')}"

    def arrived(self, request: Any, reply: Any) -> Any:
        """A reply as the client may see it: of the request without its secrets, and a redirect does not repeat them."""
        reply.request = request
        query = self.home.query
        for header in ("location", "link") if query is not None else ():
            told = reply.headers.get(header)
            if query is not None and told is not None:
                reply.headers[header] = hidden(unrepeated(told, query[0]).encode(), query[1]).decode()
        return reply

    def timed(self, request: Any, given: Mapping[str, float | None], timeout: float) -> End:
        """Give a request its timeouts: no wait of the stack outlasts the attempt, nor do all of them together."""
        end = End(self.clock, self.clock.now() + timeout)
        capped = {name: Until(_sooner(given.get(name), timeout), end) for name in _WAITS}
        request.extensions = {**request.extensions, "timeout": capped}
        return end

    def go_on(self, end: End, op: Operation, limit: Deadline | None) -> None:
        """Let a reply be read for longer than an attempt may take."""
        end.at = None if limit is None else limit.at
        end.stream = None if op.name == NATIVE else op  # what the SDK's own client reads has one deadline

    def finished(self, sent: Mapping[str, str], reply: Any, began: float) -> Any:
        """A reply whose body was read, in the state in which the client's own reading would leave it; `sent` are headers."""
        if reply.status_code >= _ERRORS:
            reply._content = self.home.cleaned(reply.content, reply.headers, sent)  # noqa: SLF001 -- as `read` sets it
        reply.elapsed = dt.timedelta(seconds=self.clock.now() - began)
        return reply

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


def _sooner(given: float | None, timeout: float) -> float:
    return timeout if given is None else min(given, timeout)


def _close_all(transports: list[Any]) -> None:
    for transport in transports:
        transport.close()


def _forget_credentials(request: Any) -> None:
    """Replies and exceptions keep the request, and go into logs and pickles: it was sent, so it needs no credential."""
    for name in CREDENTIALS.intersection(request.headers):
        del request.headers[name]


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _refuse_pickling(_: Any) -> Any:
    raise TypeError("this client holds connections: build it anew instead of pickling it")


def family(module: ModuleType) -> Family:
    """The classes over `httpx` or `httpx2`."""
    found = _families.get(module.__name__)
    return found or _families.setdefault(module.__name__, _make_family(module))


def _assign(pool: Any, kind: Any) -> list[Any]:
    """Spare a look at every connection where nobody waits for one: httpcore takes two for each request."""
    waiting = any(request.is_queued() for request in pool._requests)  # noqa: SLF001
    return kind._assign_requests_to_connections(pool) if waiting else []  # noqa: SLF001


_families: dict[str, Family] = {}


def _make_family(module: ModuleType) -> Family:  # noqa: C901 -- classes over a module, not branches
    @functools.cache
    def core() -> ModuleType:  # importing httpcore costs more than building a client: the first exchange does it
        return importlib.import_module(module.__name__.replace("httpx", "httpcore"))

    @functools.cache
    def streams() -> Streams:
        return timed_streams(core())

    def tapped(transport: Any) -> Any:
        if tap.installed is None:
            return transport
        from unifykit._wires.tap_httpcore import tapped

        return tapped(tap.installed, transport, module, core())

    def blame(error: Exception) -> Outcome | None:
        if isinstance(error, module.ConnectTimeout | module.PoolTimeout):
            return Outcome(Kind.TRANSIENT, executed=False, error="connect", timeout=True)
        if isinstance(error, module.ConnectError) and is_certificate_error(error):
            return Outcome(Kind.FINAL, executed=False, error="tls")
        if isinstance(error, module.ConnectError | module.ProxyError):
            return Outcome(Kind.TRANSIENT, executed=False, error="connect")
        if isinstance(error, module.TimeoutException):
            return Outcome(Kind.TRANSIENT, error="timeout", timeout=True)
        if isinstance(error, module.NetworkError | module.RemoteProtocolError | module.DecodingError):
            return Outcome(Kind.TRANSIENT, error="broken")
        return (
            Outcome(Kind.FINAL, executed=False, error="refused") if isinstance(error, module.TransportError) else None
        )

    def connections(kind: Any, backend: Any, proxy: str | None) -> Any:
        made = kind(verify=CONTEXT, trust_env=False, proxy=proxy, limits=module.Limits(**_LIMITS))
        pool = made._pool  # noqa: SLF001
        pool._network_backend = backend()  # noqa: SLF001 -- httpcore's public argument, which httpx does not pass on
        pool._assign_requests_to_connections = functools.partial(_assign, weakref.proxy(pool), type(pool))  # noqa: SLF001
        return made

    def _httpcore(proxy: str | None) -> Any:
        return connections(module.AsyncHTTPTransport, streams().AsyncBackend, proxy)

    class SyncPools:
        def __init__(self) -> None:
            self._known: _Known = {}, {}
            self._open: list[Any] = []
            self._after_fork = AfterFork(self._renew)
            weakref.finalize(self, _close_all, self._open)  # for a `Platforms` that nobody closes

        def find(self, url: Any) -> Any:
            return tapped(_find(self._known, url, self._connect))

        def _connect(self, proxy: str | None) -> Any:
            made = connections(module.HTTPTransport, streams().Backend, proxy)
            self._open.append(made)
            return made

        def close(self) -> None:
            for transport in self._renew()[1].values():
                transport.close()

        def _renew(self) -> "_Known":
            self._open.clear()
            old, self._known = self._known, ({}, {})
            return old

    class AsyncPools:
        def __init__(self, make: Callable[[str | None], Any] | None = None) -> None:
            self._make = make or _httpcore
            self._by_loop: PerLoop[_Known] = PerLoop(lambda: ({}, {}), self._close)

        def find(self, url: Any) -> Any:
            known = self._by_loop.get()
            return tapped(_find(known, url, self._make))

        async def aclose(self) -> None:
            await self._by_loop.aclose()

        @staticmethod
        async def _close(known: "_Known") -> None:
            for transport in known[1].values():
                await transport.aclose()

    class Transport(module.BaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self, wire: Wire) -> None:
            self.wire = wire

        def handle_request(self, request: Any) -> Any:
            wire = self.wire
            facts, op, limit = wire.prepare(request)
            given = request.extensions.get("timeout", {})
            stream = request.extensions.get(_STREAM, True)

            def attempt(timeout: float) -> Any:
                end, began = wire.timed(request, given, timeout), wire.clock.now()
                sent = wire.outgoing(request)
                reply = wire.arrived(request, wire.pools.find(request.url).handle_request(sent))
                if stream and reply.status_code < _ERRORS:
                    wire.go_on(end, op, limit)
                    return reply
                try:
                    reply.read()
                except BaseException:
                    reply.close()
                    raise
                return wire.finished(request.headers, reply, began)

            port: Port[Any] = Port(functools.partial(wire.judged, op), blame, lambda reply: reply.close())
            return drive(wire.engine, wire.clock, facts, port, attempt, op, limit)

    class AsyncTransport(module.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self, wire: Wire) -> None:
            self.wire = wire

        async def handle_async_request(self, request: Any) -> Any:
            wire = self.wire
            facts, op, limit = wire.prepare(request)
            given = request.extensions.get("timeout", {})
            stream = request.extensions.get(_STREAM, True)

            async def attempt(timeout: float) -> Any:  # noqa: ASYNC109 -- the engine's
                end, began = wire.timed(request, given, timeout), wire.clock.now()
                sent = wire.outgoing(request)
                reply = wire.arrived(request, await wire.pools.find(request.url).handle_async_request(sent))
                if stream and reply.status_code < _ERRORS:
                    wire.go_on(end, op, limit)
                    return reply
                try:
                    await reply.aread()
                except BaseException:
                    await reply.aclose()
                    raise
                return wire.finished(request.headers, reply, began)

            port: Port[Any] = Port(functools.partial(wire.judged, op), blame, lambda reply: reply.aclose())
            return await adrive(wire.engine, wire.clock, facts, port, attempt, op, limit)

    class Client(module.Client):  # type: ignore[misc, name-defined]
        def __init__(
            self, engine: Engine, clock: Clock, dialect: Dialect, home: Home, pools: Any, **given: Any
        ) -> None:
            transport = Transport(Wire(engine, clock, dialect, home, pools))
            options = {"timeout": None, **given, "follow_redirects": False}
            super().__init__(transport=transport, trust_env=False, cookies=_no_cookies(), **options)

        def send(self, request: Any, *, stream: bool = False, **given: Any) -> Any:
            request.extensions = {**request.extensions, _STREAM: stream}
            try:
                return super().send(request, stream=stream, **given)
            finally:
                _forget_credentials(request)

        def close(self) -> None:
            """The connections are the account's, and its other clients may be using them."""

        __reduce__ = _refuse_pickling

    class AsyncClient(module.AsyncClient):  # type: ignore[misc, name-defined]
        def __init__(
            self, engine: Engine, clock: Clock, dialect: Dialect, home: Home, pools: Any, **given: Any
        ) -> None:
            transport = AsyncTransport(Wire(engine, clock, dialect, home, pools))
            options = {"timeout": None, **given, "follow_redirects": False}
            super().__init__(transport=transport, trust_env=False, cookies=_no_cookies(), **options)

        async def send(self, request: Any, *, stream: bool = False, **given: Any) -> Any:
            request.extensions = {**request.extensions, _STREAM: stream}
            try:
                return await super().send(request, stream=stream, **given)
            finally:
                _forget_credentials(request)

        async def aclose(self) -> None:
            """The connections are the account's, and its other clients may be using them."""

        __reduce__ = _refuse_pickling

    return Family(Client, AsyncClient, SyncPools, AsyncPools, blame)


_Known = tuple[dict[tuple[str, str], Any], dict[str | None, Any]]
"""Connections by scheme and host (asking the environment for a proxy costs more than a request's other steps), and by proxy."""


def _find(known: _Known, url: Any, make: Callable[[str | None], Any]) -> Any:
    by_host, by_proxy = known
    key = url.scheme, url.host
    found = by_host.get(key)
    if found is not None:
        return found
    proxy = proxy_for(*key)
    return by_host.setdefault(key, by_proxy.get(proxy) or by_proxy.setdefault(proxy, make(proxy)))
