"""Accounts and what they may do."""

from unifykit._core.model import Model

from .instant import Instant


class User(Model):
    """A person, bot or organization in its short or full form. `type`: User, Bot, Organization, Mannequin.

    Deleted accounts are null, or the user `ghost`.

    https://docs.github.com/en/rest/users/users
    """

    login: str
    id: int
    node_id: str | None = None
    type: str | None = None
    html_url: str | None = None
    avatar_url: str | None = None
    site_admin: bool | None = None
    name: str | None = None
    email: str | None = None
    company: str | None = None
    blog: str | None = None
    location: str | None = None
    bio: str | None = None
    public_repos: int | None = None
    public_gists: int | None = None
    followers: int | None = None
    following: int | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Organization(Model):
    """An organization in its short or full form.

    https://docs.github.com/en/rest/orgs/orgs
    """

    login: str
    id: int
    node_id: str | None = None
    description: str | None = None
    html_url: str | None = None
    avatar_url: str | None = None
    name: str | None = None
    company: str | None = None
    blog: str | None = None
    location: str | None = None
    email: str | None = None
    is_verified: bool | None = None
    public_repos: int | None = None
    followers: int | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class RepositoryAccess(Model):
    """What someone may do in a repository.

    https://docs.github.com/en/rest/collaborators/collaborators
    """

    pull: bool | None = None
    triage: bool | None = None
    push: bool | None = None
    maintain: bool | None = None
    admin: bool | None = None


class Collaborator(User):
    """A user with access to a repository.

    https://docs.github.com/en/rest/collaborators/collaborators
    """

    role_name: str | None = None
    permissions: RepositoryAccess | None = None


class Permission(Model):
    """A user's access. `permission`: admin, write, read, none; `role_name` may be a custom role.

    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """

    permission: str
    role_name: str | None = None
    user: Collaborator | None = None
