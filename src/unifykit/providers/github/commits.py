"""Commits.

https://docs.github.com/en/rest/commits/commits
"""

from datetime import datetime

from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.github.arguments import file_path, moment, ref, slug
from unifykit.providers.github.models import Commit, Comparison
from unifykit.providers.github.resource import Cursor, GitHubResource


class Commits(GitHubResource[M]):
    """`p.github.commits`: commits and their differences."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        repo: str,
        *,
        branch: str | None = None,
        path: str | None = None,
        author: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Commit, Cursor]:
        """The commits of a branch, newest first.

        https://docs.github.com/en/rest/commits/commits#list-commits

        Args:
            repo: Owner and name.
            branch: A branch, a tag or a commit to begin at; by default the default branch.
            path: Only those that touch this file or directory.
            author: Only those of this login or e-mail address.
            since: Only from this moment on.
            until: Only up to this moment.

        Raises:
            ConflictError: The repository is empty.

        Example:
            >>> [commit.message for commit in p.github.commits.list("octocat/hello-world")]
            ['Initial commit']
        """
        if branch is not None:
            ref(branch)
        file_path(path or "")
        params = {
            "sha": branch, "path": path, "author": author, "since": moment(since, "since"), "until": moment(until, "until"),
        }  # fmt: skip
        return await self.fetch_page(Commit, cursor, f"{slug(repo)}/commits", params=params)

    @operation(SAFE)
    async def get(self, repo: str, sha: str) -> Commit:
        """One commit with what it changed, 300 files at most.

        https://docs.github.com/en/rest/commits/commits#get-a-commit

        Args:
            repo: Owner and name.
            sha: Its hash, whole or the beginning of it, or a branch or tag.

        Raises:
            InvalidRequestError: There is no such commit.

        Example:
            >>> p.github.commits.get("octocat/hello-world", "main").stats.deletions
            0
        """
        return Commit.model_validate_json((await self.fetch("GET", f"{slug(repo)}/commits/{ref(sha)}")).body)

    @operation(SAFE)
    async def compare(self, repo: str, base: str, head: str) -> Comparison:
        """What lies between two commits: 250 commits and 300 files at most.

        https://docs.github.com/en/rest/commits/commits#compare-two-commits

        Args:
            repo: Owner and name.
            base: A branch, a tag or a commit.
            head: Another one; ``"owner:branch"`` if it is in a fork.

        Raises:
            NotFoundError: There is no such commit.

        Example:
            >>> p.github.commits.compare("octocat/hello-world", "main", "main").status
            'identical'
        """
        sides = "...".join(":".join(ref(part) for part in side.split(":", 1)) for side in (base, head))
        return Comparison.model_validate_json((await self.fetch("GET", f"{slug(repo)}/compare/{sides}")).body)
