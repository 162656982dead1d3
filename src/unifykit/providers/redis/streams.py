# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
# The reason: redis-py leaves the replies of some commands unannotated.
"""Messages that stay until they are dealt with.

https://redis.io/docs/latest/develop/data-types/streams/
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from unifykit._core.client import Client
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation
from unifykit._core.stream import streamed
from unifykit.errors import InvalidRequestError
from unifykit.providers.redis.codec import Seconds, encode, milliseconds, text
from unifykit.providers.redis.errors import is_known_group, is_missing_group
from unifykit.providers.redis.models import Entry, Pending
from unifykit.providers.redis.resource import RedisResource


class Streams(RedisResource[M]):
    """`p.redis.streams`: logs that many can read, or that a group of consumers shares out."""

    @operation(UNSAFE)
    async def add(self, stream: str, data: Mapping[str, Any], *, max_length: int | None = None) -> str:
        """Append an entry; returns its id.

        https://redis.io/docs/latest/commands/xadd/

        Args:
            stream: The stream's key; it is made if it is not there.
            data: The entry's fields, at least one; each value is what JSON can hold.
            max_length: About how many entries to keep, the newest; None for all.

        Example:
            >>> id = p.redis.streams.add("orders", {"number": 1, "total": "9.99"})
            >>> [entry.data for entry in p.redis.streams.read("orders")]
            [{'number': 1, 'total': '9.99'}]
        """
        if not stream or not data:
            raise InvalidRequestError("an entry needs the name of a stream and at least one field.")
        fields: Any = {name: encode(value) for name, value in data.items()}
        return text(await self.ask(lambda r: r.xadd(stream, fields, maxlen=max_length, approximate=True)))

    @operation(SAFE)
    async def read(self, stream: str, *, after: str = "0", count: int = 100, block: float = 0.0) -> list[Entry]:
        """The entries after an id, the oldest first.

        https://redis.io/docs/latest/commands/xread/

        Args:
            stream: The stream's key.
            after: The id of the last entry that was read; ``"0"`` for the beginning, ``"$"`` for what comes from now on.
            count: How many at most.
            block: Seconds to wait for the first entry; 0 not to wait.

        Example:
            >>> p.redis.streams.read("no such stream")
            []
        """
        span = round(self.patience(block) * 1000) if block > 0 else None
        found: Any = await self.ask(lambda r: r.xread({stream: after}, count=count, block=span))
        return _entries(found)

    def group(self, stream: str, name: str) -> "Group[M]":
        """A group of consumers that share a stream's entries: each entry goes to one of them.

        Args:
            stream: The stream's key.
            name: The group's name. The group is made when it is first used, and begins with the stream's first entry.

        Example:
            >>> sent = p.redis.streams.add("mails", {"to": "ada"})
            >>> group = p.redis.streams.group("mails", "senders")
            >>> for entry in group.read("worker-1"):
            ...     print(entry.data, group.ack(entry.id))
            {'to': 'ada'} 1
        """
        if not stream or not name:
            raise InvalidRequestError("a group needs the name of a stream and its own.")
        return Group(self._client, stream, name)


class Group(RedisResource[M]):
    """Consumers that share a stream. An entry that a consumer got stays pending until it is acknowledged."""

    operations_prefix = "streams.group."

    def __init__(self, client: Client[M], stream: str, name: str) -> None:
        super().__init__(client)
        self.stream = stream
        self.name = name

    @operation(IDEMPOTENT)
    async def create(self, *, start: str = "0") -> bool:
        """Make the group, and the stream if it is not there; returns whether the group is new.

        https://redis.io/docs/latest/commands/xgroup-create/

        Args:
            start: The id after which the group begins; ``"$"`` for what comes from now on.

        Example:
            >>> group = p.redis.streams.group("jobs", "workers")
            >>> group.create(start="$"), group.create()
            (True, False)
        """
        return await self._create(start)

    @operation(IDEMPOTENT)
    async def read(self, consumer: str, *, count: int = 10, block: float = 0.0) -> list[Entry]:
        """Entries that no consumer of the group has got yet.

        https://redis.io/docs/latest/commands/xreadgroup/

        Args:
            consumer: Who reads, a name that lasts as long as the worker.
            count: How many at most.
            block: Seconds to wait for the first; 0 not to wait.

        Example:
            >>> p.redis.streams.group("empty", "workers").read("worker-1")
            []
        """
        return await self._read(consumer, count, block)

    @streamed(IDEMPOTENT)
    async def consume(
        self, consumer: str, *, count: int = 10, block: float = 5.0, reclaim_after: Seconds = 60
    ) -> AsyncGenerator[Entry, None]:
        """Entries for a consumer, without end: those that somebody got and left, then new ones as they come.

        Every entry comes at least once: acknowledge it when its work is done. One that is not acknowledged within
        `reclaim_after` comes again, to any consumer that then asks.

        Args:
            consumer: Who reads, a name that lasts as long as the worker.
            count: How many to fetch at once.
            block: Seconds of one wait on the server.
            reclaim_after: Seconds, or a timedelta, after which an entry that was not acknowledged is given to another.

        Example:
            >>> def work():
            ...     group = p.redis.streams.group("jobs", "workers")
            ...     with group.consume("worker-1") as entries:
            ...         for entry in entries:
            ...             group.ack(entry.id)
        """
        idle = milliseconds(reclaim_after, "reclaim_after")
        while True:
            left = await self._reclaim(consumer, idle, count)
            for entry in left:
                yield entry
            for entry in await self._read(consumer, count, 0 if left else block):
                yield entry

    @operation(IDEMPOTENT)
    async def reclaim(self, consumer: str, *, after: Seconds, count: int = 10) -> list[Entry]:
        """Take over entries that somebody got and did not acknowledge.

        https://redis.io/docs/latest/commands/xautoclaim/

        Args:
            consumer: Who takes them.
            after: Seconds, or a timedelta, since they were handed out; 0 for all.
            count: How many at most.

        Example:
            >>> group = p.redis.streams.group("parcels", "packers")
            >>> sent, read = p.redis.streams.add("parcels", {"n": 1}), group.read("gone")
            >>> [entry.data for entry in group.reclaim("here", after=0)]
            [{'n': 1}]
        """
        return await self._reclaim(consumer, milliseconds(after, "after") if after else 0, count)

    @operation(IDEMPOTENT)
    async def ack(self, *ids: str) -> int:
        """Say that entries are dealt with; returns how many were pending.

        https://redis.io/docs/latest/commands/xack/

        Args:
            ids: The entries' ids.

        Example:
            >>> sent = p.redis.streams.add("letters", {"to": "ada"})
            >>> group = p.redis.streams.group("letters", "postmen")
            >>> [group.ack(entry.id) for entry in group.read("worker-1")]
            [1]
        """
        if not ids:
            return 0
        return int(await self.ask(lambda r: r.xack(self.stream, self.name, *ids)))

    @operation(SAFE)
    async def pending(self, *, count: int = 100) -> list[Pending]:
        """Entries that were handed out and not acknowledged, the oldest first.

        https://redis.io/docs/latest/commands/xpending/

        Args:
            count: How many at most.

        Example:
            >>> sent = p.redis.streams.add("parcels", {"to": "ada"})
            >>> group = p.redis.streams.group("parcels", "postmen")
            >>> taken = group.read("worker-1")
            >>> [one.consumer for one in group.pending()]
            ['worker-1']
        """
        try:
            found: Any = await self.ask(lambda r: r.xpending_range(self.stream, self.name, "-", "+", count))
        except Exception as error:
            if is_missing_group(error):
                return []
            raise
        return [
            Pending(
                id=text(one["message_id"]), consumer=text(one["consumer"]),
                idle=one["time_since_delivered"] / 1000, delivered=one["times_delivered"],
            )
            for one in found
        ]  # fmt: skip

    async def _create(self, start: str) -> bool:
        try:
            await self.ask(lambda r: r.xgroup_create(self.stream, self.name, id=start, mkstream=True))
        except Exception as error:
            if is_known_group(error):
                return False
            raise
        return True

    async def _in_group(self, step: Any) -> Any:
        """Ask, and make the group if it is not there."""
        try:
            return await self.ask(step)
        except Exception as error:
            if not is_missing_group(error):
                raise
        await self._create("0")
        return await self.ask(step)

    async def _read(self, consumer: str, count: int, block: float) -> list[Entry]:
        span = round(self.patience(block) * 1000) if block > 0 else None
        found = await self._in_group(
            lambda r: r.xreadgroup(self.name, consumer, {self.stream: ">"}, count=count, block=span)
        )
        return _entries(found, delivered=1)

    async def _reclaim(self, consumer: str, idle: int, count: int) -> list[Entry]:
        found = await self._in_group(lambda r: r.xautoclaim(self.stream, self.name, consumer, idle, count=count))
        return [_entry(entry_id, fields, 0) for entry_id, fields in found[1] if fields is not None]


def _entries(found: Any, delivered: int = 0) -> list[Entry]:
    """redis-py gives a list of streams, or a mapping of them, and nothing where nothing came."""
    if not found:
        return []
    streams: list[Any] = list(found.values()) if hasattr(found, "values") else [entries for _, entries in found]
    flat: list[Any] = [one for entries in streams for one in entries]
    if flat and isinstance(flat[0], list) and flat[0] and isinstance(flat[0][0], tuple):
        flat = [one for batch in flat for one in batch]  # RESP3 wraps them once more
    return [_entry(entry_id, fields, delivered) for entry_id, fields in flat]


def _entry(entry_id: Any, fields: Mapping[Any, Any], delivered: int) -> Entry:
    return Entry(id=text(entry_id), fields={text(name): body for name, body in fields.items()}, delivered=delivered)
