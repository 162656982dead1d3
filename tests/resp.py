"""A scripted Redis on 127.0.0.1: counts the commands that arrive and misbehaves on request."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterable

RESET, HANG, CLOSE = "reset", "hang", "close"
LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"
Action = bytes | str
Script = Iterable[Action] | Callable[[list[str], int], Action]
_GREETING = {"HELLO": b"%1\r\n$5\r\nproto\r\n:3\r\n", "CLIENT": b"+OK\r\n", "SELECT": b"+OK\r\n"}


class Resp:
    """`with Resp([LOADING, b"+OK\\r\\n"]) as server`: `server.url`, `server.seen`. The last action repeats.

    Bytes are sent as they are; RESET and CLOSE end the connection after the command was read, HANG keeps it silent.
    Greetings are answered by themselves and not counted, unless `greets` is false.
    """

    def __init__(self, script: Script = (b"+OK\r\n",), *, greets: bool = True, drip: float = 0.0, context=None) -> None:
        self.seen: list[list[str]] = []
        self.connections = 0
        self._greets = greets
        self._drip = drip
        self._context = context
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._decide = script if callable(script) else self._in_order(list(script))

    @staticmethod
    def _in_order(actions: list[Action]) -> Callable[[list[str], int], Action]:
        return lambda _command, _number: actions.pop(0) if len(actions) > 1 else actions[0]

    def names(self) -> list[str]:
        return [command[0].upper() for command in self.seen]

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
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
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            wrapped = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with wrapped, wrapped.makefile("rb") as reader:
                while (command := _read(reader)) is not None:
                    if not self._answer(wrapped, command):
                        return
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _answer(self, connection: socket.socket, command: list[str]) -> bool:
        greeting = _GREETING.get(command[0].upper()) if self._greets else None
        if greeting is not None:
            connection.sendall(greeting)
            return True
        with self._lock:
            self.seen.append(command)
            action = self._decide(command, len(self.seen))
        if isinstance(action, bytes):
            self._send(connection, action)
            return True
        if action == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif action == HANG:
            self._stopped.wait(60)
        elif action != CLOSE:
            connection.sendall(action.encode())  # a part of a reply, and no more
        return False

    def _send(self, connection: socket.socket, reply: bytes) -> None:
        if not self._drip:
            connection.sendall(reply)
            return
        for byte in reply:
            connection.sendall(bytes([byte]))
            if self._stopped.wait(self._drip):
                return


def _read(reader) -> list[str] | None:
    line = reader.readline()
    if not line.startswith(b"*"):
        return None
    parts = []
    for _ in range(int(line[1:])):
        length = int(reader.readline()[1:])
        parts.append(reader.read(length).decode("latin-1"))
        reader.read(2)
    return parts
