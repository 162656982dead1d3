"""Fixtures for pytest, found by it where unifykit is installed. What they need is imported when a test asks for them.

https://docs.pytest.org/en/stable/how-to/writing_plugins.html
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from unifykit import AsyncPlatforms, Platforms
    from unifykit.sandbox import Faults, Sandbox
    from unifykit.testing import VirtualClock
    from unifykit.testing.running import Running

_MARKER = "unifykit(*platforms): the platforms of the test's sandbox; all that it uses where this says nothing"
_INI = "The platforms of the sandbox, such as 'github, stripe'; all that a test uses where this says nothing."


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting ``unifykit_platforms``."""
    parser.addini("unifykit_platforms", _INI, default="")


def pytest_configure(config: pytest.Config) -> None:
    """The marker ``unifykit``."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def _unifykit_running() -> "Iterator[Running]":
    from unifykit.testing.running import Running

    running = Running()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, _unifykit_running: "Running") -> "Iterator[Sandbox]":
    """The session's sandbox, as new: each platform is started when it is first used, and reset for each test that uses it."""
    from unifykit.testing.running import chosen

    mark = request.node.get_closest_marker("unifykit")
    names = mark.args if mark is not None else request.config.getini("unifykit_platforms")
    shared = _unifykit_running.share(chosen(names))
    yield shared
    shared.end()


@pytest.fixture
def faults(sandbox: "Sandbox") -> "Callable[[str], Faults]":
    """What goes wrong at a platform of the sandbox: ``faults("stripe").status(503)``. Forgotten after the test."""
    return sandbox.faults


@pytest.fixture
def virtual_clock() -> "VirtualClock":
    """Time that passes without waiting; `platforms` and `async_platforms` wait on it in a test that asks for it."""
    from unifykit.testing import VirtualClock

    return VirtualClock(now=0.0)  # a deadline on the machine's clock lies beyond its time, however new the machine


@pytest.fixture
def platforms(request: pytest.FixtureRequest, sandbox: "Sandbox") -> "Iterator[Platforms]":
    """A `Platforms` on the sandbox."""
    from unifykit.testing.running import options

    with sandbox.platforms(**options(request)) as made:
        yield made


@pytest.fixture
def async_platforms(request: pytest.FixtureRequest, sandbox: "Sandbox") -> "Iterator[AsyncPlatforms]":
    """An `AsyncPlatforms` on the sandbox, whatever runs the test's event loop; it is closed after the test."""
    from unifykit.testing.running import Loops, options

    loops = Loops()
    made = sandbox.async_platforms(**options(request, loops))
    yield made
    loops.close(made)
