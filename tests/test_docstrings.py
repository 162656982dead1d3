"""The examples in the docstrings are run, each against a sandbox in the state that it begins with."""

import doctest
import importlib
import inspect
import pkgutil
import time

import pytest

import unifykit
from unifykit.sandbox import COUNTERPARTS, Sandbox

LEAST = 40
"""How many docstrings with examples there are at least."""

_PRIVATE = ("_core", "_wires")


def modules():
    """Every public module; those below `_core` only through the names that `unifykit` gives."""
    for found in pkgutil.walk_packages(unifykit.__path__, "unifykit."):
        parts = found.name.split(".")
        if parts[1] not in (*_PRIVATE, "__main__", "sandbox", "cli"):
            yield importlib.import_module(found.name)


def documented():
    """Name and docstring of every public function, class, method and operation."""
    seen = set()
    things = [(name, getattr(unifykit, name)) for name in unifykit.__all__]
    for module in modules():
        yield module.__name__, module.__doc__
        own = [
            (name, thing)
            for name, thing in vars(module).items()
            if getattr(thing, "__module__", None) == module.__name__
        ]
        things += [(f"{module.__name__}.{name}", thing) for name, thing in own if not name.startswith("_")]
    for name, thing in things:
        if id(thing) in seen or not callable(thing):
            continue
        seen.add(id(thing))
        yield name, thing.__doc__
        if inspect.isclass(thing):
            for attribute, member in vars(thing).items():
                if not attribute.startswith("_") or attribute == "__getitem__":
                    yield f"{name}.{attribute}", getattr(member, "__doc__", None)


def examples():
    """The docstrings that have examples, by the provider that they need."""
    found, parser = [], doctest.DocTestParser()
    for name, text in documented():
        if text and ">>>" in text:
            found.append(parser.get_doctest(text, {}, name, name, 0))
    return found


EXAMPLES = examples()


def provider(name):
    parts = name.split(".")
    return parts[2] if parts[1:2] == ["providers"] else None


HERE = [one for one in EXAMPLES if provider(one.name) in (None, *COUNTERPARTS)]


@pytest.fixture(scope="module")
def running():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("example", HERE, ids=lambda example: example.name)
def test_the_example_is_true(example, running, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write a file
    running.reset()
    with running.platforms() as p:
        said = []
        names = {"p": p, "sandbox": running, "time": time}
        example.globs = {**vars(importlib.import_module("unifykit.errors")), **names}
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        outcome = runner.run(example, out=said.append)
    assert outcome.attempted > 0
    assert outcome.failed == 0, "".join(said)


def test_enough_of_them_are_run():
    assert len(HERE) > LEAST


def operations():
    """Name and docstring of every operation of every provider."""
    from unifykit._core.operation import Described, Resource

    for module in modules():
        for owner, thing in vars(module).items():
            if not (inspect.isclass(thing) and issubclass(thing, Resource) and thing.__module__ == module.__name__):
                continue
            for name, member in vars(thing).items():
                if isinstance(member, Described) and not name.startswith("_"):
                    yield f"{module.__name__}.{owner}.{name}", member.__doc__ or ""


def test_every_operation_has_an_example():
    assert [name for name, text in operations() if ">>>" not in text] == []


def test_every_operation_names_the_vendors_page():
    """What Redis offers over several commands, and what is ours alone, says so in the docstring's first lines instead."""
    ours = ("unifykit.providers.redis.", "unifykit.providers.openai.assistants")
    without = [name for name, text in operations() if "https://" not in text and not name.startswith(ours)]
    assert [name for name in without if not name.endswith(".check")] == []
