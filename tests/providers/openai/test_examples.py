"""The examples in the docstrings, each on a sandbox of its own; and what every operation must say."""

import doctest

import pytest
from tests.providers.openai.conftest import sandbox_server, settings
from tests.providers.openai.operations import described, groups

from unifykit import Platforms, Safety
from unifykit._core.operation import Paged

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SAFE = {"get", "list", "content", "events", "messages", "check"}
IDEMPOTENT = {
    "embeddings.create", "embeddings.batch", "audio.transcribe", "audio.translate", "responses.delete", "files.delete",
    "threads.delete", "fine_tuning.cancel",
}  # fmt: skip
UNSAFE = {
    "chat.complete", "chat.stream", "chat.run_tools", "responses.create", "responses.stream", "images.generate",
    "images.edit", "images.vary", "audio.speak", "threads.create", "threads.add", "threads.run", "files.upload",
    "fine_tuning.create",
}  # fmt: skip


@pytest.mark.parametrize("one", described(), ids=lambda one: one.name)
def test_example(one):
    assert (one.__doc__ and "https://platform.openai.com/docs/" in one.__doc__) or one.name == "check"
    assert "Example:" in one.__doc__
    with sandbox_server() as (url, contract), Platforms(openai=settings(url)) as p:
        test = doctest.DocTestParser().get_doctest(one.__doc__, {"p": p}, one.name, None, 0)
        told = []
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append)
    assert result.attempted, f"{one.name} has no example"
    assert not result.failed, "".join(told)
    assert contract.faults == []


def test_the_declarations():
    for one in described():
        verb = one.name.rpartition(".")[2]
        safe = verb in SAFE or one.name == "assistants.create"
        wanted = Safety.SAFE if safe else Safety.UNSAFE if one.name in UNSAFE else Safety.IDEMPOTENT
        assert one.safety is wanted, one.name
        assert safe or one.name in UNSAFE | IDEMPOTENT, f"{one.name} is a write that this test does not know"


def test_the_groups_have_their_names():
    for name, cls in groups().items():
        for one in vars(cls).values():
            assert not hasattr(one, "safety") or one.name.startswith(f"{name}."), one.name


def test_lists_are_pagers():
    assert all(isinstance(one, Paged) for one in described() if one.name.endswith((".list", ".events", ".messages")))
