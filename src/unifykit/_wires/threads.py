"""Blocking SDKs in async code: a bounded number of worker threads for each provider."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from unifykit._wires.loops import PerLoop

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")

WORKERS = 16


class Threads:
    """Runs blocking calls of one provider, at most `WORKERS` at once on each event loop."""

    def __init__(self) -> None:
        self._limiters: PerLoop[anyio.CapacityLimiter] = PerLoop(_limiter, _nothing)

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call in a thread, under the caller's context; a cancelled caller does not wait for it."""
        from anyio import to_thread

        limiter: Any = self._limiters.get()
        return await to_thread.run_sync(functools.partial(_shielded, call), abandon_on_cancel=True, limiter=limiter)


def _shielded(call: Callable[[], T]) -> T:
    try:
        return call()
    except StopIteration as error:  # a coroutine cannot raise it
        raise RuntimeError("the SDK raised StopIteration") from error


def _limiter() -> "anyio.CapacityLimiter":
    import anyio

    return anyio.CapacityLimiter(WORKERS)


async def _nothing(_: object) -> None:
    return None
