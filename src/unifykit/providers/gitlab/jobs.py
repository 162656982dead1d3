"""Jobs, their logs and what they leave behind.

https://docs.gitlab.com/api/jobs/
"""

import functools
import os
from pathlib import Path
from typing import Literal

from unifykit._core.arguments import choice, numbered
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import Project, file_path, project_path
from unifykit.providers.gitlab.download import download, free_path
from unifykit.providers.gitlab.models import Job
from unifykit.providers.gitlab.resource import Cursor, GitLabResource

Scope = Literal[
    "created", "pending", "running", "failed", "success", "canceled", "skipped", "waiting_for_resource", "manual"
]


def _path(project: Project, job_id: int) -> str:
    return f"{project_path(project)}/jobs/{numbered(job_id, 'job')}"


class Jobs(GitLabResource[M]):
    """`p.gitlab.jobs`: jobs of a project's pipelines."""

    @paged
    async def list(self, cursor: Cursor | None, project: Project, *, scope: Scope | None = None) -> Page[Job, Cursor]:
        """The jobs of a project, newest first.

        https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-project

        Args:
            project: Its id or path.
            scope: Only in this state.

        Example:
            >>> [job.name for job in p.gitlab.jobs.list("tanuki/hello-world", scope="success")]
            ['test', 'build']
        """
        choice(scope, Scope, "scope")
        return await self.fetch_page(Job, cursor, f"{project_path(project)}/jobs", params={"scope": scope})

    @operation(SAFE)
    async def get(self, project: Project, job_id: int) -> Job:
        """One job.

        https://docs.gitlab.com/api/jobs/#retrieve-a-job

        Args:
            project: Its id or path.
            job_id: The job's id.

        Raises:
            NotFoundError: There is none of this id.

        Example:
            >>> p.gitlab.jobs.get("tanuki/hello-world", 70001).status
            'success'
        """
        return Job.model_validate_json((await self.fetch("GET", _path(project, job_id))).body)

    @operation(UNSAFE)
    async def retry(self, project: Project, job_id: int) -> Job:
        """Run a job again; the result is a new job with an id of its own.

        https://docs.gitlab.com/api/jobs/#retry-a-job

        Args:
            project: Its id or path.
            job_id: The job's id.

        Raises:
            PermissionDeniedError: It has not ended, or was run again already.

        Example:
            >>> p.gitlab.jobs.retry("tanuki/hello-world", 70002).status
            'pending'
        """
        return Job.model_validate_json((await self.fetch("POST", f"{_path(project, job_id)}/retry")).body)

    @operation(UNSAFE)
    async def play(self, project: Project, job_id: int) -> Job:
        """Start a job that waits for somebody to do so.

        https://docs.gitlab.com/api/jobs/#run-a-job

        Args:
            project: Its id or path.
            job_id: The job's id.

        Raises:
            InvalidRequestError: It does not wait.

        Example:
            >>> p.gitlab.jobs.play("tanuki/hello-world", 70003).status
            'pending'
        """
        return Job.model_validate_json((await self.fetch("POST", f"{_path(project, job_id)}/play")).body)

    @operation(IDEMPOTENT)
    async def cancel(self, project: Project, job_id: int) -> Job:
        """Stop a job.

        https://docs.gitlab.com/api/jobs/#cancel-a-job

        Args:
            project: Its id or path.
            job_id: The job's id.

        Example:
            >>> again = p.gitlab.jobs.retry("tanuki/hello-world", 70001)
            >>> p.gitlab.jobs.cancel("tanuki/hello-world", again.id).status
            'canceled'
        """
        return Job.model_validate_json((await self.fetch("POST", f"{_path(project, job_id)}/cancel")).body)

    @operation(SAFE)
    async def log(self, project: Project, job_id: int) -> str:
        """What a job has said so far.

        https://docs.gitlab.com/api/jobs/#retrieve-a-job-log

        Args:
            project: Its id or path.
            job_id: The job's id.

        Example:
            >>> p.gitlab.jobs.log("tanuki/hello-world", 70001).splitlines()[-1]
            'Job succeeded'
        """
        return (await self.fetch("GET", f"{_path(project, job_id)}/trace")).body.decode("utf-8", "replace")

    @operation(SAFE)
    async def artifacts(self, project: Project, job_id: int) -> bytes:
        """Everything that a job left, as the bytes of a zip archive. `artifacts_to` keeps large ones out of memory.

        https://docs.gitlab.com/api/job_artifacts/#download-job-artifacts

        Args:
            project: Its id or path.
            job_id: The job's id.

        Raises:
            NotFoundError: The job left nothing, or it has expired.

        Example:
            >>> p.gitlab.jobs.artifacts("tanuki/hello-world", 70001)[:2]
            b'PK'
        """
        return (await self.fetch("GET", f"{_path(project, job_id)}/artifacts")).body

    @operation(SAFE)
    async def artifacts_to(self, project: Project, job_id: int, path: str | os.PathLike[str]) -> Path:
        """Write everything that a job left to a zip file, a piece at a time. The file is there whole or not at all.

        https://docs.gitlab.com/api/job_artifacts/#download-job-artifacts

        Args:
            project: Its id or path.
            job_id: The job's id.
            path: The file; one that exists is replaced when the new one is complete.

        Returns:
            The file's path.

        Raises:
            NotFoundError: The job left nothing, or it has expired.

        Example:
            >>> p.gitlab.jobs.artifacts_to("tanuki/hello-world", 70001, "site.zip").name
            'site.zip'
        """
        source = f"{_path(project, job_id)}/artifacts"
        return await self.ask(functools.partial(download, source, free_path(path)))

    @operation(SAFE)
    async def artifact(self, project: Project, job_id: int, path: str) -> bytes:
        """One file of what a job left.

        https://docs.gitlab.com/api/job_artifacts/#download-a-single-file-from-job-artifacts

        Args:
            project: Its id or path.
            job_id: The job's id.
            path: The file's path in the archive.

        Raises:
            NotFoundError: There is no such file.

        Example:
            >>> p.gitlab.jobs.artifact("tanuki/hello-world", 70001, "public/index.html")[:15]
            b'<!doctype html>'
        """
        return (await self.fetch("GET", f"{_path(project, job_id)}/artifacts/{file_path(path)}")).body
