"""The public names: sorted, complete, and where the table says they are."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import unifykit

ROOT = Path(unifykit.__file__).parent


def _dotted(path):
    return ".".join(("unifykit", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def _names(path):
    targets = [node.targets[0] for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
    return any(getattr(target, "id", "") == "__all__" for target in targets)


NAMING = sorted(_dotted(path) for path in ROOT.rglob("*.py") if "sandbox" not in path.parts and _names(path))


def test_all_is_sorted_and_complete():
    assert list(unifykit.__all__) == sorted(unifykit.__all__)
    assert sorted(unifykit._HOME) == list(unifykit._HOME)
    assert set(unifykit._HOME) <= set(unifykit.__all__)
    from unifykit import errors

    assert set(errors.__all__) <= set(unifykit.__all__)


@pytest.mark.parametrize("name", unifykit.__all__)
def test_a_name_comes_from_its_module(name):
    home = importlib.import_module(f"unifykit.{unifykit._HOME.get(name, 'errors')}")
    assert getattr(unifykit, name) is getattr(home, name)
    assert name in dir(unifykit)


def test_type_checkers_are_told_of_the_same_names():
    tree = ast.parse((ROOT / "__init__.py").read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    told = {alias.name: node.module for node in block.body for alias in node.names}
    assert told == {name: f"unifykit.{unifykit._HOME.get(name, 'errors')}" for name in unifykit.__all__}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = unifykit.Nonsense


@pytest.mark.parametrize("module", NAMING)
def test_every_public_module_names_what_it_gives(module):
    found = importlib.import_module(module)
    assert list(found.__all__) == sorted(
        found.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    for name in found.__all__:
        assert hasattr(found, name), name
    if module.startswith(("unifykit.errors", "unifykit.settings")):
        own = {
            name
            for name, value in vars(found).items()
            if inspect.isclass(value) and value.__module__ == module and name[0] != "_"
        }
        assert own == set(found.__all__)
