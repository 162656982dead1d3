"""One sandbox for a whole run of tests: each platform is started by the first test that uses it, and is as new for each."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from unifykit.platforms import PROVIDERS, AsyncPlatforms
from unifykit.sandbox import COUNTERPARTS, Sandbox
from unifykit.sandbox.accounts import Accounts

if TYPE_CHECKING:
    import pytest

    from unifykit.events import Event, Observer
    from unifykit.sandbox.counterparts import Counterpart
    from unifykit.sandbox.launcher import Options


class Running:
    """The counterparts of a run of tests."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._started: dict[str, _One] = {}

    def share(self, names: Sequence[str]) -> "Shared":
        """A sandbox for one test."""
        return Shared(self, names)

    def part(self, name: str) -> "Counterpart":
        """A counterpart as it begins: started now, or reset."""
        with self._lock:
            found = self._started.get(name)
            if found is not None:
                found.reset()
                return found.part
            self._started[name] = _One(only=[name]).__enter__()
            return self._started[name].part

    def close(self) -> None:
        """Stop everything."""
        with self._lock:
            while self._started:
                self._started.popitem()[1].close()


class _One(Sandbox):
    """A sandbox of one platform."""

    @property
    def part(self) -> "Counterpart":
        return next(iter(self._parts.values()))


class Shared(Sandbox):
    """A sandbox for one test, of counterparts that stay for the others."""

    def __init__(self, running: Running, names: Sequence[str]) -> None:
        super().__init__(only=names)
        self._used = _Used(running, self._names)
        self._parts: Any = self._used

    def settings(self) -> dict[str, Any]:
        """See `Sandbox`; a platform is started when its settings are looked at."""
        return {name: Accounts(name, _Late(partial(self._made, name))) for name in PROVIDERS}

    def reset(self) -> None:
        """See `Sandbox`; what was not used is as new."""
        for part in self._used.parts.values():
            part.reset()

    def close(self) -> None:
        """Nothing: the counterparts are stopped when all tests are over."""

    def end(self) -> None:
        """The test is over: nothing goes wrong any more."""
        for part in self._used.parts.values():
            part.faults.clear()


class _Used(Mapping[str, "Counterpart"]):
    """The counterparts that a test may use; each is started or reset when it is first asked for."""

    def __init__(self, running: Running, names: Sequence[str]) -> None:
        self._running, self._names = running, names
        self._lock = threading.Lock()
        self.parts: dict[str, Counterpart] = {}

    def __getitem__(self, name: str) -> "Counterpart":
        if name not in self._names:
            raise KeyError(name)
        with self._lock:
            if name not in self.parts:
                self.parts[name] = self._running.part(name)
            return self.parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Late(Mapping[str, Any]):
    """What is made when it is looked at."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        return self._make()

    def __getitem__(self, key: str) -> Any:
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Loops:
    """An observer that remembers the event loops on which a test used its platforms."""

    def __init__(self) -> None:
        self._seen: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

    def __call__(self, _: "Event") -> None:
        """Remember the running loop, if there is one."""
        with suppress(RuntimeError):  # a worker thread tells its attempts too, and has none
            self._seen.add(asyncio.get_running_loop())

    def close(self, platforms: AsyncPlatforms) -> None:
        """Close the connections of each loop that is there still, then what belongs to none.

        A loop that is closed has closed its connections itself.
        """
        for loop in list(self._seen):
            if not loop.is_closed() and not loop.is_running():
                loop.run_until_complete(platforms.aclose())
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:  # sets no loop for the thread
            runner.run(platforms.aclose())


def chosen(names: str | Sequence[str]) -> Sequence[str]:
    """Platforms from the marker's arguments or the setting's text; all if there are none."""
    told = re.split(r"[\s,]+", names.strip(" ,\n")) if isinstance(names, str) else list(names)
    return [name for name in told if name] or list(COUNTERPARTS)


def options(request: "pytest.FixtureRequest", *observers: "Observer") -> "Options":
    """What the test's platforms are made with."""
    made: Options = {"observers": observers}
    if "virtual_clock" in request.fixturenames:
        made["clock"] = request.getfixturevalue("virtual_clock")
    return made
