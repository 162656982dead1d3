"""What Redis's resources share: scripts, the caller's own functions, and computing a value once among all processes."""

import contextlib
import inspect
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from unifykit._core.client import Dual
from unifykit._core.context import allowed, current
from unifykit._core.mode import M
from unifykit._core.operation import Foreign
from unifykit.errors import ConflictError, InvalidRequestError
from unifykit.providers.redis.codec import key, text
from unifykit.providers.redis.errors import is_crowded, is_unknown_script
from unifykit.providers.redis.scripts import ABANDON, CLAIM, STORE, Script

if TYPE_CHECKING:
    import redis.asyncio

_LONGEST_WAIT = 5.0
_SHORTEST_WAIT = 0.01
_CROWDED_PAUSE = 0.1
_HIT, _MINE = 1, 2


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be computed once.

    Attributes:
        kind: The kind of its key.
        name: Its name.
        ttl: Milliseconds for which the result stays; 0 for ever.
        lease: Milliseconds for which a claim holds if its holder dies.
        wait: The longest wait for another's result, in seconds; None for as long as it takes.
    """

    kind: str
    name: str
    ttl: int
    lease: int
    wait: float | None = None


class RedisResource(Dual[M, "redis.asyncio.Redis"], Generic[M]):
    """Operations over redis-py; bodies are typed against its async client."""

    async def run(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Run a script, by its name where the server knows it."""
        count = len(keys)
        try:
            return await self.ask(lambda r: r.evalsha(script.sha, count, *keys, *arguments))
        except Exception as error:
            if not is_unknown_script(error):
                raise
        return await self.ask(lambda r: r.eval(script.text, count, *keys, *arguments))

    async def call(self, function: Callable[[], Any]) -> Any:
        """Call the caller's own function, and await what it returns where the client is async.

        The operation's promises are not those of the function: commands in it are judged by themselves.
        """
        token = current.set(None)
        try:
            found = function()
            if not inspect.isawaitable(found):
                return found
            if self._client.is_async:
                return await found
        except Exception as error:
            raise Foreign(error) from error
        finally:
            current.reset(token)
        if inspect.iscoroutine(found):
            found.close()
        raise InvalidRequestError(
            "the function is async, but this client is not: use AsyncPlatforms, or a plain function."
        )

    def now(self) -> float:
        """Seconds on the client's clock."""
        return self._client.link.clock.now()

    def patience(self, longest: float) -> float:
        """Seconds for one wait on the server: short of the operation's deadline, so that the wait ends by itself."""
        op = current.get()
        limit = None if op is None else op.sooner(allowed.get())
        left = longest if limit is None else limit.at - self.now()
        return max(_SHORTEST_WAIT, min(longest, left, _LONGEST_WAIT))

    async def wait_on(self, wait: Callable[["redis.asyncio.Redis"], Any], seconds: float) -> float:
        """One wait on the server; returns the seconds that it took, the whole time if nothing came."""
        began = self.now()
        try:
            came = await self.ask(wait)
        except Exception as error:
            if not is_crowded(error):
                raise
            await self.pause(_CROWDED_PAUSE)
            return max(_CROWDED_PAUSE, self.now() - began)
        return self.now() - began if came is not None else max(seconds, self.now() - began)

    async def compute_once(self, claim: Claim, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The stored result, made by `make` in one of all processes while the others wait for it."""
        value, lock = key(claim.kind, claim.name), key(claim.kind, claim.name, "claim")
        token, left = secrets.token_hex(16), claim.wait
        while True:
            found = await self.run(CLAIM, [value, lock], token, claim.lease)
            if found[0] == _HIT:
                return bytes(found[1])
            if found[0] == _MINE:
                return await self._make(claim, token, make)
            if left is not None and left <= 0:
                raise ConflictError(f"{claim.name!r} is still being worked on.", retry_after=max(0, found[2]) / 1000)
            waited = await self._await_holder(claim, text(found[1]), found[2] / 1000, left)
            left = None if left is None else left - waited

    async def _make(self, claim: Claim, token: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        value, lock = key(claim.kind, claim.name), key(claim.kind, claim.name, "claim")
        done = key(claim.kind, claim.name, "done", token)
        try:
            body = await make()
        except BaseException:
            with contextlib.suppress(Exception):  # the claim ends by itself; the first error is the one that matters
                await self.run(ABANDON, [lock, done], token)
            raise
        await self.run(STORE, [value, lock, done], token, body, claim.ttl)
        return body

    async def _await_holder(self, claim: Claim, holder: str, lease: float, left: float | None) -> float:
        """Wait until the holder is done, or its claim is over.

        The list is rotated, not popped: whoever wakes puts the sign back for the next who waits.
        """
        done = key(claim.kind, claim.name, "done", holder)
        seconds = self.patience(lease if left is None else min(lease, left))
        return await self.wait_on(lambda r: r.blmove(done, done, seconds, "LEFT", "RIGHT"), seconds)  # type: ignore[arg-type]
