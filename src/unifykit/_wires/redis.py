"""The wire under redis-py: how a command or a pipeline passes the engine, and what its failure means.

The clients are in `redis_threads` and `redis_loops`.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import redis
from redis.exceptions import AuthorizationError

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Operation
from unifykit._core.engine import Engine
from unifykit._core.outcome import Kind, Outcome, Request
from unifykit._wires.drive import Port, adrive, drive, operation_for
from unifykit._wires.redis_attempt import Attempt, attempting, running
from unifykit._wires.redis_commands import safety_of

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
GONE = "this pipeline failed and its commands are gone: build it anew"


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


def confirms(said: Any, early: list[Any]) -> bool:
    """Whether the server confirmed a subscription; a message that came before the last confirmation is kept."""
    kind = said[0]
    if kind in (b"subscribe", b"psubscribe"):
        return True
    early.append(said)
    return False
