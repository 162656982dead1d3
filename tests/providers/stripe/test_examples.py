"""The examples in the docstrings, each on a sandbox of its own; `Money`'s too."""

import doctest

import pytest
from tests.operations import described
from tests.providers.stripe.conftest import sandbox_server, settings

from unifykit import Platforms
from unifykit.providers.stripe import Money, Stripe

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("one", described(Stripe), ids=lambda one: one.name)
def test_example(one):
    assert (one.__doc__ and "https://docs.stripe.com/" in one.__doc__) or one.name == "check"
    assert "Example:" in one.__doc__
    with sandbox_server() as (url, contract), Platforms(stripe=settings(url)) as p:
        run(one.__doc__, one.name, {"p": p})
    assert contract.faults == []


def test_money():
    run(Money.__doc__, "Money", {})


def run(text, name, names):
    told = []
    test = doctest.DocTestParser().get_doctest(text, names, name, None, 0)
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert result.attempted, f"{name} has no example"
    assert not result.failed, "".join(told)
