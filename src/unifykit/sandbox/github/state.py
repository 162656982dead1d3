"""Everything the sandbox remembers, for as long as the app lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.content import GitContent, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

LEVELS = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass
class Account:
    """A user or an organization."""

    id: int
    login: str
    name: str
    created_at: datetime
    kind: str = "User"
    members: dict[str, Account] = field(default_factory=dict[str, "Account"])

    @property
    def email(self) -> str:
        """The address GitHub gives web commits of people who keep theirs private."""
        return f"{self.id}+{self.login}@users.noreply.github.com"

    def signature(self, when: datetime) -> Signature:
        """Sign a commit.

        Args:
            when: The moment.

        Returns:
            The signature.
        """
        return Signature(self.name, self.email, when)


@dataclass
class Label:
    """A repository's label."""

    id: int
    name: str
    color: str
    description: str | None = None
    default: bool = False


@dataclass
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    user: Account
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Review:
    """A review of a pull request."""

    id: int
    user: Account
    body: str
    state: str
    commit_id: str
    submitted_at: datetime | None


@dataclass
class Pull:
    """What a pull request has beyond its issue. Once it is closed the two SHAs no longer follow the branches."""

    id: int
    head_repo: Repository
    head_ref: str
    base_ref: str
    head_sha: str
    base_sha: str
    draft: bool = False
    maintainer_can_modify: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    reviews: list[Review] = field(default_factory=list[Review])


@dataclass
class Issue:
    """An issue, or the conversation of a pull request: GitHub numbers both in one series."""

    id: int
    number: int
    user: Account
    title: str
    body: str | None
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    labels: list[Label] = field(default_factory=list[Label])
    assignees: list[Account] = field(default_factory=list[Account])
    comments: list[Comment] = field(default_factory=list[Comment])
    closed_at: datetime | None = None
    closed_by: Account | None = None
    pull: Pull | None = None


@dataclass
class Delivery:
    """One message of a webhook."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: dict[str, Any]
    headers: dict[str, str]
    delivered_at: datetime
    status: str = "pending"
    status_code: int = 0
    response_headers: dict[str, str] = field(default_factory=dict[str, str])
    response_body: str = ""


@dataclass
class Hook:
    """A repository's webhook."""

    id: int
    config: dict[str, Any]
    events: list[str]
    active: bool
    created_at: datetime
    updated_at: datetime
    deliveries: list[Delivery] = field(default_factory=list[Delivery])


@dataclass
class Run:
    """One run of a workflow."""

    id: int
    number: int
    workflow_id: int
    path: str
    name: str
    event: str
    branch: str
    sha: str
    actor: Account
    created_at: datetime
    updated_at: datetime
    started_at: datetime
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None


@dataclass
class Invitation:
    """An offer to collaborate that the invitee has not taken yet."""

    id: int
    invitee: Account
    inviter: Account
    permission: str
    created_at: datetime


@dataclass
class Repository:
    """A repository with all that hangs on it."""

    id: int
    owner: Account
    name: str
    git: GitContent
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    parent: Repository | None = None
    topics: list[str] = field(default_factory=list[str])
    labels: dict[str, Label] = field(default_factory=dict[str, Label])
    issues: dict[int, Issue] = field(default_factory=dict[int, Issue])
    hooks: dict[int, Hook] = field(default_factory=dict[int, Hook])
    runs: dict[int, Run] = field(default_factory=dict[int, Run])
    workflow_ids: dict[str, int] = field(default_factory=dict[str, int])
    collaborators: dict[str, str] = field(default_factory=dict[str, str])
    invitations: dict[int, Invitation] = field(default_factory=dict[int, Invitation])

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return f"{self.owner.login}/{self.name}"

    @property
    def private(self) -> bool:
        """Whether outsiders may not see it."""
        return bool(self.settings["private"])

    @property
    def pulls(self) -> list[Issue]:
        """The issues that are pull requests."""
        return [issue for issue in self.issues.values() if issue.pull]

    def level_of(self, user: Account | None) -> str:
        """Tell what a caller may do here.

        Args:
            user: The caller; None without a token.

        Returns:
            One of `LEVELS`.
        """
        base = "none" if self.private else "read"
        if user is None:
            return base
        if user.id == self.owner.id:
            return "admin"
        if user.login in self.collaborators:
            return self.collaborators[user.login]
        return "write" if user.login in self.owner.members else base

    def allows(self, user: Account | None, level: str) -> bool:
        """Tell whether a caller may do something here.

        Args:
            user: The caller.
            level: What is needed.

        Returns:
            True when the caller's level is at least that.
        """
        return LEVELS.index(self.level_of(user)) >= LEVELS.index(level)


@dataclass
class Gist:
    """A gist."""

    id: str
    owner: Account
    description: str | None
    public: bool
    files: dict[str, str]
    created_at: datetime
    updated_at: datetime


@dataclass
class Event:
    """One line of the activity feed; what it tells is rendered when read, for the reader's own host name."""

    id: int
    kind: str
    actor: Account
    repo: Repository
    created_at: datetime
    payload: Callable[[Any], dict[str, Any]]


@dataclass
class Thread:
    """A notification."""

    id: int
    user: Account
    repo: Repository
    issue: Issue
    reason: str
    updated_at: datetime
    unread: bool = True
    last_read_at: datetime | None = None


@dataclass
class World:
    """All accounts and what they own."""

    clock: Callable[[], datetime]
    tokens: Mapping[str, str]
    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    repos: dict[str, Repository] = field(default_factory=dict[str, Repository])
    moved: dict[str, Repository] = field(default_factory=dict[str, Repository])
    """Renamed repositories by the names that they had, until another takes the name."""
    gists: dict[str, Gist] = field(default_factory=dict[str, Gist])
    events: list[Event] = field(default_factory=list[Event])
    threads: dict[int, Thread] = field(default_factory=dict[int, Thread])
    outbox: list[tuple[Hook, Delivery]] = field(default_factory=list[tuple[Hook, Delivery]])
    _ids: dict[str, Iterable[int]] = field(default_factory=dict[str, "Iterable[int]"])

    def next_id(self, kind: str, first: int = 1) -> int:
        """Number a new thing; the same calls give the same numbers on every run.

        Args:
            kind: The series.
            first: Where the series starts.

        Returns:
            The next number.
        """
        series = self._ids.setdefault(kind, count(first))
        return next(iter(series))

    def account(self, login: str) -> Account | None:
        """Find an account.

        Args:
            login: In any case.

        Returns:
            The account or None.
        """
        return self.accounts.get(login.lower())

    def repo(self, owner: str, name: str) -> Repository | None:
        """Find a repository.

        Args:
            owner: The account, in any case.
            name: The repository, in any case.

        Returns:
            The repository or None.
        """
        return self.repos.get(f"{owner}/{name}".lower())

    def author_of(self, ident: bytes) -> Account | None:
        """Find whose address a commit carries.

        Args:
            ident: The identity as git writes it.

        Returns:
            The account or None.
        """
        email = ident.decode().partition("<")[2].removesuffix(">")
        return next((account for account in self.accounts.values() if account.email == email), None)

    def visible_repos(self, viewer: Account | None) -> list[Repository]:
        """List what a caller may see.

        Args:
            viewer: The caller.

        Returns:
            Repositories, oldest first.
        """
        return [repo for repo in self.repos.values() if repo.allows(viewer, "read")]
