"""The server that GitLab's operations run against: our sandbox, held against GitLab's description where it is at hand."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.contracts.gitlab import VARIABLE, ContractError, description, validate_exchange
from tests.sandbox.conftest import Clock, serving

from unifykit.settings import GitLabSettings

_numbers = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if "gitlab/test_contract.py" in item.nodeid]
    if description() is None and left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    where = description()
    told = f"GitLab's requests held against {where}" if where else f"{VARIABLE} names no description, so deselected"
    terminalreporter.write_line(f"gitlab contract: {told}")


def settings(url: str, token: str = "sandbox-token") -> GitLabSettings:
    return GitLabSettings(token=token, base_url=url)


class Contract:
    """An ASGI app around another: holds every exchange against GitLab's own description."""

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
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        is_json = headers.get("content-type", "").startswith("application/json") and answered
        query = scope["query_string"].decode()
        target = scope["raw_path"].decode() + (f"?{query}" if query else "")
        self.checked += 1
        try:
            reply = json.loads(answered) if is_json else bytes(answered)
            validate_exchange(scope["method"], target, start["status"], bytes(asked), reply)
        except ContractError as fault:
            self.faults.append(str(fault))


class Server:
    """A GitLab on a clock of its own."""

    def __init__(self, url: str, clock: Clock, app: Any, contract: Contract | None) -> None:
        self.url = url
        self.clock = clock
        self.app = app
        self.contract = contract


@contextmanager
def sandbox_server(*, checked: bool = False) -> Iterator[Server]:
    """A fresh sandbox."""
    from unifykit.sandbox.gitlab import create_app

    clock = Clock()
    app = create_app(clock=clock)
    contract = Contract(app) if checked else None
    with serving(contract or app) as url:
        yield Server(url, clock, app, contract)


class World:
    """One GitLab, seen through one harness: `w.do(lambda p: p.gitlab.me())`; `p.gitlab["reviewer"]` is a second person."""

    project = "tanuki/hello-world"
    folder: Any = None  # where a step may write

    def __init__(self, harness: Any, server: Server) -> None:
        self.harness = harness
        self.server = server

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(call)

    def wait(self, seconds: float) -> None:
        """Let time go by on the server."""
        self.server.clock.tick(seconds=seconds)

    def name(self, word: str = "project") -> str:
        """A name that nobody has taken."""
        return f"{word}-{next(_numbers)}"

    def issue(self, **fields: Any) -> int:
        """A new issue's iid."""
        return self.do(lambda p: p.gitlab.issues.create(self.project, **{"title": "It rains", **fields})).iid

    def branch(self, path: str = "a.txt", text: str = "a\n") -> str:
        """A new branch whose one commit writes one file."""
        import gitlab

        name = self.name("branch")
        with gitlab.Gitlab(self.server.url, private_token="sandbox-token") as gl:
            project = gl.projects.get(self.project)
            project.branches.create({"branch": name, "ref": "main"})
            tree = {entry["path"] for entry in project.repository_tree(get_all=True, recursive="true", ref=name)}
            action = {"action": "update" if path in tree else "create", "file_path": path, "content": text}
            project.commits.create({"branch": name, "commit_message": f"Change {path}", "actions": [action]})
        return name

    def merge_request(self, path: str = "a.txt", text: str = "a\n", **fields: Any) -> int:
        """A new merge request's iid."""
        branch = self.branch(path, text)
        given = {"source_branch": branch, "target_branch": "main", "title": "Add a", **fields}
        return self.do(lambda p: p.gitlab.merge_requests.create(self.project, **given)).iid


def accounts(url: str) -> dict[str, GitLabSettings]:
    return {"default": settings(url), "reviewer": settings(url, "sandbox-reviewer")}


@pytest.fixture
def world(both: Callable[..., Any]) -> Iterator[World]:
    with sandbox_server() as server:
        yield World(both(gitlab=accounts(server.url)), server)
