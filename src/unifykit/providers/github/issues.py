"""Issues. https://docs.github.com/en/rest/issues/issues"""

from collections.abc import Sequence

from unifykit._core.mode import M
from unifykit._core.operation import SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.github.models import Issue
from unifykit.providers.github.resource import Cursor, GitHubResource, given, slug


class Issues(GitHubResource[M]):
    """`p.github.issues`: issues, their comments, labels and assignees."""

    @operation(UNSAFE)
    async def create(
        self, repo: str, *, title: str, body: str | None = None, labels: Sequence[str] = (), assignees: Sequence[str] = ()
    ) -> Issue:
        """Open an issue.

        https://docs.github.com/en/rest/issues/issues#create-an-issue

        Args:
            repo: Owner and name, such as ``"octocat/hello-world"``.
            title: Its title.
            body: Its text, in Markdown.
            labels: Names of labels; one that does not exist is made.
            assignees: Logins.
        """
        fields = given(title=title, body=body, labels=list(labels) or None, assignees=list(assignees) or None)
        return Issue.model_validate_json((await self.fetch("POST", f"{slug(repo)}/issues", body=fields)).body)

    @paged
    async def list(
        self, cursor: Cursor | None, repo: str, *, state: str = "open", labels: Sequence[str] = ()
    ) -> Page[Issue, Cursor]:
        """The issues of a repository, newest first; GitHub counts pull requests as issues.

        https://docs.github.com/en/rest/issues/issues#list-repository-issues

        Args:
            repo: Owner and name.
            state: ``"open"``, ``"closed"`` or ``"all"``.
            labels: Names that an issue must all carry.
        """
        params = {"state": state, "labels": ",".join(labels) or None}
        return await self.fetch_page(Issue, cursor, f"{slug(repo)}/issues", params=params)
