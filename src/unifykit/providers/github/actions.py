"""Workflows and their runs.

https://docs.github.com/en/rest/actions
"""

from collections.abc import Mapping
from typing import Any, Literal

from unifykit._core.arguments import choice, numbered, segment, text
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.github.arguments import slug
from unifykit.providers.github.models import Workflow, WorkflowDispatch, WorkflowList, WorkflowRun, WorkflowRunList
from unifykit.providers.github.resource import Cursor, GitHubResource

RunStatus = Literal[
    "completed", "action_required", "cancelled", "failure", "neutral", "skipped", "stale", "success", "timed_out",
    "in_progress", "queued", "requested", "waiting", "pending",
]  # fmt: skip

_MOST_INPUTS = 25


def _run_path(repo: str, run_id: int) -> str:
    return f"{slug(repo)}/actions/runs/{numbered(run_id, 'run id')}"


def _workflow_path(repo: str, workflow: int | str) -> str:
    named = segment(text(workflow, "workflow")) if isinstance(workflow, str) else numbered(workflow, "workflow id")
    return f"{slug(repo)}/actions/workflows/{named}"


class Runs(GitHubResource[M]):
    """`p.github.runs`: runs of workflows."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        repo: str,
        *,
        workflow: int | str | None = None,
        branch: str | None = None,
        status: RunStatus | None = None,
        event: str | None = None,
    ) -> Page[WorkflowRun, Cursor]:
        """The runs of a repository's workflows, newest first; 1,000 at most where they are filtered.

        https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository

        Args:
            repo: Owner and name.
            workflow: Only of this workflow: its id or its file's name, such as ``"ci.yml"``.
            branch: Only on this branch.
            status: Only in this state, such as ``"in_progress"``, or with this conclusion, such as ``"failure"``.
            event: Only those that this event started, such as ``"push"``.

        Example:
            >>> p.github.runs.list("octocat/hello-world", status="failure").collect()
            []
        """
        choice(status, RunStatus, "status")
        where = f"{slug(repo)}/actions" if workflow is None else _workflow_path(repo, workflow)
        params = {"branch": branch, "status": status, "event": event}
        return await self.fetch_field(WorkflowRunList, "workflow_runs", cursor, f"{where}/runs", params=params)

    @operation(SAFE)
    async def get(self, repo: str, run_id: int) -> WorkflowRun:
        """One run.

        https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run

        Args:
            repo: Owner and name.
            run_id: Its id.

        Raises:
            NotFoundError: There is no such run.

        Example:
            >>> started = p.github.workflows.dispatch("octocat/hello-world", "ci.yml", ref="main")
            >>> p.github.runs.get("octocat/hello-world", started.workflow_run_id).event
            'workflow_dispatch'
        """
        return WorkflowRun.model_validate_json((await self.fetch("GET", _run_path(repo, run_id))).body)

    @operation(UNSAFE)
    async def rerun(self, repo: str, run_id: int) -> None:
        """Run again what has run.

        https://docs.github.com/en/rest/actions/workflow-runs#re-run-a-workflow

        Args:
            repo: Owner and name.
            run_id: The run's id, which stays the same.

        Raises:
            PermissionDeniedError: It is running, or it is too old.

        Example:
            >>> run_id = p.github.workflows.dispatch("octocat/hello-world", "ci.yml", ref="main").workflow_run_id
            >>> p.github.runs.cancel("octocat/hello-world", run_id)
            >>> p.github.runs.rerun("octocat/hello-world", run_id)
        """
        await self.fetch("POST", f"{_run_path(repo, run_id)}/rerun")

    @operation(UNSAFE)
    async def cancel(self, repo: str, run_id: int) -> None:
        """Stop a run; GitHub does so a little later.

        https://docs.github.com/en/rest/actions/workflow-runs#cancel-a-workflow-run

        Args:
            repo: Owner and name.
            run_id: The run's id.

        Raises:
            ConflictError: It is over.

        Example:
            >>> run_id = p.github.workflows.dispatch("octocat/hello-world", "ci.yml", ref="main").workflow_run_id
            >>> p.github.runs.cancel("octocat/hello-world", run_id)
        """
        await self.fetch("POST", f"{_run_path(repo, run_id)}/cancel")


class Workflows(GitHubResource[M]):
    """`p.github.workflows`: workflows."""

    @paged
    async def list(self, cursor: Cursor | None, repo: str) -> Page[Workflow, Cursor]:
        """The workflows of a repository.

        https://docs.github.com/en/rest/actions/workflows#list-repository-workflows

        Args:
            repo: Owner and name.

        Example:
            >>> [workflow.path for workflow in p.github.workflows.list("octocat/hello-world")]
            ['.github/workflows/ci.yml']
        """
        return await self.fetch_field(WorkflowList, "workflows", cursor, f"{slug(repo)}/actions/workflows")

    @operation(UNSAFE)
    async def dispatch(
        self,
        repo: str,
        workflow: int | str,
        *,
        ref: str,
        inputs: Mapping[str, Any] | None = None,
        details: bool = True,
    ) -> WorkflowDispatch | None:
        """Start a workflow that listens to `workflow_dispatch`.

        https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event

        Args:
            repo: Owner and name.
            workflow: Its id or its file's name, such as ``"ci.yml"``.
            ref: The branch or tag to run on.
            inputs: What the workflow asks for, 25 at most.
            details: Whether to ask for the run that this starts; GitHub Enterprise Server up to 3.19 cannot tell.

        Returns:
            The run that was started; None where `details` were not asked for.

        Raises:
            InvalidRequestError: The workflow does not listen, or does not know an input.

        Example:
            >>> started = p.github.workflows.dispatch("octocat/hello-world", "ci.yml", ref="main")
            >>> started.workflow_run_id > 0
            True
        """
        if len(inputs or ()) > _MOST_INPUTS:
            raise InvalidRequestError(f"a workflow takes {_MOST_INPUTS} inputs at most, not {len(inputs or ())}.")
        fields: dict[str, Any] = {"ref": text(ref, "ref")}
        if inputs:
            fields["inputs"] = dict(inputs)
        if details:
            fields["return_run_details"] = True
        reply = await self.fetch("POST", f"{_workflow_path(repo, workflow)}/dispatches", body=fields)
        return WorkflowDispatch.model_validate_json(reply.body) if reply.body else None
