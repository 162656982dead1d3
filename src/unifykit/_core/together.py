"""Several exchanges of one operation at once: in threads, or in tasks of the running loop."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from unifykit._core.mode import finish

T = TypeVar("T")

Step = Callable[[], Coroutine[Any, Any, T]]
"""Makes the coroutine of one exchange."""


def together(steps: Sequence[Step[T]], limit: int) -> list[T]:
    """The results of all steps in their order, at most `limit` at once. The first error ends what has not begun."""
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    if len(steps) == 1 or limit == 1:
        return [finish(step()) for step in steps]
    with ThreadPoolExecutor(min(limit, len(steps)), "unifykit-together") as threads:
        waiting = [threads.submit(copy_context().run, _finished, step) for step in steps]
        try:
            return [done.result() for done in waiting]
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _finished(step: Step[T]) -> T:
    return finish(step())


async def atogether(steps: Sequence[Step[T]], limit: int) -> list[T]:
    """The results of all steps in their order, at most `limit` at once. The first error cancels the others."""
    import asyncio

    places, failed = asyncio.Semaphore(limit), asyncio.Event()

    async def take(step: Step[T]) -> T:
        async with places:
            if failed.is_set():
                raise asyncio.CancelledError
            try:
                return await step()
            except BaseException:
                failed.set()
                raise

    tasks = [asyncio.ensure_future(take(step)) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
