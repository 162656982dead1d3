"""Repositories and their files. https://docs.github.com/en/rest/repos/repos"""

from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation
from unifykit.providers.github.models import Repository
from unifykit.providers.github.resource import GitHubResource, slug


class Repos(GitHubResource[M]):
    """`p.github.repos`: repositories and their files."""

    @operation(SAFE)
    async def get(self, repo: str) -> Repository:
        """One repository.

        https://docs.github.com/en/rest/repos/repos#get-a-repository

        Args:
            repo: Owner and name, such as ``"octocat/hello-world"``.

        Raises:
            NotFoundError: It does not exist, or is hidden from this token.

        Example:
            >>> p.github.repos.get("octocat/hello-world").default_branch
            'main'
        """
        return Repository.model_validate_json((await self.fetch("GET", slug(repo))).body)
