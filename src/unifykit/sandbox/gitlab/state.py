"""Everything the sandbox remembers, for as long as the app lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.content import GitContent, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50
"""What a member may do. https://docs.gitlab.com/api/members/#roles"""

ENDED = ("success", "failed", "canceled", "skipped")
"""The states that a job or pipeline stays in."""


@dataclass
class User:
    """A person."""

    id: int
    username: str
    name: str
    created_at: datetime

    @property
    def full_path(self) -> str:
        """The path of the person's own namespace."""
        return self.username

    @property
    def email(self) -> str:
        """The address commits made here carry."""
        return f"{self.id}-{self.username}@users.noreply.gitlab.com"

    def signature(self, when: datetime) -> Signature:
        """Sign a commit."""
        return Signature(self.name, self.email, when)


@dataclass
class Group:
    """A group of people with projects of its own."""

    id: int
    name: str
    path: str
    created_at: datetime
    description: str = ""
    visibility: str = "private"
    members: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def full_path(self) -> str:
        """The group's path; groups have no subgroups here."""
        return self.path


@dataclass
class Label:
    """A project's label."""

    id: int
    name: str
    color: str = "#428BCA"
    description: str | None = None


@dataclass
class Note:
    """A comment."""

    id: int
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    system: bool = False


@dataclass
class Issue:
    """An issue."""

    id: int
    iid: int
    author: User
    title: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    state: str = "opened"
    labels: list[str] = field(default_factory=list[str])
    assignees: list[User] = field(default_factory=list[User])
    notes: list[Note] = field(default_factory=list[Note])
    confidential: bool = False
    due_date: str | None = None
    weight: int | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    time_estimate: int = 0
    time_spent: int = 0


@dataclass
class MergeRequest:
    """A merge request. Once it is merged or closed its SHAs no longer follow the branches."""

    id: int
    iid: int
    author: User
    title: str
    description: str | None
    source: Project
    source_branch: str
    target_branch: str
    head_sha: str
    base_sha: str
    created_at: datetime
    updated_at: datetime
    state: str = "opened"
    labels: list[str] = field(default_factory=list[str])
    assignees: list[User] = field(default_factory=list[User])
    reviewers: list[User] = field(default_factory=list[User])
    approvals: dict[int, User] = field(default_factory=dict[int, User])
    notes: list[Note] = field(default_factory=list[Note])
    squash: bool = False
    remove_source_branch: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    time_estimate: int = 0
    time_spent: int = 0

    @property
    def draft(self) -> bool:
        """Whether the title marks it as not ready."""
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))


@dataclass
class Job:
    """One job of a pipeline; no runner works here, it passes its states as time goes by."""

    id: int
    name: str
    stage: str
    user: User
    script: list[str]
    artifact_paths: list[str]
    created_at: datetime
    manual: bool = False
    allow_failure: bool = False
    status: str = "created"
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    erased_at: datetime | None = None
    retried: bool = False


@dataclass
class Pipeline:
    """A pipeline."""

    id: int
    iid: int
    ref: str
    sha: str
    source: str
    user: User
    created_at: datetime
    updated_at: datetime
    stages: list[str]
    tag: bool = False
    variables: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    jobs: list[Job] = field(default_factory=list[Job])

    @property
    def current(self) -> list[Job]:
        """The jobs that count: those that were not tried again."""
        return [job for job in self.jobs if not job.retried]


@dataclass
class ImageTag:
    """A tag of a container image."""

    name: str
    digest: str
    revision: str
    created_at: datetime
    total_size: int


@dataclass
class ImageRepository:
    """A repository of the container registry."""

    id: int
    project: Project
    name: str
    created_at: datetime
    tags: dict[str, ImageTag] = field(default_factory=dict[str, ImageTag])

    @property
    def path(self) -> str:
        """Where the registry keeps it."""
        return "/".join(part for part in (self.project.full_path.lower(), self.name) if part)


@dataclass
class Board:
    """An issue board: its lists are labels."""

    id: int
    name: str
    lists: list[tuple[int, Label]] = field(default_factory=list[tuple[int, Label]])


@dataclass
class Project:
    """A project with all that hangs on it."""

    id: int
    namespace: User | Group
    creator: User
    name: str
    path: str
    git: GitContent
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    visibility: str = "private"
    default_branch: str = "main"
    archived: bool = False
    description: str | None = None
    topics: list[str] = field(default_factory=list[str])
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    parent: Project | None = None
    members: dict[str, int] = field(default_factory=dict[str, int])
    stars: set[int] = field(default_factory=set[int])
    labels: dict[str, Label] = field(default_factory=dict[str, Label])
    issues: dict[int, Issue] = field(default_factory=dict[int, Issue])
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict[int, MergeRequest])
    pipelines: dict[int, Pipeline] = field(default_factory=dict[int, Pipeline])
    images: dict[int, ImageRepository] = field(default_factory=dict[int, ImageRepository])
    boards: dict[int, Board] = field(default_factory=dict[int, Board])
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])

    @property
    def full_path(self) -> str:
        """Namespace and path."""
        return f"{self.namespace.full_path}/{self.path}"

    def level_of(self, user: User | None) -> int:
        """Tell what a caller is here, 0 for a stranger."""
        if user is None:
            return 0
        if user is self.namespace:
            return OWNER
        inherited = self.namespace.members.get(user.username, 0) if isinstance(self.namespace, Group) else 0
        return max(inherited, self.members.get(user.username, 0))

    def visible_to(self, user: User | None) -> bool:
        """Tell whether a caller may know of it."""
        open_to_all = self.visibility == "public" or (self.visibility == "internal" and user is not None)
        return open_to_all or self.level_of(user) >= GUEST


@dataclass
class Event:
    """One line of the activity feed."""

    id: int
    project: Project
    author: User
    action_name: str
    created_at: datetime
    target_type: str | None = None
    target_id: int | None = None
    target_iid: int | None = None
    target_title: str | None = None
    note: Note | None = None
    push_data: dict[str, Any] | None = None


@dataclass
class Snippet:
    """A snippet that belongs to no project."""

    id: int
    author: User
    title: str
    description: str | None
    visibility: str
    files: dict[str, str]
    created_at: datetime
    updated_at: datetime


@dataclass
class World:
    """All people, groups and what they own."""

    clock: Callable[[], datetime]
    tokens: Mapping[str, str]
    job_tokens: Mapping[str, str]
    users: dict[str, User] = field(default_factory=dict[str, User])
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    projects: dict[int, Project] = field(default_factory=dict[int, Project])
    snippets: dict[int, Snippet] = field(default_factory=dict[int, Snippet])
    events: list[Event] = field(default_factory=list[Event])
    _ids: dict[str, Iterator[int]] = field(default_factory=dict[str, "Iterator[int]"])

    def next_id(self, kind: str, first: int = 1) -> int:
        """Number a new thing; the same calls give the same numbers on every run."""
        return next(self._ids.setdefault(kind, count(first)))

    def project(self, name: str) -> Project | None:
        """Find a project by its id or its path."""
        if name.isdigit():
            return self.projects.get(int(name))
        return next((one for one in self.projects.values() if one.full_path.lower() == name.lower()), None)

    def user(self, number: int) -> User | None:
        """Find a person by id."""
        return next((user for user in self.users.values() if user.id == number), None)

    def namespace(self, name: str) -> User | Group | None:
        """Find a namespace by its id or its path."""
        found: list[User | Group] = [*self.users.values(), *self.groups.values()]
        return next((one for one in found if name in (str(one.id), one.full_path)), None)

    def job(self, project: Project, number: int) -> tuple[Pipeline, Job] | None:
        """Find a job of a project."""
        for pipeline in project.pipelines.values():
            for job in pipeline.jobs:
                if job.id == number:
                    return pipeline, job
        return None

    def happened(self, project: Project, author: User, action: str, **target: Any) -> None:
        """Write a line of the activity feed."""
        project.last_activity_at = self.clock()
        self.events.append(Event(self.next_id("event"), project, author, action, self.clock(), **target))
