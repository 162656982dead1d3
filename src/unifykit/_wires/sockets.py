"""urllib3's connections, which ask before every read how much of the attempt's time is left."""

import functools
import io
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, connection

from unifykit._wires.until import Until

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


class _Reader(io.RawIOBase):
    """A socket's reading end. `http.client` reads the head and the body of a reply through it."""

    def __init__(self, inner: Any, sock: "socket.socket", timeout: Until) -> None:
        self._inner = inner
        self._sock = sock
        self._timeout = timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._timeout.left()
        if left <= 0:
            raise TimeoutError("the time was over while the reply was read")
        self._sock.settimeout(left)
        found: int | None = self._inner.readinto(buffer)
        return found

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, connection: Any, sock: "socket.socket", *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        whole: Any = self.fp
        self.fp = io.BufferedReader(_Reader(whole.detach(), sock, connection.timeout))


class _Timed:
    """What both kinds of connection add."""

    @property
    def response_class(self) -> "Callable[..., HTTPResponse]":
        return functools.partial(_Response, self)

    def send(self, data: Any) -> None:
        """Send a part of the request; `sendall` itself holds to its timeout as a whole."""
        connection: Any = self
        if connection.sock is not None and isinstance(connection.timeout, Until):
            left = connection.timeout.left()
            if left <= 0:
                raise TimeoutError("the time was over while the request was sent")
            connection.sock.settimeout(left)
        super().send(data)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] -- of the class beside this one


class HTTPConnection(_Timed, connection.HTTPConnection):  # type: ignore[misc]  # a property where the stack has a plain attribute
    pass


class HTTPSConnection(_Timed, connection.HTTPSConnection):  # type: ignore[misc]  # see above
    pass


class HTTPPool(HTTPConnectionPool):
    """Plain connections to one origin."""

    ConnectionCls: Any = HTTPConnection


class HTTPSPool(HTTPSConnectionPool):
    """Connections over TLS to one origin."""

    ConnectionCls: Any = HTTPSConnection
