"""Who may do what in a repository.

https://docs.github.com/en/rest/collaborators/collaborators
"""

from typing import Literal

from unifykit._core.arguments import choice, segment
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.github.arguments import slug
from unifykit.providers.github.models import Collaborator, Invitation, Permission
from unifykit.providers.github.resource import Cursor, GitHubResource

Role = Literal["pull", "triage", "push", "maintain", "admin"]
Affiliation = Literal["outside", "direct", "all"]


def _path(repo: str, username: str) -> str:
    return f"{slug(repo)}/collaborators/{segment(username)}"


class Collaborators(GitHubResource[M]):
    """`p.github.collaborators`: people with access to a repository."""

    @paged
    async def list(
        self, cursor: Cursor | None, repo: str, *, affiliation: Affiliation = "all", permission: Role | None = None
    ) -> Page[Collaborator, Cursor]:
        """The people with access to a repository.

        https://docs.github.com/en/rest/collaborators/collaborators#list-repository-collaborators

        Args:
            repo: Owner and name.
            affiliation: ``"all"``, ``"direct"`` or ``"outside"`` (of the organization).
            permission: Only those who may do this: ``"pull"``, ``"triage"``, ``"push"``, ``"maintain"`` or ``"admin"``.

        Example:
            >>> sorted(user.login for user in p.github.collaborators.list("octocat/hello-world"))
            ['hubot', 'octocat']
        """
        choice(affiliation, Affiliation, "affiliation")
        choice(permission, Role, "permission")
        params = {"affiliation": affiliation, "permission": permission}
        return await self.fetch_page(Collaborator, cursor, f"{slug(repo)}/collaborators", params=params)

    @operation(IDEMPOTENT)
    async def add(self, repo: str, username: str, *, permission: Role = "push") -> Invitation | None:
        """Invite somebody, or change what they may do.

        https://docs.github.com/en/rest/collaborators/collaborators#add-a-repository-collaborator

        Args:
            repo: Owner and name.
            username: A login.
            permission: ``"pull"``, ``"triage"``, ``"push"``, ``"maintain"`` or ``"admin"``; in the repository of a
                person, all but the last two mean the same.

        Returns:
            The invitation that they have to accept; None if they have access already.

        Example:
            >>> p.github.collaborators.add("octocat/hello-world", "monalisa", permission="push").invitee.login
            'monalisa'
        """
        choice(permission, Role, "permission")
        reply = await self.fetch("PUT", _path(repo, username), body={"permission": permission})
        return Invitation.model_validate_json(reply.body) if reply.body else None

    @operation(SAFE)
    async def permission(self, repo: str, username: str) -> Permission:
        """What somebody may do in a repository.

        https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user

        Args:
            repo: Owner and name.
            username: A login.

        Raises:
            NotFoundError: There is no such user.

        Example:
            >>> p.github.collaborators.permission("octocat/hello-world", "hubot").permission
            'write'
        """
        return Permission.model_validate_json((await self.fetch("GET", f"{_path(repo, username)}/permission")).body)

    @operation(IDEMPOTENT)
    async def remove(self, repo: str, username: str) -> None:
        """Take somebody's access away.

        https://docs.github.com/en/rest/collaborators/collaborators#remove-a-repository-collaborator

        Args:
            repo: Owner and name.
            username: A login.

        Example:
            >>> p.github.collaborators.remove("octocat/hello-world", "hubot")
        """
        await self.fetch("DELETE", _path(repo, username))
