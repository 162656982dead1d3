# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportPrivateUsage=false
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
# The reason: redis-py leaves its connections and pools unannotated.
"""Connections to Redis whose every wait ends with the attempt, and pools of them for threads and for event loops.

redis-py has one socket timeout for all commands, and it bounds each wait, not their sum. Here the engine's timeout for
the attempt is kept in a context variable, and the socket looks at what is left of it before each wait.
"""

import functools
import select
import socket
import ssl
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.connection
import redis.retry
from redis.asyncio.connection import RedisSSLContext
from redis.backoff import NoBackoff
from redis.connection import parse_url, to_bool
from redis.maint_notifications import MaintNotificationsConfig

from unifykit._wires.loops import PerLoop
from unifykit._wires.redis_attempt import running
from unifykit._wires.tappable import AsyncTappable, Tappable

MAX_CONNECTIONS = 100
_NOT_FROM_URL = frozenset(("retry", "retry_on_error", "retry_on_timeout", "decode_responses", "encoding_errors"))
"""Retries are the engine's, and replies are bytes."""


def _left(otherwise: float | None) -> float | None:
    attempt = running.get()
    return otherwise if attempt is None else attempt.left()


class _Bounded:
    """A socket that, during an attempt, waits no longer than the attempt lasts."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, *given: Any) -> bytes:
        self._arm()
        return self._sock.recv(*given)

    def recv_into(self, *given: Any) -> int:
        self._arm()
        return self._sock.recv_into(*given)

    def sendall(self, *given: Any) -> None:
        self._arm()
        self._sock.sendall(*given)

    def _arm(self) -> None:
        attempt = running.get()
        sock = self._sock
        if attempt is None or sock.gettimeout() == 0:  # the pool peeks at idle connections without waiting
            return
        if attempt.until is not None and attempt.until <= time.monotonic():
            raise TimeoutError("the attempt is over")
        sock.settimeout(attempt.left())


class _Wired:
    """What our sync connections do differently."""

    tapped = False
    _greeting = False

    @property
    def socket_connect_timeout(self) -> float | None:
        return _left(self._socket_connect_timeout)

    @socket_connect_timeout.setter
    def socket_connect_timeout(self, value: float | None) -> None:
        self._socket_connect_timeout = value

    def _connect(self) -> Any:
        return _Bounded(super()._connect())  # type: ignore[misc]

    def connect_check_health(self, *given: Any, **named: Any) -> None:
        self._greeting = True
        try:
            super().connect_check_health(*given, **named)  # type: ignore[misc]
        except BaseException as error:
            self.disconnect()  # type: ignore[attr-defined]  # redis-py leaves it open when interrupted in its handshake
            _hide(self.password, error)  # type: ignore[attr-defined]
            raise
        finally:
            self._greeting = False

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if not self.is_connected:  # type: ignore[attr-defined]
            self.connect_check_health(check_health=False)
        _leaves(self._greeting)
        super().send_packed_command(command, check_health)  # type: ignore[misc]


class _AsyncWired:
    """What our async connections do differently."""

    tapped = False
    _greeting = False

    async def connect_check_health(self, *given: Any, **named: Any) -> None:
        self._greeting = True
        try:
            await super().connect_check_health(*given, **named)  # type: ignore[misc]
        except BaseException as error:
            await self.disconnect(nowait=True)  # type: ignore[attr-defined]
            _hide(self.password, error)  # type: ignore[attr-defined]
            raise
        finally:
            self._greeting = False

    async def can_read(self) -> bool:
        # The loop may not have looked at the socket since the server closed it.
        return bool(await super().can_read()) or _has_news(self._writer)  # type: ignore[misc, attr-defined]

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if not self.is_connected:  # type: ignore[attr-defined]
            await self.connect_check_health(check_health=False)
        _leaves(self._greeting)
        await super().send_packed_command(command, check_health)  # type: ignore[misc]


def _hide(password: str | None, error: BaseException) -> None:
    """Redis before 6 knows no HELLO, and repeats what it was given with it."""
    if password and isinstance(error, redis.ResponseError):
        error.args = tuple(str(part).replace(password, "[credential]") for part in error.args)


def _has_news(writer: Any) -> bool:
    """Whether the kernel has bytes, or the connection's end, for a connection that should be idle."""
    sock = None if writer is None else writer.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _leaves(greeting: bool) -> None:
    attempt = running.get()
    if attempt is not None and not greeting:
        attempt.sent = True


class _Tls:
    """redis-py builds a TLS context for each connection, at 20 ms; here one is kept for each set of options.

    It is not the context of the other platforms: a Redis server's authority is usually in the system's store, and ALPN
    has no place here.
    """

    def _wrap_socket_with_ssl(self: Any, sock: socket.socket) -> Any:
        if self.ssl_validate_ocsp or self.ssl_validate_ocsp_stapled:
            return super()._wrap_socket_with_ssl(sock)  # type: ignore[misc]
        context = tls_context(
            self.keyfile, self.certfile, self.cert_reqs, self.ca_certs, self.ca_data, self.ca_path,
            self.check_hostname, self.ssl_min_version, self.ssl_ciphers, self.certificate_password,
            tuple(self.ssl_include_verify_flags or ()), tuple(self.ssl_exclude_verify_flags or ()),
        )  # fmt: skip
        sock.settimeout(self.socket_connect_timeout)
        wrapped = context.wrap_socket(sock, server_hostname=self.host)
        wrapped.settimeout(self.socket_timeout)
        return wrapped


@functools.lru_cache(maxsize=16)
def tls_context(  # noqa: PLR0917 -- redis-py's options, one by one
    keyfile: str | None, certfile: str | None, cert_reqs: Any, ca_certs: str | None, ca_data: Any, ca_path: str | None,
    check_hostname: bool, min_version: Any, ciphers: str | None, password: str | None, include: Any, exclude: Any,
) -> ssl.SSLContext:  # fmt: skip
    """The context for these options of a URL, made once."""
    return RedisSSLContext(
        keyfile=keyfile, certfile=certfile, cert_reqs=cert_reqs, ca_certs=ca_certs, ca_data=ca_data, ca_path=ca_path,
        check_hostname=check_hostname, min_version=min_version, ciphers=ciphers, password=password,
        include_verify_flags=list(include), exclude_verify_flags=list(exclude),
    ).get()  # fmt: skip


class Connection(_Wired, redis.connection.Connection):
    """TCP, for threads."""


class SSLConnection(_Wired, _Tls, redis.connection.SSLConnection):
    """TLS, for threads."""


class UnixConnection(_Wired, redis.connection.UnixDomainSocketConnection):
    """A Unix socket, for threads."""


class AsyncConnection(_AsyncWired, redis.asyncio.Connection):
    """TCP, for an event loop."""


class AsyncSSLConnection(_AsyncWired, redis.asyncio.SSLConnection):
    """TLS, for an event loop."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        mine = self.ssl_context
        mine.context = tls_context(
            mine.keyfile, mine.certfile, mine.cert_reqs, mine.ca_certs, mine.ca_data, mine.ca_path, mine.check_hostname,
            mine.min_version, mine.ciphers, mine.password,
            tuple(mine.include_verify_flags or ()), tuple(mine.exclude_verify_flags or ()),
        )  # fmt: skip


class AsyncUnixConnection(_AsyncWired, redis.asyncio.UnixDomainSocketConnection):
    """A Unix socket, for an event loop."""


_KINDS: dict[str, tuple[type, type]] = {
    "redis": (Connection, AsyncConnection),
    "rediss": (SSLConnection, AsyncSSLConnection),
    "unix": (UnixConnection, AsyncUnixConnection),
}


def _options(url: str, seconds: float, *, is_async: bool) -> dict[str, Any]:
    """A URL's options; its retries are dropped, because a query string would win over ours."""
    parts = urlsplit(url)
    kept = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in _NOT_FROM_URL
    ]
    given: dict[str, Any] = parse_url(urlunsplit(parts._replace(query=urlencode(kept))))  # type: ignore[no-untyped-call]
    for name in ("connection_class", "timeout"):
        given.pop(name, None)
    for name in (
        "ssl_validate_ocsp",
        "ssl_validate_ocsp_stapled",
    ):  # redis-py keeps a URL's as text, and checks for `True`
        if name in given:
            given[name] = to_bool(given[name])  # type: ignore[no-untyped-call]
    retries: type = redis.asyncio.retry.Retry if is_async else redis.retry.Retry
    ours = {
        "connection_class": _KINDS[parts.scheme][is_async],
        "retry": retries(NoBackoff(), 0),
        "socket_connect_timeout": seconds,
        "socket_timeout": None,
        "driver_info": None,  # it would cost two round trips a connection
        "max_connections": MAX_CONNECTIONS,
        # Notices of maintenance cost a round trip a connection, and stop the pool from noticing stray replies.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    return {**ours, **given}


class SyncPools:
    """Connections for threads: one pool for commands, one for those that wait on the server, so that they starve no other."""

    def __init__(self, url: str, seconds: float) -> None:
        options = _options(url, seconds, is_async=False)
        self.quick = _SyncPool(**options)  # type: ignore[no-untyped-call]
        self.waiting = _SyncWaitingPool(**options)

    def __reduce__(self) -> Any:
        raise TypeError("these pools hold connections and a credential: build them anew instead of pickling them")

    def close(self) -> None:
        """Close the idle connections."""
        self.quick.disconnect_idle()
        self.waiting.disconnect(inuse_connections=False)


class _SyncWaitingPool(Tappable, redis.ConnectionPool):
    """For commands that wait on the server."""


class _SyncPool(Tappable, redis.BlockingConnectionPool):
    """A call waits for a free connection as long as its attempt lasts."""

    @property
    def timeout(self) -> float | None:
        return _left(self._timeout)

    @timeout.setter
    def timeout(self, value: float | None) -> None:
        self._timeout = value

    def disconnect_idle(self) -> None:
        """Close what nobody uses."""
        self._checkpid()
        with self.pool.mutex:
            idle = [connection for connection in self.pool.queue if connection is not None]
            for connection in idle:
                connection.disconnect()


class AsyncPools:
    """The same for event loops: each loop has its own pools, closed when it shuts down."""

    def __init__(self, url: str, seconds: float) -> None:
        def given() -> dict[str, Any]:  # a partial would show the URL
            return _options(url, seconds, is_async=True)

        self._given = given
        self._pools: PerLoop[tuple[Any, Any]] = PerLoop(self._make, self._close)
        self.resting = _Resting(**self._given())

    def __reduce__(self) -> Any:
        raise TypeError("these pools hold connections and a credential: build them anew instead of pickling them")

    @property
    def quick(self) -> Any:
        """The running loop's pool for commands that are answered at once."""
        return self._pools.get()[0]

    @property
    def waiting(self) -> Any:
        """The running loop's pool for commands that wait on the server."""
        return self._pools.get()[1]

    def _make(self) -> tuple[Any, Any]:
        return _AsyncPool(**self._given()), _AsyncWaitingPool(**self._given())

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        await self._pools.aclose()

    @staticmethod
    async def _close(pools: tuple[Any, Any]) -> None:
        for pool in pools:
            await pool.disconnect()


class _Resting(redis.asyncio.ConnectionPool):
    """Answers questions about the options where no loop runs."""

    def make_connection(self) -> Any:
        raise RuntimeError("a connection of async Redis is made on a running event loop")


class _AsyncWaitingPool(AsyncTappable, redis.asyncio.ConnectionPool):
    """For commands that wait on the server."""


class _AsyncPool(AsyncTappable, redis.asyncio.BlockingConnectionPool):
    """A call waits for a free connection as long as its attempt lasts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(timeout=None, **options)
