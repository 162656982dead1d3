"""The GitLab sandbox behaves like GitLab: driven over a socket by python-gitlab alone."""

import io
import zipfile

import gitlab
import pytest

from unifykit.sandbox.gitlab import create_app

from .conftest import serving


@pytest.fixture
def url(clock):
    with serving(create_app(clock=clock)) as address:
        yield address


def sdk(url, token="sandbox-token"):
    return gitlab.Gitlab(url, private_token=token)


@pytest.fixture
def gl(url):
    with sdk(url) as client:
        yield client


@pytest.fixture
def robin(url):
    with sdk(url, "sandbox-reviewer") as client:
        yield client


@pytest.fixture
def project(gl):
    return gl.projects.get("tanuki/hello-world")


def refused(status):
    return pytest.raises(gitlab.GitlabError, check=lambda error: error.response_code == status)


def branch_with(project, name, path, text, ref="main"):
    """Make a branch whose one commit writes one file."""
    project.branches.create({"branch": name, "ref": ref})
    action = "create"
    try:
        project.files.get(path, ref=name)
        action = "update"
    except gitlab.GitlabGetError:
        pass
    actions = [{"action": action, "file_path": path, "content": text}]
    return project.commits.create({"branch": name, "commit_message": f"Change {path}", "actions": actions})


def test_the_reference_document_s_complete_test(url):
    gl = gitlab.Gitlab(url, private_token="sandbox-token")
    gl.auth()
    user = gl.user
    assert user is not None
    assert user.username == "tanuki"
    projects = gl.projects.list(per_page=5, get_all=False)
    assert len(projects) >= 1
    assert [group.full_path for group in gl.groups.list(get_all=True)] == ["sandbox"]
    assert [one.path for one in gl.projects.list(owned=True, get_all=True)] == ["hello-world"]
    assert [event.action_name for event in gl.events.list(get_all=True)] == ["created"]
    assert [snippet.title for snippet in gl.snippets.list(get_all=True)] == ["Hello World"]


def test_projects_from_creation_to_the_end(gl, robin):
    project = gl.projects.create({"name": "Project name", "description": "First", "initialize_with_readme": True})
    assert (project.path_with_namespace, project.visibility, project.default_branch) == (
        "tanuki/project-name",
        "private",
        "main",
    )
    assert gl.projects.get(project.id).path == "project-name"
    assert gl.projects.get("tanuki/project-name").id == project.id
    project.description = "New description"
    project.save()
    assert gl.projects.get(project.id).description == "New description"
    project.archive()
    assert gl.projects.get(project.id).archived is True
    with refused(403):
        project.branches.create({"branch": "b", "ref": "main"})
    project.unarchive()
    assert gl.projects.get(project.id).archived is False
    project.star()
    assert gl.projects.get(project.id).star_count == 1
    with refused(304):
        project.star()
    project.unstar()
    with refused(404):  # private: not there for others
        robin.projects.get(project.id)
    project.delete()
    with refused(404):
        gl.projects.get(project.id)


def test_a_name_is_taken_once(gl):
    gl.projects.create({"name": "one"})
    with refused(400) as caught:
        gl.projects.create({"name": "one"})
    assert caught.value.error_message["name"] == ["has already been taken"]
    with refused(400):
        gl.projects.create({})


def test_a_fork_has_the_same_commits_and_its_own_branches(gl, robin, project):
    forked = robin.projects.get(project.id).forks.create({})
    assert (forked.path_with_namespace, forked.import_status) == ("robin/hello-world", "scheduled")
    fork = robin.projects.get(forked.id)
    assert (fork.import_status, fork.forked_from_project["id"]) == ("finished", project.id)
    assert fork.branches.get("main").commit["id"] == project.branches.get("main").commit["id"]
    branch_with(fork, "mine", "new.txt", "x")
    with refused(404):
        project.branches.get("mine")
    assert gl.projects.get(project.id).forks_count == 1
    with refused(409) as caught:
        robin.projects.get(project.id).forks.create({})
    assert "Name has already been taken" in caught.value.error_message


def test_files_branches_and_commits_are_git(gl, project):
    project.branches.create({"branch": "feature/x", "ref": "main"})
    made = project.files.create(
        {"file_path": "docs/a b.md", "branch": "feature/x", "content": "one\n", "commit_message": "Add"}
    )
    assert made.file_path == "docs/a b.md"
    file = project.files.get("docs/a b.md", ref="feature/x")
    assert file.decode() == b"one\n"
    file.content = "two\n"
    file.save(branch="feature/x", commit_message="Change")
    assert project.files.raw("docs/a b.md", ref="feature/x") == b"two\n"
    commits = project.commits.list(ref_name="feature/x", get_all=True)
    assert [commit.title for commit in commits] == ["Change", "Add", "Initial commit"]
    assert commits[0].parent_ids == [commits[1].id]
    assert project.commits.get(commits[0].id).stats == {"additions": 1, "deletions": 1, "total": 2}
    assert [change["new_path"] for change in commits[0].diff(get_all=True)] == ["docs/a b.md"]
    compared = project.repository_compare("main", "feature/x")
    assert [commit["title"] for commit in compared["commits"]] == ["Add", "Change"]
    file.delete(branch="feature/x", commit_message="Remove")
    with refused(404):
        project.files.get("docs/a b.md", ref="feature/x")
    assert "src" in [entry["name"] for entry in project.repository_tree(get_all=True)]
    project.branches.delete("feature/x")
    assert [branch.name for branch in project.branches.list(get_all=True)] == ["main", "say-goodbye"]
    with refused(400):
        project.branches.delete("main")


def test_a_pipeline_runs_as_time_goes_by(project, clock):
    pipeline = project.pipelines.create({"ref": "main", "variables": [{"key": "A", "value": "b"}]})
    assert pipeline.status == "created"
    assert [(one.key, one.value) for one in pipeline.variables.list(get_all=True)] == [("A", "b")]
    jobs = {job.name: job for job in pipeline.jobs.list(get_all=True)}
    assert {name: job.status for name, job in jobs.items()} == {
        "build": "pending",
        "test": "created",
        "deploy": "manual",
    }
    clock.tick(seconds=1.5)
    assert project.pipelines.get(pipeline.id).status == "running"
    assert project.jobs.get(jobs["build"].id).status == "running"
    clock.tick(seconds=10)
    assert project.pipelines.get(pipeline.id).status == "success"
    done = project.pipelines.get(pipeline.id)
    assert (done.duration, done.detailed_status["label"]) == (5, "passed")
    manual = project.jobs.get(jobs["deploy"].id)
    manual.play()
    clock.tick(seconds=3)
    assert project.jobs.get(manual.id).status == "success"


def test_pipelines_that_cannot_be(project):
    with refused(400) as caught:
        project.pipelines.create({"ref": "nope"})
    assert caught.value.error_message == {"base": ["Reference not found"]}
    branch_with(project, "bare", "x", "y")
    project.files.delete(".gitlab-ci.yml", "bare", "No pipeline")
    with refused(400) as caught:
        project.pipelines.create({"ref": "bare"})
    assert caught.value.error_message == {"base": ["Missing CI config file"]}


def test_a_cancelled_pipeline_is_tried_again(project, clock):
    pipeline = project.pipelines.create({"ref": "main"})
    pipeline.cancel()
    assert project.pipelines.get(pipeline.id).status == "canceled"
    assert [one.id for one in project.pipelines.list(status="canceled", get_all=True)] == [pipeline.id]
    before = {job.id for job in pipeline.jobs.list(get_all=True)}
    pipeline.retry()
    after = {job.id for job in pipeline.jobs.list(get_all=True)}
    assert len(before) == len(after) == 3
    assert len(before & after) == 1  # the manual job never ran
    assert len(pipeline.jobs.list(include_retried=True, get_all=True)) == 5
    clock.tick(seconds=30)
    assert project.pipelines.get(pipeline.id).status == "success"


def test_a_failing_job_stops_what_follows(project, clock):
    text = "fails:\n  stage: build\n  script:\n    - exit 1\nlater:\n  stage: test\n  script: [make]\n"
    branch_with(project, "red", ".gitlab-ci.yml", text)
    pipeline = project.pipelines.create({"ref": "red"})
    clock.tick(seconds=30)
    assert project.pipelines.get(pipeline.id).status == "failed"
    jobs = {job.name: job for job in pipeline.jobs.list(get_all=True)}
    assert (jobs["fails"].status, jobs["fails"].failure_reason, jobs["later"].status) == (
        "failed",
        "script_failure",
        "created",
    )
    job = project.jobs.get(jobs["fails"].id)
    assert b"exit code 1" in job.trace()
    again = job.retry()
    assert again["id"] != job.id
    with refused(403):
        job.retry()


def test_jobs_leave_artifacts(project, clock):
    job = next(one for one in project.jobs.list(get_all=True) if one.name == "build")
    with zipfile.ZipFile(io.BytesIO(job.artifacts())) as packed:
        assert packed.namelist() == ["public/index.html"]
        assert b"Hello" in packed.read("public/index.html")
    assert b"Hello" in job.artifact("public/index.html")
    with refused(404):
        job.artifact("public/none.html")
    assert job.trace().startswith(b"Running")
    job.cancel()
    assert project.jobs.get(job.id).status == "success"
    job.erase()
    with refused(404):
        job.artifacts()


def test_merge_requests_merge(gl, robin, project):
    branch_with(project, "feature", "src/new.py", "print(1)\n")
    mr = project.mergerequests.create({"source_branch": "feature", "target_branch": "main", "title": "Feature X"})
    assert (mr.iid, mr.state, mr.detailed_merge_status, mr.changes_count) == (2, "opened", "mergeable", "1")
    theirs = robin.projects.get(project.id).mergerequests.get(mr.iid)
    theirs.approve()
    with refused(401):  # GitLab says so to who has approved already
        theirs.approve()
    assert [one["user"]["username"] for one in mr.approvals.get().approved_by] == ["robin"]
    assert mr.notes.create({"body": "LGTM"}).body == "LGTM"
    mr = project.mergerequests.get(mr.iid)
    assert mr.user_notes_count == 1
    mr.reviewer_ids = [1002]
    mr.save()
    assert [one["username"] for one in mr.reviewers] == ["robin"]
    assert [commit.title for commit in mr.commits()] == ["Change src/new.py"]
    mr.merge(should_remove_source_branch=True)
    merged = project.mergerequests.get(mr.iid)
    assert (merged.state, merged.merged_by["username"]) == ("merged", "tanuki")
    tip = project.commits.get("main")
    assert (tip.id, len(tip.parent_ids)) == (merged.merge_commit_sha, 2)
    assert project.files.raw("src/new.py", ref="main") == b"print(1)\n"
    with refused(404):
        project.branches.get("feature")
    with refused(405):
        merged.merge()


def test_merge_requests_that_cannot_be_merged(robin, project):
    branch_with(project, "left", "README.md", "left\n")
    branch_with(project, "right", "README.md", "right\n")
    one = project.mergerequests.create({"source_branch": "left", "target_branch": "main", "title": "Left"})
    other = project.mergerequests.create({"source_branch": "right", "target_branch": "main", "title": "Right"})
    with refused(401):  # a developer may not write to the default branch
        robin.projects.get(project.id).mergerequests.get(one.iid).merge()
    with refused(409) as caught:
        one.merge(sha="0" * 40)
    assert "SHA does not match" in caught.value.error_message
    one.merge()
    conflicting = project.mergerequests.get(other.iid)
    assert (conflicting.has_conflicts, conflicting.merge_status) == (True, "cannot_be_merged")
    with refused(422):
        other.merge()
    draft = project.mergerequests.create({"source_branch": "say-goodbye", "target_branch": "left", "title": "Draft: x"})
    with refused(405):
        draft.merge()


def test_merge_requests_that_cannot_be_made(project):
    def make(source, target):
        return project.mergerequests.create({"source_branch": source, "target_branch": target, "title": "T"})

    with refused(422):
        make("main", "main")
    with refused(400):
        make("nope", "main")
    with refused(409) as caught:
        make("say-goodbye", "main")
    assert caught.value.error_message == ["Another open merge request already exists for this source branch: !1"]


def test_squashing(project):
    branch_with(project, "many", "a", "1")
    project.files.create({"file_path": "b", "branch": "many", "content": "2", "commit_message": "Second"})
    mr = project.mergerequests.create(
        {"source_branch": "many", "target_branch": "main", "title": "Many", "squash": True}
    )
    mr.merge()
    merged = project.mergerequests.get(mr.iid)
    squashed = project.commits.get(merged.squash_commit_sha)
    assert (squashed.title, project.commits.get("main").parent_ids[1]) == ("Many", squashed.id)


def test_issues_and_time(gl, project):
    issue = project.issues.create({"title": "Bug", "description": "Details", "labels": ["bug"]})
    assert (issue.iid, issue.labels, issue.state) == (3, ["bug"], "opened")
    issue.labels = ["bug", "priority-high"]
    issue.save()
    issue.assignee_ids = [1002, 1003]
    issue.save()
    found = project.issues.get(issue.iid)
    assert found.labels == ["bug", "priority-high"]
    assert [one["username"] for one in found.assignees] == ["robin", "sasha"]
    assert [one.iid for one in project.issues.list(labels=["priority-high"], get_all=True)] == [issue.iid]
    assert issue.add_spent_time("2h")["human_total_time_spent"] == "2h"
    assert issue.add_spent_time("1d 90m")["human_total_time_spent"] == "1d 3h 30m"
    assert issue.add_spent_time("-30m")["total_time_spent"] == 3 * 3600 + 8 * 3600
    with refused(400):
        issue.add_spent_time("-1w")
    with refused(400):
        issue.add_spent_time("soon")
    assert issue.time_estimate("1w")["human_time_estimate"] == "1w"
    assert issue.reset_spent_time()["human_total_time_spent"] is None
    issue.state_event = "close"
    issue.save()
    assert project.issues.get(issue.iid).attributes["closed_by"]["username"] == "tanuki"
    assert issue.iid in [one.iid for one in project.issues.list(state="closed", get_all=True)]
    assert issue.iid not in [one.iid for one in project.issues.list(state="opened", get_all=True)]
    issue.notes.create({"body": "Done"})
    assert [note.body for note in issue.notes.list(get_all=True)] == ["Done"]
    with refused(400) as caught:
        project.issues.create({"title": "x" * 256})
    assert caught.value.error_message == {"title": ["is too long (maximum is 255 characters)"]}


def test_boards(project):
    (board,) = project.boards.list(get_all=True)
    assert (board.name, [one["label"]["name"] for one in board.attributes["lists"]]) == (
        "Development",
        ["bug", "enhancement"],
    )
    made = project.boards.create({"name": "Other"})
    label = project.labels.list(get_all=True)[0]
    made.lists.create({"label_id": label.id})
    assert [one.label["name"] for one in made.lists.list(get_all=True)] == [label.name]
    made.delete()
    assert len(project.boards.list(get_all=True)) == 1


def test_the_registry(gl, project):
    (images,) = project.repositories.list(get_all=True)
    assert [tag.name for tag in images.tags.list(get_all=True)] == ["1.0.0", "latest"]
    details = gl.registry_repositories.get(images.id, tags=True, tags_count=True, size=True)
    assert (details.tags_count, details.size, details.path) == (2, 61865984, "tanuki/hello-world")
    tag = images.tags.get("latest")
    assert tag.digest.startswith("sha256:")
    tag.delete()
    with refused(404):
        images.tags.get("latest")


def test_groups_snippets_and_events(gl, robin, project):
    group = gl.groups.create({"name": "Team", "path": "team"})
    inside = gl.projects.create({"name": "shared", "namespace_id": group.id})
    assert inside.path_with_namespace == "team/shared"
    assert [one.path for one in group.projects.list(get_all=True)] == ["shared"]
    with refused(404):
        robin.groups.get("team")
    snippet = gl.snippets.create(
        {"title": "S", "visibility": "private", "files": [{"file_path": "a.txt", "content": "A"}]}
    )
    assert gl.snippets.get(snippet.id).content() == b"A"
    snippet.delete()
    project.issues.create({"title": "Seen"})
    newest = gl.events.list(get_all=True)[0]
    assert (newest.action_name, newest.target_type, newest.target_title) == ("opened", "Issue", "Seen")
    assert robin.events.list(get_all=True) == []
    assert gl.users.list(username="robin", get_all=True)[0].id == 1002
    assert gl.version()[0].startswith("18.")


def test_pages(gl):
    for number in range(25):
        gl.projects.create({"name": f"p{number:02}"})
    listed = gl.projects.list(iterator=True, per_page=10, owned=True, order_by="name", sort="asc")
    assert (listed.total, listed.total_pages, listed.per_page) == (26, 3, 10)
    assert [one.name for one in listed] == ["hello-world", *(f"p{number:02}" for number in range(25))]
    keyset = gl.projects.list(iterator=True, pagination="keyset", order_by="id", per_page=10)
    assert keyset.total is None
    assert len({one.id for one in keyset}) == 26
