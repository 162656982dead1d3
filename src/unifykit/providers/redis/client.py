# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
# The reason: redis-py leaves the replies of some commands unannotated.
"""The Redis client: what it is built of, and the operations on the server itself."""

import functools
from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import ConfigurationError, UnifyError
from unifykit.providers.redis.errors import DIALECT, translate
from unifykit.providers.redis.resource import RedisResource

if TYPE_CHECKING:
    from collections.abc import Sequence

    import redis
    import redis.asyncio

    from unifykit.providers.redis.cache import Cache
    from unifykit.providers.redis.coordination import Idempotency, Locks, RateLimits
    from unifykit.providers.redis.messaging import Pubsub
    from unifykit.providers.redis.models import ServerInfo
    from unifykit.providers.redis.sessions import Sessions
    from unifykit.providers.redis.streams import Streams


# Resources are imported where they are first used: the native client needs none of them.
class Redis(Client[M], RedisResource[M]):
    """Redis or Valkey: `p.redis`.

    https://redis.io/docs/latest/commands/

    One object serves all threads, forks and event loops. `native` is redis-py's client: in async mode too it is one
    object for every loop, with connections for each.
    """

    provider = "redis"
    packages: ClassVar[tuple[str, ...]] = ("redis",)
    dialect = DIALECT
    attempt_timeout: ClassVar[float] = 5.0

    native: "Native[redis.Redis, redis.asyncio.Redis]" = Native()

    def build_native(self) -> Any:
        """redis-py's client on our wire."""
        from unifykit._wires.redis import Wire
        from unifykit._wires.redis_connections import AsyncPools, SyncPools
        from unifykit._wires.redis_loops import WiredAsyncRedis
        from unifykit._wires.redis_threads import WiredRedis

        link = self.link
        url, seconds = link.settings.redis_url.get_secret_value(), link.engine.policy.attempt_timeout
        wire = Wire(link.engine, link.clock)
        try:
            if self.is_async:
                return WiredAsyncRedis(wire, link.share("redis", lambda: AsyncPools(url, seconds)))
            return WiredRedis(wire, link.share("redis", lambda: SyncPools(url, seconds)))
        except ValueError:  # its text would repeat parts of the URL, and so of the password
            raise ConfigurationError(
                "the Redis URL is malformed: give redis://[user:password@]host[:port][/database], "
                "with the password percent-encoded."
            ) from None

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what redis-py, the network or a model raised."""
        return translate(error, op)

    @operation(SAFE)
    async def ping(self) -> float:
        """Ask the server for a sign of life; returns the seconds of the round trip.

        https://redis.io/docs/latest/commands/ping/

        Example:
            >>> p.redis.ping() < 1
            True
        """
        _ = self._client.built  # building it is no part of the round trip
        began = self.now()
        await self.ask(lambda r: r.ping())
        return self.now() - began

    @operation(SAFE)
    async def info(self) -> "ServerInfo":
        """What the server says of itself.

        https://redis.io/docs/latest/commands/info/

        Example:
            >>> p.redis.info().role
            'master'
        """
        said: dict[str, Any] = await self.ask(lambda r: r.info())
        return _info(said)

    @checkup
    def check(self) -> "Sequence[Probe[Redis[Async]]]":
        """Ask the server for a sign of life and for its version.

        Example:
            >>> p.redis.check().ok
            True
        """
        return [
            Probe("ping", lambda redis: redis.ping(), lambda seconds: f"{seconds * 1000:.1f} ms"),
            Probe("info", lambda redis: redis.info(), lambda info: f"{info.server} {info.version}, {info.role}"),
        ]

    @functools.cached_property
    def cache(self) -> "Cache[M]":
        """Values with a time to live, computed once among all processes."""
        from unifykit.providers.redis.cache import Cache

        return Cache(self)

    @functools.cached_property
    def sessions(self) -> "Sessions[M]":
        """Sessions of users."""
        from unifykit.providers.redis.sessions import Sessions

        return Sessions(self)

    @functools.cached_property
    def locks(self) -> "Locks[M]":
        """One holder among all processes."""
        from unifykit.providers.redis.coordination import Locks

        return Locks(self)

    @functools.cached_property
    def rate_limits(self) -> "RateLimits[M]":
        """Limits for your own users."""
        from unifykit.providers.redis.coordination import RateLimits

        return RateLimits(self)

    @functools.cached_property
    def idempotency(self) -> "Idempotency[M]":
        """Work that is done once for a key."""
        from unifykit.providers.redis.coordination import Idempotency

        return Idempotency(self)

    @functools.cached_property
    def pubsub(self) -> "Pubsub[M]":
        """Messages to whoever listens now."""
        from unifykit.providers.redis.messaging import Pubsub

        return Pubsub(self)

    @functools.cached_property
    def streams(self) -> "Streams[M]":
        """Messages that stay until they are dealt with."""
        from unifykit.providers.redis.streams import Streams

        return Streams(self)


def _info(said: dict[str, Any]) -> "ServerInfo":
    from unifykit.providers.redis.models import ServerInfo

    valkey = said.get("valkey_version")
    known = {
        "server": "valkey" if valkey else "redis",
        "version": str(valkey or said["redis_version"]),
        "mode": str(said.get("redis_mode") or said.get("server_mode") or "standalone"),
        "role": said["role"],
        "uptime": said["uptime_in_seconds"],
        "clients": said["connected_clients"],
        "max_memory": said.get("maxmemory", 0),
    }
    return ServerInfo.model_validate({**said, **known})
