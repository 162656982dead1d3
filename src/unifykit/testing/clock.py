"""Time that passes without waiting."""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress

from unifykit._core.context import current
from unifykit.events import Event, OutcomeEvent, StartEvent

__all__ = ["VirtualClock"]

_TURNS = 8
"""Turns of the event loop in which tasks may come to their next wait before time goes on."""

_PATIENCE = 1.0
"""Real seconds after which time goes on although a request is still under way."""


class _Sleeper:
    """Somebody who waits for an instant."""

    def __init__(self, instant: float, number: int, call: int | None, bell: Callable[[bool], object]) -> None:
        self.instant = instant
        self.number = number
        self.call = call
        self.bell = bell
        self.up = False

    def __lt__(self, other: "_Sleeper") -> bool:
        return (self.instant, self.number) < (other.instant, other.number)


class VirtualClock:
    """A clock that jumps instead of waiting: a thousand minutes of backoff take no time.

    ```python
    clock = VirtualClock()
    platforms = Platforms(clock=clock)
    ```

    Threads and tasks that wait at the same time wait together, as they would in real time, and wake in the order of
    their times; equals in the order in which they came. Time stands still while an operation has a request under way,
    up to a real second; open streams do not hold it up.

    Args:
        now: Where `now` begins.
        wall: Where `wall` begins: seconds since the epoch.

    Attributes:
        slept: Every wait that was asked for, in seconds, in order.
    """

    def __init__(self, now: float = 1_000.0, wall: float = 1_800_000_000.0) -> None:
        self._began = self._now = now
        self._wall = wall
        self._lock = threading.RLock()
        self._numbers = itertools.count()
        self._sleepers: list[_Sleeper] = []
        self._busy: set[int] = set()
        self.slept: list[float] = []

    def __repr__(self) -> str:
        return f"<VirtualClock {self._now - self._began:.6g} s after its beginning>"

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return self._now

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self._wall + (self._now - self._began)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += seconds
            self._ring()

    def sleep(self, seconds: float) -> None:
        """Wait in this thread until time has passed, together with the others that wait."""
        rung = threading.Event()
        sleeper = self._lie_down(seconds, lambda _: rung.set())
        try:
            patient = True
            while not self._wakes(sleeper, patient=patient):
                patient = rung.wait(_PATIENCE)
                rung.clear()
        finally:
            self._get_up(sleeper)

    async def asleep(self, seconds: float) -> None:
        """Wait in this task until time has passed, together with the others that wait."""
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()

        def look(turns: int, patient: bool = True) -> None:
            if turns:
                loop.call_soon(look, turns - 1)
            elif not woken.done() and self._wakes(sleeper, patient=patient):
                woken.set_result(None)

        def ring(settled: bool) -> None:
            loop.call_soon_threadsafe(look, 0 if settled else _TURNS)

        sleeper = self._lie_down(seconds, ring)
        impatient = loop.call_later(_PATIENCE, look, 0, False)
        try:
            await woken
        finally:
            impatient.cancel()
            self._get_up(sleeper)

    def observe(self, event: Event) -> None:
        """Take note that an operation begins or ends; a `Platforms` on this clock does that by itself."""
        with self._lock:
            if isinstance(event, StartEvent) and not event.stream:
                self._busy.add(event.call)
            elif isinstance(event, OutcomeEvent):
                self._busy.discard(event.call)
                self._ring()

    def _lie_down(self, seconds: float, bell: Callable[[bool], object]) -> _Sleeper:
        op = current.get()
        with self._lock:
            self.slept.append(seconds)
            call = op.call if op is not None and op.call in self._busy else None
            self._busy.discard(call or 0)
            sleeper = _Sleeper(self._now + seconds, next(self._numbers), call, bell)
            heapq.heappush(self._sleepers, sleeper)
            self._ring()
            return sleeper

    def _wakes(self, sleeper: _Sleeper, *, patient: bool) -> bool:
        """Let time pass until this sleeper's instant, if its turn has come."""
        with self._lock:
            self._tidy()
            if patient and (self._sleepers[0] is not sleeper or not self._may_go_on()):
                return False
            self._now = max(self._now, sleeper.instant)
            self._get_up(sleeper)
            return True

    def _get_up(self, sleeper: _Sleeper) -> None:
        with self._lock:
            if sleeper.up:
                return
            sleeper.up = True
            if sleeper.call is not None:
                self._busy.add(sleeper.call)
            self._ring()

    def _may_go_on(self) -> bool:
        return not self._busy or self._sleepers[0].instant <= self._now

    def _ring(self) -> None:
        """Have the first sleeper look whether its instant has come."""
        self._tidy()
        if self._sleepers and self._may_go_on():
            with suppress(RuntimeError):  # its event loop is closed: the others go on when they lose patience
                self._sleepers[0].bell(self._sleepers[0].instant <= self._now)

    def _tidy(self) -> None:
        while self._sleepers and self._sleepers[0].up:
            heapq.heappop(self._sleepers)
