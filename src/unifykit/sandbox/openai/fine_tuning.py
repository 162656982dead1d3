"""Fine-tuning jobs: each time a job is looked at, it is one step further.

https://platform.openai.com/docs/api-reference/fine-tuning
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import invalid, not_found
from .models import named, tuned_model
from .routing import Json, Reply, Routes
from .state import Job
from .tokens import count

if TYPE_CHECKING:
    from .call import Call

routes: Routes = Routes()

_STEPS = ("validating_files", "queued", "running", "succeeded")
_OVER = ("succeeded", "failed", "cancelled")
_SAYS = {
    "queued": "Files validated, moving job to queued state", "running": "Fine-tuning job started",
    "succeeded": "The job has successfully completed",
}  # fmt: skip
_LEAST_EXAMPLES = 10


@routes("POST", "/fine_tuning/jobs", "model training_file validation_file method hyperparameters suffix seed metadata integrations")  # fmt: skip
def create(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/fine-tuning/create."""
    model, training = named(call, "chat"), call.need("training_file")
    examples = _examples(call, training)
    fields: Json = {
        "id": call.world.new_id("ftjob", "-"), "object": "fine_tuning.job", "model": model, "created_at": call.now,
        "status": "validating_files", "organization_id": call.world.organization, "training_file": training,
        "validation_file": call.get("validation_file", str), "fine_tuned_model": None, "finished_at": None,
        "trained_tokens": None, "result_files": [], "error": None, "seed": call.get("seed", int) or 0,
        "hyperparameters": {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"},
        "method": call.get("method", dict) or {"type": "supervised", "supervised": {"hyperparameters": {}}},
        "metadata": call.get("metadata", dict), "estimated_finish": None, "integrations": [],
        "user_provided_suffix": call.get("suffix", str),
    }  # fmt: skip
    job = call.world.jobs[fields["id"]] = Job(fields, examples)
    _tell(call, job, f"Created fine-tuning job: {fields['id']}")
    _tell(call, job, f"Validating training file: {training}")
    return Reply(dict(fields))


def _examples(call: Call, name: str) -> int:
    found = call.world.files.get(name)
    if found is None:
        raise invalid(f"invalid training_file: {name}", param="training_file", code="invalid_training_file")
    if found.fields["purpose"] != "fine-tune":
        raise invalid(f"File '{name}' has the wrong purpose: it must be 'fine-tune'.", param="training_file", code="invalid_file_purpose")  # fmt: skip
    lines = [line for line in found.content.splitlines() if line.strip()]
    if len(lines) < _LEAST_EXAMPLES:
        raise invalid(f"Training file has {len(lines)} example(s), but must have at least {_LEAST_EXAMPLES} examples", param="training_file", code="invalid_n_examples")  # fmt: skip
    return len(lines)


@routes("GET", "/fine_tuning/jobs", "after limit metadata")
def list_jobs(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/fine-tuning/list."""
    page = call.page([job.fields for job in call.world.jobs.values()], limit=20)
    return Reply(_without_ends(page))


@routes("GET", "/fine_tuning/jobs/{id}")
def get_job(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/fine-tuning/retrieve."""
    job = _find(call)
    _go_on(call, job)
    return Reply(dict(job.fields))


@routes("POST", "/fine_tuning/jobs/{id}/cancel")
def cancel(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/fine-tuning/cancel."""
    job = _find(call)
    if job.fields["status"] in _OVER:
        said = f"Job has already {'been cancelled' if job.fields['status'] == 'cancelled' else 'completed'}: {job.fields['id']}"
        raise invalid(said)
    job.fields |= {"status": "cancelled", "finished_at": call.now}
    _tell(call, job, "The job was cancelled")
    return Reply(dict(job.fields))


@routes("GET", "/fine_tuning/jobs/{id}/events", "after limit")
def list_events(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/fine-tuning/list-events."""
    return Reply(_without_ends(call.page(_find(call).events, limit=20)))


def _without_ends(page: Json) -> Json:
    return {name: page[name] for name in ("object", "data", "has_more")}


def _find(call: Call) -> Job:
    name = call.ids["id"]
    found = call.world.jobs.get(name)
    if found is None:
        raise not_found(f"Could not find fine tune: {name}", param="fine_tune_id", code="fine_tune_not_found")
    return found


def _tell(call: Call, job: Job, message: str) -> None:
    event: dict[str, Any] = {
        "object": "fine_tuning.job.event", "id": call.world.new_id("ftevent", "-"), "created_at": call.now,
        "level": "info", "message": message, "type": "message", "data": {},
    }  # fmt: skip
    job.events.append(event)


def _go_on(call: Call, job: Job) -> None:
    fields = job.fields
    if fields["status"] in _OVER:
        return
    fields["status"] = _STEPS[_STEPS.index(fields["status"]) + 1]
    if fields["status"] == "succeeded":
        _finish(call, job)
    _tell(call, job, _SAYS[fields["status"]])


def _finish(call: Call, job: Job) -> None:
    world, fields = call.world, job.fields
    name = f"ft:{fields['model']}:{world.organization}:{fields['user_provided_suffix'] or ''}:{fields['id'][-8:]}"
    stored = world.files.get(fields["training_file"])
    tokens = count(stored.content.decode("utf-8", "replace")) if stored else 0
    fields |= {"fine_tuned_model": name, "finished_at": call.now, "trained_tokens": tokens}
    world.tuned[name] = tuned_model(name, call.now, world.organization)
    _tell(call, job, f"New fine-tuned model created: {name}")
