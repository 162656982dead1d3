"""Every operation, in both modes, over a socket, on our sandbox."""

import pytest
from tests.operations import described
from tests.providers.gitlab.scenario import STEPS

from unifykit.providers.gitlab import GitLab


@pytest.mark.parametrize("name", list(STEPS))
def test_step(name, world, tmp_path):
    world.folder = tmp_path
    STEPS[name](world)


def test_every_operation_has_a_step():
    assert {one.name for one in described(GitLab)} == set(STEPS)
