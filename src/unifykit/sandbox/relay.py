"""A relay before a Redis server, in which planned faults happen; it reads commands, and passes everything on as it is."""

import asyncio
import contextlib
import secrets
import socket
import threading
from typing import TYPE_CHECKING

from unifykit.errors import ConfigurationError
from unifykit.sandbox.connections import reset
from unifykit.sandbox.faults import Faults
from unifykit.sandbox.planning import Asked, Board, Drop, Fault, Reset, Slow, Truncate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_GREETINGS = frozenset(("HELLO", "AUTH", "CLIENT", "SELECT"))
"""What clients say by themselves when they connect: no fault is for these."""

_SETTLES = 5.0
_CHUNK = 65536


class Relay:
    """A running relay; it answers when this is built, and is gone when `close` returns.

    Args:
        port: Where it listens, on 127.0.0.1; 0 for a free one.
        server: The port of the server.

    Attributes:
        port: Where it listens.
        board: What is planned to go wrong here.
        faults: The way to plan it.
    """

    def __init__(self, port: int, server: int) -> None:
        self._server = server
        self.board: Board = Board()
        self.faults: Faults = Faults("redis", self.board, frozenset(("commit_then_drop", "reset", "slow", "truncate")))
        self._listener = socket.create_server(("127.0.0.1", port), backlog=socket.SOMAXCONN)
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._lines: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and end every connection."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
            self._loop.close()

    async def _run(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._listener)
        await self._stopped.wait()
        server.close()
        for task in self._lines:
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._connect(reader, writer)
        finally:
            self._lines.discard(task)
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server)
        line = _Line(self.board, writer, from_server, to_server)
        ways = [asyncio.ensure_future(line.back()), asyncio.ensure_future(line.forth(reader))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            to_server.close()  # before the wait: the relay may be closed during it
            await asyncio.gather(*ways, return_exceptions=True)


class _Line:
    """One client's connection, and the one to the server that was made for it."""

    def __init__(
        self, board: Board, client: asyncio.StreamWriter, server: asyncio.StreamReader, out: asyncio.StreamWriter
    ) -> None:
        self._board, self._client, self._server, self._out = board, client, server, out
        self._flows = asyncio.Event()
        self._flows.set()
        self._kept: bytearray | None = None
        self._heard = asyncio.Event()

    async def forth(self, reader: asyncio.StreamReader) -> None:
        """Pass commands on until one of them ends the connection."""
        while command := await _command(reader):
            raw, asked = command
            for fault in [] if asked.method in _GREETINGS else self._board.take(asked):
                if isinstance(fault, Slow):
                    await self._slowly(fault.seconds, raw)
                    raw = b""
                else:
                    await self._end(fault, raw)
                    return
            self._out.write(raw)
            await self._out.drain()

    async def back(self) -> None:
        """Pass replies on."""
        while data := await self._server.read(_CHUNK):
            if self._kept is not None:
                self._kept += data
                self._heard.set()
                continue
            await self._flows.wait()
            self._client.write(data)
            await self._client.drain()

    async def _slowly(self, seconds: float, raw: bytes) -> None:
        self._flows.clear()
        self._out.write(raw)
        await asyncio.sleep(seconds)
        self._flows.set()

    async def _end(self, fault: Fault, raw: bytes) -> None:
        ends: dict[type[Fault], Callable[[bytes], Awaitable[None]]] = {
            Reset: self._reset, Drop: self._drop, Truncate: self._truncate
        }  # fmt: skip
        await ends[type(fault)](raw)

    async def _reset(self, _: bytes) -> None:
        reset(self._client.transport)

    async def _drop(self, raw: bytes) -> None:
        await self._reply(raw)
        reset(self._client.transport)

    async def _truncate(self, raw: bytes) -> None:
        reply = await self._reply(raw)
        self._client.write(reply[: len(reply) // 2])
        await self._client.drain()

    async def _reply(self, raw: bytes) -> bytes:
        """The replies to all that was sent, this command included: they end where that to a question of our own begins."""
        self._kept, mark = bytearray(), secrets.token_hex(8).encode()
        self._out.write(raw + b"*2\r\n$4\r\nECHO\r\n$16\r\n%s\r\n" % mark)
        with contextlib.suppress(TimeoutError):  # within MULTI, or while the command blocks, it is not answered
            async with asyncio.timeout(_SETTLES):
                while mark not in self._kept:
                    self._heard.clear()
                    await self._heard.wait()
        return bytes(self._kept).partition(b"$16\r\n" + mark)[0]


def move(port: int) -> int:
    """Let a Redis server listen elsewhere; gives the new port.

    Raises:
        ConfigurationError: It cannot: it is older than Redis 7.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        elsewhere = int(probe.getsockname()[1])
    said = _said(port, b"CONFIG SET port %d" % elsewhere)
    if not said.startswith(b"+OK"):
        words = said.decode(errors="replace").strip()
        raise ConfigurationError(f"this Redis server makes no room for faults, one of Redis 7 does: {words}")
    return elsewhere


def hang_up(port: int) -> None:
    """End the connections of all of a server's clients."""
    for kind in (b"normal", b"pubsub"):
        _said(port, b"CLIENT KILL TYPE %s SKIPME yes" % kind)


def _said(port: int, command: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), _SETTLES) as line:
        line.sendall(command + b"\r\n")
        return line.recv(4096)


async def _command(reader: asyncio.StreamReader) -> tuple[bytes, Asked] | None:
    """The next command: its bytes, and what they say. None at the end."""
    head = await reader.readline()
    if not head.startswith(b"*"):
        words = head.split()
        return (head, _asked(words)) if words else None
    raw, words = bytearray(head), list[bytes]()
    for _ in range(int(head[1:])):
        size = await reader.readline()
        word = await reader.readexactly(int(size[1:]) + 2)
        raw += size + word
        words.append(word[:-2])
    return bytes(raw), _asked(words)


def _asked(words: list[bytes]) -> Asked:
    name, key = words[0], words[1] if len(words) > 1 else b""
    return Asked(name.decode("latin-1").upper(), key.decode("utf-8", "replace"))
