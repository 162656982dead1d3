"""The examples in the docstrings, each on a sandbox of its own."""

import doctest

import pytest
from tests.operations import described
from tests.providers.gitlab.conftest import accounts, sandbox_server

from unifykit import Platforms
from unifykit.providers.gitlab import GitLab

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("one", described(GitLab), ids=lambda one: one.name)
def test_example(one, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (one.__doc__ and "https://docs.gitlab.com/" in one.__doc__) or one.name == "check"
    with sandbox_server() as server, Platforms(gitlab=accounts(server.url)) as p:
        test = doctest.DocTestParser().get_doctest(one.__doc__, {"p": p}, one.name, None, 0)
        told = []
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert result.attempted, f"{one.name} has no example"
    assert not result.failed, "".join(told)
