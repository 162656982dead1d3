"""Pull requests.

https://docs.github.com/en/rest/pulls/pulls
"""

from typing import Literal

from unifykit._core.arguments import changes, choice, given, numbered, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.github.arguments import slug
from unifykit.providers.github.issues import State, StateFilter, issue_path
from unifykit.providers.github.models import Comment, MergeResult, PullRequest, PullRequestFile, Review
from unifykit.providers.github.resource import Cursor, GitHubResource

Order = Literal["created", "updated", "popularity", "long-running"]
Direction = Literal["asc", "desc"]
ReviewEvent = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
MergeMethod = Literal["merge", "squash", "rebase"]


def _path(repo: str, number: int) -> str:
    return f"{slug(repo)}/pulls/{numbered(number, 'pull request')}"


class Pulls(GitHubResource[M]):
    """`p.github.pulls`: pull requests, their reviews and files."""

    @operation(UNSAFE)
    async def create(
        self,
        repo: str,
        *,
        title: str,
        head: str,
        base: str,
        body: str | None = None,
        draft: bool = False,
        maintainer_can_modify: bool | None = None,
    ) -> PullRequest:
        """Open a pull request.

        https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request

        Args:
            repo: Owner and name of the repository that shall take the changes.
            title: Its title.
            head: The branch with the changes, ``"owner:branch"`` if it is in a fork.
            base: The branch that shall take them.
            body: Its text, in Markdown.
            draft: Whether it is not ready for review.
            maintainer_can_modify: Whether the maintainers may push to the fork's branch.

        Raises:
            InvalidRequestError: The branches have no difference, or there is a pull request already.

        Example:
            >>> _ = p.github.branches.create("octocat/hello-world", "topic")
            >>> _ = p.github.repos.put_file("octocat/hello-world", "a.txt", "a", message="Add a", branch="topic")
            >>> p.github.pulls.create("octocat/hello-world", title="Add a", head="topic", base="main").state
            'open'
        """
        fields = given(
            title=text(title, "title"), head=text(head, "head"), base=text(base, "base"), body=body, draft=draft,
            maintainer_can_modify=maintainer_can_modify,
        )  # fmt: skip
        return PullRequest.model_validate_json((await self.fetch("POST", f"{slug(repo)}/pulls", body=fields)).body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        repo: str,
        *,
        state: StateFilter = "open",
        head: str | None = None,
        base: str | None = None,
        sort: Order = "created",
        direction: Direction = "desc",
    ) -> Page[PullRequest, Cursor]:
        """The pull requests of a repository.

        https://docs.github.com/en/rest/pulls/pulls#list-pull-requests

        Args:
            repo: Owner and name.
            state: ``"open"``, ``"closed"`` (merged ones too) or ``"all"``.
            head: Only from this branch, ``"owner:branch"``.
            base: Only into this branch.
            sort: ``"created"``, ``"updated"``, ``"popularity"`` or ``"long-running"``.
            direction: ``"desc"`` or ``"asc"``.

        Example:
            >>> p.github.pulls.list("octocat/hello-world").collect()
            []
        """
        choice(state, StateFilter, "state")
        choice(sort, Order, "sort")
        choice(direction, Direction, "direction")
        params = {"state": state, "head": head, "base": base, "sort": sort, "direction": direction}
        return await self.fetch_page(PullRequest, cursor, f"{slug(repo)}/pulls", params=params)

    @operation(SAFE)
    async def get(self, repo: str, number: int) -> PullRequest:
        """One pull request; `mergeable` is None while GitHub computes it.

        https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request

        Args:
            repo: Owner and name.
            number: Its number in the repository.

        Raises:
            NotFoundError: There is none of this number.

        Example:
            >>> p.github.pulls.get("octocat/hello-world", 99)
            Traceback (most recent call last):
            unifykit.errors.NotFoundError: github.pulls.get: Not Found. (status 404, request id ...)
        """
        return PullRequest.model_validate_json((await self.fetch("GET", _path(repo, number))).body)

    @operation(IDEMPOTENT)
    async def update(
        self,
        repo: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: State | None = None,
        base: str | None = None,
    ) -> PullRequest:
        """Change a pull request, close it or open it again; what is not given stays.

        https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            title: A new title.
            body: A new text; ``""`` takes it away.
            state: ``"open"`` or ``"closed"``.
            base: Another branch to take the changes.

        Example:
            >>> _ = p.github.branches.create("octocat/hello-world", "topic")
            >>> _ = p.github.repos.put_file("octocat/hello-world", "a.txt", "a", message="Add a", branch="topic")
            >>> pull = p.github.pulls.create("octocat/hello-world", title="Add a", head="topic", base="main")
            >>> p.github.pulls.update("octocat/hello-world", pull.number, state="closed").state
            'closed'
        """
        choice(state, State, "state")
        fields = changes(title=None if title is None else text(title, "title"), body=body, state=state, base=base)
        return PullRequest.model_validate_json((await self.fetch("PATCH", _path(repo, number), body=fields)).body)

    @operation(UNSAFE)
    async def review(
        self, repo: str, number: int, *, body: str | None = None, event: ReviewEvent = "COMMENT"
    ) -> Review:
        """Review a pull request.

        https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            body: The text, in Markdown; only an approval may do without.
            event: ``"APPROVE"``, ``"REQUEST_CHANGES"`` or ``"COMMENT"``.

        Raises:
            InvalidRequestError: It is your own pull request, which only takes comments.

        Example:
            >>> _ = p.github.branches.create("octocat/hello-world", "topic")
            >>> _ = p.github.repos.put_file("octocat/hello-world", "a.txt", "a", message="Add a", branch="topic")
            >>> pull = p.github.pulls.create("octocat/hello-world", title="Add a", head="topic", base="main")
            >>> reviewer = p.github["reviewer"]
            >>> reviewer.pulls.review("octocat/hello-world", pull.number, event="APPROVE").state
            'APPROVED'
        """
        choice(event, ReviewEvent, "event")
        if event != "APPROVE":
            text(body or "", "body")
        fields = given(body=body, event=event)
        return Review.model_validate_json(
            (await self.fetch("POST", f"{_path(repo, number)}/reviews", body=fields)).body
        )

    @operation(UNSAFE)
    async def merge(
        self,
        repo: str,
        number: int,
        *,
        message: str | None = None,
        method: MergeMethod = "merge",
        title: str | None = None,
        sha: str | None = None,
    ) -> MergeResult:
        """Merge a pull request.

        Not repeated once it was sent: what another attempt finds may not be what you wanted to merge, and after a merge
        whose reply was lost it finds nothing to merge.

        https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            message: The rest of the commit's message.
            method: ``"merge"``, ``"squash"`` or ``"rebase"``.
            title: The first line of the commit's message.
            sha: The hash that its head must still have.

        Raises:
            ConflictError: It cannot be merged: a conflict, a missing review, merged already, or another head than `sha`.

        Example:
            >>> _ = p.github.branches.create("octocat/hello-world", "topic")
            >>> _ = p.github.repos.put_file("octocat/hello-world", "a.txt", "a", message="Add a", branch="topic")
            >>> pull = p.github.pulls.create("octocat/hello-world", title="Add a", head="topic", base="main")
            >>> p.github.pulls.merge("octocat/hello-world", pull.number, method="squash").merged
            True
        """
        choice(method, MergeMethod, "method")
        fields = given(commit_message=message, merge_method=method, commit_title=title, sha=sha)
        return MergeResult.model_validate_json(
            (await self.fetch("PUT", f"{_path(repo, number)}/merge", body=fields)).body
        )

    @operation(UNSAFE)
    async def comment(self, repo: str, number: int, body: str) -> Comment:
        """Comment on a pull request as a whole.

        https://docs.github.com/en/rest/issues/comments#create-an-issue-comment

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            body: The text, in Markdown.

        Example:
            >>> _ = p.github.branches.create("octocat/hello-world", "topic")
            >>> _ = p.github.repos.put_file("octocat/hello-world", "a.txt", "a", message="Add a", branch="topic")
            >>> pull = p.github.pulls.create("octocat/hello-world", title="Add a", head="topic", base="main")
            >>> p.github.pulls.comment("octocat/hello-world", pull.number, "Thanks!").body
            'Thanks!'
        """
        where = f"{issue_path(repo, number)}/comments"
        return Comment.model_validate_json((await self.fetch("POST", where, body={"body": text(body, "body")})).body)

    @paged
    async def files(self, cursor: Cursor | None, repo: str, number: int) -> Page[PullRequestFile, Cursor]:
        """The files that a pull request changes, 3,000 at most.

        https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files

        Args:
            repo: Owner and name.
            number: Its number in the repository.

        Example:
            >>> _ = p.github.branches.create("octocat/hello-world", "topic")
            >>> _ = p.github.repos.put_file("octocat/hello-world", "a.txt", "a", message="Add a", branch="topic")
            >>> pull = p.github.pulls.create("octocat/hello-world", title="Add a", head="topic", base="main")
            >>> [file.filename for file in p.github.pulls.files("octocat/hello-world", pull.number)]
            ['a.txt']
        """
        return await self.fetch_page(PullRequestFile, cursor, f"{_path(repo, number)}/files")
