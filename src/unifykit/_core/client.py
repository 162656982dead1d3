"""What every provider's client is built on."""

import functools
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, Self, cast, overload

from typing_extensions import TypeVar

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Operation, allowed, current
from unifykit._core.dialect import Dialect
from unifykit._core.engine import Engine
from unifykit._core.extras import extra
from unifykit._core.mode import Async, M, Sync
from unifykit._core.operation import Resource
from unifykit._core.outcome import Safety
from unifykit._core.policy import DEFAULT_ATTEMPT_TIMEOUT, RateLimit, Retry
from unifykit._core.quota import RateLimitState
from unifykit.errors import (
    ConflictError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    UnifyError,
)
from unifykit.events import OutcomeEvent, StartEvent

T = TypeVar("T")
N = TypeVar("N", default=Any)
A = TypeVar("A", default=Any)

_VARIANTS = 64  # clients under other options that are kept; a caller may make new options for every call


@dataclass
class Link:
    """What connects a client with the rest: its settings, its engine, the clock, and what it shares with its siblings.

    Attributes:
        settings: The account's settings.
        engine: Decides, under this client's policy.
        clock: Tells the time.
        is_async: The client's mode.
        in_thread: Runs a blocking call in the provider's bounded pool of threads.
        sibling: Finds another account of the same provider.
        shared: What clients of one account share whatever their options: connection pools.
    """

    settings: Any
    engine: Engine
    clock: Clock
    is_async: bool
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    sibling: Callable[[str], Any]
    shared: dict[Hashable, Any] = field(default_factory=dict[Hashable, Any])
    variants: dict[Hashable, Any] = field(default_factory=dict[Hashable, Any])

    def share(self, key: Hashable, make: Callable[[], T]) -> T:
        """The one object under this key; `make` may run twice when threads race, the first result stays."""
        found = self.shared.get(key)
        return cast("T", found if found is not None else self.shared.setdefault(key, make()))

    def close(self) -> None:
        """Close what is shared and can be closed in this mode."""
        for thing in list(self.shared.values()):
            if hasattr(thing, "close"):
                thing.close()

    async def aclose(self) -> None:
        """Close what is shared; what belongs to an event loop, on the running one."""
        self.close()
        for thing in list(self.shared.values()):
            if hasattr(thing, "aclose"):
                await thing.aclose()


def _done_before(op: Operation, error: UnifyError) -> bool:
    """Whether an earlier attempt, whose reply was lost, may be why the platform now says no (a DELETE that finds nothing)."""
    no = isinstance(error, NotFoundError | ConflictError | InvalidRequestError)
    return no and op.repeated_blindly and op.safety is not Safety.KEYED


class Client(Resource[M]):
    """One provider, one account, one mode. Everything is built when first used."""

    operations_prefix: ClassVar[str] = ""
    provider: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    dialect: ClassVar[Dialect]
    attempt_timeout: ClassVar[float] = DEFAULT_ATTEMPT_TIMEOUT
    """Seconds for one attempt where the user set none."""
    pace: ClassVar[RateLimit] = RateLimit()
    """How fast to go where the user set nothing."""

    def __init__(self, link: Link) -> None:
        self.link: Link = link
        self.is_async: bool = link.is_async
        super().__init__(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'async' if self.is_async else 'sync'}>"

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds a credential and connections: build it anew instead of pickling it"
        )

    def __getitem__(self, account: str) -> Self:
        """The same provider under another account, such as ``p.github["bot"]``.

        Raises:
            ConfigurationError: There is no such account; the text names the variables that were looked for.
        """
        return cast("Self", self.link.sibling(account))

    def with_options(
        self,
        *,
        retry: Retry | None = None,
        rate_limit: RateLimit | None = None,
        timeout: float | None = None,
        attempt_timeout: float | None = None,
    ) -> Self:
        """The same client under other options; connections, budget, breaker and quota are shared with this one.

        Args:
            retry: When to try again. The budget's size stays the account's.
            rate_limit: How fast to go; a new limit is counted apart from the old one.
            timeout: Seconds for a whole operation, waits included.
            attempt_timeout: Seconds for one attempt.
        """
        given = {"retry": retry, "limit": rate_limit, "timeout": timeout, "attempt_timeout": attempt_timeout}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        policy = replace(self.link.engine.policy, **changes)
        variants = self.link.variants
        found = variants.get(policy)
        if found is None:
            if len(variants) >= _VARIANTS:
                variants.pop(next(iter(variants)), None)
            engine = self.link.engine.with_policy(policy)
            found = variants.setdefault(policy, type(self)(replace(self.link, engine=engine)))
        return cast("Self", found)

    @property
    def quota(self) -> Mapping[str, RateLimitState]:
        """The provider's allowances as far as its replies have told, by the provider's name for each."""
        return self.link.engine.account.quota.state(self.link.clock.now())

    @abstractmethod
    def build_native(self) -> Any:
        """The SDK's client for this mode, its own retries off, its traffic through our wire."""

    @property
    def built(self) -> Any:
        """The SDK's client, built once, when first asked for.

        Raises:
            MissingExtraError: The SDK is not installed, or is installed and broken.
        """
        found = self.__dict__.get("_built")
        if found is None:
            with extra(self.provider, self.packages):
                found = self.__dict__.setdefault("_built", self.build_native())
        return found

    @abstractmethod
    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what the SDK, the network or a model raised."""

    def _adopt(self, resource: Resource[Any]) -> None:
        """A group of this client's operations was made. See `unifykit.testing.FakePlatforms`, which needs to know."""

    # -- the way of one operation

    def begin(
        self, name: str, safety: Safety, *, stream: bool = False, refusal: InvalidRequestError | None = None
    ) -> Operation:
        """Open an operation; `refusal` is raised before its first attempt, if its body finds nothing wrong itself."""
        engine = self.link.engine
        op = Operation(self.provider, name, safety, deadline=self.due(), refusal=refusal)
        op.began = self.link.clock.now()
        engine.tell(StartEvent(self.provider, name, op.call, stream))
        return op

    def due(self) -> Deadline | None:
        """The nearer of the caller's deadline and this client's timeout, counted from now."""
        outer, timeout = allowed.get(), self.link.engine.policy.timeout
        if timeout is None:
            return outer
        mine = Deadline(self.link.clock.now() + timeout, timeout)
        return mine if outer is None or mine.at < outer.at else outer

    def succeeded(self, op: Operation) -> None:
        """Close an operation that returned."""
        self._end(op, None)

    def failed(self, op: Operation, error: Exception) -> UnifyError:
        """Close an operation that raised; returns the uniform error."""
        uniform = error if isinstance(error, UnifyError) else op.refusal or self.translate(error, op)
        uniform.locate(op.provider, op.name)
        uniform.attempts = uniform.attempts or op.attempts
        uniform.maybe_executed = uniform.maybe_executed or op.maybe_executed or _done_before(op, uniform)
        uniform.phase = uniform.phase or op.phase
        if uniform.retry_after is None and uniform.retryable:
            uniform.retry_after = op.retry_after
        if op.note and op.note not in uniform.message:
            uniform.message = f"{uniform.message.rstrip('.')}; {op.note}."
        self._end(op, type(uniform).__name__)
        return uniform

    def cut_off(self, op: Operation, error: BaseException | None) -> None:
        """Close an operation that was cancelled or interrupted; None where a stream merely came to its end."""
        self._end(op, None if error is None else type(error).__name__)

    def passed_on(self, op: Operation, error: Exception) -> Exception:
        """Close an operation in which the caller's own code raised; returns that error."""
        self._end(op, type(error).__name__)
        return error

    def _end(self, op: Operation, error: str | None) -> None:
        op.over = True
        seconds = self.link.clock.now() - op.began
        self.link.engine.tell(OutcomeEvent(op.provider, op.name, op.call, seconds, op.attempts, op.waited, error))

    async def within_deadline(self, op: Operation, body: Coroutine[Any, Any, T]) -> T:
        """Run an async body; it is cut off at its deadline wherever it waits."""
        import anyio

        assert op.deadline is not None
        remaining = op.deadline.at - self.link.clock.now()
        with anyio.move_on_after(max(0.0, remaining)):
            return await body
        op.maybe_executed = op.attempts > 0 and op.safety in (Safety.UNSAFE, Safety.KEYED)
        text = f"not done within {op.deadline.seconds:.3g} s."
        phase = "attempt" if op.attempts else "before the attempt"
        raise DeadlineExceededError(text, phase=op.phase or phase)


class Blocking(Resource[M], Generic[M, N]):
    """Resources of a provider whose SDK blocks: in async mode its calls run in threads."""

    async def ask(self, step: Callable[[N], T]) -> T:
        """Call the SDK; the only thing that a body may await."""
        client = self._client
        if client.is_async:
            return cast("T", await client.link.in_thread(functools.partial(step, client.built)))
        return step(client.built)


class Dual(Resource[M], Generic[M, N]):
    """Resources of a provider whose SDK has a client for each mode. Bodies are typed against the async one."""

    async def ask(self, step: Callable[[N], Awaitable[T]]) -> T:
        """Call the SDK; the only thing that a body may await."""
        client = self._client
        answer = step(client.built)
        if client.is_async:
            return await answer
        return cast("T", answer)  # the sync twin of the SDK's client answers at once

    async def pause(self, seconds: float) -> None:
        """Wait on the client's clock, at most to the operation's deadline; a body may await this too."""
        client = self._client
        op = current.get()
        limit = None if op is None else op.sooner(allowed.get())
        if limit is not None:
            seconds = max(0.0, min(seconds, limit.at - client.link.clock.now()))
        if client.is_async:
            await client.link.clock.asleep(seconds)
        else:
            client.link.clock.sleep(seconds)


class Native(Generic[N, A]):
    """The vendor's own client, of the class that suits the mode, behind the same pipeline."""

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Client[Sync], owner: type) -> N: ...
    @overload
    def __get__(self, obj: Client[Async], owner: type) -> A: ...
    def __get__(self, obj: Client[Any] | None, owner: type) -> Any:
        return self if obj is None else obj.built
