"""Each example runs as its reader would run it: a process of its own, led to the sandbox by the environment."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.blocks import ROOT

from unifykit.sandbox import Sandbox

_EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
_PRINTS = {
    ("github_issues.py", ""): ["#3 labelled", "#4 labelled", "#4 closed, the same as #3", "requests left"],
    ("github_issues.py", "--async"): ["#4 closed, the same as #3", "2 labelled"],
    ("redis_cache.py", ""): [
        "looking up lamp\nlamp: 12.50\ndelivered\ndelivered\n",
        "alone with the stock, fence True",
        "allowed: [True, True, True, False]",
    ],
    ("redis_cache.py", "--async"): ["looking up lamp\n10 callers, 1 price\n", "done"],
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        with running.platforms() as p:
            for title in ("It rains", "it rains"):
                p.github.issues.create("octocat/hello-world", title=title)
        yield running


def _run(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("UNIFYKIT_", "GITHUB_", "REDIS_"))
    }
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**kept, **sandbox.environment()}, cwd=ROOT
    )


@pytest.mark.parametrize(("name", "mode"), _PRINTS, ids=lambda part: part or "sync")
def test_example(sandbox, name, mode):
    done = _run(sandbox, str(ROOT / "examples" / name), *([mode] if mode else []))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for text in _PRINTS[name, mode]:
        assert text in done.stdout


def test_triage_did_what_it_says(sandbox):
    _run(sandbox, str(ROOT / "examples" / "github_issues.py"))
    with sandbox.platforms() as p:
        assert p.github.issues.get("octocat/hello-world", 4).state == "closed"
        assert [label.name for label in p.github.issues.get("octocat/hello-world", 3).labels] == ["triage"]
        assert [comment.body for comment in p.github.issues.comments("octocat/hello-world", 4)] == ["The same as #3."]


def test_an_error_is_told_on_stderr(sandbox):
    done = _run(sandbox, str(ROOT / "examples" / "github_issues.py"), "octocat/no-such-thing")
    assert done.returncode == 1
    assert "github.issues.list" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_example_is_run_in_both_modes():
    assert {path.name for path in _EXAMPLES} == {name for name, _ in _PRINTS}
    assert {(name, mode) for name, _ in _PRINTS for mode in ("", "--async")} == set(_PRINTS)
