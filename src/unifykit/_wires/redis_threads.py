# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportPrivateUsage=false
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
# The reason: redis-py leaves these methods unannotated, or annotates them otherwise in each of its two modes.
"""redis-py's client behind the engine, for threads and forks.

Subscriptions and `MONITOR` read from a connection of their own, for as long as they like.
"""

import functools
from collections.abc import Sequence
from typing import Any

import redis
from redis.client import Pipeline as NativePipeline
from redis.client import PubSub as NativePubSub

from unifykit._wires.redis import GONE, Wire, confirms
from unifykit._wires.redis_attempt import running
from unifykit._wires.redis_commands import blocks_for
from unifykit._wires.redis_connections import SyncPools


class WiredRedis(redis.Redis):
    """redis-py's client for threads, behind the engine."""

    def __init__(self, wire: Wire, pools: SyncPools, **given: Any) -> None:
        self._wire = wire
        self._pools = pools
        super().__init__(connection_pool=pools.quick, **given)
        self._patient = self if given else _Patient(connection_pool=pools.waiting)

    def __reduce__(self) -> Any:
        raise TypeError("this client holds connections: build it anew instead of pickling it")

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """One command through the engine."""
        blocks = blocks_for(args)
        client: Any = super() if blocks is None or self._patient is self else self._patient
        call = functools.partial(client._execute_command, *args, **options)  # noqa: SLF001 -- the same class
        return self._wire.run((args,), call, blocks=blocks)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> "WiredPipeline":
        """See redis-py."""
        return WiredPipeline(self._wire, self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def client(self) -> "WiredRedis":
        """See redis-py."""
        return WiredRedis(self._wire, self._pools, single_connection_client=True)

    def subscription(self, channels: Sequence[str], patterns: Sequence[str]) -> "Subscription":
        """A subscription that the server has confirmed, on a connection of its own."""

        def subscribe() -> Subscription:
            heard = Subscription(self._pools.waiting)
            try:
                heard.begin(channels, patterns)
            except BaseException:
                heard.hang_up()
                raise
            return heard

        return self._wire.run((("SUBSCRIBE", *channels, *patterns),), subscribe)


class _Patient(redis.Redis):
    """Runs the commands that wait on the server, inside an attempt of the client that owns it."""


class WiredPipeline(NativePipeline):
    """A pipeline as one exchange: repeated whole, and only if all of its commands may be."""

    def __init__(self, wire: Wire, *given: Any) -> None:
        self._wire = wire
        self._failed = False
        super().__init__(*given)

    def pipeline_execute_command(self, *args: Any, **options: Any) -> Any:
        """Queue a command."""
        self._failed = False
        return super().pipeline_execute_command(*args, **options)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """A command of a transaction that watches keys; a lost connection is a lost watch."""
        call = functools.partial(super().immediate_execute_command, *args, **options)
        return self._wire.run((args,), call, blocks=blocks_for(args), replayable=not self.watching)

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send the queued commands."""
        stack, scripts, watching = list(self.command_stack), set(self.scripts), self.watching
        if not stack and not watching:
            if self._failed:
                raise redis.RedisError(GONE)
            return []
        explicit = self.explicit_transaction
        native = super().execute

        def attempt() -> list[Any]:
            self.command_stack, self.scripts, self.explicit_transaction = list(stack), set(scripts), explicit
            return native(raise_on_error)

        self._failed = True
        found = self._wire.run([args for args, _ in stack], attempt, replayable=not watching, many=True)
        self._failed = False
        return found

    def _disconnect_raise_on_watching(self, conn: Any, error: Exception, *given: Any, **named: Any) -> None:
        attempt = running.get()
        if attempt is not None and attempt.sent:  # EXEC may have happened: "watched keys changed" would be a lie
            conn.disconnect()
        else:
            super()._disconnect_raise_on_watching(conn, error, *given, **named)


class Subscription(NativePubSub):
    """A subscription that knows how to begin and end; it is never made anew behind the engine's back."""

    def begin(self, channels: Sequence[str], patterns: Sequence[str]) -> None:
        """Subscribe, and wait until the server has confirmed."""
        self._early: list[Any] = []
        if channels:
            self.subscribe(*channels)
        if patterns:
            self.psubscribe(*patterns)
        left = len(channels) + len(patterns)
        while left:
            said = self.parse_response(block=True)  # type: ignore[no-untyped-call]
            left -= confirms(said, self._early)

    def heard(self, seconds: float) -> Any:
        """The next message, or None after `seconds`."""
        if self._early:
            return self.handle_message(self._early.pop(0), ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        return self.get_message(ignore_subscribe_messages=True, timeout=seconds)

    def hang_up(self) -> None:
        """End it and give its connection back."""
        self.close()

    def _reconnect(self, conn: Any, *_: Any, **__: Any) -> None:
        conn.disconnect()
