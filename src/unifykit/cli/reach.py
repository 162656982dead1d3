"""Whether a platform's host can be reached at all: a connection, and TLS where it is used; nothing is asked."""

import contextlib
import socket
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from unifykit._wires.proxies import proxy_for

LIMIT = 3.0
"""Seconds for the connection with everything before it."""

_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}


@dataclass(frozen=True, slots=True)
class Reach:
    """What came of connecting.

    Attributes:
        ok: Whether the connection stood.
        detail: To where, or what failed.
        seconds: How long it took.
    """

    ok: bool
    detail: str
    seconds: float


def reach(url: str, limit: float = LIMIT) -> Reach:
    """Connect to the host of a URL, or to the proxy that its requests take."""
    parts = urlsplit(url)
    try:
        place = _place(parts)
    except ValueError as error:
        return Reach(False, str(error), 0.0)
    answer: list[Reach] = []
    # Looking up a name cannot be interrupted: a thread that is left behind ends by itself.
    thread = threading.Thread(target=lambda: answer.append(_timed(parts, place, limit)), daemon=True)
    thread.start()
    thread.join(limit)
    return answer[0] if answer else Reach(False, f"no connection to {place} within {limit:g} s", limit)


def _timed(url: SplitResult, place: str, limit: float) -> Reach:
    began = time.monotonic()
    try:
        detail = _connect(url, limit)
    except (OSError, ValueError) as error:
        return Reach(False, f"{place}: {type(error).__name__}: {error}", time.monotonic() - began)
    return Reach(True, detail, time.monotonic() - began)


def _connect(url: SplitResult, limit: float) -> str:
    if url.scheme == "unix":
        return _connect_local(url.path, limit)
    proxy = proxy_for(url.scheme, url.hostname or "") if url.scheme in ("http", "https") else None
    if proxy is not None:
        with _tcp(urlsplit(proxy), limit):
            return f"the proxy {_place(urlsplit(proxy))} answers; what is behind it was not asked"
    with _tcp(url, limit) as connection:
        if url.scheme not in ("https", "rediss"):
            return f"{_place(url)} over TCP"
        from unifykit._wires.tls import CONTEXT

        with CONTEXT.wrap_socket(connection, server_hostname=url.hostname) as secured:
            return f"{_place(url)} over {secured.version()}"


def _connect_local(path: str, limit: float) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(limit)
        connection.connect(path)
    return path


@contextlib.contextmanager
def _tcp(url: SplitResult, limit: float) -> Generator[socket.socket]:
    with socket.create_connection((url.hostname or "", _port(url)), timeout=limit) as connection:
        yield connection


def _port(url: SplitResult) -> int:
    return url.port or _PORTS.get(url.scheme, 80)


def _place(url: SplitResult) -> str:
    """Host and port, without the name and password that a URL may carry."""
    return url.path if url.scheme == "unix" else f"{url.hostname}:{_port(url)}"
