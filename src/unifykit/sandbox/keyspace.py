"""All that a Redis server holds, as bytes: every key of every database as the server itself writes it, and its functions."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from unifykit.errors import ConfigurationError, UnexpectedResponseError
from unifykit.sandbox.keeping import dumped, loaded

_SECONDS = 10.0
_AT_ONCE = 200
_DATABASES = 16


class Session:
    """A connection on which commands are asked one after the other; enough of the protocol for that.

    https://redis.io/docs/latest/develop/reference/protocol-spec/
    """

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), _SECONDS)
        self._read = self._line.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._read.close()
        self._line.close()

    def ask(self, *command: bytes | str | int) -> Any:
        """One command's answer.

        Raises:
            UnexpectedResponseError: The server refuses it.
        """
        return self.ask_all([command])[0]

    def ask_all(self, commands: Iterable[tuple[bytes | str | int, ...]]) -> list[Any]:
        """The answers of several commands that are sent together."""
        sent = [_encoded(command) for command in commands]
        self._line.sendall(b"".join(sent))
        answers = [self._answer() for _ in sent]
        refusal = next((one for one in answers if isinstance(one, UnexpectedResponseError)), None)
        if refusal is not None:
            raise refusal
        return answers

    def _answer(self) -> Any:
        line = self._read.readline()
        if not line.endswith(b"\r\n"):
            raise UnexpectedResponseError("the sandbox's Redis server hung up.")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return UnexpectedResponseError(f"the sandbox's Redis server says: {rest.decode(errors='replace')}")
        number = int(rest)
        if kind == b":" or number < 0:
            return number if kind == b":" else None
        if kind == b"$":
            return self._read.read(number + 2)[:-2]
        return [self._answer() for _ in range(number)]


def kept(port: int) -> bytes:
    """All that the server at this port holds."""
    with Session(port) as session:
        functions = None
        with suppress(UnexpectedResponseError):  # an imitation has none
            functions = session.ask("FUNCTION", "DUMP")
        return dumped({"keys": list(_keys(session)), "functions": functions})


def give_back(port: int, data: bytes) -> None:
    """Make the server hold what `kept` gave, and nothing else.

    Raises:
        ConfigurationError: It was kept from another kind of server.
    """
    held = loaded(data)
    try:
        with Session(port) as session:
            session.ask("FLUSHALL")
            if held["functions"]:
                session.ask("FUNCTION", "RESTORE", held["functions"], "FLUSH")
            for first in range(0, len(held["keys"]), _AT_ONCE):
                session.ask_all(_restoring(held["keys"][first : first + _AT_ONCE]))
    except UnexpectedResponseError as error:
        raise ConfigurationError(f"these keys were kept from another kind of Redis server: {error.message}") from error


def count(port: int) -> dict[int, int]:
    """How many keys each database holds that holds any."""
    with Session(port) as session:
        return dict(_sizes(session))


def some(port: int, most: int) -> list[tuple[str, str]]:
    """A few keys of the first database and their types."""
    with Session(port) as session:
        session.ask("SELECT", 0)
        found: list[bytes] = session.ask("SCAN", 0, "COUNT", most)[1][:most]
        kinds = session.ask_all(("TYPE", key) for key in found)
    return [(key.decode(errors="replace"), kind.decode()) for key, kind in zip(found, kinds, strict=True)]


def _sizes(session: Session) -> Iterator[tuple[int, int]]:
    for database in range(_DATABASES):
        session.ask("SELECT", database)
        size = session.ask("DBSIZE")
        if size:
            yield database, size


def _keys(session: Session) -> Iterator[tuple[int, bytes, float | None, bytes]]:
    for database, _ in _sizes(session):
        session.ask("SELECT", database)
        cursor, seen = b"0", set[bytes]()
        while True:
            cursor, found = session.ask("SCAN", cursor, "COUNT", _AT_ONCE)
            new = [key for key in found if key not in seen]
            seen.update(new)
            answers = session.ask_all(part for key in new for part in (("PEXPIRETIME", key), ("DUMP", key)))
            for key, ends, payload in zip(new, answers[::2], answers[1::2], strict=True):
                if payload is not None:
                    yield database, key, None if ends < 0 else ends / 1000, payload
            if cursor == b"0":
                break


def _restoring(keys: list[tuple[int, bytes, float | None, bytes]]) -> Iterator[tuple[bytes | str | int, ...]]:
    now = time.time()
    for database, key, ends, payload in keys:
        if ends is None or ends > now:
            yield "SELECT", database
            yield "RESTORE", key, 0 if ends is None else max(1, round((ends - now) * 1000)), payload, "REPLACE"


def _encoded(command: tuple[bytes | str | int, ...]) -> bytes:
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
