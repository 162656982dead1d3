"""The import contracts hold, and each of them notices when it is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def lint(source):
    """Run the contracts on the package in `source`."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache",
         "--config", str(ROOT / "pyproject.toml")],
        cwd=source, env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    pytest.importorskip("importlinter")
    copy = tmp_path_factory.mktemp("layers")
    shutil.copytree(ROOT / "src" / "unifykit", copy / "unifykit", ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_the_contracts_hold(tree):
    ran = lint(tree)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("_core/policy.py", "import unifykit.platforms", "Each layer knows only those below it"),
        ("paging.py", "def f():\n    from unifykit._core import mode", "Each layer knows only those below it"),
        ("errors.py", "import unifykit.events", "Each layer knows only those below it"),
        ("providers/github/issues.py", "import unifykit.providers.gitlab", "Providers do not know each other"),
        ("_core/engine.py", "import time", "The engine has no clock, no socket, no HTTP library and no SDK"),
        (
            "_core/client.py",
            "def f():\n    import httpx",
            "The engine has no clock, no socket, no HTTP library and no SDK",
        ),
        ("providers/github/issues.py", "import threading", "Providers neither wait nor start anything of their own"),
        (
            "providers/github/issues.py",
            "import github",
            "Only a provider's client and errors, and the wires, know an SDK",
        ),
        ("_core/budget.py", "import unifykit._core.engine", "No cycles"),
    ],
)
def test_a_broken_contract_is_noticed(tree, module, line, contract):
    file = tree / "unifykit" / module
    before = file.read_text()
    file.write_text(f"{before}\n{line}\n")
    try:
        ran = lint(tree)
    finally:
        file.write_text(before)
    assert ran.returncode == 1
    assert f"{contract} BROKEN" in ran.stdout


def test_a_new_module_must_have_its_place(tree):
    file = tree / "unifykit" / "helpers.py"
    file.write_text("")
    try:
        ran = lint(tree)
    finally:
        file.unlink()
    assert ran.returncode == 1
