"""Lines to PostgreSQL, by psycopg.

Values travel as text with no type said, so that the server infers each type from its place, as it does for PostgREST;
and what comes back stays the text that it is.

https://www.psycopg.org/psycopg3/docs/
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.pq import ExecStatus

Row = tuple[str | None, ...]
_BAD_TEXT = "22021"
_SETTINGS: dict[str, Any] = {
    "port": 5432, "user": "postgres", "application_name": "unifykit sandbox", "client_encoding": "UTF8", "options": "",
}  # fmt: skip


class DatabaseError(Exception):
    """What the server refused.

    Attributes:
        code: The SQLSTATE.
        message: What happened.
        detail: More of it, if any.
        hint: What to do, if anything.
    """

    def __init__(self, error: psycopg.Error) -> None:
        said = error.diag
        super().__init__(said.message_primary or str(error))
        unsent = _BAD_TEXT if isinstance(error, psycopg.DataError) else "XX000"  # psycopg itself refuses a NUL
        self.code: str = error.sqlstate or unsent
        self.message: str = said.message_primary or str(error)
        self.detail: str | None = said.message_detail
        self.hint: str | None = said.message_hint


class Line:
    """One connection, used by one request at a time."""

    def __init__(self, connection: "AsyncConnection[Any]") -> None:
        self._connection = connection

    @classmethod
    async def open(cls, path: str, database: str, **parameters: str) -> "Line":
        """Connect as the superuser; requests change their role within their transaction.

        Args:
            path: The server's socket.
            database: The name of the database.
            parameters: More of libpq's, such as ``replication``.
        """
        told: dict[str, Any] = {**_SETTINGS, "host": str(Path(path).parent), "dbname": database, **parameters}
        try:
            connection = await AsyncConnection.connect(
                **told, autocommit=True, prepare_threshold=None, cursor_factory=AsyncRawCursor
            )
        except psycopg.Error as error:
            raise ConnectionError(str(error)) from error
        return cls(connection)

    def close(self) -> None:
        """Hang up."""
        self._connection.pgconn.finish()

    async def run(self, sql: str, *values: str | None) -> list[Row]:
        """Run one statement; `$1` in it stands for the first value."""
        try:
            cursor = await self._connection.execute(sql.encode(), values or None)
        except psycopg.Error as error:
            raise self._meant(error) from error
        while cursor.nextset():
            pass
        return _rows(cursor.pgresult)

    async def script(self, sql: str) -> list[Row]:
        """Run any number of statements, all or none; gives the rows of the last."""
        return await self.run(sql)

    def _meant(self, error: psycopg.Error) -> Exception:
        return ConnectionError(str(error)) if self._connection.closed else DatabaseError(error)

    # -- replication, which psycopg leaves to libpq's own functions
    # https://www.postgresql.org/docs/current/protocol-replication.html

    async def stream(self, command: str) -> None:
        """Begin to send and to receive pieces; nothing else is possible on this line from then on."""
        known = self._connection.pgconn
        known.send_query(command.encode())
        await self._flushed()
        while known.is_busy():
            await self._readable()
        result = known.get_result()
        if result is None or result.status != ExecStatus.COPY_BOTH:
            raise ConnectionError(known.get_error_message())

    async def receive(self) -> bytes:
        """The next piece."""
        while True:
            try:
                size, data = self._connection.pgconn.get_copy_data(1)
            except psycopg.Error as error:
                raise ConnectionError(str(error)) from error
            if size > 0:
                return bytes(data)
            if size < 0:
                raise ConnectionError("PostgreSQL ended the stream.")
            await self._readable()

    async def send(self, data: bytes) -> None:
        """Send a piece."""
        self._connection.pgconn.put_copy_data(data)
        await self._flushed()

    async def _flushed(self) -> None:
        loop = asyncio.get_running_loop()
        while self._connection.pgconn.flush():
            await self._ready(loop.add_writer, loop.remove_writer)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        await self._ready(loop.add_reader, loop.remove_reader)
        try:
            self._connection.pgconn.consume_input()
        except psycopg.Error as error:
            raise ConnectionError(str(error)) from error

    async def _ready(self, watch: Callable[..., None], leave: Callable[[int], Any]) -> None:
        ready, place = asyncio.Event(), self._connection.pgconn.socket
        watch(place, ready.set)
        try:
            await ready.wait()
        finally:
            leave(place)


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


def _rows(result: Any) -> list[Row]:
    if result is None or result.status != ExecStatus.TUPLES_OK:
        return []
    columns = range(result.nfields)
    return [tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def literal_array(items: Sequence[str]) -> str:
    """A PostgreSQL array, as the text of a value."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"
