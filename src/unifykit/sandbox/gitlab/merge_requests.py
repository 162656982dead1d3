"""Operations on merge requests.

https://docs.gitlab.com/api/merge_requests/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.diffs import file_changes
from unifykit.sandbox.git.merging import merge_base, mergeable

from . import render
from .call import Call, Reply, no_content
from .commits import diff
from .errors import Refusal, forbidden, invalid, not_found, parameter
from .issues import check_title, edit, known_labels, narrowed, set_state, tell
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .stamps import stamp, stamp_or_none
from .state import DEVELOPER, OWNER, MergeRequest

if TYPE_CHECKING:
    from .state import Project, User, World

routes: Routes = Routes()
_ALL = f"{PROJECT}/merge_requests"
ONE = f"{_ALL}/{{merge_request_iid}}"


def merge_request_of(call: Call) -> MergeRequest:
    """Give the merge request of the path, or 404; its SHAs follow the branches while it is open."""
    found = call.project.merge_requests.get(call.number("merge_request_iid"))
    if found is None:
        raise not_found()
    follow(call.project, found)
    return found


def follow(project: Project, one: MergeRequest) -> None:
    """Let an open merge request see the branches as they are now."""
    if one.state == "opened":
        one.head_sha = one.source.git.branch(one.source_branch) or one.head_sha
        one.base_sha = project.git.branch(one.target_branch) or one.base_sha


def has_conflicts(project: Project, one: MergeRequest) -> bool:
    """Tell whether an open merge request's sides have changed the same place."""
    return one.state == "opened" and not mergeable(project.git, one.base_sha, one.head_sha)


def _status(project: Project, one: MergeRequest, *, conflicts: bool) -> str:
    """https://docs.gitlab.com/api/merge_requests/#merge-status."""
    if one.state != "opened":
        return "not_open"
    if one.draft:
        return "draft_status"
    if one.source.git.branch(one.source_branch) is None or project.git.branch(one.target_branch) is None:
        return "broken_status"
    return "conflict" if conflicts else "mergeable"


def body(call: Call, project: Project, one: MergeRequest) -> dict[str, Any]:
    """Write a merge request as lists have it."""
    conflicts = has_conflicts(project, one)
    assignees = [render.user(call, person) for person in one.assignees]
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": project.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "merged_by": render.user_or_none(call, one.merged_by),
        "merge_user": render.user_or_none(call, one.merged_by),
        "merged_at": stamp_or_none(one.merged_at),
        "closed_by": render.user_or_none(call, one.closed_by),
        "closed_at": stamp_or_none(one.closed_at),
        "target_branch": one.target_branch,
        "source_branch": one.source_branch,
        "user_notes_count": sum(not note.system for note in one.notes),
        "upvotes": 0,
        "downvotes": 0,
        "author": render.user(call, one.author),
        "assignees": assignees,
        "assignee": assignees[0] if assignees else None,
        "reviewers": [render.user(call, person) for person in one.reviewers],
        "source_project_id": one.source.id,
        "target_project_id": project.id,
        "labels": render.labels(call, project, one.labels),
        "draft": one.draft,
        "imported": False,
        "imported_from": "none",
        "work_in_progress": one.draft,
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "cannot_be_merged" if conflicts else "can_be_merged",
        "detailed_merge_status": _status(project, one, conflicts=conflicts),
        "merge_after": None,
        "sha": one.head_sha,
        "merge_commit_sha": one.merge_commit_sha,
        "squash_commit_sha": one.squash_commit_sha,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": one.remove_source_branch,
        "prepared_at": stamp(one.created_at),
        "reference": f"!{one.iid}",
        "references": render.references(project, "!", one.iid),
        "web_url": render.web(call, project, f"/-/merge_requests/{one.iid}"),
        "time_stats": render.time_stats(one),
        "squash": one.squash,
        "squash_on_merge": one.squash,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": conflicts,
        "blocking_discussions_resolved": True,
        "approvals_before_merge": None,
    }


def full_body(call: Call, project: Project, one: MergeRequest) -> dict[str, Any]:
    """Write a merge request on its own."""
    start = merge_base(project.git, one.base_sha, one.head_sha)
    changes = file_changes(project.git, project.git.tree_of(start), project.git.tree_of(one.head_sha)) if start else []
    return {
        **body(call, project, one),
        "subscribed": one.author is call.viewer,
        "changes_count": str(len(changes)),
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": None,
        "head_pipeline": None,
        "diff_refs": {"base_sha": start, "head_sha": one.head_sha, "start_sha": one.base_sha},
        "merge_error": None,
        "first_contribution": False,
        "user": {"can_merge": project.level_of(call.viewer) >= DEVELOPER},
    }


@routes("GET", _ALL, token=False)
def list_all(call: Call) -> Reply:
    """List a project's merge requests, newest first."""
    found: list[MergeRequest] = narrowed(call, call.project.merge_requests.values())
    for name in ("source_branch", "target_branch"):
        wanted = call.text(name)
        found = [one for one in found if wanted is None or getattr(one, name) == wanted]
    page, headers = page_of(call, found)
    for one in page:
        follow(call.project, one)
    return Reply([body(call, call.project, one) for one in page], headers=headers)


@routes("GET", "/api/v4/merge_requests")
def list_own(call: Call) -> Reply:
    """List the merge requests the caller opened, newest first."""
    pairs = {one.id: (project, one) for project in call.world.projects.values()
             for one in project.merge_requests.values() if one.author is call.user}  # fmt: skip
    page, headers = page_of(call, narrowed(call, [one for _, one in pairs.values()]))
    return Reply([body(call, *pairs[one.id]) for one in page], headers=headers)


@routes("POST", _ALL)
def create(call: Call) -> Reply:
    """Propose to merge a branch."""
    source = call.project
    title, source_branch, target_branch = call.need("title", "source_branch", "target_branch")
    if source.level_of(call.user) < DEVELOPER or source.archived:
        raise forbidden()
    target = _target(call, source)
    check_title(title)
    _check_branches(source, target, source_branch, target_branch)
    made = make_merge_request(call.world, target, source, call.user, title, call.text("description"),
                              source_branch, target_branch)  # fmt: skip
    made.labels = known_labels(call.world, target, call.names("labels") or [])
    made.assignees = call.people("assignee_ids") or call.people("assignee_id") or []
    made.reviewers = call.people("reviewer_ids") or []
    made.squash, made.remove_source_branch = bool(call.flag("squash")), bool(call.flag("remove_source_branch"))
    tell(call, target, made, "opened")
    return Reply(full_body(call, target, made), 201)


def _target(call: Call, source: Project) -> Project:
    number = call.integer("target_project_id")
    found = source if number is None else call.world.projects.get(number)
    if found is None or not found.visible_to(call.viewer):
        raise not_found("Project")
    if found.git.repo.object_store is not source.git.repo.object_store:
        raise Refusal(422, ["Source project is not a fork of the target project"])
    return found


def _check_branches(source: Project, target: Project, source_branch: str, target_branch: str) -> None:
    if source is target and source_branch == target_branch:
        raise Refusal(422, ["You can't use same project/branch for source and target"], key="error")
    for project, name, field in ((source, source_branch, "source_branch"), (target, target_branch, "target_branch")):
        if project.git.branch(name) is None:
            raise invalid(**{field: ["does not exist"]})
    for one in target.merge_requests.values():
        same = (one.source, one.source_branch, one.target_branch) == (source, source_branch, target_branch)
        if same and one.state == "opened":
            raise Refusal(409, [f"Another open merge request already exists for this source branch: !{one.iid}"])


def make_merge_request(  # noqa: PLR0917 - the parts of a proposal in their order
    world: World, target: Project, source: Project, author: User, title: str, description: str | None,
    source_branch: str, target_branch: str,
) -> MergeRequest:  # fmt: skip
    """Put a merge request into a project."""
    head, base = source.git.branch(source_branch), target.git.branch(target_branch)
    assert head is not None
    assert base is not None
    iid, now = max(target.merge_requests, default=0) + 1, world.clock()
    made = MergeRequest(
        world.next_id("merge_request", 50001), iid, author, title, description, source, source_branch, target_branch,
        head, base, now, now,
    )  # fmt: skip
    target.merge_requests[iid] = made
    return made


@routes("GET", ONE, token=False)
def get(call: Call) -> Reply:
    """Give a merge request."""
    return Reply(full_body(call, call.project, merge_request_of(call)))


@routes("PUT", ONE)
def update(call: Call) -> Reply:
    """Change a merge request."""
    project, one = call.project, merge_request_of(call)
    if not call.given:
        raise parameter("at least one parameter must be provided")
    if project.archived or (one.author is not call.user and project.level_of(call.user) < DEVELOPER):
        raise forbidden()
    event, target = call.choice("state_event", ("reopen", "close")), call.text("target_branch")
    if target is not None and project.git.branch(target) is None:
        raise invalid(target_branch=["does not exist"])
    edit(call, project, one)
    one.target_branch = target or one.target_branch
    reviewers = call.people("reviewer_ids")
    one.reviewers = one.reviewers if reviewers is None else reviewers
    if event and one.state != "merged":
        set_state(call, project, one, "closed" if event == "close" else "opened")
    follow(project, one)
    return Reply(full_body(call, project, one))


@routes("DELETE", ONE)
def delete(call: Call) -> Reply:
    """Remove a merge request."""
    one = merge_request_of(call)
    if call.project.level_of(call.user) < OWNER:
        raise forbidden()
    del call.project.merge_requests[one.iid]
    return no_content()


@routes("GET", f"{ONE}/commits", token=False)
def commits(call: Call) -> Reply:
    """List the commits that a merge would bring, newest first."""
    project, one = call.project, merge_request_of(call)
    found = project.git.between(one.base_sha, one.head_sha)
    page, headers = page_of(call, found[::-1])
    return Reply([render.commit(call, project, sha) for sha in page], headers=headers)


@routes("GET", f"{ONE}/diffs", token=False)
def diffs(call: Call) -> Reply:
    """List the files that a merge would change."""
    git, one = call.project.git, merge_request_of(call)
    start = merge_base(git, one.base_sha, one.head_sha)
    changes = file_changes(git, git.tree_of(start) if start else None, git.tree_of(one.head_sha))
    page, headers = page_of(call, changes)
    return Reply([diff(change) for change in page], headers=headers)
