"""Every operation's step, in both modes, over a socket: on our sandbox, where all must do as Stripe does."""

import pytest
from tests.operations import described
from tests.providers.stripe.scenario import STEPS

from unifykit.providers.stripe import Stripe


@pytest.mark.parametrize("name", STEPS)
def test_on_the_sandbox(steps, name):
    STEPS[name](steps)


def test_every_operation_has_a_step():
    assert {one.name for one in described(Stripe)} == {name.partition(":")[0] for name in STEPS}
