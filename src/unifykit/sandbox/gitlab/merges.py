"""Approving and merging.

https://docs.gitlab.com/api/merge_request_approvals/, https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.content import HEADS
from unifykit.sandbox.git.merging import merged_tree, replay

from . import render
from .branches import drop, pushed
from .call import Call, Reply
from .errors import Refusal, not_allowed, not_found, unauthorized
from .issues import tell
from .merge_requests import ONE, full_body, has_conflicts, merge_request_of
from .routing import Routes
from .stamps import stamp
from .state import DEVELOPER, MAINTAINER

if TYPE_CHECKING:
    from .state import MergeRequest, Project

routes: Routes = Routes()


def _approvals(call: Call, project: Project, one: MergeRequest) -> dict[str, Any]:
    approved = call.user.id in one.approvals
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": project.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "merge_status": "can_be_merged",
        "approved": bool(one.approvals),
        "approvals_required": 0,
        "approvals_left": 0,
        "require_password_to_approve": False,
        "approved_by": [
            {"user": render.user(call, user), "approved_at": stamp(one.updated_at)} for user in one.approvals.values()
        ],
        "user_has_approved": approved,
        "user_can_approve": not approved and one.author is not call.user,
    }


@routes("GET", f"{ONE}/approvals")
def approvals(call: Call) -> Reply:
    """Say who has approved."""
    return Reply(_approvals(call, call.project, merge_request_of(call)))


@routes("POST", f"{ONE}/approve")
def approve(call: Call) -> Reply:
    """Approve; who may not, or has done so already, is told 401 as on GitLab."""
    one = merge_request_of(call)
    if call.user.id in one.approvals or call.project.level_of(call.user) < DEVELOPER:
        raise unauthorized()
    _refuse_stale(call, one)
    one.approvals[call.user.id] = call.user
    one.updated_at = call.now
    tell(call, call.project, one, "approved")
    return Reply(_approvals(call, call.project, one), 201)


@routes("POST", f"{ONE}/unapprove")
def unapprove(call: Call) -> Reply:
    """Take an approval back."""
    one = merge_request_of(call)
    if call.user.id not in one.approvals:
        raise not_found()
    del one.approvals[call.user.id]
    return Reply(_approvals(call, call.project, one), 201)


def _refuse_stale(call: Call, one: MergeRequest) -> None:
    wanted = call.text("sha")
    if wanted is not None and wanted != one.head_sha:
        raise Refusal(409, f"SHA does not match HEAD of source branch: {one.head_sha}")


@routes("PUT", f"{ONE}/merge")
def merge(call: Call) -> Reply:
    """Merge."""
    project, one = call.project, merge_request_of(call)
    least = MAINTAINER if one.target_branch == project.default_branch else DEVELOPER
    if project.level_of(call.user) < least:
        raise unauthorized()
    if one.state != "opened" or one.draft or project.archived:
        raise not_allowed()
    if one.source.git.branch(one.source_branch) is None or has_conflicts(project, one):
        raise Refusal(422, "Branch cannot be merged")
    _refuse_stale(call, one)
    _merge(call, project, one)
    return Reply(full_body(call, project, one))


def _merge(call: Call, project: Project, one: MergeRequest) -> None:
    before, tip = one.base_sha, _squashed(call, project, one)
    signature = call.user.signature(call.now)
    if project.settings["merge_method"] == "ff":
        sha = replay(project.git, before, tip, signature)
    else:
        text = call.text("merge_commit_message") or _message(project, one)
        sha = project.git.make_commit(merged_tree(project.git, before, tip), [before, tip], text, signature)
        one.merge_commit_sha = sha
    project.git.set_ref(HEADS + one.target_branch, sha)
    one.state, one.merged_at, one.merged_by, one.updated_at = "merged", call.now, call.user, call.now
    pushed(call, project, one.target_branch, before, sha)
    tell(call, project, one, "accepted")
    removes = call.flag("should_remove_source_branch")
    if one.remove_source_branch if removes is None else removes:
        _remove_source(call, one)


def _squashed(call: Call, project: Project, one: MergeRequest) -> str:
    """Give the commit to merge: the branch's tip, or one that holds all of its work."""
    given = call.flag("squash")
    own = project.git.between(one.base_sha, one.head_sha)
    if not (one.squash if given is None else given) or len(own) < 2:  # noqa: PLR2004 - one commit needs no squashing
        return one.head_sha
    text = call.text("squash_commit_message") or one.title
    tree = merged_tree(project.git, one.base_sha, one.head_sha)
    one.squash_commit_sha = project.git.make_commit(tree, [one.base_sha], text, one.author.signature(call.now))
    return one.squash_commit_sha


def _message(project: Project, one: MergeRequest) -> str:
    return (
        f"Merge branch '{one.source_branch}' into '{one.target_branch}'\n\n{one.title}\n\n"
        f"See merge request {project.full_path}!{one.iid}"
    )


def _remove_source(call: Call, one: MergeRequest) -> None:
    if one.source_branch != one.source.default_branch and one.source.git.branch(one.source_branch):
        drop(call, one.source, one.source_branch)
