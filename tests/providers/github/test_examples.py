"""The examples in the docstrings, each on a sandbox of its own."""

import doctest

import pytest
from tests.operations import described
from tests.providers.github.conftest import sandbox_server, settings

from unifykit import Platforms
from unifykit.providers.github import GitHub

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("one", described(GitHub), ids=lambda one: one.name)
def test_example(one):
    assert (one.__doc__ and "https://docs.github.com/" in one.__doc__) or one.name == "check"
    assert "Example:" in one.__doc__
    with sandbox_server() as (url, contract):
        accounts = {"default": settings(url), "reviewer": settings(url, "sandbox-reviewer")}
        with Platforms(github=accounts) as p:
            test = doctest.DocTestParser().get_doctest(one.__doc__, {"p": p}, one.name, None, 0)
            told = []
            result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert result.attempted, f"{one.name} has no example"
    assert not result.failed, "".join(told)
    assert contract.faults == []
