"""What was committed, as PostgreSQL's own log tells it: a replication connection that decodes `pgoutput`.

https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
"""

import struct
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from .line import Line

PUBLICATION = "supabase_realtime"
"""The publication whose tables are told of; it belongs to every project, and begins empty."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_HEADER = 25  # of a piece of the log: a letter, two places in the log, a time
_SLOT = f"CREATE_REPLICATION_SLOT {PUBLICATION} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')"
_START = f"START_REPLICATION SLOT {PUBLICATION} LOGICAL 0/0 (proto_version '1', publication_names '{PUBLICATION}')"

Values = dict[str, str | None]


@dataclass(frozen=True)
class Relation:
    """A table as it was when a change was made: its columns' names and types, in order."""

    oid: int
    schema: str
    table: str
    types: dict[str, int]
    keys: frozenset[str]


@dataclass(frozen=True)
class Change:
    """One row that was written.

    Attributes:
        action: ``"INSERT"``, ``"UPDATE"`` or ``"DELETE"``.
        record: The new row as text; columns that the log leaves out, because they are large and stayed the same, are missing.
        old: What the log tells of the old row: its key, or all of it under ``replica identity full``.
        place: Where in the log its transaction was committed.
        at: When that was.
    """

    relation: Relation
    action: str
    record: Values
    old: Values
    place: int
    at: datetime


class Replication:
    """The changes of one database from now on."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._relations: dict[int, Relation] = {}
        self._place, self._at = 0, _EPOCH

    @classmethod
    async def open(cls, path: str, database: str) -> Self:
        """Begin: whatever is committed after this returns is told."""
        line = await Line.open(path, database, replication="database")
        try:
            await line.script(_SLOT)
            await line.stream(_START)
        except BaseException:
            line.close()
            raise
        return cls(line)

    def close(self) -> None:
        """Hang up; the server forgets the slot."""
        self._line.close()

    async def changes(self) -> AsyncGenerator[Change, None]:
        """Each change, in the order of the commits."""
        while True:
            body = await self._line.receive()
            if body[:1] == b"k":
                await self._answer(body)
            else:
                change = self._decoded(body[_HEADER:])
                if change is not None:
                    yield change

    async def _answer(self, body: bytes) -> None:
        """Say how far we are, if we are asked; else the server hangs up after a minute."""
        place, _, asked = struct.unpack_from("!qqB", body, 1)
        if asked:
            told = struct.pack("!qqqqB", place, place, place, 0, 0)
            await self._line.send(b"r" + told)

    def _decoded(self, body: bytes) -> Change | None:
        kind = body[:1]
        if kind == b"B":
            self._place, micros = struct.unpack_from("!qq", body, 1)
            self._at = _EPOCH + timedelta(microseconds=micros)
        elif kind == b"R":
            relation = _relation(body)
            self._relations[relation.oid] = relation
        elif kind in (b"I", b"U", b"D"):
            return self._change(kind, body)
        return None

    def _change(self, kind: bytes, body: bytes) -> Change:
        relation = self._relations[struct.unpack_from("!i", body, 1)[0]]
        rows, place = dict[bytes, Values](), 5
        while place < len(body):
            rows[body[place : place + 1]], place = _row(relation, body, place + 1)
        record = rows.get(b"N", {})
        old = rows.get(b"O") or _keys(relation, rows.get(b"K") or record)
        action = {b"I": "INSERT", b"U": "UPDATE", b"D": "DELETE"}[kind]
        if action == "UPDATE":  # what is large and stayed the same is told of the old row only, if at all
            record = {**{name: old[name] for name in relation.types if name in old and name not in record}, **record}
        return Change(relation, action, record, {} if action == "INSERT" else old, self._place, self._at)


def _keys(relation: Relation, row: Values) -> Values:
    return {name: value for name, value in row.items() if name in relation.keys}


def _relation(body: bytes) -> Relation:
    oid = struct.unpack_from("!i", body, 1)[0]
    schema, table, rest = body[5:].split(b"\0", 2)
    count, place = struct.unpack_from("!h", rest, 1)[0], 3
    types, keys = dict[str, int](), set[str]()
    for _ in range(count):
        end = rest.index(b"\0", place + 1)
        name = rest[place + 1 : end].decode()
        types[name] = struct.unpack_from("!I", rest, end + 1)[0]
        if rest[place] & 1:
            keys.add(name)
        place = end + 9
    return Relation(oid, schema.decode(), table.decode(), types, frozenset(keys))


def _row(relation: Relation, body: bytes, place: int) -> tuple[Values, int]:
    """The values of a row that begins here, and where it ends."""
    found: Values = {}
    place += 2
    for name in relation.types:
        kind, place = body[place : place + 1], place + 1
        if kind == b"n":
            found[name] = None
        elif kind == b"t":
            size = struct.unpack_from("!i", body, place)[0]
            found[name] = body[place + 4 : place + 4 + size].decode()
            place += 4 + size
    return found, place
