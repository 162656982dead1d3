"""Issues.

https://docs.github.com/en/rest/issues/issues
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from unifykit._core.arguments import changes, choice, given, numbered, segment, text
from unifykit._core.mode import M
from unifykit._core.model import parse_list
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.github.arguments import joined, moment, names, slug
from unifykit.providers.github.models import Comment, Issue, Label
from unifykit.providers.github.resource import Cursor, GitHubResource

State = Literal["open", "closed"]
StateFilter = Literal["open", "closed", "all"]
CloseReason = Literal["completed", "not_planned", "duplicate"]
StateReason = Literal["completed", "not_planned", "duplicate", "reopened"]
Order = Literal["created", "updated", "comments"]
Direction = Literal["asc", "desc"]


def issue_path(repo: str, number: int) -> str:
    """The path of an issue, or of the issue side of a pull request."""
    return f"{slug(repo)}/issues/{numbered(number, 'issue')}"


class Issues(GitHubResource[M]):
    """`p.github.issues`: issues, their comments, labels and assignees."""

    @operation(UNSAFE)
    async def create(
        self,
        repo: str,
        *,
        title: str,
        body: str | None = None,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
        milestone: int | None = None,
    ) -> Issue:
        """Open an issue.

        https://docs.github.com/en/rest/issues/issues#create-an-issue

        Args:
            repo: Owner and name, such as ``"octocat/hello-world"``.
            title: Its title.
            body: Its text, in Markdown.
            labels: Names of labels; one that does not exist is made.
            assignees: Logins; those who cannot be assigned are left out.
            milestone: The number of a milestone.

        Example:
            >>> p.github.issues.create("octocat/hello-world", title="It rains", labels=["bug"]).state
            'open'
        """
        fields = given(
            title=text(title, "title"), body=body, milestone=milestone,
            labels=names(labels, "labels") or None, assignees=names(assignees, "assignees") or None,
        )  # fmt: skip
        return Issue.model_validate_json((await self.fetch("POST", f"{slug(repo)}/issues", body=fields)).body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        repo: str,
        *,
        state: StateFilter = "open",
        labels: Sequence[str] = (),
        assignee: str | None = None,
        since: datetime | None = None,
        sort: Order = "created",
        direction: Direction = "desc",
    ) -> Page[Issue, Cursor]:
        """The issues of a repository; GitHub counts pull requests as issues (see `Issue.is_pull_request`).

        https://docs.github.com/en/rest/issues/issues#list-repository-issues

        Args:
            repo: Owner and name.
            state: ``"open"``, ``"closed"`` or ``"all"``.
            labels: Names that an issue must all carry.
            assignee: A login, ``"none"``, or ``"*"`` for anybody.
            since: Only what was updated from this moment on.
            sort: ``"created"``, ``"updated"`` or ``"comments"``.
            direction: ``"desc"`` or ``"asc"``.

        Example:
            >>> [issue.title for issue in p.github.issues.list("octocat/hello-world", labels=["bug"])]
            ['Found a bug']
        """
        choice(state, StateFilter, "state")
        choice(sort, Order, "sort")
        choice(direction, Direction, "direction")
        params = {
            "state": state, "labels": joined(labels, "labels"), "assignee": assignee, "since": moment(since, "since"),
            "sort": sort, "direction": direction,
        }  # fmt: skip
        return await self.fetch_page(Issue, cursor, f"{slug(repo)}/issues", params=params)

    @operation(SAFE)
    async def get(self, repo: str, number: int) -> Issue:
        """One issue, or the issue side of a pull request.

        https://docs.github.com/en/rest/issues/issues#get-an-issue

        Args:
            repo: Owner and name.
            number: Its number in the repository.

        Raises:
            NotFoundError: There is none of this number, or it was deleted.

        Example:
            >>> p.github.issues.get("octocat/hello-world", 1).title
            'Found a bug'
        """
        return Issue.model_validate_json((await self.fetch("GET", issue_path(repo, number))).body)

    @operation(UNSAFE)
    async def comment(self, repo: str, number: int, body: str) -> Comment:
        """Comment on an issue or a pull request.

        https://docs.github.com/en/rest/issues/comments#create-an-issue-comment

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            body: The text, in Markdown.

        Example:
            >>> p.github.issues.comment("octocat/hello-world", 1, "I see it too.").body
            'I see it too.'
        """
        fields = {"body": text(body, "body")}
        return Comment.model_validate_json(
            (await self.fetch("POST", f"{issue_path(repo, number)}/comments", body=fields)).body
        )

    @paged
    async def comments(
        self, cursor: Cursor | None, repo: str, number: int, *, since: datetime | None = None
    ) -> Page[Comment, Cursor]:
        """The comments on an issue or a pull request, oldest first.

        https://docs.github.com/en/rest/issues/comments#list-issue-comments

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            since: Only what was updated from this moment on.

        Example:
            >>> p.github.issues.comments("octocat/hello-world", 1).collect()
            []
        """
        params = {"since": moment(since, "since")}
        return await self.fetch_page(Comment, cursor, f"{issue_path(repo, number)}/comments", params=params)

    @operation(IDEMPOTENT)
    async def update(
        self,
        repo: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: State | None = None,
        state_reason: StateReason | None = None,
        labels: Sequence[str] | None = None,
        assignees: Sequence[str] | None = None,
        milestone: int | None = None,
    ) -> Issue:
        """Change an issue; what is not given stays.

        https://docs.github.com/en/rest/issues/issues#update-an-issue

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            title: A new title.
            body: A new text; ``""`` takes it away.
            state: ``"open"`` or ``"closed"``.
            state_reason: ``"completed"``, ``"not_planned"``, ``"duplicate"`` or ``"reopened"``.
            labels: All of its labels from now on; ``[]`` takes them away.
            assignees: All of its assignees from now on; ``[]`` takes them away.
            milestone: The number of a milestone.

        Example:
            >>> p.github.issues.update("octocat/hello-world", 2, title="Say goodbye").title
            'Say goodbye'
        """
        choice(state, State, "state")
        choice(state_reason, StateReason, "state_reason")
        fields = changes(
            title=None if title is None else text(title, "title"), body=body, state=state, state_reason=state_reason,
            labels=None if labels is None else names(labels, "labels"),
            assignees=None if assignees is None else names(assignees, "assignees"), milestone=milestone,
        )  # fmt: skip
        return Issue.model_validate_json((await self.fetch("PATCH", issue_path(repo, number), body=fields)).body)

    @operation(IDEMPOTENT)
    async def close(self, repo: str, number: int, *, reason: CloseReason = "completed") -> Issue:
        """Close an issue.

        https://docs.github.com/en/rest/issues/issues#update-an-issue

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            reason: ``"completed"``, ``"not_planned"`` or ``"duplicate"``.

        Example:
            >>> p.github.issues.close("octocat/hello-world", 1, reason="not_planned").state
            'closed'
        """
        choice(reason, CloseReason, "reason")
        fields = {"state": "closed", "state_reason": reason}
        return Issue.model_validate_json((await self.fetch("PATCH", issue_path(repo, number), body=fields)).body)

    @operation(IDEMPOTENT)
    async def assign(self, repo: str, number: int, assignees: Sequence[str]) -> Issue:
        """Assign people to an issue, beside those who are; GitHub leaves out who cannot be assigned.

        https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            assignees: Logins, ten at most.

        Example:
            >>> [user.login for user in p.github.issues.assign("octocat/hello-world", 1, ["octocat"]).assignees]
            ['octocat']
        """
        fields = {"assignees": names(assignees, "assignees")}
        return Issue.model_validate_json(
            (await self.fetch("POST", f"{issue_path(repo, number)}/assignees", body=fields)).body
        )

    @operation(IDEMPOTENT)
    async def add_labels(self, repo: str, number: int, labels: Sequence[str]) -> tuple[Label, ...]:
        """Put labels on an issue, beside those it has; returns all of them.

        https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            labels: Names; one that does not exist is made.

        Example:
            >>> [label.name for label in p.github.issues.add_labels("octocat/hello-world", 1, ["question"])]
            ['bug', 'question']
        """
        fields = {"labels": names(labels, "labels")}
        reply = await self.fetch("POST", f"{issue_path(repo, number)}/labels", body=fields)
        return tuple(parse_list(Label, reply.body))

    @operation(IDEMPOTENT)
    async def remove_label(self, repo: str, number: int, label: str) -> tuple[Label, ...]:
        """Take a label off an issue; returns those that it keeps.

        https://docs.github.com/en/rest/issues/labels#remove-a-label-from-an-issue

        Args:
            repo: Owner and name.
            number: Its number in the repository.
            label: Its name.

        Raises:
            NotFoundError: The issue does not carry it.

        Example:
            >>> p.github.issues.remove_label("octocat/hello-world", 1, "bug")
            ()
        """
        reply = await self.fetch("DELETE", f"{issue_path(repo, number)}/labels/{segment(label)}")
        return tuple(parse_list(Label, reply.body))
