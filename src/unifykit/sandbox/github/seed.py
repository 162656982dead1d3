"""What the sandbox starts with; always the same, down to the commits' SHAs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .gists import make_gist
from .repos import first_commit, make_repo
from .state import Account, Issue, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .state import Repository

_SEEDED_AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
_JOINED_AT = datetime(2011, 1, 25, 18, 44, 36, tzinfo=UTC)
_FIRST_NEW_ACCOUNT = 10000001
_PEOPLE = ((583231, "octocat", "The Octocat"), (480938, "hubot", "Hubot"), (2199, "monalisa", "Mona Lisa"))
_FILES = {
    "README.md": "# hello-world\n\nMy first repository on the sandbox.\n",
    "src/hello.py": '"""Say hello."""\n\n\ndef greet(name: str) -> str:\n    return f"Hello, {name}!"\n',
    "src/shout.py": '"""Say it louder."""\n\nfrom hello import greet\n\nprint(greet("World").upper())\n',
    ".github/workflows/ci.yml": (
        "name: CI\n\non:\n  push:\n  workflow_dispatch:\n    inputs:\n      environment:\n        description: Where to run\n"
        "        default: staging\n\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ok\n"
    ),
}


def seeded_world(clock: Callable[[], datetime], tokens: Mapping[str, str]) -> World:
    """Make the world an app begins with.

    Args:
        clock: What tells the time from now on.
        tokens: Logins by token; a login that is not seeded gets an account.

    Returns:
        The world.
    """
    world = World(lambda: _SEEDED_AT, tokens)
    for number, login, name in _PEOPLE:
        world.accounts[login] = Account(number, login, name, _JOINED_AT)
    _add_org(world)
    for login in tokens.values():
        if world.account(login) is None:
            number = world.next_id("account", _FIRST_NEW_ACCOUNT)
            world.accounts[login.lower()] = Account(number, login, login, _SEEDED_AT)
    octocat = world.accounts["octocat"]
    repo = make_repo(world, octocat, "hello-world", {"description": "My first repository on the sandbox."})
    repo.collaborators["hubot"] = "write"
    first_commit(repo, _FILES, octocat, _SEEDED_AT)
    _add_issues(world, repo)
    make_gist(world, octocat, {"hello_world.py": 'print("Hello, World!")\n'}, "Hello World", public=True)
    world.clock = clock
    return world


def _add_org(world: World) -> None:
    org = Account(9919, "github-sandbox", "GitHub Sandbox", _JOINED_AT, "Organization")
    org.members["octocat"] = world.accounts["octocat"]
    world.accounts[org.login] = org


def _add_issues(world: World, repo: Repository) -> None:
    texts = (
        ("Found a bug", "greet() should refuse an empty name.", "bug"),
        ("Say goodbye too", "A farewell would round this off.", "enhancement"),
    )
    for number, (title, body, label) in enumerate(texts, start=1):
        author = world.accounts["monalisa"]
        issue = Issue(world.next_id("issue", 1347), number, author, title, body, _SEEDED_AT, _SEEDED_AT)
        issue.labels.append(repo.labels[label])
        repo.issues[number] = issue
