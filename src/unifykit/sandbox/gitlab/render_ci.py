"""Pipelines and jobs as GitLab writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ci, render
from .stamps import stamp, stamp_or_none

if TYPE_CHECKING:
    from .call import Call
    from .state import Job, Pipeline, Project

_LABELS: dict[str, str] = {"success": "passed"}


def basic_pipeline(call: Call, project: Project, one: Pipeline) -> dict[str, Any]:
    """Write a pipeline as lists and jobs name it."""
    ci.settle(one, call.now)
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": project.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": ci.status_of(one),
        "source": one.source,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "web_url": render.web(call, project, f"/-/pipelines/{one.id}"),
    }


def pipeline(call: Call, project: Project, one: Pipeline) -> dict[str, Any]:
    """Write a pipeline."""
    body = basic_pipeline(call, project, one)
    starts = [job.started_at for job in one.jobs if job.started_at]
    ends = [job.finished_at for job in one.jobs if job.finished_at]
    ended = body["status"] in ("success", "failed", "canceled")
    start, end = min(starts, default=None), max(ends, default=None) if ended else None
    state: str = body["status"]
    text = _LABELS.get(state, state)
    return {
        **body,
        "before_sha": "0" * 40,
        "tag": one.tag,
        "yaml_errors": None,
        "user": render.user(call, one.user),
        "started_at": stamp_or_none(start),
        "finished_at": stamp_or_none(end),
        "committed_at": None,
        "duration": int((end - start).total_seconds()) if start and end else None,
        "queued_duration": int((start - one.created_at).total_seconds()) if start else None,
        "coverage": None,
        "detailed_status": {
            "icon": f"status_{body['status']}",
            "text": text.title(),
            "label": text,
            "group": body["status"],
            "tooltip": text,
            "has_details": True,
            "details_path": f"/{project.full_path}/-/pipelines/{one.id}",
            "illustration": None,
            "favicon": f"/assets/ci_favicons/favicon_status_{body['status']}.png",
        },
    }


_FILES = ("artifacts_file", "artifacts", "runner", "runner_manager", "artifacts_expire_at", "archived", "tag_list")


def basic_job(call: Call, project: Project, owner: Pipeline, one: Job) -> dict[str, Any]:
    """Write a job without what it left and who ran it."""
    return {name: value for name, value in job(call, project, owner, one).items() if name not in _FILES}


def job(call: Call, project: Project, owner: Pipeline, one: Job) -> dict[str, Any]:
    """Write a job."""
    about = basic_pipeline(call, project, owner)
    files = ci.artifacts_of(project, owner, one)
    size = len(ci.archive(files)) if files else 0
    packed = {"filename": "artifacts.zip", "size": size} if files else None
    kinds: list[tuple[str, str, int, str | None]] = []
    if one.finished_at:
        kinds.append(("trace", "job.log", len(ci.log_of(one)), None))
    if packed:
        kinds.append(("archive", "artifacts.zip", size, "zip"))
    start, end = one.started_at, one.finished_at
    return {
        "id": one.id,
        "status": one.status,
        "stage": one.stage,
        "name": one.name,
        "ref": owner.ref,
        "tag": owner.tag,
        "coverage": None,
        "allow_failure": one.allow_failure,
        "created_at": stamp(one.created_at),
        "started_at": stamp_or_none(start),
        "finished_at": stamp_or_none(end),
        "erased_at": stamp_or_none(one.erased_at),
        "duration": (end - start).total_seconds() if start and end else None,
        "queued_duration": (start - one.queued_at).total_seconds() if start and one.queued_at else None,
        "user": render.profile(call, one.user),
        "commit": render.commit(call, project, owner.sha),
        "pipeline": about,
        **({"failure_reason": "script_failure"} if one.status == "failed" else {}),
        "web_url": render.web(call, project, f"/-/jobs/{one.id}"),
        "project": {"ci_job_token_scope_enabled": False},
        **({"artifacts_file": packed} if packed else {}),
        "artifacts": [
            {"file_type": kind, "size": length, "filename": name, "file_format": packing}
            for kind, name, length, packing in kinds
        ],
        "runner": None,
        "runner_manager": None,
        "artifacts_expire_at": None,
        "archived": False,
        "tag_list": [],
    }
