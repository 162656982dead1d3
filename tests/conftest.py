"""Behaviour tests run in both modes: the `both` fixture makes a harness over `Platforms` or `AsyncPlatforms`."""

import asyncio
import inspect
import os
import signal
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any

import pytest
from tests import emulators

from unifykit import AsyncPager, AsyncPlatforms, Pager, Platforms

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a run in the background; what the tests start inherits it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if emulators.directory() is not None:
        return
    left_out = [item for item in items if item.get_closest_marker("emulate")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("emulate")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    prepared = emulators.directory()
    where = f"on {prepared}" if prepared else "not prepared, so deselected; see docs/reference/emulate.md"
    terminalreporter.write_line(f"third-party servers: {where}")


class Harness:
    """Calls operations in one mode. `run(lambda p: p.github.me())` gives the result in either."""

    def __init__(self, mode: str, **options: Any) -> None:
        self.mode = mode
        self.is_async = mode == "async"
        self._runner = asyncio.Runner() if self.is_async else None
        self.p: Any = AsyncPlatforms(**options) if self.is_async else Platforms(**options)

    def run(self, call: Callable[[Any], Any]) -> Any:
        """What the call gives; a pager is collected into a list."""
        if self._runner is None:
            found = call(self.p)
            return found.collect() if isinstance(found, Pager) else found
        return self._runner.run(self._await(call), context=copy_context())

    async def _await(self, call: Callable[[Any], Any]) -> Any:
        found = call(self.p)
        if isinstance(found, AsyncPager):
            return await found.collect()
        return await found if inspect.isawaitable(found) else found

    def held(self, call: Callable[[Any], Any], inside: Callable[[Any], Any]) -> Any:
        """Run `inside(value)` within the context manager that the call gives; `inside` may return an awaitable."""
        if self._runner is None:
            with call(self.p) as value:
                return inside(value)

        async def go() -> Any:
            async with call(self.p) as value:
                found = inside(value)
                return await found if inspect.isawaitable(found) else found

        return self._runner.run(go(), context=copy_context())

    def take(self, call: Callable[[Any], Any], count: int) -> list[Any]:
        """The first `count` items of a stream, which is then closed."""
        if self._runner is None:
            with call(self.p) as stream:
                return [item for _, item in zip(range(count), stream, strict=False)]

        async def go() -> list[Any]:
            found: list[Any] = []
            async with call(self.p) as stream:
                async for item in stream:
                    found.append(item)
                    if len(found) == count:
                        break
            return found

        return self._runner.run(go(), context=copy_context())

    def close(self) -> None:
        """Close every connection."""
        if self._runner is None:
            self.p.close()
            return
        self._runner.run(self.p.aclose())
        self._runner.close()


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> str:
    """Each mode in turn."""
    return request.param


@pytest.fixture
def both(mode: str) -> Iterator[Callable[..., Harness]]:
    """Makes harnesses in the mode of this run, and closes them: `both(github=settings, clock=clock)`."""
    made: list[Harness] = []

    def make(**options: Any) -> Harness:
        made.append(Harness(mode, **options))
        return made[-1]

    yield make
    for harness in made:
        harness.close()


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the developer's own credentials or proxies."""
    marks = (
        "UNIFYKIT_",
        "GITHUB_",
        "GH_",
        "GITLAB_",
        "SUPABASE_",
        "STRIPE_",
        "OPENAI_",
        "REDIS_",
        "AGORA_",
        "MAPBOX_",
        "LOGROCKET_",
    )
    for name in list(os.environ):
        if (name.startswith(marks) and name != "UNIFYKIT_EMULATORS") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
