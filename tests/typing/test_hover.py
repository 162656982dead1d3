"""What an editor shows over an operation: its caller's signature, in the mode of its client. And that the API type-checks."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
API = Path(__file__).parent / "api.py"

SHOWN: dict[str, str | re.Pattern[str]] = {
    "p.github.repos.get": "(repo: str) -> Repository",
    "a.github.repos.get": "(repo: str) -> Coroutine[Any, Any, Repository]",
    "p.github.issues.list": re.compile(r"\(repo: str, \*, state: [^)]*\) -> Pager\[Issue\]"),
    "a.github.issues.list": re.compile(r"\(repo: str, \*, state: [^)]*\) -> AsyncPager\[Issue\]"),
    "p.redis.pubsub.subscribe": "(*channels: str, patterns: Sequence[str] = ()) -> Stream[Message, None]",
    "a.redis.pubsub.subscribe": "(*channels: str, patterns: Sequence[str] = ()) -> AsyncStream[Message, None]",
    "p.github.native": "Github",
    "p.redis.native": "Redis",
}


def pyright(*files: Path) -> list[tuple[int, str, str]]:
    """The diagnostics of the files, by line."""
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--project",
        str(ROOT),
        "--pythonpath",
        sys.executable,
        "--outputjson",
        *map(str, files),
    ]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ran = subprocess.run(command, capture_output=True, text=True, timeout=110, env={**os.environ, "PATH": path})
    return [
        (one["range"]["start"]["line"], one["severity"], one["message"])
        for one in json.loads(ran.stdout)["generalDiagnostics"]
    ]


pytest.importorskip("pyright")


def test_the_signatures_that_are_shown() -> None:
    # in the project, so that its configuration and its environment are found
    file = API.with_name("_hover.py")
    heading = ["from unifykit import AsyncPlatforms, Platforms", "p = Platforms()", "a = AsyncPlatforms()"]
    file.write_text("\n".join([*heading, *(f"reveal_type({expression})" for expression in SHOWN), ""]))
    try:
        told = {line: message for line, severity, message in pyright(file) if severity == "information"}
    finally:
        file.unlink()
    for number, (expression, expected) in enumerate(SHOWN.items()):
        shown = re.sub(r'^Type of ".*?" is "|"$', "", told[len(heading) + number])
        fits = (
            shown == expected
            if isinstance(expected, str)
            else expected.fullmatch(shown.replace("Sequence[str] = ()", ""))
        )
        assert fits, f"{expression}: {shown}"


def test_a_forgotten_await_that_nobody_flags_would_be_noticed(tmp_path: Path) -> None:
    flagged = '    p.github.repos.get("o/r")  # type: ignore[unused-coroutine]'
    text = API.read_text()
    assert flagged in text
    file = API.with_name("_flagged.py")
    file.write_text(text.replace(flagged, flagged.replace("p.github", "await p.github")))
    try:
        errors = [message for _, severity, message in pyright(file) if severity == "error"]
        mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), str(file)]
        ran = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, timeout=110)
    finally:
        file.unlink()
    assert [message.split(" comment")[0] for message in errors] == ['Unnecessary "# type: ignore"']
    assert 'Unused "type: ignore" comment' in ran.stdout
