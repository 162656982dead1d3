"""Operations on jobs and what they leave behind.

https://docs.gitlab.com/api/jobs/, https://docs.gitlab.com/api/job_artifacts/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ci, render_ci
from .call import Call, Reply, no_content
from .errors import bad_request, forbidden, not_found
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import DEVELOPER, ENDED, MAINTAINER
from .storage import signed

if TYPE_CHECKING:
    from .state import Job, Pipeline

routes: Routes = Routes()
_ONE = f"{PROJECT}/jobs/{{job_id}}"


def _found(call: Call) -> tuple[Pipeline, Job]:
    found = call.world.job(call.project, call.number("job_id"))
    if found is None:
        raise not_found()
    ci.settle(found[0], call.now)
    return found


def _reply(call: Call, pipeline: Pipeline, job: Job, status: int = 200) -> Reply:
    return Reply(render_ci.job(call, call.project, pipeline, job), status)


@routes("GET", f"{PROJECT}/jobs", token=False)
def list_all(call: Call) -> Reply:
    """List a project's jobs, newest first."""
    for pipeline in call.project.pipelines.values():
        ci.settle(pipeline, call.now)
    scopes = call.names("scope")
    found = [
        (pipeline, job)
        for pipeline in call.project.pipelines.values()
        for job in pipeline.jobs
        if scopes is None or job.status in scopes
    ]
    page, headers = page_of(call, sorted(found, key=lambda pair: pair[1].id, reverse=True))
    return Reply([render_ci.job(call, call.project, *pair) for pair in page], headers=headers)


@routes("GET", _ONE, token=False, job_token=True)
def get(call: Call) -> Reply:
    """Give a job."""
    return _reply(call, *_found(call))


@routes("POST", f"{_ONE}/retry")
def retry(call: Call) -> Reply:
    """Run a job again, as a new job."""
    call.project_for(DEVELOPER)
    pipeline, job = _found(call)
    if job.retried or job.status not in ENDED:
        raise forbidden("Job is not retryable")
    return _reply(call, pipeline, ci.again(call.world, pipeline, job, call.user), 201)


@routes("POST", f"{_ONE}/cancel")
def cancel(call: Call) -> Reply:
    """Stop a job; one that has ended stays as it is."""
    call.project_for(DEVELOPER)
    pipeline, job = _found(call)
    ci.cancel(job, call.now)
    return _reply(call, pipeline, job, 201)


@routes("POST", f"{_ONE}/play")
def play(call: Call) -> Reply:
    """Start a job that waits for somebody to do so."""
    call.project_for(DEVELOPER)
    pipeline, job = _found(call)
    if job.status != "manual":
        raise bad_request("Unplayable Job")
    job.status, job.queued_at, job.user = "pending", call.now, call.user
    return Reply(render_ci.basic_job(call, call.project, pipeline, job))


@routes("POST", f"{_ONE}/erase")
def erase(call: Call) -> Reply:
    """Remove what a job left behind."""
    call.project_for(MAINTAINER)
    pipeline, job = _found(call)
    if job.status not in ENDED or job.erased_at is not None:
        raise forbidden("Job is not erasable!")
    job.erased_at = call.now
    return _reply(call, pipeline, job, 201)


@routes("GET", f"{_ONE}/trace", token=False)
def trace(call: Call) -> Reply:
    """Give a job's log."""
    _, job = _found(call)
    return Reply(raw=b"" if job.erased_at else ci.log_of(job).encode(), content_type="text/plain; charset=utf-8")


@routes("GET", f"{_ONE}/artifacts", token=False, job_token=True)
def artifacts(call: Call) -> Reply:
    """Give everything a job left as a zip, or say where the object storage has it."""
    pipeline, job = _found(call)
    files = ci.artifacts_of(call.project, pipeline, job)
    if not files:
        raise not_found()
    if call.storage_url:
        return Reply(status=302, raw=b"", headers={"Location": call.storage_url + signed(call.project, job)})
    headers = {"Content-Disposition": 'attachment; filename="artifacts.zip"'}
    return Reply(raw=ci.archive(files), headers=headers, content_type="application/zip")


@routes("GET", f"{_ONE}/artifacts/{{*path}}", token=False, job_token=True)
def artifact(call: Call) -> Reply:
    """Give one file that a job left."""
    pipeline, job = _found(call)
    data = ci.artifacts_of(call.project, pipeline, job).get(call.places["path"])
    if data is None:
        raise not_found()
    return Reply(raw=data, content_type="application/octet-stream")


@routes("DELETE", f"{_ONE}/artifacts")
def delete_artifacts(call: Call) -> Reply:
    """Remove the files that a job left."""
    call.project_for(MAINTAINER)
    _, job = _found(call)
    job.erased_at = call.now
    return no_content()
