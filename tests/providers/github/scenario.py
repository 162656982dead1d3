"""What every operation must do, on any server that is GitHub: one step an operation."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from unifykit import ConflictError, InvalidRequestError, NotFoundError
from unifykit.providers.github.models import (
    Branch,
    Comment,
    Commit,
    Comparison,
    Content,
    Event,
    FileCommit,
    Gist,
    Hook,
    Invitation,
    Issue,
    MergeResult,
    Notification,
    Organization,
    Permission,
    PullRequest,
    RateLimitOverview,
    Reference,
    Repository,
    Review,
    User,
    Workflow,
    WorkflowDispatch,
    WorkflowRun,
)  # fmt: skip

STEPS: dict[str, Callable[[Any], None]] = {}
BYTES = bytes(range(256)) * 3 + b"\r\n\xff\xfe"


def step(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def keep(body: Callable[[Any], None]) -> Callable[[Any], None]:
        STEPS[name] = body
        return body

    return keep


# -- repositories


@step("repos.list")
def _(w):
    found = w.do(lambda p: p.github.repos.list(sort="created"))
    repo = w.repo
    assert all(isinstance(one, Repository) for one in found)
    assert repo in {one.full_name for one in w.do(lambda p: p.github.repos.list(visibility="public"))}


@step("repos.create")
def _(w):
    name = w.name()
    made = w.do(lambda p: p.github.repos.create(name, description="Maps", private=True, auto_init=True))
    assert isinstance(made, Repository)
    assert (made.full_name, made.description, made.private) == (f"{w.login}/{name}", "Maps", True)
    with pytest.raises(InvalidRequestError):
        w.do(lambda p: p.github.repos.create(name))


@step("repos.get")
def _(w):
    found = w.do(lambda p: p.github.repos.get(w.repo))
    assert (found.full_name, found.default_branch, found.owner.login) == (w.repo, "main", w.login)
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.repos.get(f"{w.login}/nothing-here"))


@step("repos.get: under its old name")
def _(w):
    old = w.repo
    name = w.name()
    w.do(lambda p: p.github.repos.update(old, name=name))
    assert w.do(lambda p: p.github.repos.get(old)).full_name == f"{w.login}/{name}"
    made = w.do(lambda p: p.github.issues.create(f"{w.login}/{name}", title="It rains"))
    assert [one.number for one in w.do(lambda p: p.github.issues.list(old))] == [made.number]


@step("repos.update")
def _(w):
    found = w.do(lambda p: p.github.repos.update(w.repo, description="Bonjour", has_wiki=False))
    assert found.description == "Bonjour"
    assert w.do(lambda p: p.github.repos.get(w.repo)).description == "Bonjour"


@step("repos.delete")
def _(w):
    assert w.do(lambda p: p.github.repos.delete(w.repo)) is None
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.repos.get(w.repo))


@step("repos.fork")
def _(w):
    fork = w.do(lambda p: p.github["other"].repos.fork(w.repo))
    assert fork.full_name == w.repo.replace(w.login, w.other)
    assert fork.fork


@step("repos.contents")
def _(w):
    w.do(lambda p: p.github.repos.put_file(w.repo, "src/app é.py", "print()\n", message="Add"))
    file = w.do(lambda p: p.github.repos.contents(w.repo, "src/app é.py"))
    assert isinstance(file, Content)
    assert (file.type, file.decoded, file.path) == ("file", b"print()\n", "src/app é.py")
    folder = w.do(lambda p: p.github.repos.contents(w.repo, "src", ref="main"))
    assert (folder.is_directory, [entry.name for entry in folder.entries]) == (True, ["app é.py"])
    assert {entry.name for entry in w.do(lambda p: p.github.repos.contents(w.repo)).entries} == {"README.md", "src"}
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.repos.contents(w.repo, "nothing.txt"))


@step("repos.contents: odd names")
def _(w):
    path = "a b/c;d?e#f%41&+=@é.txt"
    w.do(lambda p: p.github.repos.put_file(w.repo, path, "x", message="Add"))
    assert w.do(lambda p: p.github.repos.contents(w.repo, path)).path == path
    assert w.do(lambda p: p.github.repos.download(w.repo, path)) == b"x"


@step("repos.download: above 1 MB")
def _(w):
    data = BYTES * 1500
    w.do(lambda p: p.github.repos.put_file(w.repo, "big.bin", data, message="Add"))
    assert w.do(lambda p: p.github.repos.download(w.repo, "big.bin")) == data
    assert w.do(lambda p: p.github.repos.contents(w.repo, "big.bin")).size == len(data)


@step("branches.get: odd names")
def _(w):
    w.do(lambda p: p.github.branches.create(w.repo, "fix/é#1%41"))
    assert w.do(lambda p: p.github.branches.get(w.repo, "fix/é#1%41")).name == "fix/é#1%41"
    w.do(lambda p: p.github.repos.put_file(w.repo, "a.txt", "a", message="Add", branch="fix/é#1%41"))
    assert w.do(lambda p: p.github.repos.download(w.repo, "a.txt", ref="fix/é#1%41")) == b"a"
    assert w.do(lambda p: p.github.commits.compare(w.repo, "main", "fix/é#1%41")).ahead_by == 1
    w.do(lambda p: p.github.branches.delete(w.repo, "fix/é#1%41"))
    assert [one.name for one in w.do(lambda p: p.github.branches.list(w.repo))] == ["main"]


@step("repos.download")
def _(w):
    w.do(lambda p: p.github.repos.put_file(w.repo, "data.bin", BYTES, message="Add"))
    assert w.do(lambda p: p.github.repos.download(w.repo, "data.bin")) == BYTES
    listing = json.dumps([{"name": "x", "path": "elsewhere/x"}])
    w.do(lambda p: p.github.repos.put_file(w.repo, "src/list.json", listing, message="Add"))
    assert w.do(lambda p: p.github.repos.download(w.repo, "src/list.json", ref="main")) == listing.encode()
    with pytest.raises(InvalidRequestError, match="directory"):
        w.do(lambda p: p.github.repos.download(w.repo, "src"))


@step("repos.put_file")
def _(w):
    made = w.do(lambda p: p.github.repos.put_file(w.repo, "notes.md", "été", message="Add notes"))
    assert isinstance(made, FileCommit)
    assert (made.content.path, made.commit.message) == ("notes.md", "Add notes")
    again = w.do(lambda p: p.github.repos.put_file(w.repo, "notes.md", b"x", message="Change", sha=made.content.sha))
    assert again.content.sha != made.content.sha
    assert w.do(lambda p: p.github.repos.download(w.repo, "notes.md")) == b"x"
    with pytest.raises(ConflictError):
        w.do(lambda p: p.github.repos.put_file(w.repo, "notes.md", b"y", message="Change", sha=made.content.sha))


@step("repos.delete_file")
def _(w):
    sha = w.do(lambda p: p.github.repos.contents(w.repo, "README.md")).sha
    done = w.do(lambda p: p.github.repos.delete_file(w.repo, "README.md", message="Tidy", sha=sha))
    assert (done.content, done.commit.message) == (None, "Tidy")
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.repos.download(w.repo, "README.md"))


@step("repos.search")
def _(w):
    found = w.do(lambda p: p.github.repos.search(f"{w.repo.split('/')[1]} user:{w.login}", sort="updated"))
    assert [one.full_name for one in found] == [w.repo]


# -- issues


@step("issues.create")
def _(w):
    made = w.do(
        lambda p: p.github.issues.create(w.repo, title="It rains", body="Cats", labels=["bug"], assignees=[w.login])
    )
    assert isinstance(made, Issue)
    assert (made.title, made.body, made.state, made.user.login) == ("It rains", "Cats", "open", w.login)
    assert ([label.name for label in made.labels], [user.login for user in made.assignees]) == (["bug"], [w.login])


@step("issues.list")
def _(w):
    first, second = w.issue(labels=["bug"]), w.issue(title="It snows")
    w.do(lambda p: p.github.issues.close(w.repo, second))
    assert [one.number for one in w.do(lambda p: p.github.issues.list(w.repo))] == [first]
    assert [one.number for one in w.do(lambda p: p.github.issues.list(w.repo, state="closed"))] == [second]
    assert [one.number for one in w.do(lambda p: p.github.issues.list(w.repo, state="all", labels=["bug"]))] == [first]
    later = datetime(2999, 1, 1, tzinfo=UTC)
    assert w.do(lambda p: p.github.issues.list(w.repo, state="all", since=later)) == []


@step("issues.get")
def _(w):
    number = w.issue()
    assert w.do(lambda p: p.github.issues.get(w.repo, number)).title == "It rains"
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.issues.get(w.repo, 9999))


@step("issues.comment")
def _(w):
    number = w.issue()
    made = w.do(lambda p: p.github.issues.comment(w.repo, number, "Me too"))
    assert isinstance(made, Comment)
    assert (made.body, made.user.login) == ("Me too", w.login)


@step("issues.comments")
def _(w):
    number = w.issue()
    for text in ("one", "two"):
        w.do(lambda p, text=text: p.github.issues.comment(w.repo, number, text))
    assert [one.body for one in w.do(lambda p: p.github.issues.comments(w.repo, number))] == ["one", "two"]


@step("issues.update")
def _(w):
    number = w.issue(labels=["bug"])
    found = w.do(lambda p: p.github.issues.update(w.repo, number, title="It snows", labels=[], assignees=[w.login]))
    assert (found.title, found.labels, [user.login for user in found.assignees]) == ("It snows", (), [w.login])
    assert w.do(lambda p: p.github.issues.update(w.repo, number, body="Brr")).title == "It snows"


@step("issues.close")
def _(w):
    number = w.issue()
    found = w.do(lambda p: p.github.issues.close(w.repo, number, reason="not_planned"))
    assert (found.state, found.state_reason) == ("closed", "not_planned")
    assert w.do(lambda p: p.github.issues.update(w.repo, found.number, state="open")).state == "open"


@step("issues.assign")
def _(w):
    number = w.issue()
    found = w.do(lambda p: p.github.issues.assign(w.repo, number, [w.login]))
    assert [user.login for user in found.assignees] == [w.login]


@step("issues.add_labels")
def _(w):
    number = w.issue(labels=["bug"])
    found = w.do(lambda p: p.github.issues.add_labels(w.repo, number, ["question", "bug"]))
    assert {label.name for label in found} == {"bug", "question"}


@step("issues.remove_label")
def _(w):
    number = w.issue(labels=["bug", "area/core: a?b"])
    found = w.do(lambda p: p.github.issues.remove_label(w.repo, number, "area/core: a?b"))
    assert [label.name for label in found] == ["bug"]


# -- pull requests


@step("pulls.create")
def _(w):
    number = w.pull()
    found = w.do(lambda p: p.github.pulls.get(w.repo, number))
    assert isinstance(found, PullRequest)
    assert (found.title, found.state, found.head.ref, found.base.ref, found.draft) == (
        "Add a",
        "open",
        "topic",
        "main",
        False,
    )


@step("pulls.list")
def _(w):
    number = w.pull()
    assert [one.number for one in w.do(lambda p: p.github.pulls.list(w.repo, base="main"))] == [number]
    assert w.do(lambda p: p.github.pulls.list(w.repo, state="closed")) == []


@step("pulls.get")
def _(w):
    number = w.pull()
    assert w.do(lambda p: p.github.pulls.get(w.repo, number)).number == number
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.pulls.get(w.repo, 9999))


@step("pulls.update")
def _(w):
    number = w.pull()
    found = w.do(lambda p: p.github.pulls.update(w.repo, number, title="Add it", state="closed"))
    assert (found.title, found.state) == ("Add it", "closed")


@step("pulls.review")
def _(w):
    number = w.pull()
    w.do(lambda p: p.github.collaborators.permission(w.repo, w.login))
    found = w.do(lambda p: p.github["other"].pulls.review(w.repo, number, body="Fine", event="APPROVE"))
    assert isinstance(found, Review)
    assert (found.state, found.body, found.user.login) == ("APPROVED", "Fine", w.other)


@step("pulls.merge")
def _(w):
    number = w.pull()
    done = w.do(lambda p: p.github.pulls.merge(w.repo, number, method="squash", title="Add a (#1)", message="By hand"))
    assert isinstance(done, MergeResult)
    assert done.merged
    assert w.do(lambda p: p.github.pulls.get(w.repo, number)).merged
    assert w.do(lambda p: p.github.repos.download(w.repo, "a.txt")) == b"a\n"
    assert w.do(lambda p: p.github.commits.get(w.repo, done.sha)).message == "Add a (#1)\n\nBy hand"


@step("pulls.merge: merged already")
def _(w):
    number = w.pull()
    w.do(lambda p: p.github.pulls.merge(w.repo, number))
    with pytest.raises(ConflictError):
        w.do(lambda p: p.github.pulls.merge(w.repo, number))


@step("pulls.comment")
def _(w):
    number = w.pull()
    assert w.do(lambda p: p.github.pulls.comment(w.repo, number, "Thanks")).body == "Thanks"
    assert [one.body for one in w.do(lambda p: p.github.issues.comments(w.repo, number))] == ["Thanks"]


@step("pulls.files")
def _(w):
    number = w.pull()
    found = w.do(lambda p: p.github.pulls.files(w.repo, number))
    assert [(one.filename, one.status, one.additions) for one in found] == [("a.txt", "added", 1)]


# -- branches and commits


@step("branches.list")
def _(w):
    w.do(lambda p: p.github.branches.create(w.repo, "topic"))
    found = w.do(lambda p: p.github.branches.list(w.repo))
    assert all(isinstance(one, Branch) for one in found)
    assert sorted(one.name for one in found) == ["main", "topic"]


@step("branches.get")
def _(w):
    w.do(lambda p: p.github.branches.create(w.repo, "feature/maps"))
    found = w.do(lambda p: p.github.branches.get(w.repo, "feature/maps"))
    assert (found.name, len(found.commit.sha)) == ("feature/maps", 40)
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.branches.get(w.repo, "nothing"))


@step("branches.create")
def _(w):
    tip = w.do(lambda p: p.github.branches.get(w.repo, "main")).commit.sha
    made = w.do(lambda p: p.github.branches.create(w.repo, "a/b"))
    assert isinstance(made, Reference)
    assert (made.name, made.sha) == ("a/b", tip)
    assert w.do(lambda p: p.github.branches.create(w.repo, "from-hash", source=tip)).sha == tip
    assert w.do(lambda p: p.github.branches.create(w.repo, "from-branch", source="a/b")).sha == tip
    with pytest.raises(InvalidRequestError):
        w.do(lambda p: p.github.branches.create(w.repo, "a/b"))
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.branches.create(w.repo, "c", source="nothing"))


@step("branches.delete")
def _(w):
    w.do(lambda p: p.github.branches.create(w.repo, "a/b"))
    assert w.do(lambda p: p.github.branches.delete(w.repo, "a/b")) is None
    assert [one.name for one in w.do(lambda p: p.github.branches.list(w.repo))] == ["main"]


@step("commits.list")
def _(w):
    w.do(lambda p: p.github.branches.create(w.repo, "topic"))
    w.do(lambda p: p.github.repos.put_file(w.repo, "a.txt", "a", message="Add a", branch="topic"))
    found = w.do(lambda p: p.github.commits.list(w.repo, branch="topic"))
    assert all(isinstance(one, Commit) for one in found)
    assert found[0].message == "Add a"
    assert len(found) == len(w.do(lambda p: p.github.commits.list(w.repo))) + 1
    assert [one.message for one in w.do(lambda p: p.github.commits.list(w.repo, branch="topic", path="a.txt"))] == [
        "Add a"
    ]


@step("commits.get")
def _(w):
    sha = w.do(lambda p: p.github.repos.put_file(w.repo, "a.txt", "a\nb\n", message="Add a")).commit.sha
    found = w.do(lambda p: p.github.commits.get(w.repo, sha))
    assert (found.sha, found.stats.additions, [file.filename for file in found.files]) == (sha, 2, ["a.txt"])


@step("commits.compare")
def _(w):
    w.do(lambda p: p.github.branches.create(w.repo, "a/b"))
    w.do(lambda p: p.github.repos.put_file(w.repo, "a.txt", "a\n", message="Add a", branch="a/b"))
    found = w.do(lambda p: p.github.commits.compare(w.repo, "main", "a/b"))
    assert isinstance(found, Comparison)
    assert (found.status, found.ahead_by, [file.filename for file in found.files]) == ("ahead", 1, ["a.txt"])


# -- hooks and actions


@step("hooks.create")
def _(w):
    made = w.hook()
    assert isinstance(made, Hook)
    assert (made.active, set(made.events), made.config.url) == (False, {"push", "issues"}, "https://example.com/hook")
    assert made.config.secret != "s"


@step("hooks.list")
def _(w):
    made = w.hook()
    assert [one.id for one in w.do(lambda p: p.github.hooks.list(w.repo))] == [made.id]


@step("hooks.get")
def _(w):
    made = w.hook()
    assert w.do(lambda p: p.github.hooks.get(w.repo, made.id)).id == made.id


@step("hooks.test")
def _(w):
    made = w.hook()
    assert w.do(lambda p: p.github.hooks.test(w.repo, made.id)) is None


@step("hooks.ping")
def _(w):
    made = w.hook()
    assert w.do(lambda p: p.github.hooks.ping(w.repo, made.id)) is None
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.github.hooks.ping(w.repo, made.id + 1))


@step("hooks.delete")
def _(w):
    made = w.hook()
    assert w.do(lambda p: p.github.hooks.delete(w.repo, made.id)) is None
    assert w.do(lambda p: p.github.hooks.list(w.repo)) == []


@step("workflows.list")
def _(w):
    w.workflow()
    found = w.do(lambda p: p.github.workflows.list(w.repo))
    assert [type(one) for one in found] == [Workflow]
    assert found[0].path == ".github/workflows/ci.yml"


@step("workflows.dispatch")
def _(w):
    name = w.workflow()
    started = w.do(lambda p: p.github.workflows.dispatch(w.repo, name, ref="main", inputs={"stage": "b"}))
    assert isinstance(started, WorkflowDispatch)
    assert w.do(lambda p: p.github.workflows.dispatch(w.repo, name, ref="main", details=False)) is None
    with pytest.raises(InvalidRequestError):
        w.do(lambda p: p.github.workflows.dispatch(w.repo, name, ref="main", inputs={"nonsense": "b"}))


@step("runs.list")
def _(w):
    run = w.run()
    found = w.do(lambda p: p.github.runs.list(w.repo, event="workflow_dispatch"))
    assert [type(one) for one in found] == [WorkflowRun]
    assert [one.id for one in found] == [run]
    assert [one.id for one in w.do(lambda p: p.github.runs.list(w.repo, workflow="ci.yml", branch="main"))] == [run]
    assert w.do(lambda p: p.github.runs.list(w.repo, status="failure")) == []


@step("runs.get")
def _(w):
    run = w.run()
    assert w.do(lambda p: p.github.runs.get(w.repo, run)).event == "workflow_dispatch"


@step("runs.rerun")
def _(w):
    run = w.run()
    w.do(lambda p: p.github.runs.cancel(w.repo, run))
    assert w.do(lambda p: p.github.runs.rerun(w.repo, run)) is None
    assert w.do(lambda p: p.github.runs.get(w.repo, run)).run_attempt == 2


@step("runs.cancel")
def _(w):
    run = w.run()
    assert w.do(lambda p: p.github.runs.cancel(w.repo, run)) is None
    with pytest.raises(ConflictError):
        w.do(lambda p: p.github.runs.cancel(w.repo, run))


# -- collaborators


@step("collaborators.list")
def _(w):
    found = w.do(lambda p: p.github.collaborators.list(w.repo))
    assert [user.login for user in found] == [w.login]
    assert found[0].permissions.admin


@step("collaborators.add")
def _(w):
    made = w.do(lambda p: p.github.collaborators.add(w.repo, w.other, permission="pull"))
    assert isinstance(made, Invitation)
    assert (made.invitee.login, made.permissions) == (w.other, "read")
    again = w.do(lambda p: p.github.collaborators.add(w.repo, w.other, permission="push"))
    assert again is None or again.invitee.login == w.other


@step("collaborators.permission")
def _(w):
    found = w.do(lambda p: p.github.collaborators.permission(w.repo, w.login))
    assert isinstance(found, Permission)
    assert (found.permission, found.user.login) == ("admin", w.login)


@step("collaborators.remove")
def _(w):
    assert w.do(lambda p: p.github.collaborators.remove(w.repo, w.other)) is None


# -- the account


@step("me")
def _(w):
    found = w.do(lambda p: p.github.me())
    assert isinstance(found, User)
    assert found.login == w.login
    assert w.do(lambda p: p.github["other"].me()).login == w.other


@step("rate_limit")
def _(w):
    found = w.do(lambda p: p.github.rate_limit())
    assert isinstance(found, RateLimitOverview)
    assert found.resources["core"].limit > 0


@step("orgs.list")
def _(w):
    found = w.do(lambda p: p.github.orgs.list())
    assert [type(one) for one in found] == [Organization]


@step("gists.list")
def _(w):
    found = w.do(lambda p: p.github.gists.list())
    assert {type(one) for one in found} == {Gist}
    assert w.do(lambda p: p.github.gists.list(since=datetime(2999, 1, 1, tzinfo=UTC))) == []


@step("events.list")
def _(w):
    w.issue(title="Found by event")
    found = w.do(lambda p: p.github.events.list())
    assert {type(one) for one in found} == {Event}
    assert {one.actor.login for one in found} == {w.login}
    assert (found[0].type, found[0].repo.name) == ("IssuesEvent", w.repo)


@step("notifications.list")
def _(w):
    w.do(lambda p: p.github["other"].issues.create(w.repo, title="Look", body=f"@{w.login}"))
    found = w.do(lambda p: p.github.notifications.list())
    assert {type(one) for one in found} == {Notification}
    assert found[0].repository.full_name == w.repo


@step("check")
def _(w):
    report = w.do(lambda p: p.github.check())
    assert [item.name for item in report.items] == [
        "user", "rate limit", "repositories", "organizations", "gists", "events", "notifications",
    ]  # fmt: skip
    assert report.ok, str(report)
    assert report["user"].detail == w.login
