"""What every operation must do on a server that is GitLab: one step an operation."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from unifykit import AuthenticationError, ConflictError, InvalidRequestError, NotFoundError, PermissionDeniedError
from unifykit.providers.gitlab.models import (
    Approvals,
    Board,
    Event,
    Group,
    ImageRepository,
    ImageTag,
    Issue,
    Job,
    MergeRequest,
    Note,
    Pipeline,
    Project,
    Snippet,
    TimeStats,
    User,
)  # fmt: skip

STEPS: dict[str, Callable[[Any], None]] = {}


def step(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def keep(body: Callable[[Any], None]) -> Callable[[Any], None]:
        STEPS[name] = body
        return body

    return keep


# -- account


@step("me")
def _(w):
    me = w.do(lambda p: p.gitlab.me())
    assert isinstance(me, User)
    assert (me.username, me.id, me.email) == ("tanuki", 1001, "tanuki@example.com")
    assert me.raw["projects_limit"] == 100000


@step("check")
def _(w):
    report = w.do(lambda p: p.gitlab.check())
    assert report.ok, str(report)
    assert [item.name for item in report.items] == [
        "user",
        "projects",
        "owned projects",
        "groups",
        "events",
        "snippets",
    ]
    assert [item.detail for item in report.items][:3] == ["tanuki", "1", "1"]


@step("groups.list")
def _(w):
    (group,) = w.do(lambda p: p.gitlab.groups.list())
    assert isinstance(group, Group)
    assert (group.full_path, group.visibility) == ("sandbox", "public")
    assert w.do(lambda p: p.gitlab["reviewer"].groups.list(owned=True)) == []
    assert w.do(lambda p: p.gitlab.groups.list(search="nothing")) == []


@step("events.list")
def _(w):
    iid = w.issue(title="Seen")
    first = w.do(lambda p: p.gitlab.events.list().first())[0]
    assert isinstance(first, Event)
    assert (first.action_name, first.target_type, first.target_iid, first.target_title) == (
        "opened",
        "Issue",
        iid,
        "Seen",
    )
    w.do(lambda p: p.gitlab.issues.comment(w.project, iid, "Me too"))
    (said,) = w.do(lambda p: p.gitlab.events.list(action="commented"))
    assert said.note.body == "Me too"
    assert len(w.do(lambda p: p.gitlab.events.list(target_type="issue"))) == 1
    assert w.do(lambda p: p.gitlab.events.list(before=date(2020, 1, 1))) == []
    w.branch()
    (pushed,) = w.do(lambda p: p.gitlab.events.list(action="pushed", after=date(2025, 1, 1)).first())
    assert (pushed.push_data.commit_count, pushed.push_data.ref_type) == (1, "branch")


@step("snippets.list")
def _(w):
    (snippet,) = w.do(lambda p: p.gitlab.snippets.list())
    assert isinstance(snippet, Snippet)
    assert (snippet.title, [file.path for file in snippet.files]) == ("Hello World", ["hello.py"])


# -- projects


@step("projects.list")
def _(w):
    for visibility in ("private", "public"):
        w.do(lambda p, seen=visibility: p.gitlab.projects.create(w.name(seen), visibility=seen, topics=["maps"]))
    found = w.do(lambda p: p.gitlab.projects.list(owned=True, order_by="name", sort="asc"))
    assert all(isinstance(one, Project) for one in found)
    assert [one.path.partition("-")[0] for one in found] == ["hello", "private", "public"]
    assert len(w.do(lambda p: p.gitlab.projects.list(visibility="private", membership=True))) == 1
    assert len(w.do(lambda p: p.gitlab.projects.list(topics=["maps"], archived=False))) == 2
    assert len(w.do(lambda p: p.gitlab.projects.list(search="hello", order_by="id"))) == 1
    assert w.do(lambda p: p.gitlab.projects.list(starred=True)) == []


@step("projects.create")
def _(w):
    name = w.name("Atlas")
    made = w.do(
        lambda p: p.gitlab.projects.create(
            name, description="Maps", visibility="internal", initialize_with_readme=True, default_branch="trunk",
            topics=["maps", "geo"],
        )
    )  # fmt: skip
    assert isinstance(made, Project)
    assert (made.path_with_namespace, made.visibility, made.topics) == (
        f"tanuki/{name.lower()}",
        "internal",
        ("maps", "geo"),
    )
    assert (made.default_branch, made.empty_repo, made.owner.username) == ("trunk", False, "tanuki")
    with pytest.raises(InvalidRequestError, match="has already been taken"):
        w.do(lambda p: p.gitlab.projects.create(name))
    inside = w.do(lambda p: p.gitlab.projects.create(name, path="inside", namespace_id=2001))
    assert (inside.path_with_namespace, inside.namespace.kind, inside.default_branch) == (
        "sandbox/inside",
        "group",
        None,
    )


@step("projects.get")
def _(w):
    by_path = w.do(lambda p: p.gitlab.projects.get(w.project))
    by_id = w.do(lambda p: p.gitlab.projects.get(by_path.id))
    assert by_path == by_id == w.do(lambda p: p.gitlab.projects.get(str(by_path.id)))
    assert (by_path.id, by_path.permissions.project_access.access_level) == (101, 50)
    assert by_path.created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    with pytest.raises(NotFoundError, match="404 Project Not Found"):
        w.do(lambda p: p.gitlab.projects.get("tanuki/nothing-here"))


@step("projects.update")
def _(w):
    found = w.do(lambda p: p.gitlab.projects.update(w.project, description="", topics=["x"], jobs_enabled=False))
    assert (found.description, found.topics, found.jobs_enabled) == ("", ("x",), False)
    moved = w.do(lambda p: p.gitlab.projects.update(w.project, path="moved", name="Moved", merge_method="ff"))
    assert (moved.path_with_namespace, moved.merge_method) == ("tanuki/moved", "ff")
    with pytest.raises(InvalidRequestError):
        w.do(lambda p: p.gitlab.projects.update(101, default_branch="nope"))


@step("projects.archive")
def _(w):
    for _again in range(2):
        assert w.do(lambda p: p.gitlab.projects.archive(w.project)).archived is True
    with pytest.raises(PermissionDeniedError):
        w.issue()


@step("projects.unarchive")
def _(w):
    w.do(lambda p: p.gitlab.projects.archive(w.project))
    assert w.do(lambda p: p.gitlab.projects.unarchive(w.project)).archived is False
    assert w.issue() == 3


@step("projects.fork")
def _(w):
    forked = w.do(lambda p: p.gitlab["reviewer"].projects.fork(w.project))
    assert (forked.path_with_namespace, forked.forked_from_project.id) == ("robin/hello-world", 101)
    assert (forked.import_status, forked.default_branch) == ("scheduled", "main")
    with pytest.raises(ConflictError, match="Name has already been taken"):
        w.do(lambda p: p.gitlab["reviewer"].projects.fork(w.project))
    by_id = w.do(lambda p: p.gitlab.projects.fork(w.project, name="Other", path="other", namespace=2001))
    assert by_id.path_with_namespace == "sandbox/other"


@step("projects.star")
def _(w):
    for _again in range(2):
        assert w.do(lambda p: p.gitlab.projects.star(w.project)).star_count == 1
    assert w.do(lambda p: p.gitlab["reviewer"].projects.star(w.project)).star_count == 2


@step("projects.unstar")
def _(w):
    w.do(lambda p: p.gitlab.projects.star(w.project))
    for _again in range(2):
        assert w.do(lambda p: p.gitlab.projects.unstar(w.project)).star_count == 0


@step("projects.delete")
def _(w):
    with pytest.raises(PermissionDeniedError):
        w.do(lambda p: p.gitlab["reviewer"].projects.delete(w.project))
    assert w.do(lambda p: p.gitlab.projects.delete(w.project)) is None
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.projects.get(w.project))


# -- pipelines and jobs


def start(w):
    return w.do(lambda p: p.gitlab.pipelines.create(w.project, ref="main"))


@step("pipelines.list")
def _(w):
    made = start(w)
    found = w.do(lambda p: p.gitlab.pipelines.list(w.project))
    assert [one.id for one in found] == [made.id, 9001]
    assert all(isinstance(one, Pipeline) for one in found)
    assert [one.id for one in w.do(lambda p: p.gitlab.pipelines.list(w.project, status="success", ref="main"))] == [
        9001
    ]
    assert [one.id for one in w.do(lambda p: p.gitlab.pipelines.list(w.project, source="api", sha=made.sha))] == [
        made.id
    ]
    assert w.do(lambda p: p.gitlab.pipelines.list(w.project, order_by="updated_at", sort="asc"))[0].id == 9001


@step("pipelines.create")
def _(w):
    made = w.do(lambda p: p.gitlab.pipelines.create(w.project, ref="main", variables={"STAGE": "test", "EMPTY": ""}))
    assert (made.status, made.ref, made.user.username) == ("created", "main", "tanuki")
    found = w.do(lambda p: p.gitlab.native.projects.get(101).pipelines.get(made.id).variables.list(get_all=True))
    assert {one.key: one.value for one in found} == {"STAGE": "test", "EMPTY": ""}
    with pytest.raises(InvalidRequestError, match="base Reference not found"):
        w.do(lambda p: p.gitlab.pipelines.create(w.project, ref="nope"))


@step("pipelines.get")
def _(w):
    made = start(w)
    w.wait(1.5)
    running = w.do(lambda p: p.gitlab.pipelines.get(w.project, made.id))
    assert (running.status, running.finished) == ("running", False)
    w.wait(30)
    done = w.do(lambda p: p.gitlab.pipelines.get(w.project, made.id))
    assert (done.status, done.finished, done.duration, done.detailed_status.label) == ("success", True, 5, "passed")
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.pipelines.get(w.project, 1))


@step("pipelines.cancel")
def _(w):
    made = start(w)
    for _again in range(2):
        assert w.do(lambda p: p.gitlab.pipelines.cancel(w.project, made.id)).status == "canceled"


@step("pipelines.retry")
def _(w):
    made = start(w)
    w.do(lambda p: p.gitlab.pipelines.cancel(w.project, made.id))
    again = w.do(lambda p: p.gitlab.pipelines.retry(w.project, made.id))
    assert (again.id, again.finished) == (made.id, False)
    w.wait(30)
    assert w.do(lambda p: p.gitlab.pipelines.get(w.project, made.id)).status == "success"


@step("pipelines.jobs")
def _(w):
    found = w.do(lambda p: p.gitlab.pipelines.jobs(w.project, 9001))
    assert [(one.name, one.status) for one in found] == [
        ("deploy", "manual"),
        ("test", "success"),
        ("build", "success"),
    ]
    assert all(isinstance(one, Job) for one in found)
    w.do(lambda p: p.gitlab.jobs.retry(w.project, 70002))
    assert len(w.do(lambda p: p.gitlab.pipelines.jobs(w.project, 9001))) == 3
    assert len(w.do(lambda p: p.gitlab.pipelines.jobs(w.project, 9001, include_retried=True))) == 4


@step("jobs.list")
def _(w):
    assert [one.id for one in w.do(lambda p: p.gitlab.jobs.list(w.project))] == [70003, 70002, 70001]
    assert [one.name for one in w.do(lambda p: p.gitlab.jobs.list(w.project, scope="manual"))] == ["deploy"]


@step("jobs.get")
def _(w):
    job = w.do(lambda p: p.gitlab.jobs.get(w.project, 70001))
    assert isinstance(job, Job)
    assert (job.name, job.stage, job.status, job.duration, job.pipeline.id) == ("build", "build", "success", 2.0, 9001)
    assert (job.artifacts_file.filename, job.commit.title) == ("artifacts.zip", "Initial commit")
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.jobs.get(w.project, 1))


@step("jobs.retry")
def _(w):
    again = w.do(lambda p: p.gitlab.jobs.retry(w.project, 70002))
    assert (again.name, again.status) == ("test", "pending")
    assert again.id not in (70001, 70002, 70003)
    with pytest.raises(PermissionDeniedError, match="not retryable"):
        w.do(lambda p: p.gitlab.jobs.retry(w.project, 70002))


@step("jobs.play")
def _(w):
    assert w.do(lambda p: p.gitlab.jobs.play(w.project, 70003)).status == "pending"
    with pytest.raises(InvalidRequestError, match="Unplayable"):
        w.do(lambda p: p.gitlab.jobs.play(w.project, 70003))


@step("jobs.cancel")
def _(w):
    again = w.do(lambda p: p.gitlab.jobs.retry(w.project, 70002))
    for _again in range(2):
        assert w.do(lambda p: p.gitlab.jobs.cancel(w.project, again.id)).status == "canceled"
    assert w.do(lambda p: p.gitlab.jobs.cancel(w.project, 70001)).status == "success"


@step("jobs.log")
def _(w):
    text = w.do(lambda p: p.gitlab.jobs.log(w.project, 70001))
    assert "$ make site" in text
    assert text.endswith("Job succeeded\n")
    assert w.do(lambda p: p.gitlab.jobs.log(w.project, 70003)) == ""


@step("jobs.artifacts")
def _(w):
    data = w.do(lambda p: p.gitlab.jobs.artifacts(w.project, 70001))
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["public/index.html"]
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.jobs.artifacts(w.project, 70002))


@step("jobs.artifacts_to")
def _(w):
    target = w.folder / "site.zip"
    target.write_bytes(b"old")
    assert w.do(lambda p: p.gitlab.jobs.artifacts_to(w.project, 70001, target)) == target
    assert target.read_bytes() == w.do(lambda p: p.gitlab.jobs.artifacts(w.project, 70001))
    assert list(w.folder.iterdir()) == [target]


@step("jobs.artifact")
def _(w):
    assert b"Hello" in w.do(lambda p: p.gitlab.jobs.artifact(w.project, 70001, "public/index.html"))
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.jobs.artifact(w.project, 70001, "public/a b#c.html"))


# -- merge requests


@step("merge_requests.create")
def _(w):
    branch = w.branch()
    made = w.do(
        lambda p: p.gitlab.merge_requests.create(
            w.project, source_branch=branch, target_branch="main", title="Draft: Add a", description="Why",
            labels=["bug", "new"], assignee_ids=[1001], reviewer_ids=[1002], squash=True, remove_source_branch=True,
        )
    )  # fmt: skip
    assert isinstance(made, MergeRequest)
    assert (made.state, made.draft, made.labels, made.squash) == ("opened", True, ("bug", "new"), True)
    assert (made.assignees[0].username, made.reviewers[0].username, made.changes_count) == ("tanuki", "robin", "1")
    with pytest.raises(ConflictError, match="already exists"):
        w.do(lambda p: p.gitlab.merge_requests.create(w.project, source_branch=branch, target_branch="main", title="x"))
    with pytest.raises(InvalidRequestError, match="source_branch does not exist"):
        w.do(lambda p: p.gitlab.merge_requests.create(w.project, source_branch="nope", target_branch="main", title="x"))


@step("merge_requests.list")
def _(w):
    iid = w.merge_request(labels=["new"])
    found = w.do(lambda p: p.gitlab.merge_requests.list(w.project, state="all", order_by="title", sort="asc"))
    assert [one.iid for one in found] == [iid, 1]
    assert [
        one.iid for one in w.do(lambda p: p.gitlab.merge_requests.list(w.project, labels=["new"], target_branch="main"))
    ] == [iid]
    assert [
        one.iid for one in w.do(lambda p: p.gitlab.merge_requests.list(w.project, source_branch="say-goodbye"))
    ] == [1]
    assert w.do(lambda p: p.gitlab.merge_requests.list(w.project, state="merged")) == []
    assert len(w.do(lambda p: p.gitlab.merge_requests.list(w.project, search="goodbye"))) == 1


@step("merge_requests.get")
def _(w):
    found = w.do(lambda p: p.gitlab.merge_requests.get(w.project, 1))
    assert (found.title, found.author.username, found.detailed_merge_status) == ("Say goodbye", "robin", "mergeable")
    assert found.diff_refs.head_sha == found.sha
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.merge_requests.get(w.project, 99))


@step("merge_requests.update")
def _(w):
    found = w.do(
        lambda p: p.gitlab.merge_requests.update(
            w.project, 1, title="Bye", description="", labels=[], assignee_ids=[1003]
        )
    )
    assert (found.title, found.description, found.labels, found.assignees[0].username) == ("Bye", "", (), "sasha")
    assert (
        w.do(lambda p: p.gitlab.merge_requests.update(w.project, 1, state_event="close")).closed_by.username == "tanuki"
    )
    assert w.do(lambda p: p.gitlab.merge_requests.update(w.project, 1, state_event="reopen")).state == "opened"


@step("merge_requests.set_reviewers")
def _(w):
    found = w.do(lambda p: p.gitlab.merge_requests.set_reviewers(w.project, 1, [1003, 1001]))
    assert [one.username for one in found.reviewers] == ["sasha", "tanuki"]
    assert w.do(lambda p: p.gitlab.merge_requests.set_reviewers(w.project, 1, [])).reviewers == ()


@step("merge_requests.approve")
def _(w):
    head = w.do(lambda p: p.gitlab.merge_requests.get(w.project, 1)).sha
    with pytest.raises(ConflictError, match="SHA does not match"):
        w.do(lambda p: p.gitlab.merge_requests.approve(w.project, 1, sha="0" * 40))
    found = w.do(lambda p: p.gitlab.merge_requests.approve(w.project, 1, sha=head))
    assert isinstance(found, Approvals)
    assert (found.approved, [one.user.username for one in found.approved_by]) == (True, ["tanuki"])
    with pytest.raises(AuthenticationError):
        w.do(lambda p: p.gitlab.merge_requests.approve(w.project, 1))


@step("merge_requests.merge")
def _(w):
    iid = w.merge_request("src/hello.py", "one\n")
    other = w.merge_request("src/hello.py", "two\n")
    with pytest.raises(ConflictError, match="SHA does not match"):
        w.do(lambda p: p.gitlab.merge_requests.merge(w.project, iid, sha="0" * 40))
    merged = w.do(
        lambda p: p.gitlab.merge_requests.merge(w.project, iid, message="Together", remove_source_branch=True)
    )
    assert (merged.state, merged.merge_user.username) == ("merged", "tanuki")
    tip = w.do(lambda p: p.gitlab.native.projects.get(101).commits.get("main"))
    assert (tip.id, tip.message, len(tip.parent_ids)) == (merged.merge_commit_sha, "Together", 2)
    with pytest.raises(ConflictError, match="405 Method Not Allowed"):
        w.do(lambda p: p.gitlab.merge_requests.merge(w.project, iid))
    assert w.do(lambda p: p.gitlab.merge_requests.get(w.project, other)).has_conflicts is True
    with pytest.raises(ConflictError, match="Branch cannot be merged"):
        w.do(lambda p: p.gitlab.merge_requests.merge(w.project, other))
    with pytest.raises(AuthenticationError):
        w.do(lambda p: p.gitlab["reviewer"].merge_requests.merge(w.project, 1))
    assert w.do(lambda p: p.gitlab.merge_requests.merge(w.project, 1, squash=True)).state == "merged"


@step("merge_requests.comment")
def _(w):
    note = w.do(lambda p: p.gitlab["reviewer"].merge_requests.comment(w.project, 1, "LGTM"))
    assert isinstance(note, Note)
    assert (note.body, note.author.username, note.noteable_type, note.noteable_iid) == (
        "LGTM",
        "robin",
        "MergeRequest",
        1,
    )


@step("merge_requests.comments")
def _(w):
    for text in ("one", "two"):
        w.do(lambda p, said=text: p.gitlab.merge_requests.comment(w.project, 1, said))
    assert [note.body for note in w.do(lambda p: p.gitlab.merge_requests.comments(w.project, 1))] == ["one", "two"]


# -- issues


@step("issues.create")
def _(w):
    made = w.do(
        lambda p: p.gitlab.issues.create(
            w.project, title="Bug", description="Details", labels=["bug"], assignee_ids=[1002], confidential=True,
            due_date=date(2030, 1, 2),
        )
    )  # fmt: skip
    assert isinstance(made, Issue)
    assert (made.iid, made.state, made.labels, made.author.username) == (3, "opened", ("bug",), "tanuki")
    assert (made.assignees[0].username, made.confidential, made.due_date) == ("robin", True, date(2030, 1, 2))
    assert (made.references.full, made.time_stats.total_time_spent) == ("tanuki/hello-world#3", 0)
    with pytest.raises(InvalidRequestError, match="title is too long"):
        w.issue(title="x" * 256)


@step("issues.list")
def _(w):
    iid = w.issue(labels=["new", "bug"], assignee_ids=[1003])
    w.do(lambda p: p.gitlab.issues.close(w.project, 1))
    assert [one.iid for one in w.do(lambda p: p.gitlab.issues.list(w.project))] == [iid, 2]
    assert [one.iid for one in w.do(lambda p: p.gitlab.issues.list(w.project, state="closed"))] == [1]
    assert len(w.do(lambda p: p.gitlab.issues.list(w.project, state="all"))) == 3
    assert [one.iid for one in w.do(lambda p: p.gitlab.issues.list(w.project, labels=["bug", "new"]))] == [iid]
    assert [one.iid for one in w.do(lambda p: p.gitlab.issues.list(w.project, assignee_id=1003))] == [iid]
    assert [
        one.iid
        for one in w.do(lambda p: p.gitlab.issues.list(w.project, search="goodbye", order_by="title", sort="asc"))
    ] == [2]


@step("issues.get")
def _(w):
    found = w.do(lambda p: p.gitlab.issues.get(w.project, 1))
    assert (found.title, found.author.username, found.raw["severity"]) == ("Found a bug", "sasha", "UNKNOWN")
    with pytest.raises(NotFoundError, match="404 Issue Not Found"):
        w.do(lambda p: p.gitlab.issues.get(w.project, 99))


@step("issues.update")
def _(w):
    found = w.do(
        lambda p: p.gitlab.issues.update(
            w.project,
            1,
            title="T",
            description="",
            labels=["a", "b"],
            assignee_ids=[],
            confidential=True,
            due_date=date(2030, 1, 2),
        )
    )
    assert (found.title, found.description, found.labels, found.assignees) == ("T", "", ("a", "b"), ())
    assert (found.confidential, found.due_date) == (True, date(2030, 1, 2))
    assert w.do(lambda p: p.gitlab.issues.update(w.project, 1, labels=[])).labels == ()
    assert w.do(lambda p: p.gitlab.issues.update(w.project, 1, state_event="close")).state == "closed"
    assert w.do(lambda p: p.gitlab.issues.update(w.project, 1, state_event="reopen")).closed_at is None


@step("issues.close")
def _(w):
    for _again in range(2):
        found = w.do(lambda p: p.gitlab.issues.close(w.project, 1))
        assert (found.state, found.closed_by.username) == ("closed", "tanuki")


@step("issues.assign")
def _(w):
    found = w.do(lambda p: p.gitlab.issues.assign(w.project, 1, [1002, 1003]))
    assert [one.username for one in found.assignees] == ["robin", "sasha"]
    assert w.do(lambda p: p.gitlab.issues.assign(w.project, 1, [])).assignees == ()


@step("issues.add_labels")
def _(w):
    assert w.do(lambda p: p.gitlab.issues.add_labels(w.project, 1, ["urgent", "bug"])).labels == ("bug", "urgent")


@step("issues.comment")
def _(w):
    note = w.do(lambda p: p.gitlab.issues.comment(w.project, 1, "Me too"))
    assert isinstance(note, Note)
    assert (note.body, note.noteable_type, note.system) == ("Me too", "Issue", False)


@step("issues.comments")
def _(w):
    for number in range(3):
        w.do(lambda p, said=f"n{number}": p.gitlab.issues.comment(w.project, 1, said))
    assert [note.body for note in w.do(lambda p: p.gitlab.issues.comments(w.project, 1))] == ["n0", "n1", "n2"]


@step("issues.add_spent_time")
def _(w):
    stats = w.do(lambda p: p.gitlab.issues.add_spent_time(w.project, 1, "2h"))
    assert isinstance(stats, TimeStats)
    assert (stats.total_time_spent, stats.human_total_time_spent) == (7200, "2h")
    stats = w.do(lambda p: p.gitlab.issues.add_spent_time(w.project, 1, "1d 30m", summary="Looked at it"))
    assert stats.human_total_time_spent == "1d 2h 30m"
    with pytest.raises(InvalidRequestError, match="exceeds the total time spent"):
        w.do(lambda p: p.gitlab.issues.add_spent_time(w.project, 1, "-1w"))
    assert w.do(lambda p: p.gitlab.issues.get(w.project, 1)).time_stats == stats


@step("issues.reset_spent_time")
def _(w):
    w.do(lambda p: p.gitlab.issues.add_spent_time(w.project, 1, "2h"))
    for _again in range(2):
        assert w.do(lambda p: p.gitlab.issues.reset_spent_time(w.project, 1)).total_time_spent == 0


@step("boards.list")
def _(w):
    (board,) = w.do(lambda p: p.gitlab.boards.list(w.project))
    assert isinstance(board, Board)
    assert (board.name, [one.label.name for one in board.lists]) == ("Development", ["bug", "enhancement"])


# -- registry


@step("registry.repositories")
def _(w):
    (images,) = w.do(lambda p: p.gitlab.registry.repositories(w.project))
    assert isinstance(images, ImageRepository)
    assert (images.id, images.path, images.tags_count) == (901, "tanuki/hello-world", 2)


@step("registry.get")
def _(w):
    images = w.do(lambda p: p.gitlab.registry.get(901))
    assert ([tag.name for tag in images.tags], images.size) == (["1.0.0", "latest"], 61_865_984)
    with pytest.raises(NotFoundError):
        w.do(lambda p: p.gitlab.registry.get(1))


@step("registry.tags")
def _(w):
    found = w.do(lambda p: p.gitlab.registry.tags(w.project, 901))
    assert all(isinstance(one, ImageTag) for one in found)
    assert [one.path for one in found] == ["tanuki/hello-world:1.0.0", "tanuki/hello-world:latest"]


@step("registry.tag")
def _(w):
    tag = w.do(lambda p: p.gitlab.registry.tag(w.project, 901, "latest"))
    assert (tag.total_size, tag.digest[:7]) == (31_457_280, "sha256:")
    with pytest.raises(NotFoundError, match="404 Tag Not Found"):
        w.do(lambda p: p.gitlab.registry.tag(w.project, 901, "nope"))


@step("registry.delete_tag")
def _(w):
    with pytest.raises(PermissionDeniedError):
        w.do(lambda p: p.gitlab["reviewer"].registry.delete_tag(w.project, 901, "latest"))
    assert w.do(lambda p: p.gitlab.registry.delete_tag(w.project, 901, "latest")) is None
    assert [tag.name for tag in w.do(lambda p: p.gitlab.registry.tags(w.project, 901))] == ["1.0.0"]
