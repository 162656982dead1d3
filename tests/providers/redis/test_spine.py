"""What the spine gives bodies for Redis's sake: waiting, and the caller's own errors."""

import asyncio

import pytest

from unifykit import AsyncPlatforms, Platforms, deadline
from unifykit._core.client import Dual
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, Foreign, operation
from unifykit.errors import UnifyError
from unifykit.events import OutcomeEvent
from unifykit.settings import RedisSettings
from unifykit.testing import VirtualClock

NOWHERE = RedisSettings(redis_url="redis://127.0.0.1:1/0")


class Waits(Dual[M, object]):
    @operation(SAFE)
    async def nap(self, seconds: float) -> str:
        await self.pause(seconds)
        return "awake"

    @operation(SAFE)
    async def fail(self, error: Exception) -> None:
        raise Foreign(error)


@pytest.fixture
def waits(mode):
    """The resource under test, its clock, what observers were told, and how to run a call."""
    clock, told = VirtualClock(), []
    made = (AsyncPlatforms if mode == "async" else Platforms)(redis=NOWHERE, clock=clock, observers=[told.append])

    def run(call):
        async def go():
            return await call()

        return asyncio.run(go()) if mode == "async" else call()

    return Waits(made.redis), clock, told, run


def test_pause_waits_on_the_clients_clock(waits):
    resource, clock, _, run = waits
    assert run(lambda: resource.nap(90)) == "awake"
    assert clock.slept == [90]


def test_a_sync_pause_ends_at_the_deadline():
    """An async body is cut off at its deadline wherever it waits."""
    clock = VirtualClock()
    with Platforms(redis=NOWHERE, clock=clock) as p, deadline(5, clock=clock):
        Waits(p.redis).nap(90)
    assert clock.slept == [5]


def test_the_callers_own_error_passes_untouched_and_closes_the_operation(waits):
    resource, _, told, run = waits
    cause = KeyError("why")
    error = ValueError("mine")
    error.__cause__ = cause
    with pytest.raises(ValueError, match="mine") as caught:
        run(lambda: resource.fail(error))
    assert caught.value is error
    assert caught.value.__cause__ is cause
    assert not isinstance(caught.value, UnifyError)
    assert [event.error for event in told if isinstance(event, OutcomeEvent)] == ["ValueError"]
