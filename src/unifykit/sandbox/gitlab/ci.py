"""What a pipeline does: its jobs from .gitlab-ci.yml, and their states as time goes by, for no runner works here.

A job starts one second after it may, and takes two. A script with the line `exit 1` or `false` fails.
https://docs.gitlab.com/ci/yaml/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .state import ENDED, Job, Pipeline

if TYPE_CHECKING:
    from datetime import datetime

    from .state import Project, User, World

FILE = ".gitlab-ci.yml"
_QUEUE, _RUN = timedelta(seconds=1), timedelta(seconds=2)
_STAGES = [".pre", "build", "test", "deploy", ".post"]
_NO_JOBS = (
    "stages",
    "variables",
    "default",
    "workflow",
    "include",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
)
_FAILING = ("exit 1", "false")
_LINE = re.compile(r"( *)(?:- )?(.*?)\s*$")
_ZIP_EPOCH = (2024, 1, 2, 3, 4, 6)


@dataclass
class Plan:
    """One job as the file has it."""

    name: str
    stage: str = "test"
    script: list[str] = field(default_factory=list[str])
    artifacts: list[str] = field(default_factory=list[str])
    manual: bool = False
    allow_failure: bool = False


def read_plans(text: str) -> tuple[list[str], list[Plan]]:
    """Read stages and jobs from the part of YAML that such files are mostly made of: block mappings and lists."""
    stages, plans, path = list(_STAGES), list[Plan](), list[tuple[int, str]]()
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None or not found[2] or found[2].startswith("#"):
            continue
        indent, is_item, content = len(found[1]), line.lstrip().startswith("- "), found[2]
        path = [step for step in path if step[0] < indent or (is_item and step[0] == indent)]
        keys = [name for _, name in path]
        if is_item:
            _take(stages, plans, keys, [content])
            continue
        key, _, value = content.partition(":")
        if indent == 0 and key not in _NO_JOBS and not key.startswith("."):
            plans.append(Plan(key))
        path.append((indent, key))
        if value.strip():
            _take(stages, plans, [*keys, key], _values(value.strip()))
    return stages, plans


def _values(text: str) -> list[str]:
    inside = text[1:-1].split(",") if text.startswith("[") else [text]
    return [one.strip().strip("\"'") for one in inside]


def _take(stages: list[str], plans: list[Plan], keys: list[str], values: list[str]) -> None:
    if keys == ["stages"]:
        if stages == _STAGES:
            stages.clear()
        stages.extend(values)
    if not plans or len(keys) < 2 or keys[0] != plans[-1].name:  # noqa: PLR2004 - a job and its key
        return
    plan, key = plans[-1], ".".join(keys[1:])
    if key == "script":
        plan.script.extend(values)
    elif key == "artifacts.paths":
        plan.artifacts.extend(values)
    elif key == "stage":
        plan.stage = values[0]
    elif key == "when":
        plan.manual = values[0] == "manual"
    elif key == "allow_failure":
        plan.allow_failure = values[0] == "true"


def make_pipeline(world: World, project: Project, user: User, *, ref: str, sha: str, source: str) -> Pipeline | None:
    """Put a pipeline into a project; None where the commit has no jobs."""
    entry = project.git.entry(project.git.tree_of(sha), FILE)
    stages, plans = read_plans(project.git.blob(entry.sha).decode()) if entry else ([], [])
    if not plans:
        return None
    now = world.clock()
    number = world.next_id("pipeline", 9001)
    made = Pipeline(number, len(project.pipelines) + 1, ref, sha, source, user, now, now, stages)
    for plan in sorted(plans, key=lambda plan: stages.index(plan.stage) if plan.stage in stages else len(stages)):
        made.jobs.append(_job(world, user, plan, now))
    project.pipelines[number] = made
    return made


def _job(world: World, user: User, plan: Plan, now: datetime) -> Job:
    status = "manual" if plan.manual else "created"
    return Job(
        world.next_id("job", 70001), plan.name, plan.stage, user, plan.script, plan.artifacts, now,
        manual=plan.manual, allow_failure=plan.allow_failure or plan.manual, status=status,
    )  # fmt: skip


def again(world: World, pipeline: Pipeline, job: Job, user: User) -> Job:
    """Put a new job in the place of one that has ended."""
    job.retried = True
    plan = Plan(job.name, job.stage, job.script, job.artifact_paths, job.manual, job.allow_failure)
    made = _job(world, user, plan, world.clock())
    made.status, made.queued_at = "pending", world.clock()
    pipeline.jobs.insert(pipeline.jobs.index(job) + 1, made)
    pipeline.updated_at = world.clock()
    return made


def settle(pipeline: Pipeline, now: datetime) -> None:
    """Let what should have happened by now have happened."""
    before: datetime | None = pipeline.created_at
    for stage in dict.fromkeys(job.stage for job in pipeline.current):
        jobs = [job for job in pipeline.current if job.stage == stage]
        for job in jobs:
            _pass(job, before, now)
        before = _stage_end(jobs)
    ends = [job.finished_at for job in pipeline.current if job.finished_at]
    pipeline.updated_at = max([pipeline.updated_at, *ends])


def _stage_end(jobs: list[Job]) -> datetime | None:
    """Give when a stage was passed; None where it was not, so that nothing after it begins."""
    counted = [job for job in jobs if job.status != "manual"]
    passed = all(job.status == "success" or (job.allow_failure and job.status in ENDED) for job in counted)
    ends = [job.finished_at for job in counted if job.finished_at]
    if not passed:
        return None
    return max(ends) if ends else jobs[0].created_at


def _pass(job: Job, before: datetime | None, now: datetime) -> None:
    if job.status in ENDED or job.status == "manual":
        return
    if job.queued_at is None:
        if before is None:
            return
        job.queued_at = max(before, job.created_at)
    start = job.queued_at + _QUEUE
    end = start + _RUN
    job.status = "pending"
    if now >= start:
        job.status, job.started_at = "running", start
    if now >= end:
        job.status, job.finished_at = "failed" if _fails(job) else "success", end


def _fails(job: Job) -> bool:
    return any(line in _FAILING for line in job.script)


def status_of(pipeline: Pipeline) -> str:
    """Sum up the jobs' states as GitLab does.

    https://docs.gitlab.com/ci/pipelines/#pipeline-status
    """
    states = {"success" if job.allow_failure and job.status == "failed" else job.status for job in pipeline.current}
    states -= {"manual", "skipped"}
    if not states:
        return "manual"
    if states & {"running"} or (states & {"success", "failed"} and states & {"pending"}):
        return "running"
    if "failed" in states and not states & {"pending"}:
        return "failed"
    if "canceled" in states and not states & {"pending"}:
        return "canceled"
    for one in ("pending", "created"):
        if one in states and states <= {"pending", "created"}:
            return one
    return "running" if states & {"created", "pending"} else "success"


def cancel(job: Job, now: datetime) -> bool:
    """Stop a job unless it has ended; tells whether it was stopped."""
    if job.status in ENDED or job.status == "manual":
        return False
    job.status, job.finished_at = "canceled", now
    return True


def artifacts_of(project: Project, pipeline: Pipeline, job: Job) -> dict[str, bytes]:
    """Give the files that a job left: those of its commit that its paths name."""
    if job.status != "success" or job.erased_at is not None:
        return {}
    wanted = [path.rstrip("/") for path in job.artifact_paths]
    return {
        entry.path: project.git.blob(entry.sha)
        for entry in project.git.walk(project.git.tree_of(pipeline.sha))
        if any(entry.path == path or entry.path.startswith(f"{path}/") for path in wanted)
    }


def archive(files: dict[str, bytes]) -> bytes:
    """Pack files into a zip that is the same whenever it is made."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for path, data in files.items():
            packed.writestr(ZipInfo(path, _ZIP_EPOCH), data, ZIP_DEFLATED)
    return out.getvalue()


def log_of(job: Job) -> str:
    """Write what a job would have said."""
    if job.started_at is None:
        return ""
    lines = [
        "Running with the sandbox's runner",
        f"Job {job.name} of stage {job.stage}",
        *(f"$ {line}" for line in job.script),
    ]
    if job.status == "success":
        lines.append("Job succeeded")
    elif job.status == "failed":
        lines.append("ERROR: Job failed: exit code 1")
    elif job.status == "canceled":
        lines.append("ERROR: Job failed: canceled")
    return "\n".join(lines) + "\n"
