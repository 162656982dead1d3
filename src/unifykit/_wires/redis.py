# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportPrivateUsage=false
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
# The reason: redis-py leaves these methods unannotated, or annotates them otherwise in each of its two modes.
"""The wire under redis-py: every command and every pipeline of the clients made here passes the engine.

`WiredRedis` is safe for threads and forks; one `WiredAsyncRedis` serves any number of event loops. Subscriptions and
`MONITOR` read from a connection of their own, for as long as they like.
"""

import asyncio
import functools
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import redis
import redis.asyncio
from redis.asyncio.client import Pipeline as NativeAsyncPipeline
from redis.asyncio.client import PubSub as NativeAsyncPubSub
from redis.client import Pipeline as NativePipeline
from redis.client import PubSub as NativePubSub
from redis.exceptions import AuthorizationError

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Operation
from unifykit._core.engine import Engine
from unifykit._core.outcome import Kind, Outcome, Request
from unifykit._wires.drive import Port, adrive, drive, operation_for
from unifykit._wires.redis_commands import blocks_for, safety_of
from unifykit._wires.redis_connections import AsyncPools, Attempt, SyncPools, attempting, running

R = TypeVar("R")

_OK = Outcome(Kind.OK)
_REFUSED = frozenset(
    (
        "BUSY",
        "CLUSTERDOWN",
        "LOADING",
        "MASTERDOWN",
        "MISCONF",
        "NOREPLICAS",
        "OOM",
        "READONLY",
        "TRYAGAIN",
        "UNKILLABLE",
    )
)
"""Words with which a server says: not now. It has done nothing."""

_ANNOTATED = re.compile(r"\ACommand # \d+ \(.*?\) of pipeline caused error: ", re.DOTALL)
_GONE = "this pipeline failed and its commands are gone: build it anew"


def said(error: Exception) -> str:
    """What the server said, without the command that redis-py puts in front of it."""
    return _ANNOTATED.sub("", str(error))


def error_word(error: Exception) -> str:
    """The word that begins a server's error, such as "WRONGTYPE"; empty if there is none."""
    known = getattr(error, "status_code", None)
    if known:
        return str(known)
    first = said(error).partition(" ")[0]
    return first if first.isupper() and first.isalpha() else ""


class Wire:
    """What both clients know of one account."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock

    def prepare(
        self, commands: Sequence[Sequence[Any]], *, replayable: bool
    ) -> tuple[Request, Operation, Deadline | None]:
        """Say what the engine must know of these commands."""
        op, limit = operation_for(self.engine, self.clock)
        size = sum(len(part) for command in commands for part in command if isinstance(part, str | bytes))
        return Request(safety_of(commands, op.safety), replayable=replayable, sent=size), op, limit

    def seconds(self, allotted: float, blocks: float | None, limit: Deadline | None) -> float | None:
        """How long an attempt may take; a blocking command has its own time on top."""
        if blocks is None:
            return allotted
        patience = None if blocks == 0 else blocks + self.engine.policy.attempt_timeout
        left = None if limit is None else max(0.0, limit.at - self.clock.now())
        return min((seconds for seconds in (patience, left) if seconds is not None), default=None)

    def port(self, attempts: list[Attempt], *, many: bool = False) -> Port[Any]:
        """How outcomes are told; `attempts` holds the running one."""
        return Port(lambda _: _OK, lambda error: blame(error, attempts[-1], many=many), lambda _: None)

    def run(
        self, commands: Sequence[Sequence[Any]], call: Callable[[], R], *,
        blocks: float | None = None, replayable: bool = True, many: bool = False,
    ) -> R:  # fmt: skip
        """Perform commands in this thread."""
        if running.get() is not None:  # part of an attempt already, such as a pipeline's scripts
            return call()
        request, op, limit = self.prepare(commands, replayable=replayable)
        attempts: list[Attempt] = []

        def attempt(timeout: float) -> R:
            with attempting(self.seconds(timeout, blocks, limit)) as mine:
                attempts.append(mine)
                return _Answer(call())  # type: ignore[return-value]

        found: Any = drive(self.engine, self.clock, request, self.port(attempts, many=many), attempt, op, limit)
        return found.value  # type: ignore[no-any-return]

    async def arun(
        self, commands: Sequence[Sequence[Any]], call: Callable[[], Awaitable[R]], *,
        blocks: float | None = None, replayable: bool = True, many: bool = False,
    ) -> R:  # fmt: skip
        """Perform commands in this task."""
        if running.get() is not None:
            return await call()
        request, op, limit = self.prepare(commands, replayable=replayable)
        attempts: list[Attempt] = []

        async def attempt(timeout: float) -> Any:  # noqa: ASYNC109 -- the engine's word, kept by asyncio.timeout
            seconds = self.seconds(timeout, blocks, limit)
            with attempting(seconds) as mine:
                attempts.append(mine)
                return _Answer(await _within(seconds, call))

        found: Any = await adrive(self.engine, self.clock, request, self.port(attempts, many=many), attempt, op, limit)
        return found.value  # type: ignore[no-any-return]


class _Answer:
    """A reply in a box, since nil is a reply and no reply is None to the driver."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


async def _within(seconds: float | None, call: Callable[[], Awaitable[R]]) -> R:
    try:
        async with asyncio.timeout(seconds):
            return await call()
    except TimeoutError as error:
        raise redis.TimeoutError(f"no reply within {seconds:.3g} s") from error


def blame(  # noqa: PLR0911 -- a table of cases
    error: Exception, attempt: Attempt, *, many: bool = False
) -> Outcome | None:
    """What a failure means; None if it is no failure of the exchange. `many` for commands that may be done in part."""
    if not isinstance(error, redis.RedisError):
        return Outcome(Kind.FINAL, executed=attempt.sent, error="broken") if isinstance(error, OSError) else None
    word = error_word(error)
    if word in _REFUSED:
        return Outcome(Kind.TRANSIENT, executed=many and attempt.sent, error=word)
    if isinstance(error, redis.AuthenticationError | AuthorizationError):
        return Outcome(Kind.FINAL, executed=False, error=word or "AUTH")
    if isinstance(error, redis.MaxConnectionsError):
        return Outcome(Kind.TRANSIENT, executed=False, error="pool")
    if isinstance(error, redis.TimeoutError):
        return Outcome(
            Kind.TRANSIENT, executed=attempt.sent, error="timeout" if attempt.sent else "connect", timeout=True
        )
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return Outcome(Kind.FINAL, executed=False, error="tls")
    if isinstance(error, redis.InvalidResponse):
        return Outcome(Kind.FINAL, executed=attempt.sent, error="broken")
    if isinstance(error, redis.ConnectionError):
        return Outcome(Kind.TRANSIENT, executed=attempt.sent, error="broken" if attempt.sent else "connect")
    return Outcome(Kind.FINAL, executed=False, error=word or type(error).__name__)


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
                raise redis.RedisError(_GONE)
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
            left -= _confirms(said, self._early)

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


def _confirms(said: Any, early: list[Any]) -> bool:
    """Whether the server confirmed a subscription; a message that came before the last confirmation is kept."""
    kind = said[0]
    if kind in (b"subscribe", b"psubscribe"):
        return True
    early.append(said)
    return False


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
                raise redis.RedisError(_GONE)
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
            left -= _confirms(await self.parse_response(block=True), self._early)

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
