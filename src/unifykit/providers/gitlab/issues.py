"""Issues, their comments and the time they took.

https://docs.gitlab.com/api/issues/
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from unifykit._core.arguments import changes, choice, given, numbered, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import Project, day, ids, joined, names, project_path, span
from unifykit.providers.gitlab.models import Board, Issue, Note, TimeStats
from unifykit.providers.gitlab.resource import Cursor, GitLabResource

State = Literal["opened", "closed", "all"]
StateEvent = Literal["close", "reopen"]
Order = Literal["created_at", "updated_at", "title", "due_date", "relative_position", "priority", "weight"]
Direction = Literal["asc", "desc"]


def _path(project: Project, iid: int) -> str:
    return f"{project_path(project)}/issues/{numbered(iid, 'issue')}"


class Issues(GitLabResource[M]):
    """`p.gitlab.issues`: issues of a project. One is named by its iid, the number after the ``#``."""

    @operation(UNSAFE)
    async def create(
        self,
        project: Project,
        *,
        title: str,
        description: str | None = None,
        labels: Sequence[str] | None = None,
        assignee_ids: Sequence[int] | None = None,
        confidential: bool | None = None,
        due_date: date | None = None,
    ) -> Issue:
        """Open an issue.

        https://docs.gitlab.com/api/issues/#create-an-issue

        Args:
            project: Its id or path.
            title: Its title, of 255 characters at most.
            description: Its text, in Markdown.
            labels: Names of labels; one that does not exist is made.
            assignee_ids: Ids of users; GitLab's free edition keeps the first.
            confidential: Whether only members of the project see it.
            due_date: When it should be done.

        Example:
            >>> p.gitlab.issues.create("tanuki/hello-world", title="It rains", labels=["weather"]).iid
            3
        """
        fields = given(
            title=text(title, "title"), description=description, labels=names(labels, "labels"),
            assignee_ids=None if assignee_ids is None else ids(assignee_ids, "assignee_ids"),
            confidential=confidential, due_date=day(due_date),
        )  # fmt: skip
        reply = await self.fetch("POST", f"{project_path(project)}/issues", body=fields)
        return Issue.model_validate_json(reply.body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        project: Project,
        *,
        state: State = "opened",
        labels: Sequence[str] = (),
        search: str | None = None,
        assignee_id: int | None = None,
        order_by: Order = "created_at",
        sort: Direction = "desc",
    ) -> Page[Issue, Cursor]:
        """The issues of a project, newest first.

        https://docs.gitlab.com/api/issues/#list-project-issues

        Args:
            project: Its id or path.
            state: ``"opened"``, ``"closed"`` or ``"all"``.
            labels: Names that an issue must all carry.
            search: A part of title or description.
            assignee_id: Only assigned to this user.
            order_by: ``"created_at"``, ``"updated_at"``, ``"title"``, ``"due_date"``, ``"relative_position"``,
                ``"priority"`` or ``"weight"``.
            sort: ``"asc"`` or ``"desc"``.

        Example:
            >>> [issue.title for issue in p.gitlab.issues.list("tanuki/hello-world", labels=["bug"])]
            ['Found a bug']
        """
        choice(state, State, "state")
        choice(order_by, Order, "order_by")
        choice(sort, Direction, "sort")
        params = {
            # https://docs.gitlab.com/api/issues/#list-project-issues: "all" is said by leaving it out.
            "state": None if state == "all" else state, "labels": joined(labels, "labels"), "search": search,
            "assignee_id": None if assignee_id is None else numbered(assignee_id, "user"),
            "order_by": order_by, "sort": sort,
        }  # fmt: skip
        return await self.fetch_page(Issue, cursor, f"{project_path(project)}/issues", params=params)

    @operation(SAFE)
    async def get(self, project: Project, iid: int) -> Issue:
        """One issue.

        https://docs.gitlab.com/api/issues/#retrieve-a-project-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.

        Raises:
            NotFoundError: There is none of this number.

        Example:
            >>> p.gitlab.issues.get("tanuki/hello-world", 1).author.username
            'sasha'
        """
        return Issue.model_validate_json((await self.fetch("GET", _path(project, iid))).body)

    @operation(IDEMPOTENT)
    async def update(
        self,
        project: Project,
        iid: int,
        *,
        title: str | None = None,
        description: str | None = None,
        labels: Sequence[str] | None = None,
        assignee_ids: Sequence[int] | None = None,
        state_event: StateEvent | None = None,
        confidential: bool | None = None,
        due_date: date | None = None,
    ) -> Issue:
        """Change an issue; what is not given stays.

        https://docs.gitlab.com/api/issues/#update-an-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.
            title: Its title.
            description: Its text; ``""`` for none.
            labels: Names, in the place of those it has.
            assignee_ids: Ids of users, in the place of those it has.
            state_event: ``"close"`` or ``"reopen"``.
            confidential: Whether only members of the project see it.
            due_date: When it should be done.

        Example:
            >>> p.gitlab.issues.update("tanuki/hello-world", 1, title="Found it", labels=["bug", "mine"]).labels
            ('bug', 'mine')
        """
        choice(state_event, StateEvent, "state_event")
        fields = changes(
            title=title, description=description, labels=names(labels, "labels"),
            assignee_ids=None if assignee_ids is None else ids(assignee_ids, "assignee_ids"),
            state_event=state_event, confidential=confidential, due_date=day(due_date),
        )  # fmt: skip
        return await self._put(project, iid, fields)

    @operation(IDEMPOTENT)
    async def close(self, project: Project, iid: int) -> Issue:
        """Close an issue; one that is closed stays so.

        https://docs.gitlab.com/api/issues/#update-an-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.

        Example:
            >>> p.gitlab.issues.close("tanuki/hello-world", 1).state
            'closed'
        """
        return await self._put(project, iid, {"state_event": "close"})

    @operation(IDEMPOTENT)
    async def assign(self, project: Project, iid: int, user_ids: Sequence[int]) -> Issue:
        """Give an issue to people, in the place of those who have it; GitLab's free edition keeps the first.

        https://docs.gitlab.com/api/issues/#update-an-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.
            user_ids: Ids of users; none for nobody.

        Example:
            >>> [user.username for user in p.gitlab.issues.assign("tanuki/hello-world", 1, [1002]).assignees]
            ['robin']
        """
        return await self._put(project, iid, {"assignee_ids": ids(user_ids, "user_ids")})

    @operation(IDEMPOTENT)
    async def add_labels(self, project: Project, iid: int, labels: Sequence[str]) -> Issue:
        """Add labels to those an issue has; one that does not exist is made.

        https://docs.gitlab.com/api/issues/#update-an-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.
            labels: Names.

        Example:
            >>> p.gitlab.issues.add_labels("tanuki/hello-world", 1, ["urgent"]).labels
            ('bug', 'urgent')
        """
        found = names(labels, "labels")
        if not found:
            raise InvalidRequestError("labels is empty: give at least one name.")
        return await self._put(project, iid, {"add_labels": found})

    @operation(UNSAFE)
    async def comment(self, project: Project, iid: int, body: str) -> Note:
        """Comment on an issue.

        https://docs.gitlab.com/api/notes/#create-an-issue-note

        Args:
            project: Its id or path.
            iid: Its number in the project.
            body: The text, in Markdown.

        Example:
            >>> p.gitlab.issues.comment("tanuki/hello-world", 1, "Me too").body
            'Me too'
        """
        reply = await self.fetch("POST", f"{_path(project, iid)}/notes", body={"body": text(body, "body")})
        return Note.model_validate_json(reply.body)

    @paged
    async def comments(self, cursor: Cursor | None, project: Project, iid: int) -> Page[Note, Cursor]:
        """The comments on an issue, oldest first; what GitLab itself wrote is `system`.

        https://docs.gitlab.com/api/notes/#list-all-issue-notes

        Args:
            project: Its id or path.
            iid: Its number in the project.

        Example:
            >>> p.gitlab.issues.comments("tanuki/hello-world", 1).collect()
            []
        """
        return await self.fetch_page(Note, cursor, f"{_path(project, iid)}/notes", params={"sort": "asc"})

    @operation(UNSAFE)
    async def add_spent_time(
        self, project: Project, iid: int, duration: str, *, summary: str | None = None
    ) -> TimeStats:
        """Add time that was spent on an issue.

        https://docs.gitlab.com/api/issues/#add-spent-time-for-an-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.
            duration: Such as ``"2h"``, ``"1d 30m"`` (a day has 8 hours), or ``"-15m"`` to take some away.
            summary: What it was spent on.

        Example:
            >>> p.gitlab.issues.add_spent_time("tanuki/hello-world", 1, "2h").human_total_time_spent
            '2h'
        """
        fields = given(duration=span(duration), summary=summary)
        return TimeStats.model_validate_json(
            (await self.fetch("POST", f"{_path(project, iid)}/add_spent_time", body=fields)).body
        )

    @operation(IDEMPOTENT)
    async def reset_spent_time(self, project: Project, iid: int) -> TimeStats:
        """Forget the time that was spent on an issue.

        https://docs.gitlab.com/api/issues/#reset-spent-time-for-an-issue

        Args:
            project: Its id or path.
            iid: Its number in the project.

        Example:
            >>> p.gitlab.issues.reset_spent_time("tanuki/hello-world", 1).total_time_spent
            0
        """
        return TimeStats.model_validate_json((await self.fetch("POST", f"{_path(project, iid)}/reset_spent_time")).body)

    async def _put(self, project: Project, iid: int, fields: dict[str, object]) -> Issue:
        return Issue.model_validate_json((await self.fetch("PUT", _path(project, iid), body=fields)).body)


class Boards(GitLabResource[M]):
    """`p.gitlab.boards`: issue boards of a project."""

    @paged
    async def list(self, cursor: Cursor | None, project: Project) -> Page[Board, Cursor]:
        """The issue boards of a project.

        https://docs.gitlab.com/api/boards/#list-all-issue-boards

        Args:
            project: Its id or path.

        Example:
            >>> [board.name for board in p.gitlab.boards.list("tanuki/hello-world")]
            ['Development']
        """
        return await self.fetch_page(Board, cursor, f"{project_path(project)}/boards")
