"""Lines to PostgreSQL: its wire protocol, as far as a gateway needs it.

Values travel as text with no type said, so that the server infers each type from its place, as it does for PostgREST.

https://www.postgresql.org/docs/current/protocol-flow.html
"""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

Row = tuple[str | None, ...]
_VERSION = 196608  # 3.0
_CHUNK = 65536


class DatabaseError(Exception):
    """What the server refused.

    Attributes:
        code: The SQLSTATE.
        message: What happened.
        detail: More of it, if any.
        hint: What to do, if anything.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.code: str = fields.get("C", "XX000")
        self.message: str = fields.get("M", "")
        self.detail: str | None = fields.get("D")
        self.hint: str | None = fields.get("H")


class Line:
    """One connection, used by one request at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""

    @classmethod
    async def open(cls, path: str, database: str, **parameters: str) -> "Line":
        """Connect as the superuser; requests change their role within their transaction."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, path)
            line = cls(connection)
            told = {"user": "postgres", "database": database, "application_name": "unifykit sandbox", **parameters}
            named = b"".join(f"{name}\0{value}\0".encode() for name, value in told.items()) + b"\0"
            await line.send(struct.pack("!ii", len(named) + 8, _VERSION) + named)
            await line._until_ready()
        except BaseException:
            connection.close()
            raise
        return line

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    async def run(self, sql: str, *values: str | None) -> list[Row]:
        """Run one statement; `$1` in it stands for the first value."""
        bound = b"\0\0" + struct.pack("!hh", 0, len(values)) + b"".join(map(_value, values)) + b"\0\0"
        asked = message(b"P", b"\0" + sql.encode() + b"\0\0\0") + message(b"B", bound)
        await self.send(asked + message(b"E", b"\0" + bytes(4)) + message(b"S"))
        return await self._until_ready()

    async def script(self, sql: str) -> list[Row]:
        """Run any number of statements, all or none."""
        await self.send(message(b"Q", sql.encode() + b"\0"))
        return await self._until_ready()

    async def send(self, data: bytes) -> None:
        """Send messages of the protocol."""
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def _until_ready(self) -> list[Row]:
        rows: list[Row] = []
        failure: DatabaseError | None = None
        while True:
            kind, body = await self.receive()
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                failure = DatabaseError(_fields(body))
                if failure.code.startswith(("28", "3D", "57P")):
                    raise ConnectionError(failure.message)
            elif kind == b"Z":
                if failure is not None:
                    raise failure
                return rows

    async def receive(self) -> tuple[bytes, bytes]:
        """The next message of the protocol: its letter and its body."""
        await self._fill(5)
        kind, size = self._buffer[:1], struct.unpack_from("!i", self._buffer, 1)[0] + 1
        await self._fill(size)
        body, self._buffer = self._buffer[5:size], self._buffer[size:]
        return kind, body

    async def _fill(self, size: int) -> None:
        parts, have = [self._buffer], len(self._buffer)
        while have < size:
            part = await asyncio.get_running_loop().sock_recv(self._socket, _CHUNK)
            if not part:
                raise ConnectionError("PostgreSQL hung up.")
            parts.append(part)
            have += len(part)
        if len(parts) > 1:
            self._buffer = b"".join(parts)


class Lines:
    """A few connections, opened when needed and shared by all requests."""

    def __init__(self, path: str, database: str, most: int = 12) -> None:
        self._path, self._database = path, database
        self._free: list[Line] = []
        self._all: set[Line] = set()
        self._turns = asyncio.Semaphore(most)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Line, None]:
        """A connection in a transaction: committed at the end, undone if anything is raised."""
        async with self._turns:
            line = self._free.pop() if self._free else await self._opened()
            try:
                await line.run("begin")
                try:
                    yield line
                except Exception:
                    await line.run("rollback")
                    raise
                await line.run("commit")
            except DatabaseError:
                self._free.append(line)
                raise
            except (ConnectionError, asyncio.CancelledError):
                self._drop(line)  # half an answer may still be on its way
                raise
            except Exception:
                self._free.append(line)
                raise
            self._free.append(line)

    def close(self) -> None:
        """Hang up all."""
        for line in list(self._all):
            self._drop(line)
        self._free.clear()

    async def _opened(self) -> Line:
        line = await Line.open(self._path, self._database)
        self._all.add(line)
        return line

    def _drop(self, line: Line) -> None:
        self._all.discard(line)
        line.close()


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message of the protocol."""
    return kind + struct.pack("!i", len(body) + 4) + body


def _value(value: str | None) -> bytes:
    if value is None:
        return struct.pack("!i", -1)
    data = value.encode()
    return struct.pack("!i", len(data)) + data


def _row(body: bytes) -> Row:
    found: list[str | None] = []
    place = 2
    for _ in range(struct.unpack_from("!h", body)[0]):
        size = struct.unpack_from("!i", body, place)[0]
        place += 4
        if size < 0:
            found.append(None)
            continue
        found.append(body[place : place + size].decode())
        place += size
    return tuple(found)


def _fields(body: bytes) -> dict[str, str]:
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def literal_array(items: Sequence[str]) -> str:
    """A PostgreSQL array, as the text of a value."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"
