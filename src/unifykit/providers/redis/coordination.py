"""Locks, rate limits and once-only work among processes.

https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/
"""

import secrets
from collections.abc import AsyncGenerator, Callable
from typing import Any

from typing_extensions import TypeVar

from unifykit._core.client import Client
from unifykit._core.held import held
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, UNSAFE, operation
from unifykit.errors import ConflictError, InvalidRequestError
from unifykit.providers.redis.codec import Seconds, decode, encode, key, lifetime, milliseconds
from unifykit.providers.redis.models import RateLimitHit
from unifykit.providers.redis.resource import Claim, RedisResource
from unifykit.providers.redis.scripts import FIRST, HIT, LOCK, PROLONG, UNLOCK

T = TypeVar("T", default=Any)


class Lock(RedisResource[M]):
    """A lock that is held.

    Attributes:
        name: Its name.
        fence: Higher than that of every holder before. Give it to what the lock protects, so that this can refuse a
            holder whose lock has run out without its noticing.
        mark: What the lock's key holds as long as this is its holder.
    """

    operations_prefix = "locks."

    def __init__(self, client: Client[M], name: str, fence: int, mark: str, ttl: int) -> None:
        super().__init__(client)
        self.name = name
        self.fence = fence
        self.mark = mark
        self._ttl = ttl

    def __repr__(self) -> str:
        return f"<Lock {self.name!r} fence {self.fence}>"

    @operation(IDEMPOTENT)
    async def extend(self, *, ttl: Seconds | None = None) -> None:
        """Hold the lock for longer, from now on.

        Args:
            ttl: Seconds, or a timedelta, from now; as at first when None.

        Raises:
            ConflictError: The lock has run out, and may be another's.

        Example:
            >>> with p.redis.locks.acquire("report", ttl=5) as lock:
            ...     lock.extend(ttl=60)
        """
        span = self._ttl if ttl is None else milliseconds(ttl, "ttl")
        if not await self.run(PROLONG, [key("lock", self.name)], self.mark, span):
            raise ConflictError(f"the lock {self.name!r} has run out: another may hold it.")


class Locks(RedisResource[M]):
    """`p.redis.locks`: one holder among all processes."""

    @held(IDEMPOTENT)
    async def acquire(self, name: str, *, ttl: Seconds, wait: float = 10.0) -> AsyncGenerator[Lock[M], None]:
        """Hold a lock for a block. At the end only this holder's lock is released.

        Args:
            name: Its name.
            ttl: Seconds, or a timedelta, after which it is free again even if its holder has died.
            wait: Seconds to wait for it; 0 to try once.

        Raises:
            ConflictError: Another held it all the time; `retry_after` says when its lock runs out. At the end of the
                block: the lock had run out before, so the block may not have been alone.

        Example:
            >>> with p.redis.locks.acquire("invoices", ttl=30, wait=0) as lock:
            ...     lock.fence
            1
        """
        lock = await self._take(name, milliseconds(ttl, "ttl"), wait)
        try:
            yield lock
        finally:
            await self._release(lock)

    async def _take(self, name: str, ttl: int, wait: float) -> Lock[M]:
        token, left = secrets.token_hex(16), wait
        keys = [key("lock", name), key("lock", name, "fence")]
        while True:
            mine, number = await self.run(LOCK, keys, token, ttl)
            if mine:
                return Lock(self._client, name, int(number), f"{token}:{number}", ttl)
            if left <= 0:
                raise ConflictError(f"the lock {name!r} is held by another.", retry_after=max(0, number) / 1000)
            left -= await self._await_release(name, min(left, number / 1000))

    async def _await_release(self, name: str, seconds: float) -> float:
        free = key("lock", name, "free")
        span = min(1.0, self.patience(seconds))  # one who was woken may die before it takes the lock
        return await self.wait_on(lambda r: r.blpop([free], timeout=span), span)

    async def _release(self, lock: Lock[M]) -> None:
        keys = [key("lock", lock.name), key("lock", lock.name, "free"), key("lock", lock.name, "last")]
        if not await self.run(UNLOCK, keys, lock.mark):
            raise ConflictError(
                f"the lock {lock.name!r} had run out before the block ended: raise its ttl, or extend it."
            )


class RateLimits(RedisResource[M]):
    """`p.redis.rate_limits`: limits for your own users, counted among all processes on the server's clock."""

    @operation(UNSAFE)
    async def hit(self, key: str, *, limit: int, period: Seconds, cost: int = 1) -> RateLimitHit:
        """Count one hit against a limit, unless it is used up. GCRA: no window whose edge can be gamed.

        https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm

        Args:
            key: What is limited, such as ``"login:198.51.100.7"``.
            limit: Hits in a period; all of them may come at once after a pause.
            period: Seconds, or a timedelta.
            cost: For how many hits this one counts.

        Example:
            >>> first = p.redis.rate_limits.hit("login:ada", limit=1, period=60)
            >>> second = p.redis.rate_limits.hit("login:ada", limit=1, period=60)
            >>> first.allowed, second.allowed, 0 < second.retry_after <= 60
            (True, False, True)
        """
        if not 1 <= cost <= limit:
            raise InvalidRequestError("limit must be 1 or more, and cost from 1 to limit: more could never be allowed.")
        found = await self.run(HIT, [_limit_key(key)], limit, milliseconds(period, "period") * 1000, cost)
        allowed, remaining, retry, reset = (int(number) for number in found)
        return RateLimitHit(
            allowed=bool(allowed),
            limit=limit,
            remaining=max(0, remaining),
            retry_after=retry / 1e6,
            reset_after=reset / 1e6,
        )


def _limit_key(name: str) -> str:
    return key("limit", name)


class Idempotency(RedisResource[M]):
    """`p.redis.idempotency`: work that is done once for a key, however often it is asked for."""

    @operation(IDEMPOTENT)
    async def once(
        self,
        key: str,
        fn: Callable[[], Any],
        *,
        ttl: Seconds,
        into: type[T] | None = None,
        lease: Seconds | None = None,
        wait: float = 10.0,
    ) -> T:
        """Do something once for a key, and give every caller its result.

        A second caller waits while the first is at it. If `fn` raises, its error goes to its caller and the key is free
        again. If its process dies, the key stays taken for `lease`, since nobody knows how far it came.

        Args:
            key: What identifies the work, such as a webhook's event id.
            fn: Does it, and returns what JSON can hold; may be async where the client is.
            ttl: Seconds, or a timedelta, for which the result is remembered.
            into: The type to validate the result into; plain JSON when None.
            lease: Seconds, or a timedelta, for which the key stays taken if the process dies; `ttl` when None.
            wait: Seconds to wait for another caller's result.

        Raises:
            ConflictError: Another is still at it after `wait`; `retry_after` says when it is given up.

        Example:
            >>> p.redis.idempotency.once("evt_1", lambda: "shipped", ttl=3600)
            'shipped'
            >>> p.redis.idempotency.once("evt_1", lambda: "shipped again", ttl=3600)
            'shipped'
        """
        span = milliseconds(ttl, "ttl")
        claim = Claim("once", key, lifetime(ttl), span if lease is None else milliseconds(lease, "lease"), wait)

        async def make() -> bytes:
            return encode(await self.call(fn))

        return decode(await self.compute_once(claim, make), into)

    @operation(IDEMPOTENT)
    async def first(self, key: str, *, ttl: Seconds) -> bool:
        """Say whether a key is seen for the first time, among all processes, and remember it.

        The key is remembered even if what follows fails; for work that is to be tried again then, use `once`.

        https://redis.io/docs/latest/commands/set/

        Args:
            key: What is seen, such as a webhook's delivery id.
            ttl: Seconds, or a timedelta, for which it is remembered.

        Example:
            >>> p.redis.idempotency.first("evt_2", ttl=3600), p.redis.idempotency.first("evt_2", ttl=3600)
            (True, False)
        """
        return bool(await self.run(FIRST, [_first_key(key)], secrets.token_hex(16), milliseconds(ttl, "ttl")))


def _first_key(name: str) -> str:
    return key("first", name)
