"""Workflows and their runs."""

from unifykit._core.model import Model

from .commits import PushedCommit
from .instant import Instant
from .people import User
from .pulls import PullRequestRef
from .repos import Repository


class WorkflowRun(Model):
    """A run of a workflow. `status`: queued, in_progress, completed, requested, waiting, pending.

    `conclusion`: success, failure, cancelled, skipped, timed_out, neutral, action_required, stale, startup_failure;
    null while it runs.

    https://docs.github.com/en/rest/actions/workflow-runs
    """

    id: int
    run_number: int
    workflow_id: int
    head_sha: str
    event: str
    node_id: str | None = None
    name: str | None = None
    display_title: str | None = None
    path: str | None = None
    head_branch: str | None = None
    run_attempt: int | None = None
    status: str | None = None
    conclusion: str | None = None
    html_url: str | None = None
    actor: User | None = None
    triggering_actor: User | None = None
    pull_requests: tuple[PullRequestRef, ...] | None = None
    head_commit: PushedCommit | None = None
    repository: Repository | None = None
    head_repository: Repository | None = None
    run_started_at: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class WorkflowRunList(Model):
    """A page of workflow runs.

    https://docs.github.com/en/rest/actions/workflow-runs
    """

    total_count: int
    workflow_runs: tuple[WorkflowRun, ...]


class Workflow(Model):
    """A workflow. `state`: active, deleted, disabled_fork, disabled_inactivity, disabled_manually.

    https://docs.github.com/en/rest/actions/workflows
    """

    id: int
    name: str
    path: str
    state: str
    node_id: str | None = None
    html_url: str | None = None
    badge_url: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    deleted_at: Instant | None = None


class WorkflowList(Model):
    """A page of workflows.

    https://docs.github.com/en/rest/actions/workflows
    """

    total_count: int
    workflows: tuple[Workflow, ...]


class WorkflowDispatch(Model):
    """The run that a dispatch started, sent when the details are asked for.

    https://docs.github.com/en/rest/actions/workflows
    """

    workflow_run_id: int
    run_url: str | None = None
    html_url: str | None = None
