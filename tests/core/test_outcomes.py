"""Observers are told the end of everything whose beginning they were told."""

from collections.abc import AsyncGenerator

import pytest

from unifykit._core.held import held
from unifykit._core.operation import SAFE, Resource, operation
from unifykit._core.stream import streamed
from unifykit.events import OutcomeEvent, StartEvent
from unifykit.settings import GitHubSettings


class Interrupt(BaseException):
    """What is no failure of the platform: Ctrl-C, a cancelled task."""


class Numbers(Resource):
    @operation(SAFE)
    async def stop(self) -> int:
        raise Interrupt

    @streamed(SAFE)
    async def count(self, upto: int) -> AsyncGenerator[int, None]:
        for number in range(upto):
            yield number

    @held(SAFE)
    async def hold(self) -> AsyncGenerator[int, None]:
        yield 1


@pytest.fixture
def told():
    return []


@pytest.fixture
def harness(both, told):
    return both(github=GitHubSettings(token="t"), observers=[told.append])


def outcomes(told):
    """Each operation's end; all that began have ended."""
    ended = [event for event in told if isinstance(event, OutcomeEvent)]
    began = [event.call for event in told if isinstance(event, StartEvent)]
    assert sorted(event.call for event in ended) == sorted(began)
    return [event.error for event in ended]


def test_a_stream_that_comes_to_its_end(harness, told):
    assert harness.take(lambda p: Numbers(p.github).count(2), 5) == [0, 1]
    assert set(outcomes(told)) == {None}


def test_a_stream_that_is_left(harness, told):
    assert harness.take(lambda p: Numbers(p.github).count(9), 2) == [0, 1]
    assert set(outcomes(told)) == {None}


def test_a_block(harness, told):
    assert harness.held(lambda p: Numbers(p.github).hold(), lambda value: value) == 1
    assert outcomes(told) == [None, None]


def test_an_interrupt_is_an_outcome(harness, told):
    with pytest.raises(Interrupt):
        harness.run(lambda p: Numbers(p.github).stop())
    assert outcomes(told) == ["Interrupt"]
