"""The servers that GitHub's operations run against: our sandbox, and a third-party emulator where it is prepared."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests import emulators
from tests.contracts.github import ContractError, validate_exchange
from tests.sandbox.conftest import serving

from unifykit.settings import GitHubSettings

_numbers = itertools.count(1)


class Contract:
    """An ASGI app around another: holds every exchange against GitHub's own description."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.faults: list[str] = []
        self.checked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, answered, start = bytearray(), bytearray(), {}

        async def hear() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            answered.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, hear, say)
        self._check(scope, bytes(asked), start, bytes(answered))

    def _check(self, scope: Any, asked: bytes, start: Any, answered: bytes) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        kind = headers.get("content-type", "")
        reply = (json.loads(answered) if kind.startswith("application/json") else answered) if answered else None
        if isinstance(reply, dict) and reply.get("type") == "dir":
            reply = reply["entries"]  # the object media type, whose entries are described as the bare array's
        query = scope["query_string"].decode()
        path = scope["raw_path"].decode() + (f"?{query}" if query else "")
        self.checked += 1
        try:
            validate_exchange(
                scope["method"], path, start["status"], json.loads(asked) if asked else None, reply, kind, closed=True
            )
        except ContractError as fault:
            self.faults.append(str(fault))


class World:
    """One GitHub, seen through one harness: `w.do(lambda p: p.github.me())`; `p.github["other"]` is a second person."""

    def __init__(self, harness: Any, base_url: str) -> None:
        self.harness = harness
        self.base_url = base_url
        self.login = "octocat"
        self.other = "hubot"
        self.repo = self.do(lambda p: p.github.repos.create(self.name(), auto_init=True)).full_name

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(call)

    def name(self, word: str = "repo") -> str:
        """A name that nobody has taken."""
        return f"{word}-{next(_numbers)}"

    def issue(self, **fields: Any) -> int:
        """A new issue's number."""
        return self.do(lambda p: p.github.issues.create(self.repo, **{"title": "It rains", **fields})).number

    def pull(self) -> int:
        """The number of a new pull request that adds a.txt."""
        self.do(lambda p: p.github.branches.create(self.repo, "topic"))
        self.do(lambda p: p.github.repos.put_file(self.repo, "a.txt", "a\n", message="Add a", branch="topic"))
        return self.do(lambda p: p.github.pulls.create(self.repo, title="Add a", head="topic", base="main")).number

    def hook(self) -> Any:
        """A new hook that delivers nothing."""
        url = "https://example.com/hook"
        return self.do(
            lambda p: p.github.hooks.create(self.repo, url=url, events=["push", "issues"], secret="s", active=False)
        )

    def workflow(self) -> str:
        """A new workflow's file name."""
        text = "name: CI\non:\n  workflow_dispatch:\n    inputs:\n      stage:\n        default: a\njobs: {}\n"
        self.do(lambda p: p.github.repos.put_file(self.repo, ".github/workflows/ci.yml", text, message="CI"))
        return "ci.yml"

    def run(self) -> int:
        """The id of a workflow's new run."""
        name = self.workflow()
        return self.do(
            lambda p: p.github.workflows.dispatch(self.repo, name, ref="main", inputs={"stage": "b"})
        ).workflow_run_id


def settings(url: str, token: str = "sandbox-token") -> GitHubSettings:
    return GitHubSettings(token=token, base_url=url)


@contextmanager
def sandbox_server() -> Iterator[tuple[str, Contract]]:
    from unifykit.sandbox.github import create_app

    contract = Contract(create_app())
    with serving(contract) as url:
        yield url, contract


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[str, Contract]]:
    with sandbox_server() as served:
        yield served


@pytest.fixture
def world(both: Any, sandbox: tuple[str, Contract]) -> Iterator[World]:
    """Our sandbox; at the end, every exchange must have been as GitHub describes it."""
    url, contract = sandbox
    contract.faults, contract.checked = [], 0
    harness = both(github={"default": settings(url), "other": settings(url, "sandbox-reviewer")})
    yield World(harness, url)
    assert contract.faults == []


@pytest.fixture(scope="module")
def emulator() -> Iterator[emulators.Emulator]:
    with emulators.github() as running:
        yield running


@pytest.fixture
def emulated(both: Any, emulator: emulators.Emulator) -> World:
    accounts = {
        "default": settings(emulator.url, emulator.token),
        "other": settings(emulator.url, emulator.other_token),
    }
    return World(both(github=accounts), emulator.url)
