"""People, groups and whose a project is."""

from datetime import datetime

from unifykit._core.model import Model


class User(Model):
    """A person. `state`: active, blocked, deactivated, banned; `email` and what follows only of yourself.

    https://docs.gitlab.com/api/users/
    """

    id: int
    username: str
    name: str | None = None
    state: str | None = None
    avatar_url: str | None = None
    web_url: str | None = None
    public_email: str | None = None
    bot: bool | None = None
    bio: str | None = None
    created_at: datetime | None = None
    email: str | None = None
    commit_email: str | None = None
    two_factor_enabled: bool | None = None
    can_create_group: bool | None = None
    can_create_project: bool | None = None


class Group(Model):
    """A group. `visibility`: private, internal, public.

    https://docs.gitlab.com/api/groups/
    """

    id: int
    name: str
    path: str
    full_path: str
    full_name: str | None = None
    description: str | None = None
    visibility: str | None = None
    parent_id: int | None = None
    web_url: str | None = None
    avatar_url: str | None = None
    created_at: datetime | None = None


class Namespace(Model):
    """Whose a project is. `kind`: user, group.

    https://docs.gitlab.com/api/namespaces/
    """

    id: int
    name: str
    path: str
    kind: str | None = None
    full_path: str | None = None
    parent_id: int | None = None
    web_url: str | None = None
