"""What stands at the tap, under urllib3: in the place of one of its pools."""

import builtins
import io
import re
import ssl
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NewConnectionError,
    PoolError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
    TimeoutError,  # noqa: A004 -- urllib3's own
)

from unifykit._wires.tap import Asked, Decoder, Failure, Tap, Told, asking, failure, plainly
from unifykit._wires.tls import is_certificate_error

_HTTP_1_1 = 11
_PORTS = {"http": 80, "https": 443}
_POOL = re.compile(r"^(?:<[^>]*>|HTTPS?Connection(?:Pool)?\([^)]*\)): ")


class TappedPool:
    """Answers `urlopen` as a pool does. `cut` says of a reply without a body whether it may have lost it."""

    def __init__(
        self, standing: Tap, pool: Any, prefix: str, origin: tuple[str, str, int | None],
        cut: Callable[[str, BaseHTTPResponse], bool],
    ) -> None:  # fmt: skip
        self._tap = standing
        self._cut = cut
        self._pool = pool
        self._prefix = prefix
        scheme, host, port = origin
        self._origin = f"{scheme}://{host}{'' if port in (None, _PORTS.get(scheme)) else f':{port}'}"

    def urlopen(self, method: str, target: str, body: Any, headers: Any, **given: Any) -> BaseHTTPResponse:
        """See `urllib3.HTTPConnectionPool.urlopen`."""
        asked = Asked(method, self._origin + target, [*headers.items()], _bytes(body), asking())
        told = self._tap.ask(asked)
        if told is not None:
            return self._played(method, told, decode=given["decode_content"])
        told = Told()
        sent = None if body is None else asked.body
        try:
            plain = HTTPHeaderDict(plainly(asked.headers))
            reply: BaseHTTPResponse = self._pool.urlopen(method, self._prefix + target, sent, plain, **given)
        except Exception as error:
            told.failure = _failure(error)
            if told.failure is not None:
                self._tap.keep(asked, told)
            raise
        told.status, told.reason, told.headers = reply.status, reply.reason or "", [*reply.headers.iteritems()]
        self._tap.keep(asked, told)
        return _response(
            method,
            told,
            _Recording(told, reply, cut=self._cut(method, reply)),
            reply.version,
            decode=given["decode_content"],
        )

    def _played(self, method: str, told: Told, *, decode: bool) -> BaseHTTPResponse:
        if told.failure is not None and not told.status:
            raise _error(told.failure, self._origin)
        return _response(method, told, _Played(told, self._origin), _HTTP_1_1, decode=decode)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    found: Any = (
        body.read() if hasattr(body, "read") else [part if isinstance(part, bytes) else part.encode() for part in body]
    )
    if isinstance(found, str):
        return found.encode()
    return b"".join(cast("list[bytes]", found)) if isinstance(found, list) else found


def _response(
    method: str, told: Told, body: "_Recording | _Played", version: int, *, decode: bool
) -> BaseHTTPResponse:  # fmt: skip
    return HTTPResponse(
        body=cast("Any", body), headers=_unframed(told.headers), status=told.status, version=version,
        reason=told.reason, preload_content=False, decode_content=decode, request_method=method,
    )  # fmt: skip


def _unframed(headers: list[tuple[str, str]]) -> HTTPHeaderDict:
    """The headers of a body that comes without its chunks' frames; that it had some stays visible."""
    framed = ((name, "identity" if name.lower() == "transfer-encoding" else value) for name, value in headers)
    return HTTPHeaderDict([*framed])


class _Recording:
    """A reply's body on its way to the reader: what urllib3 reads from."""

    def __init__(self, told: Told, reply: BaseHTTPResponse, *, cut: bool) -> None:
        self._told = told
        self._reply = reply
        self._cut = cut
        self._decoder = Decoder(told)
        self._ready = b""
        self.closed: bool = False

    def read(self, amount: int | None = None) -> bytes:
        """The next bytes, `amount` at most; none at the end."""
        while not self._ready:
            part = self._next(amount)
            if not part:
                return self._end()
            try:
                self._ready = self._decoder.feed(part)
            except ValueError as error:
                broken = ProtocolError(str(error))
                self._told.failure = _failure(broken)
                raise broken from None
            if self._ready:
                self._told.chunks.append(self._ready)
        if amount is None:
            return self._taken(None) + self.read()
        return self._taken(amount)

    def _end(self) -> bytes:
        if self._cut and not self._told.chunks:  # http.client sees no fault in this, and another stack does
            self._told.failure = Failure("broken", late=False, text="the connection ended within the reply's headers")
            raise ProtocolError(self._told.failure.text)
        return b""

    def _next(self, amount: int | None) -> bytes:
        try:
            return self._reply.read(amount, decode_content=False)
        except (HTTPError, OSError, HTTPException) as error:
            self._told.failure = _failure(error)
            raise

    def _taken(self, amount: int | None) -> bytes:
        found, self._ready = self._ready[:amount], b"" if amount is None else self._ready[amount:]
        return found

    def close(self) -> None:
        """Free the connection."""
        self.closed = True
        self._reply.close()
        self._reply.release_conn()


class _Played:
    """A recorded body."""

    def __init__(self, told: Told, origin: str) -> None:
        self._body = io.BytesIO(b"".join(told.chunks))
        self._failure = told.failure
        self._origin = origin
        self.closed: bool = False

    def read(self, amount: int | None = None) -> bytes:
        """The next bytes, `amount` at most; none at the end."""
        found = self._body.read(amount)
        if self._failure is not None and (not found or amount is None):
            raise _error(self._failure, self._origin)
        return found

    def close(self) -> None:
        """Nothing is held."""
        self.closed = True


def _failure(error: Exception) -> Failure | None:
    cause = error.__cause__ if isinstance(error, ProxyError) and error.__cause__ is not None else error
    if is_certificate_error(error):
        return failure("tls", error, late=False, sent=False)
    if isinstance(cause, ConnectTimeoutError) and not isinstance(cause, NewConnectionError):
        return failure("connect", error, late=True, sent=False)
    if isinstance(error, NewConnectionError | ProxyError):
        return failure("connect", error, late=False, sent=False)
    if isinstance(error, PoolError) and not isinstance(error, ReadTimeoutError):
        return failure("pool", error, late=True, sent=False)
    if isinstance(error, TimeoutError) or any(isinstance(arg, builtins.TimeoutError) for arg in error.args):
        return failure("timeout", error, late=True)
    return failure("broken", error, late=False) if isinstance(error, HTTPError | OSError | HTTPException) else None


def _error(found: Failure, origin: str) -> Exception:
    parts = urlsplit(origin)
    pool = HTTPConnectionPool(parts.hostname or "", parts.port)
    text = _POOL.sub("", found.text)
    if found.kind == "tls":
        return SSLError(ssl.SSLCertVerificationError(text))
    if found.kind == "connect":
        connection = HTTPConnection(pool.host, pool.port)
        return ConnectTimeoutError(connection, text) if found.late else NewConnectionError(connection, text)
    if found.kind == "pool":
        return EmptyPoolError(pool, text)
    return ReadTimeoutError(pool, origin, text) if found.late else ProtocolError(text)
