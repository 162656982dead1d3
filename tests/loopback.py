"""A scripted server on 127.0.0.1: counts what arrives and misbehaves on request. Raw sockets, so that it can cut and hang."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Seen:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Reply:
    """Answer with this."""

    status: int = 200
    body: bytes | str | dict | list = b"{}"
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        body = (
            self.body
            if isinstance(self.body, bytes)
            else (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()
        )
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
        return f"HTTP/1.1 {self.status} Status\r\n{lines}\r\n".encode() + body


class Reset:
    """Read the request, then reset the connection without a reply."""


class Hang:
    """Read the request and answer nothing until the server stops."""


@dataclass
class Truncate:
    """Promise more than is sent, then close."""

    reply: Reply = field(default_factory=Reply)


@dataclass
class Drip:
    """Send the reply a byte at a time, `every` seconds, until the peer gives up."""

    every: float = 0.2
    reply: Reply = field(default_factory=Reply)


Action = Reply | Reset | Hang | Truncate | Drip
Script = Iterable[Action] | Callable[[Seen], Action]


class Loopback:
    """`with Loopback(script) as server`: `server.url`, `server.seen`. A script is actions in order (the last repeats) or a function."""

    def __init__(self, script: Script = (Reply(),), context: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self._context = context
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self.script(script)

    def script(self, script: Script) -> None:
        """Replace the script and forget what was seen."""
        self._decide = script if callable(script) else self._in_order(list(script))
        self.seen = []

    @staticmethod
    def _in_order(actions: list[Action]) -> Callable[[Seen], Action]:
        lock = threading.Lock()

        def decide(_: Seen) -> Action:
            with lock:
                return actions.pop(0) if len(actions) > 1 else actions[0]

        return decide

    @property
    def url(self) -> str:
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
                number = self.connections
            self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            wrapped = connection if self._context is None else self._context.wrap_socket(connection, server_side=True)
            with wrapped, wrapped.makefile("rb") as reader:
                while (seen := _read(reader, number)) is not None:
                    with self._lock:
                        self.seen.append(seen)
                    if not self._act(wrapped, self._decide(seen)):
                        return
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _act(self, connection: socket.socket, action: Action) -> bool:
        if isinstance(action, Reply):
            connection.sendall(action.encoded())
            return action.headers.get("Connection") != "close"
        if isinstance(action, Reset):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif isinstance(action, Truncate):
            whole = action.reply.encoded()
            connection.sendall(whole[: len(whole) - max(1, len(whole) // 4)])
        elif isinstance(action, Hang):
            self._stopped.wait(60)
        else:
            for byte in action.reply.encoded():
                connection.sendall(bytes([byte]))
                if self._stopped.wait(action.every):
                    break
        return False


def _read(reader, number: int) -> Seen | None:
    first = reader.readline()
    if not first.strip():
        return None
    method, path, _ = first.decode().split(" ", 2)
    headers = {}
    while line := reader.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(reader.readline().strip() or b"0", 16):
            body += reader.read(size)
            reader.readline()
        reader.readline()
    else:
        body = reader.read(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, body, number)


def refused_port() -> int:
    """A port on 127.0.0.1 where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
