"""Issues and what hangs on them."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from unifykit._core.model import Model

from .instant import Instant
from .people import User
from .repos import Repository


def _named(label: Any) -> Any:
    return {"name": label} if isinstance(label, str) else label


class Label(Model):
    """A label; `color` is six hexadecimal digits without #.

    https://docs.github.com/en/rest/issues/labels
    """

    name: str
    id: int | None = None
    node_id: str | None = None
    color: str | None = None
    description: str | None = None
    default: bool | None = None
    url: str | None = None


Labels = tuple[Annotated[Label, BeforeValidator(_named)], ...]
"""Labels, of which the description allows bare names."""


class Milestone(Model):
    """A milestone. `state`: open, closed.

    https://docs.github.com/en/rest/issues/milestones
    """

    id: int
    number: int
    title: str
    state: str
    node_id: str | None = None
    description: str | None = None
    creator: User | None = None
    open_issues: int | None = None
    closed_issues: int | None = None
    html_url: str | None = None
    due_on: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    closed_at: Instant | None = None


class IssuePullRequest(Model):
    """Where the pull request is that an issue belongs to.

    https://docs.github.com/en/rest/issues/issues
    """

    url: str | None = None
    html_url: str | None = None
    merged_at: Instant | None = None


class Issue(Model):
    """An issue; GitHub lists pull requests as issues too. `state`: open, closed.

    `state_reason`: completed, not_planned, duplicate, reopened.

    https://docs.github.com/en/rest/issues/issues
    """

    id: int
    number: int
    title: str
    node_id: str | None = None
    state: str | None = None
    state_reason: str | None = None
    body: str | None = None
    user: User | None = None
    labels: Labels = ()
    assignee: User | None = None
    assignees: tuple[User, ...] | None = None
    milestone: Milestone | None = None
    locked: bool | None = None
    comments: int | None = None
    author_association: str | None = None
    pull_request: IssuePullRequest | None = None
    draft: bool | None = None
    closed_by: User | None = None
    repository: Repository | None = None
    html_url: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    closed_at: Instant | None = None

    @property
    def is_pull_request(self) -> bool:
        """Whether this is the issue side of a pull request."""
        return self.pull_request is not None


class Comment(Model):
    """A comment on an issue, a pull request, a commit or lines of a diff.

    https://docs.github.com/en/rest/issues/comments
    """

    id: int
    node_id: str | None = None
    body: str | None = None
    user: User | None = None
    author_association: str | None = None
    html_url: str | None = None
    commit_id: str | None = None
    path: str | None = None
    line: int | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
