"""Merge requests."""

from datetime import datetime

from unifykit._core.model import Model

from .ci import Pipeline
from .issues import Milestone, References, TimeStats
from .people import User


class DiffRefs(Model):
    """The commits that a merge request's difference lies between.

    https://docs.gitlab.com/api/merge_requests/
    """

    base_sha: str | None = None
    head_sha: str | None = None
    start_sha: str | None = None


class MergeRequest(Model):
    """A merge request; `iid` counts within the project. `state`: opened, closed, merged, locked.

    `detailed_merge_status` says whether and why not it can be merged: mergeable, conflict, draft_status, not_open,
    checking, ci_must_pass, not_approved, and others. Lists leave out `head_pipeline` and what follows.

    https://docs.gitlab.com/api/merge_requests/
    """

    id: int
    iid: int
    title: str
    state: str
    project_id: int | None = None
    description: str | None = None
    source_branch: str | None = None
    target_branch: str | None = None
    source_project_id: int | None = None
    target_project_id: int | None = None
    author: User | None = None
    assignees: tuple[User, ...] = ()
    reviewers: tuple[User, ...] = ()
    labels: tuple[str, ...] = ()
    milestone: Milestone | None = None
    draft: bool | None = None
    has_conflicts: bool | None = None
    detailed_merge_status: str | None = None
    sha: str | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    squash: bool | None = None
    user_notes_count: int | None = None
    merge_user: User | None = None
    merged_at: datetime | None = None
    closed_by: User | None = None
    closed_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    time_stats: TimeStats | None = None
    references: References | None = None
    web_url: str | None = None
    head_pipeline: Pipeline | None = None
    diff_refs: DiffRefs | None = None
    changes_count: str | None = None
    merge_error: str | None = None


class Approval(Model):
    """Who approved, and when.

    https://docs.gitlab.com/api/merge_request_approvals/
    """

    user: User
    approved_at: datetime | None = None


class Approvals(Model):
    """The approvals of a merge request; how many are required is told by the paid editions alone.

    https://docs.gitlab.com/api/merge_request_approvals/
    """

    approved: bool | None = None
    approved_by: tuple[Approval, ...] = ()
    approvals_required: int | None = None
    approvals_left: int | None = None
    user_has_approved: bool | None = None
    user_can_approve: bool | None = None
