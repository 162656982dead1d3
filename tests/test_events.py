"""Events are small, frozen, and carry names and numbers alone."""

import dataclasses
import pickle
from typing import get_args

import pytest

from unifykit import events
from unifykit.events import AttemptEvent, Event, OutcomeEvent, StartEvent, WaitEvent

MADE = [
    StartEvent("github", "me", 1),
    AttemptEvent("github", "me", 1, 1, 0.5, 200, None, 0, 10),
    WaitEvent("github", "me", 1, 2.0, "retry"),
    OutcomeEvent("github", "me", 1, 2.5, 1, 2.0, None),
]


def test_there_are_four():
    assert [type(event) for event in MADE] == list(get_args(Event))
    assert set(events.__all__) == {"Event", "Observer", *(kind.__name__ for kind in get_args(Event))}


@pytest.mark.parametrize("event", MADE)
def test_they_are_frozen_values(event):
    assert pickle.loads(pickle.dumps(event)) == event
    assert hash(event) == hash(dataclasses.replace(event))
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.provider = "gitlab"
    assert {field.type for field in dataclasses.fields(event)} <= {str, int, float, bool, int | None, str | None}
