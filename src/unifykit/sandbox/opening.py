"""`Platforms.sandbox(...)`: a sandbox and a `Platforms` on it, begun and ended together."""

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from unifykit.platforms import AsyncPlatforms, Platforms
from unifykit.sandbox.launcher import Options, Sandbox

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack


class Opened:
    """A `Platforms` on a sandbox of its own, for as long as the block lasts.

    ```python
    with Platforms.sandbox(only=["github"]) as p:
        p.github.me()
        p.sandbox.reset()
    ```

    Args:
        only: The platforms to start; all that have a counterpart by default.
        persist: A folder that the state is loaded from and saved to, see `unifykit.sandbox.Sandbox`.
        options: What `Platforms` takes beside settings.
    """

    def __init__(
        self, *, only: Sequence[str] | None = None, persist: "str | os.PathLike[str] | None" = None,
        **options: "Unpack[Options]",
    ) -> None:  # fmt: skip
        self._sandbox = Sandbox(only=only, persist=persist)
        self._options = options
        self._p: Platforms | None = None

    def __enter__(self) -> Platforms:
        self._p = self._sandbox.__enter__().platforms(**self._options)
        return self._p

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._p is not None:
            self._p.close()
        self._sandbox.close()


class AsyncOpened:
    """An `AsyncPlatforms` on a sandbox of its own; starting and stopping it holds up no other task.

    Args:
        only: The platforms to start; all that have a counterpart by default.
        persist: A folder that the state is loaded from and saved to, see `unifykit.sandbox.Sandbox`.
        options: What `AsyncPlatforms` takes beside settings.
    """

    def __init__(
        self, *, only: Sequence[str] | None = None, persist: "str | os.PathLike[str] | None" = None,
        **options: "Unpack[Options]",
    ) -> None:  # fmt: skip
        self._sandbox = Sandbox(only=only, persist=persist)
        self._options = options
        self._p: AsyncPlatforms | None = None
        self._wanted = True
        self._starting = threading.Lock()

    async def __aenter__(self) -> AsyncPlatforms:
        try:
            await asyncio.to_thread(self._start)
        except asyncio.CancelledError:
            self._wanted = False
            await asyncio.shield(asyncio.to_thread(self._end))
            raise
        self._p = self._sandbox.async_platforms(**self._options)
        return self._p

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._p is not None:
            await self._p.aclose()
        await asyncio.to_thread(self._end)

    def _start(self) -> None:
        with self._starting:
            if self._wanted:
                self._sandbox.__enter__()

    def _end(self) -> None:
        with self._starting:
            self._sandbox.close()
