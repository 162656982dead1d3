"""The wire under PyGithub, python-gitlab and Stripe's sync client: urllib3's pools, driven by the engine."""

import builtins
import contextlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any, cast
from urllib.parse import unquote

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, PoolManager, ProxyManager, Timeout, make_headers
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    PoolError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
    TimeoutError,  # noqa: A004 -- urllib3's own
)
from urllib3.util import parse_url

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Exchange
from unifykit._core.dialect import Dialect, judge
from unifykit._core.engine import Engine
from unifykit._core.outcome import Kind, Outcome, Request
from unifykit._wires import tap
from unifykit._wires.drive import Port, drive, operation_for
from unifykit._wires.fork import AfterFork
from unifykit._wires.origin import Home
from unifykit._wires.proxies import proxy_for
from unifykit._wires.safety import safety_of
from unifykit._wires.sockets import HTTPPool, HTTPSPool
from unifykit._wires.tls import CONTEXT, is_certificate_error
from unifykit._wires.until import End, Until
from unifykit.errors import UnifyError

Body = bytes | str | IO[bytes] | Any | None

MAX_CONNECTIONS = 100
_ERRORS = 400
_BODILESS = (204, 304)
_HTTP_1_1 = 11
_POOL_CLASSES: dict[str, Any] = {"http": HTTPPool, "https": HTTPSPool}


class Pools:
    """Connections by origin and proxy; made anew in the child of a fork."""

    def __init__(self) -> None:
        self._managers: dict[str | None, PoolManager] = {}
        self._pools: dict[tuple[str, str, int | None], tuple[HTTPConnectionPool, str]] = {}
        self._after_fork = AfterFork(self._renew)

    def find(self, scheme: str, host: str, port: int | None) -> tuple[HTTPConnectionPool, str]:
        """The pool for an origin, and what to put before the path (a plain proxy wants the whole URL)."""
        found = self._pools.get((scheme, host, port))
        if found is not None:
            return found
        proxy = proxy_for(scheme, host)
        manager = self._managers.get(proxy) or self._managers.setdefault(proxy, _manager(proxy))
        pool = manager.connection_from_host(host, port, scheme)
        prefix = f"{scheme}://{host}{f':{port}' if port else ''}" if proxy and scheme == "http" else ""
        return self._pools.setdefault((scheme, host, port), (pool, prefix))

    def close(self) -> None:
        """Close every idle connection."""
        managers, self._managers, self._pools = self._managers, {}, {}
        for manager in managers.values():
            manager.clear()

    def _renew(self) -> object:
        old, self._managers, self._pools = (self._managers, self._pools), {}, {}
        return old


def _manager(proxy: str | None) -> PoolManager:
    options: dict[str, Any] = {"maxsize": MAX_CONNECTIONS, "block": True, "ssl_context": CONTEXT, "retries": False}
    manager = (
        PoolManager(**options) if proxy is None else ProxyManager(proxy, proxy_headers=_proxy_auth(proxy), **options)
    )
    manager.pool_classes_by_scheme = _POOL_CLASSES
    return manager


def _proxy_auth(proxy: str) -> dict[str, str]:
    auth = parse_url(proxy).auth
    return make_headers(proxy_basic_auth=unquote(auth)) if auth else {}


@dataclass(slots=True, eq=False)
class Call:
    """One HTTP request as an SDK built it.

    Attributes:
        stream: True if the caller reads the body itself; else the whole body is read here, within the deadline.
    """

    method: str
    scheme: str
    host: str
    port: int | None
    target: str
    headers: MutableMapping[str, str]
    body: Body = None
    stream: bool = False
    timeout: float | None = None
    chunked: bool = False


class Wire:
    """Sends one client's requests under its engine."""

    def __init__(self, engine: Engine, clock: Clock, dialect: Dialect, home: Home, pools: Pools) -> None:
        self.engine = engine
        self.clock = clock
        self.dialect = dialect
        self.home = home
        self.pools = pools

    def send(self, call: Call) -> BaseHTTPResponse:
        """Perform a request; the reply's body is read unless the call streams.

        Raises:
            UnifyError: The engine refused.
            urllib3.exceptions.HTTPError: There was no reply.
        """
        op, limit = operation_for(self.engine, self.clock)
        self.home.guard(call.scheme, call.host, call.port, call.headers)
        start = _position(call.body)
        dialect = self.dialect
        request = Request(
            safety=safety_of(call.method, call.headers, op),
            replayable=start is not None,
            bucket=dialect.bucket(call.target),
            metered=not dialect.free(call.target),
            sent=len(call.body) if isinstance(call.body, bytes | str) else 0,
        )

        def attempt(timeout: float) -> BaseHTTPResponse:
            if start is not None and hasattr(call.body, "seek"):
                call.body.seek(start)  # type: ignore[union-attr]
            return self._attempt(call, timeout, limit)

        def judged(reply: BaseHTTPResponse) -> Outcome:
            body = b"" if call.stream and reply.status < _ERRORS else reply.data
            op.last = Exchange(reply.status, reply.headers, body)
            return judge(dialect, reply.status, reply.headers, lambda: body, self.clock.wall(), len(body))

        return drive(self.engine, self.clock, request, Port(judged, blame, _discard), attempt, op, limit)

    def _attempt(self, call: Call, timeout: float, limit: Deadline | None) -> BaseHTTPResponse:
        pool, prefix = self._pool(call.scheme, call.host, call.port)
        end = End(self.clock, self.clock.now() + timeout)
        seconds = Until(timeout if call.timeout is None else min(timeout, call.timeout), end)
        reply = pool.urlopen(
            call.method, prefix + call.target, call.body, call.headers,
            retries=False, redirect=False, assert_same_host=False, chunked=call.chunked,
            timeout=Timeout(connect=seconds, read=seconds), pool_timeout=seconds,  # type: ignore[arg-type]
            preload_content=False, decode_content=not call.stream,
        )  # fmt: skip
        if call.stream and reply.status < _ERRORS:
            end.at = None if limit is None else limit.at
            return reply
        data = reply.data
        if not data and _may_be_cut(call.method, reply):
            raise ProtocolError("the connection ended within the reply's headers")
        if reply.status >= _ERRORS:
            kept: Any = reply
            kept._body = self.home.cleaned(data, reply.headers, call.headers)  # noqa: SLF001 -- what `data` keeps
        return reply

    def _pool(self, scheme: str, host: str, port: int | None) -> tuple[HTTPConnectionPool, str]:
        pool, prefix = self.pools.find(scheme, host, port)
        if tap.installed is None:
            return pool, prefix
        from unifykit._wires.tap_urllib3 import TappedPool

        return cast(
            "HTTPConnectionPool", TappedPool(tap.installed, pool, prefix, (scheme, host, port), _may_be_cut)
        ), ""


def _may_be_cut(method: str, reply: BaseHTTPResponse) -> bool:
    """Whether an empty reply may have lost its last headers and its body: `http.client` takes the end of the connection for their end.

    https://www.rfc-editor.org/rfc/rfc9112#section-6.3
    """
    if method == "HEAD" or reply.status in _BODILESS or reply.version != _HTTP_1_1:
        return False
    headers = reply.headers
    framed = "content-length" in headers or "transfer-encoding" in headers
    return not framed and headers.get("connection", "").lower() != "close"


def blame(error: Exception) -> Outcome | None:  # noqa: PLR0911 -- a table
    """What a failure of urllib3 means; None if it is no failure of the exchange."""
    cause = error.__cause__ if isinstance(error, ProxyError) and error.__cause__ is not None else error
    if isinstance(error, UnifyError):
        return None
    if is_certificate_error(error):
        return Outcome(Kind.FINAL, executed=False, error="tls")
    if isinstance(error, PoolError) and not isinstance(error, ReadTimeoutError | NewConnectionError):
        return Outcome(Kind.TRANSIENT, executed=False, error="pool", timeout=True)
    if isinstance(cause, ConnectTimeoutError) and not isinstance(cause, NewConnectionError):
        return Outcome(Kind.TRANSIENT, executed=False, error="connect", timeout=True)
    if isinstance(error, NewConnectionError | ProxyError):
        return Outcome(Kind.TRANSIENT, executed=False, error="connect")
    if isinstance(error, TimeoutError) or any(isinstance(arg, builtins.TimeoutError) for arg in error.args):
        return Outcome(Kind.TRANSIENT, error="timeout", timeout=True)
    if isinstance(error, ProtocolError | SSLError | OSError | HTTPException):
        return Outcome(Kind.TRANSIENT, error="broken")
    return Outcome(Kind.FINAL, error="broken") if isinstance(error, HTTPError) else None


def _position(body: Body) -> int | None:
    """Where a body begins if it can be sent again, else None."""
    if body is None or isinstance(body, bytes | str | bytearray):
        return 0
    with contextlib.suppress(OSError, AttributeError, ValueError):
        return int(body.tell())
    return None


def _discard(reply: BaseHTTPResponse) -> None:
    with contextlib.suppress(HTTPError, OSError):
        reply.drain_conn()
    reply.release_conn()


def split(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and target of a URL."""
    parts = parse_url(url)
    return parts.scheme or "https", parts.host or "", parts.port, parts.request_uri
