"""Pipelines.

https://docs.gitlab.com/api/pipelines/
"""

from collections.abc import Mapping
from typing import Literal

from unifykit._core.arguments import choice, given, numbered, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import Project, pairs, project_path
from unifykit.providers.gitlab.models import Job, Pipeline
from unifykit.providers.gitlab.resource import Cursor, GitLabResource

Status = Literal[
    "created", "waiting_for_resource", "preparing", "pending", "running", "success", "failed", "canceling", "canceled",
    "skipped", "manual", "scheduled",
]  # fmt: skip
Order = Literal["id", "status", "ref", "updated_at", "user_id"]
Direction = Literal["asc", "desc"]


def _path(project: Project, pipeline_id: int) -> str:
    return f"{project_path(project)}/pipelines/{numbered(pipeline_id, 'pipeline')}"


class Pipelines(GitLabResource[M]):
    """`p.gitlab.pipelines`: pipelines of a project."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        project: Project,
        *,
        status: Status | None = None,
        ref: str | None = None,
        sha: str | None = None,
        source: str | None = None,
        order_by: Order = "id",
        sort: Direction = "desc",
    ) -> Page[Pipeline, Cursor]:
        """The pipelines of a project, newest first.

        https://docs.gitlab.com/api/pipelines/#list-project-pipelines

        Args:
            project: Its id or path.
            status: Only in this state.
            ref: Only of this branch or tag.
            sha: Only of this commit.
            source: Only started by this, such as ``"push"``, ``"web"``, ``"schedule"``, ``"api"``, ``"merge_request_event"``.
            order_by: ``"id"``, ``"status"``, ``"ref"``, ``"updated_at"`` or ``"user_id"``.
            sort: ``"asc"`` or ``"desc"``.

        Example:
            >>> [pipeline.status for pipeline in p.gitlab.pipelines.list("tanuki/hello-world", ref="main")]
            ['success']
        """
        choice(status, Status, "status")
        choice(order_by, Order, "order_by")
        choice(sort, Direction, "sort")
        params = {"status": status, "ref": ref, "sha": sha, "source": source, "order_by": order_by, "sort": sort}
        return await self.fetch_page(Pipeline, cursor, f"{project_path(project)}/pipelines", params=params)

    @operation(UNSAFE)
    async def create(self, project: Project, *, ref: str, variables: Mapping[str, str] | None = None) -> Pipeline:
        """Start a pipeline.

        https://docs.gitlab.com/api/pipelines/#create-a-pipeline

        Args:
            project: Its id or path.
            ref: The branch or tag to run on.
            variables: What its jobs shall find in their environment.

        Raises:
            InvalidRequestError: The branch does not exist, or has no .gitlab-ci.yml.

        Example:
            >>> p.gitlab.pipelines.create("tanuki/hello-world", ref="main", variables={"STAGE": "test"}).status
            'created'
        """
        fields = given(ref=text(ref, "ref"), variables=pairs(variables))
        reply = await self.fetch("POST", f"{project_path(project)}/pipeline", body=fields)
        return Pipeline.model_validate_json(reply.body)

    @operation(SAFE)
    async def get(self, project: Project, pipeline_id: int) -> Pipeline:
        """One pipeline.

        https://docs.gitlab.com/api/pipelines/#retrieve-a-pipeline

        Args:
            project: Its id or path.
            pipeline_id: The pipeline's id (not its iid).

        Raises:
            NotFoundError: There is none of this id.

        Example:
            >>> p.gitlab.pipelines.get("tanuki/hello-world", 9001).finished
            True
        """
        return Pipeline.model_validate_json((await self.fetch("GET", _path(project, pipeline_id))).body)

    @operation(IDEMPOTENT)
    async def cancel(self, project: Project, pipeline_id: int) -> Pipeline:
        """Stop every job that has not ended; one that has ended stays as it is.

        https://docs.gitlab.com/api/pipelines/#cancel-all-jobs-for-a-pipeline

        Args:
            project: Its id or path.
            pipeline_id: The pipeline's id.

        Example:
            >>> pipeline = p.gitlab.pipelines.create("tanuki/hello-world", ref="main")
            >>> p.gitlab.pipelines.cancel("tanuki/hello-world", pipeline.id).status
            'canceled'
        """
        return Pipeline.model_validate_json((await self.fetch("POST", f"{_path(project, pipeline_id)}/cancel")).body)

    @operation(UNSAFE)
    async def retry(self, project: Project, pipeline_id: int) -> Pipeline:
        """Run again the jobs that failed or were stopped.

        https://docs.gitlab.com/api/pipelines/#retry-jobs-in-a-pipeline

        Args:
            project: Its id or path.
            pipeline_id: The pipeline's id.

        Example:
            >>> pipeline = p.gitlab.pipelines.create("tanuki/hello-world", ref="main")
            >>> _ = p.gitlab.pipelines.cancel("tanuki/hello-world", pipeline.id)
            >>> p.gitlab.pipelines.retry("tanuki/hello-world", pipeline.id).finished
            False
        """
        return Pipeline.model_validate_json((await self.fetch("POST", f"{_path(project, pipeline_id)}/retry")).body)

    @paged
    async def jobs(
        self, cursor: Cursor | None, project: Project, pipeline_id: int, *, include_retried: bool = False
    ) -> Page[Job, Cursor]:
        """The jobs of a pipeline, newest first.

        https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-pipeline

        Args:
            project: Its id or path.
            pipeline_id: The pipeline's id.
            include_retried: Whether jobs come too that were run again since.

        Example:
            >>> [job.name for job in p.gitlab.pipelines.jobs("tanuki/hello-world", 9001)]
            ['deploy', 'test', 'build']
        """
        params = {"include_retried": include_retried or None}
        return await self.fetch_page(Job, cursor, f"{_path(project, pipeline_id)}/jobs", params=params)
