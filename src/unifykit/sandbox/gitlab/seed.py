"""What the sandbox starts with; always the same, down to the commits' SHAs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from unifykit.sandbox.git.content import HEADS

from . import ci
from .boards import make_board
from .issues import known_labels, open_issue
from .merge_requests import make_merge_request
from .projects import first_commit, make_project
from .registry import push_image
from .state import DEVELOPER, OWNER, Event, Group, Snippet, User, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .state import Project

_SEEDED_AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
_JOINED_AT = datetime(2014, 1, 25, 18, 44, 36, tzinfo=UTC)
_PEOPLE = ((1001, "tanuki", "Tanuki"), (1002, "robin", "Robin Reviewer"), (1003, "sasha", "Sasha Smith"))
_PIPELINE_YAML = """stages: [build, test, deploy]

build:
  stage: build
  script:
    - make site
  artifacts:
    paths:
      - public

test:
  stage: test
  script:
    - make test

deploy:
  stage: deploy
  when: manual
  script:
    - make deploy
"""
_FILES = {
    "README.md": "# hello-world\n\nMy first project on the sandbox.\n",
    "src/hello.py": '"""Say hello."""\n\n\ndef greet(name: str) -> str:\n    return f"Hello, {name}!"\n',
    "public/index.html": "<!doctype html>\n<title>Hello</title>\n<p>Hello, World!</p>\n",
    ci.FILE: _PIPELINE_YAML,
}


def seeded_world(clock: Callable[[], datetime], tokens: Mapping[str, str], job_tokens: Mapping[str, str]) -> World:
    """Make the world an app begins with; a username that is not seeded gets an account."""
    world = World(lambda: _SEEDED_AT, tokens, job_tokens)
    for number, username, name in _PEOPLE:
        world.users[username] = User(number, username, name, _JOINED_AT)
    for username in {**tokens, **job_tokens}.values():
        if username not in world.users:
            world.users[username] = User(world.next_id("user", 1101), username, username.title(), _SEEDED_AT)
    _add_project(world)
    _add_group(world)
    owner = world.users["tanuki"]
    number = world.next_id("snippet", 501)
    files = {"hello.py": 'print("Hello, World!")\n'}
    world.snippets[number] = Snippet(
        number, owner, "Hello World", "A greeting", "public", files, _SEEDED_AT, _SEEDED_AT
    )
    world.clock = clock
    return world


def _add_group(world: World) -> None:
    group = Group(
        world.next_id("group", 2001), "Sandbox", "sandbox", _SEEDED_AT, "Where projects are shared.", "public"
    )
    group.members = {"tanuki": OWNER, "robin": DEVELOPER}
    world.groups[group.path] = group


def _add_project(world: World) -> None:
    owner, other = world.users["tanuki"], world.users["robin"]
    project = make_project(world, owner, owner, "hello-world")
    project.visibility, project.description = "public", "My first project on the sandbox."
    project.members["robin"] = DEVELOPER
    sha = first_commit(project, _FILES, owner, _SEEDED_AT)
    world.events.append(Event(world.next_id("event"), project, owner, "created", _SEEDED_AT))
    _add_issues(world, project)
    _add_merge_request(world, project, other)
    pipeline = ci.make_pipeline(world, project, owner, ref="main", sha=sha, source="push")
    assert pipeline is not None
    ci.settle(pipeline, _SEEDED_AT + timedelta(minutes=1))
    for tag, size in (("1.0.0", 30_408_704), ("latest", 31_457_280)):
        push_image(world, project, "", tag, size)


def _add_issues(world: World, project: Project) -> None:
    texts = (
        ("Found a bug", "greet() should refuse an empty name.", "bug"),
        ("Say goodbye too", "A farewell would round this off.", "enhancement"),
    )
    board = make_board(world, project, "Development")
    for title, description, label in texts:
        issue = open_issue(world, project, world.users["sasha"], title, description)
        issue.labels = known_labels(world, project, [label])
        board.lists.append((world.next_id("list", 811), project.labels[label]))


def _add_merge_request(world: World, project: Project, author: User) -> None:
    git, tip = project.git, project.git.branch("main")
    assert tip is not None
    tree = git.with_file(git.tree_of(tip), "src/goodbye.py", b'"""Say goodbye."""\n\nprint("Goodbye!")\n')
    sha = git.make_commit(tree, [tip], "Say goodbye", author.signature(_SEEDED_AT))
    git.set_ref(f"{HEADS}say-goodbye", sha)
    make_merge_request(world, project, project, author, "Say goodbye", "Closes #2.", "say-goodbye", "main")
