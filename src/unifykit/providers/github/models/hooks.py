"""Webhooks of a repository."""

from pydantic import Field

from unifykit._core.model import Model

from .instant import Instant


class HookConfig(Model):
    """Where a hook delivers; GitHub masks `secret`. `content_type`: json, form.

    https://docs.github.com/en/rest/repos/webhooks
    """

    url: str | None = None
    content_type: str | None = None
    insecure_ssl: str | int | float | None = None
    secret: str | None = Field(default=None, repr=False)


class HookResponse(Model):
    """How the last delivery went; `code` is an HTTP status.

    https://docs.github.com/en/rest/repos/webhooks
    """

    code: int | None = None
    status: str | None = None
    message: str | None = None


class Hook(Model):
    """A webhook. `type`: Repository, Organization, App.

    https://docs.github.com/en/rest/repos/webhooks
    """

    id: int
    type: str
    name: str
    active: bool
    events: tuple[str, ...]
    config: HookConfig
    url: str | None = None
    test_url: str | None = None
    ping_url: str | None = None
    last_response: HookResponse | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
