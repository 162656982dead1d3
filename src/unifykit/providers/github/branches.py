"""Branches.

https://docs.github.com/en/rest/branches/branches
"""

from urllib.parse import quote

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.github.arguments import is_hash, ref, slug
from unifykit.providers.github.models import Branch, Reference, Repository
from unifykit.providers.github.resource import Cursor, GitHubResource


class Branches(GitHubResource[M]):
    """`p.github.branches`: branches."""

    @paged
    async def list(self, cursor: Cursor | None, repo: str, *, protected: bool | None = None) -> Page[Branch, Cursor]:
        """The branches of a repository.

        https://docs.github.com/en/rest/branches/branches#list-branches

        Args:
            repo: Owner and name.
            protected: Only those that are protected, or only those that are not.

        Example:
            >>> [branch.name for branch in p.github.branches.list("octocat/hello-world")]
            ['main']
        """
        return await self.fetch_page(Branch, cursor, f"{slug(repo)}/branches", params={"protected": protected})

    @operation(SAFE)
    async def get(self, repo: str, name: str) -> Branch:
        """One branch.

        https://docs.github.com/en/rest/branches/branches#get-a-branch

        Args:
            repo: Owner and name.
            name: The branch's name.

        Raises:
            NotFoundError: There is no such branch.

        Example:
            >>> p.github.branches.get("octocat/hello-world", "main").protected
            False
        """
        return await self._get(repo, name)

    async def _get(self, repo: str, name: str) -> Branch:
        return Branch.model_validate_json((await self.fetch("GET", f"{slug(repo)}/branches/{ref(name)}")).body)

    @operation(UNSAFE)
    async def create(self, repo: str, name: str, *, source: str | None = None) -> Reference:
        """Make a branch.

        https://docs.github.com/en/rest/git/refs#create-a-reference

        Args:
            repo: Owner and name.
            name: The new branch's name.
            source: Where it begins: a branch's name or a whole commit hash; by default the default branch.

        Raises:
            InvalidRequestError: There is such a branch already, or no such commit.
            NotFoundError: There is no such source branch.

        Example:
            >>> p.github.branches.create("octocat/hello-world", "feature/maps").name
            'feature/maps'
        """
        ref(name)
        sha = source if source is not None and is_hash(source) else await self._tip(repo, source)
        fields = {"ref": f"refs/heads/{name}", "sha": sha}
        return Reference.model_validate_json((await self.fetch("POST", f"{slug(repo)}/git/refs", body=fields)).body)

    async def _tip(self, repo: str, branch: str | None) -> str:
        if branch is None:
            branch = Repository.model_validate_json((await self.fetch("GET", slug(repo))).body).default_branch
        if branch is None:
            raise InvalidRequestError(f"{repo} has no default branch: name a source.")
        return (await self._get(repo, branch)).commit.sha

    @operation(IDEMPOTENT)
    async def delete(self, repo: str, name: str) -> None:
        """Delete a branch.

        https://docs.github.com/en/rest/git/refs#delete-a-reference

        Args:
            repo: Owner and name.
            name: The branch's name.

        Raises:
            InvalidRequestError: There is no such branch.

        Example:
            >>> p.github.branches.create("octocat/hello-world", "old").name
            'old'
            >>> p.github.branches.delete("octocat/hello-world", "old")
        """
        ref(name)
        await self.fetch("DELETE", f"{slug(repo)}/git/refs/heads/{quote(name)}")
