"""Operations on pipelines.

https://docs.gitlab.com/api/pipelines/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from . import ci, render_ci
from .call import Call, Reply, no_content
from .errors import forbidden, invalid, not_found, parameter
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import DEVELOPER, MAINTAINER

if TYPE_CHECKING:
    from .state import Pipeline

routes: Routes = Routes()
_ONE = f"{PROJECT}/pipelines/{{pipeline_id}}"
_STATES = ("created", "waiting_for_resource", "preparing", "pending", "running", "success", "failed", "canceling", "canceled",
           "skipped", "manual", "scheduled")  # fmt: skip
_SCOPES = ("running", "pending", "finished", "branches", "tags")
_FINISHED = ("success", "failed", "canceled")


@routes("GET", f"{PROJECT}/pipelines", token=False)
def list_all(call: Call) -> Reply:
    """List pipelines, newest first."""
    found = [render_ci.basic_pipeline(call, call.project, one) for one in call.project.pipelines.values()]
    status, scope = call.choice("status", _STATES), call.choice("scope", _SCOPES)
    for name in ("ref", "sha", "source"):
        wanted = call.text(name)
        found = [one for one in found if wanted is None or one[name] == wanted]
    found = [one for one in found if status is None or one["status"] == status]
    if scope in ("running", "pending"):
        found = [one for one in found if one["status"] == scope]
    if scope == "finished":
        found = [one for one in found if one["status"] in _FINISHED]
    key = call.choice("order_by", ("id", "status", "ref", "updated_at", "user_id")) or "id"
    found.sort(key=lambda one: str(one.get(key)), reverse=call.choice("sort", ("asc", "desc")) != "asc")
    page, headers = page_of(call, found)
    return Reply(page, headers=headers)


@routes("POST", f"{PROJECT}/pipeline")
def create(call: Call) -> Reply:
    """Start a pipeline on a branch."""
    project = call.project_for(DEVELOPER)
    (ref,) = call.need("ref")
    variables = _variables(call)
    sha = project.git.branch(ref)
    if sha is None:
        raise invalid(base=["Reference not found"])
    made = ci.make_pipeline(call.world, project, call.user, ref=ref, sha=sha, source="api")
    if made is None:
        raise invalid(base=["Missing CI config file"])
    made.variables = variables
    # The reply shows the pipeline before its first job was queued.
    return Reply({**render_ci.pipeline(call, project, made), "status": "created"}, 201)


def _variables(call: Call) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in call.listed("variables"):
        if not isinstance(one, dict) or "key" not in one:
            raise parameter("variables[key] is missing")
        pair = cast("dict[str, Any]", one)
        kind = str(pair.get("variable_type", "env_var"))
        found.append({"variable_type": kind, "key": str(pair["key"]), "value": str(pair.get("value", ""))})
    return found


def pipeline_of(call: Call) -> Pipeline:
    """Give the pipeline of the path, or 404."""
    found = call.project.pipelines.get(call.number("pipeline_id"))
    if found is None:
        raise not_found("Pipeline") if call.viewer else not_found()
    ci.settle(found, call.now)
    return found


@routes("GET", f"{PROJECT}/pipelines/latest", token=False)
def latest(call: Call) -> Reply:
    """Give the newest pipeline of a branch."""
    ref = call.text("ref") or call.project.default_branch
    found = [one for one in call.project.pipelines.values() if one.ref == ref]
    if not found:
        raise forbidden()
    return Reply(render_ci.pipeline(call, call.project, found[-1]))


@routes("GET", _ONE, token=False)
def get(call: Call) -> Reply:
    """Give a pipeline."""
    return Reply(render_ci.pipeline(call, call.project, pipeline_of(call)))


@routes("GET", f"{_ONE}/variables")
def variables(call: Call) -> Reply:
    """List what a pipeline was started with."""
    call.project_for(DEVELOPER)
    return Reply(pipeline_of(call).variables)


@routes("POST", f"{_ONE}/cancel")
def cancel(call: Call) -> Reply:
    """Stop every job that has not ended."""
    project, found = call.project_for(DEVELOPER), pipeline_of(call)
    for job in found.current:
        if ci.cancel(job, call.now):
            found.updated_at = call.now
    return Reply(render_ci.pipeline(call, project, found))


@routes("POST", f"{_ONE}/retry")
def retry(call: Call) -> Reply:
    """Run again the jobs that failed or were stopped."""
    project, found = call.project_for(DEVELOPER), pipeline_of(call)
    for job in found.current:
        if job.status in ("failed", "canceled"):
            ci.again(call.world, found, job, call.user)
    return Reply(render_ci.pipeline(call, project, found), 201)


@routes("DELETE", _ONE)
def delete(call: Call) -> Reply:
    """Remove a pipeline with its jobs."""
    project, found = call.project_for(MAINTAINER), pipeline_of(call)
    del project.pipelines[found.id]
    return no_content()


@routes("GET", f"{_ONE}/jobs", token=False)
def jobs(call: Call) -> Reply:
    """List a pipeline's jobs, newest first."""
    found = pipeline_of(call)
    listed = found.jobs if call.flag("include_retried") else found.current
    scopes = call.names("scope")
    listed = [job for job in listed if scopes is None or job.status in scopes]
    page, headers = page_of(call, sorted(listed, key=lambda job: job.id, reverse=True))
    return Reply([render_ci.job(call, call.project, found, job) for job in page], headers=headers)
