"""The object storage that artifacts are fetched from: an origin of its own, opened by signed addresses alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from . import ci
from .call import Call, Reply
from .errors import Refusal
from .routing import Routes

if TYPE_CHECKING:
    from .state import Job, Project

routes: Routes = Routes()
_KEY = secrets.token_bytes(32)


def signed(project: Project, job: Job) -> str:
    """Give the address of a job's artifacts, with its signature."""
    path = f"/storage/{project.id}/{job.id}/artifacts.zip"
    return f"{path}?X-Amz-Signature={_signature(path)}"


def _signature(path: str) -> str:
    return hmac.new(_KEY, path.encode(), hashlib.sha256).hexdigest()


@routes("GET", "/storage/{id}/{job_id}/artifacts.zip", token=False)
def get(call: Call) -> Reply:
    """Give a job's artifacts. A credential beside the signature is one too many, as for S3."""
    if call.viewer is not None:
        raise Refusal(400, "Only one auth mechanism allowed")
    if not hmac.compare_digest(call.text("X-Amz-Signature") or "", _signature(call.path)):
        raise Refusal(403, "SignatureDoesNotMatch")
    project = call.world.project(call.places["id"])
    found = call.world.job(project, call.number("job_id")) if project else None
    files = ci.artifacts_of(project, *found) if project and found else {}
    if not files:
        raise Refusal(404, "NoSuchKey")
    return Reply(raw=ci.archive(files), content_type="application/zip")
