"""Pipelines and jobs."""

from datetime import datetime

from unifykit._core.model import Model

from .people import User


class DetailedStatus(Model):
    """A pipeline's state for people.

    https://docs.gitlab.com/api/pipelines/
    """

    text: str | None = None
    label: str | None = None
    group: str | None = None
    icon: str | None = None
    details_path: str | None = None


class Pipeline(Model):
    """A pipeline; lists leave out `user` and what follows.

    `status`: created, waiting_for_resource, preparing, pending, running, success, failed, canceling, canceled, skipped,
    manual, scheduled. `duration` and `queued_duration` are in seconds.

    https://docs.gitlab.com/api/pipelines/
    """

    id: int
    status: str
    ref: str | None = None
    sha: str | None = None
    iid: int | None = None
    project_id: int | None = None
    source: str | None = None
    name: str | None = None
    web_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    user: User | None = None
    before_sha: str | None = None
    tag: bool | None = None
    yaml_errors: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    committed_at: datetime | None = None
    duration: float | None = None
    queued_duration: float | None = None
    coverage: float | None = None
    detailed_status: DetailedStatus | None = None

    @property
    def finished(self) -> bool:
        """Whether it has come to an end."""
        return self.status in ("success", "failed", "canceled", "skipped")


class Commit(Model):
    """A commit.

    https://docs.gitlab.com/api/commits/
    """

    id: str
    short_id: str | None = None
    title: str | None = None
    message: str | None = None
    author_name: str | None = None
    author_email: str | None = None
    authored_date: datetime | None = None
    committer_name: str | None = None
    committer_email: str | None = None
    committed_date: datetime | None = None
    created_at: datetime | None = None
    parent_ids: tuple[str, ...] = ()
    web_url: str | None = None


class ArtifactsFile(Model):
    """The archive that a job left; `size` in bytes.

    https://docs.gitlab.com/api/jobs/
    """

    filename: str
    size: int | None = None


class Artifact(Model):
    """A file that a job left; `size` in bytes. `file_type`: archive, metadata, trace, junit, and others.

    https://docs.gitlab.com/api/jobs/
    """

    file_type: str
    filename: str | None = None
    size: int | None = None
    file_format: str | None = None


class Job(Model):
    """A job. `status` as a pipeline's; `duration` and `queued_duration` in seconds.

    https://docs.gitlab.com/api/jobs/
    """

    id: int
    name: str
    status: str
    stage: str | None = None
    ref: str | None = None
    tag: bool | None = None
    allow_failure: bool | None = None
    failure_reason: str | None = None
    coverage: float | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    erased_at: datetime | None = None
    duration: float | None = None
    queued_duration: float | None = None
    user: User | None = None
    commit: Commit | None = None
    pipeline: Pipeline | None = None
    artifacts_file: ArtifactsFile | None = None
    artifacts: tuple[Artifact, ...] = ()
    artifacts_expire_at: datetime | None = None
    tag_list: tuple[str, ...] = ()
    web_url: str | None = None
