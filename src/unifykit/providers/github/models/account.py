"""What belongs to the caller: gists, events, notifications, quotas."""

from datetime import UTC, datetime
from typing import Any

from unifykit._core.model import Model

from .instant import Instant
from .people import Organization, User
from .repos import Repository, RepositoryRef


class GistFile(Model):
    """A file of a gist; `size` in bytes. Listings leave `content` out.

    https://docs.github.com/en/rest/gists/gists
    """

    filename: str | None = None
    type: str | None = None
    language: str | None = None
    size: int | None = None
    raw_url: str | None = None
    truncated: bool | None = None
    content: str | None = None


class Gist(Model):
    """A gist.

    https://docs.github.com/en/rest/gists/gists
    """

    id: str
    files: dict[str, GistFile]
    public: bool
    node_id: str | None = None
    description: str | None = None
    owner: User | None = None
    comments: int | None = None
    truncated: bool | None = None
    html_url: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Event(Model):
    """An event of the timeline. `type`: PushEvent, IssuesEvent, PullRequestEvent, … gives the shape of `payload`.

    https://docs.github.com/en/rest/using-the-rest-api/github-event-types
    """

    id: str
    repo: RepositoryRef
    payload: dict[str, Any]
    type: str | None = None
    actor: User | None = None
    org: Organization | None = None
    public: bool | None = None
    created_at: Instant | None = None


class NotificationSubject(Model):
    """What a notification is about. `type`: Issue, PullRequest, Commit, Release and others.

    https://docs.github.com/en/rest/activity/notifications
    """

    title: str
    type: str
    url: str | None = None
    latest_comment_url: str | None = None


class Notification(Model):
    """A notification thread. `reason`: assign, author, comment, mention, review_requested, subscribed and more.

    https://docs.github.com/en/rest/activity/notifications
    """

    id: str
    reason: str
    unread: bool
    subject: NotificationSubject
    repository: Repository
    updated_at: Instant | None = None
    last_read_at: Instant | None = None
    url: str | None = None


class RateLimit(Model):
    """One quota, in requests; `reset` in epoch seconds.

    https://docs.github.com/en/rest/rate-limit/rate-limit
    """

    limit: int
    remaining: int
    reset: int
    used: int | None = None

    @property
    def reset_at(self) -> datetime:
        """When `remaining` becomes `limit` again."""
        return datetime.fromtimestamp(self.reset, UTC)


class RateLimitOverview(Model):
    """Every quota by its name: core, search, graphql and others.

    https://docs.github.com/en/rest/rate-limit/rate-limit
    """

    resources: dict[str, RateLimit]
    rate: RateLimit | None = None
