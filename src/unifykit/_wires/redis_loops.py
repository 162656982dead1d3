# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportPrivateUsage=false
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
# The reason: redis-py leaves these methods unannotated, or annotates them otherwise in each of its two modes.
"""redis-py's client behind the engine, for event loops: one object for any number of them."""

import asyncio
import functools
from collections.abc import Sequence
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.client import Pipeline as NativeAsyncPipeline
from redis.asyncio.client import PubSub as NativeAsyncPubSub

from unifykit._wires.redis import GONE, Wire, confirms
from unifykit._wires.redis_attempt import running
from unifykit._wires.redis_commands import blocks_for
from unifykit._wires.redis_connections import AsyncPools


class _OnAnyLoop:
    """What has a pool for each event loop, looked up when it is used."""

    _pools: AsyncPools

    @property
    def connection_pool(self) -> Any:
        """The running loop's pool; where no loop runs, one that only knows its options."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._pools.resting
        return self._pools.quick

    @connection_pool.setter
    def connection_pool(self, _: Any) -> None:
        """redis-py's constructors set it."""


class WiredAsyncRedis(_OnAnyLoop, redis.asyncio.Redis):  # type: ignore[misc]  # redis-py: two bases disagree
    """redis-py's client for event loops, behind the engine: one object for all loops, connections for each."""

    def __init__(self, wire: Wire, pools: AsyncPools, **given: Any) -> None:
        self._wire = wire
        self._pools = pools
        super().__init__(connection_pool=pools.resting, **given)

    def __reduce__(self) -> Any:
        raise TypeError("this client holds connections: build it anew instead of pickling it")

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """One command through the engine."""
        blocks = blocks_for(args)
        client: Any = super()
        if blocks is not None and not self.single_connection_client:
            client = _AsyncPatient(connection_pool=self._pools.waiting)
        return await self._wire.arun(
            (args,), functools.partial(client.execute_command, *args, **options), blocks=blocks
        )

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> "WiredAsyncPipeline":
        """See redis-py."""
        return WiredAsyncPipeline(self._wire, self._pools, self.response_callbacks, transaction, shard_hint)

    def pubsub(self, **given: Any) -> "WiredAsyncPubSub":
        """See redis-py."""
        return WiredAsyncPubSub(self._pools, **given)

    def client(self) -> "WiredAsyncRedis":
        """See redis-py."""
        return WiredAsyncRedis(self._wire, self._pools, single_connection_client=True)

    async def subscription(self, channels: Sequence[str], patterns: Sequence[str]) -> "AsyncSubscription":
        """A subscription that the server has confirmed, on a connection of its own."""

        async def subscribe() -> AsyncSubscription:
            heard = AsyncSubscription(self._pools.waiting)
            try:
                await heard.begin(channels, patterns)
            except BaseException:
                await heard.hang_up()
                raise
            return heard

        return await self._wire.arun((("SUBSCRIBE", *channels, *patterns),), subscribe)


class _AsyncPatient(redis.asyncio.Redis):
    """Runs the commands that wait on the server, inside an attempt of the client that owns it."""


class WiredAsyncPipeline(_OnAnyLoop, NativeAsyncPipeline):  # type: ignore[misc]  # as above
    """A pipeline as one exchange: repeated whole, and only if all of its commands may be."""

    def __init__(self, wire: Wire, pools: AsyncPools, *given: Any) -> None:
        self._wire = wire
        self._pools = pools
        self._failed = False
        super().__init__(pools.resting, *given)

    def pipeline_execute_command(self, *args: Any, **options: Any) -> Any:
        """Queue a command."""
        self._failed = False
        return super().pipeline_execute_command(*args, **options)  # type: ignore[no-untyped-call]

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """A command of a transaction that watches keys; a lost connection is a lost watch."""
        call = functools.partial(super().immediate_execute_command, *args, **options)
        return await self._wire.arun((args,), call, blocks=blocks_for(args), replayable=not self.watching)

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send the queued commands."""
        stack, scripts, watching = list(self.command_stack), set(self.scripts), self.watching
        if not stack and not watching:
            if self._failed:
                raise redis.RedisError(GONE)
            return []
        explicit = self.explicit_transaction
        native = super().execute

        async def attempt() -> list[Any]:
            self.command_stack, self.scripts, self.explicit_transaction = list(stack), set(scripts), explicit
            return await native(raise_on_error)

        self._failed = True
        found = await self._wire.arun([args for args, _ in stack], attempt, replayable=not watching, many=True)
        self._failed = False
        return found

    async def _disconnect_raise_on_watching(self, conn: Any, error: Exception, *given: Any, **named: Any) -> None:
        attempt = running.get()
        if attempt is not None and attempt.sent:  # EXEC may have happened: "watched keys changed" would be a lie
            await conn.disconnect()
        else:
            await super()._disconnect_raise_on_watching(conn, error, *given, **named)


class WiredAsyncPubSub(_OnAnyLoop, NativeAsyncPubSub):
    """redis-py's subscription, on whatever loop it is used."""

    def __init__(self, pools: AsyncPools, **given: Any) -> None:
        self._pools = pools
        super().__init__(pools.resting, **given)


class AsyncSubscription(NativeAsyncPubSub):
    """A subscription that knows how to begin and end; it is never made anew behind the engine's back."""

    async def begin(self, channels: Sequence[str], patterns: Sequence[str]) -> None:
        """Subscribe, and wait until the server has confirmed."""
        self._early: list[Any] = []
        if channels:
            await self.subscribe(*channels)
        if patterns:
            await self.psubscribe(*patterns)
        left = len(channels) + len(patterns)
        while left:
            left -= confirms(await self.parse_response(block=True), self._early)

    async def heard(self, seconds: float) -> Any:
        """The next message, or None after `seconds`."""
        if self._early:
            return await self.handle_message(self._early.pop(0), ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        return await self.get_message(ignore_subscribe_messages=True, timeout=seconds)

    async def hang_up(self) -> None:
        """End it and give its connection back."""
        await self.aclose()  # type: ignore[no-untyped-call]

    async def _reconnect(self, conn: Any, *_: Any, **__: Any) -> None:
        await conn.disconnect(nowait=True)
