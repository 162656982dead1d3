"""Merge requests.

https://docs.gitlab.com/api/merge_requests/
"""

from collections.abc import Sequence
from typing import Literal

from unifykit._core.arguments import changes, choice, given, numbered, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import Project, ids, joined, names, project_path
from unifykit.providers.gitlab.models import Approvals, MergeRequest, Note
from unifykit.providers.gitlab.resource import Cursor, GitLabResource

State = Literal["opened", "closed", "locked", "merged", "all"]
StateEvent = Literal["close", "reopen"]
Order = Literal["created_at", "updated_at", "title"]
Direction = Literal["asc", "desc"]


def _all(project: Project) -> str:
    return f"{project_path(project)}/merge_requests"


def _path(project: Project, iid: int) -> str:
    return f"{_all(project)}/{numbered(iid, 'merge request')}"


class MergeRequests(GitLabResource[M]):
    """`p.gitlab.merge_requests`: merge requests of a project. One is named by its iid, the number after the ``!``."""

    @operation(UNSAFE)
    async def create(
        self,
        project: Project,
        *,
        source_branch: str,
        target_branch: str,
        title: str,
        description: str | None = None,
        labels: Sequence[str] | None = None,
        assignee_ids: Sequence[int] | None = None,
        reviewer_ids: Sequence[int] | None = None,
        target_project_id: int | None = None,
        remove_source_branch: bool | None = None,
        squash: bool | None = None,
    ) -> MergeRequest:
        """Propose to merge a branch.

        https://docs.gitlab.com/api/merge_requests/#create-a-merge-request

        Args:
            project: The id or path of the project with the changes.
            source_branch: The branch with the changes.
            target_branch: The branch that shall take them.
            title: Its title; ``"Draft: …"`` is not ready to be merged.
            description: Its text, in Markdown.
            labels: Names of labels; one that does not exist is made.
            assignee_ids: Ids of users.
            reviewer_ids: Ids of users.
            target_project_id: The project that shall take the changes, if `project` is its fork.
            remove_source_branch: Whether merging removes the branch.
            squash: Whether merging makes one commit of all.

        Raises:
            ConflictError: The branch has an open merge request already.
            InvalidRequestError: A branch does not exist.

        Example:
            >>> _ = p.gitlab.native.projects.get(101).branches.create({"branch": "topic", "ref": "main"})
            >>> p.gitlab.merge_requests.create(
            ...     "tanuki/hello-world", source_branch="topic", target_branch="main", title="Topic"
            ... ).state
            'opened'
        """
        if target_project_id is None and source_branch == target_branch:
            raise InvalidRequestError(f"source_branch and target_branch are both {source_branch!r}: give two.")
        target = None if target_project_id is None else int(numbered(target_project_id, "project"))
        fields = given(
            source_branch=text(source_branch, "source_branch"), target_branch=text(target_branch, "target_branch"),
            title=text(title, "title"), description=description, labels=names(labels, "labels"),
            assignee_ids=None if assignee_ids is None else ids(assignee_ids, "assignee_ids"),
            reviewer_ids=None if reviewer_ids is None else ids(reviewer_ids, "reviewer_ids"),
            target_project_id=target, remove_source_branch=remove_source_branch, squash=squash,
        )  # fmt: skip
        return MergeRequest.model_validate_json((await self.fetch("POST", _all(project), body=fields)).body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        project: Project,
        *,
        state: State = "opened",
        labels: Sequence[str] = (),
        source_branch: str | None = None,
        target_branch: str | None = None,
        search: str | None = None,
        order_by: Order = "created_at",
        sort: Direction = "desc",
    ) -> Page[MergeRequest, Cursor]:
        """The merge requests of a project, newest first.

        https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests

        Args:
            project: Its id or path.
            state: ``"opened"``, ``"closed"``, ``"locked"``, ``"merged"`` or ``"all"``.
            labels: Names that one must all carry.
            source_branch: Only from this branch.
            target_branch: Only into this branch.
            search: A part of title or description.
            order_by: ``"created_at"``, ``"updated_at"`` or ``"title"``.
            sort: ``"asc"`` or ``"desc"``.

        Example:
            >>> [merge_request.title for merge_request in p.gitlab.merge_requests.list("tanuki/hello-world")]
            ['Say goodbye']
        """
        choice(state, State, "state")
        choice(order_by, Order, "order_by")
        choice(sort, Direction, "sort")
        params = {
            "state": state, "labels": joined(labels, "labels"), "source_branch": source_branch,
            "target_branch": target_branch, "search": search, "order_by": order_by, "sort": sort,
        }  # fmt: skip
        return await self.fetch_page(MergeRequest, cursor, _all(project), params=params)

    @operation(SAFE)
    async def get(self, project: Project, iid: int) -> MergeRequest:
        """One merge request. GitLab finds out whether it can be merged after it is asked: see `detailed_merge_status`.

        https://docs.gitlab.com/api/merge_requests/#retrieve-a-merge-request

        Args:
            project: Its id or path.
            iid: Its number in the project.

        Raises:
            NotFoundError: There is none of this number.

        Example:
            >>> p.gitlab.merge_requests.get("tanuki/hello-world", 1).detailed_merge_status
            'mergeable'
        """
        return MergeRequest.model_validate_json((await self.fetch("GET", _path(project, iid))).body)

    @operation(IDEMPOTENT)
    async def update(
        self,
        project: Project,
        iid: int,
        *,
        title: str | None = None,
        description: str | None = None,
        target_branch: str | None = None,
        state_event: StateEvent | None = None,
        labels: Sequence[str] | None = None,
        assignee_ids: Sequence[int] | None = None,
    ) -> MergeRequest:
        """Change a merge request; what is not given stays.

        https://docs.gitlab.com/api/merge_requests/#update-a-merge-request

        Args:
            project: Its id or path.
            iid: Its number in the project.
            title: Its title.
            description: Its text; ``""`` for none.
            target_branch: The branch that shall take the changes.
            state_event: ``"close"`` or ``"reopen"``.
            labels: Names, in the place of those it has.
            assignee_ids: Ids of users, in the place of those it has.

        Example:
            >>> p.gitlab.merge_requests.update("tanuki/hello-world", 1, state_event="close").state
            'closed'
        """
        choice(state_event, StateEvent, "state_event")
        fields = changes(
            title=title, description=description, target_branch=target_branch, state_event=state_event,
            labels=names(labels, "labels"),
            assignee_ids=None if assignee_ids is None else ids(assignee_ids, "assignee_ids"),
        )  # fmt: skip
        return MergeRequest.model_validate_json((await self.fetch("PUT", _path(project, iid), body=fields)).body)

    @operation(IDEMPOTENT)
    async def set_reviewers(self, project: Project, iid: int, user_ids: Sequence[int]) -> MergeRequest:
        """Name the reviewers of a merge request, in the place of those it has.

        https://docs.gitlab.com/api/merge_requests/#update-a-merge-request

        Args:
            project: Its id or path.
            iid: Its number in the project.
            user_ids: Ids of users; none for nobody.

        Example:
            >>> found = p.gitlab.merge_requests.set_reviewers("tanuki/hello-world", 1, [1003])
            >>> [user.username for user in found.reviewers]
            ['sasha']
        """
        fields = {"reviewer_ids": ids(user_ids, "user_ids")}
        return MergeRequest.model_validate_json((await self.fetch("PUT", _path(project, iid), body=fields)).body)

    @operation(UNSAFE)
    async def approve(self, project: Project, iid: int, *, sha: str | None = None) -> Approvals:
        """Approve a merge request.

        https://docs.gitlab.com/api/merge_request_approvals/#approve-merge-request

        Args:
            project: Its id or path.
            iid: Its number in the project.
            sha: The commit that was looked at; if the branch has moved since, nothing is approved.

        Raises:
            AuthenticationError: You have approved it already, or may not: GitLab says 401 to both.
            ConflictError: The branch has moved.

        Example:
            >>> p.gitlab.merge_requests.approve("tanuki/hello-world", 1).user_has_approved
            True
        """
        reply = await self.fetch("POST", f"{_path(project, iid)}/approve", body=given(sha=sha))
        return Approvals.model_validate_json(reply.body)

    @operation(UNSAFE)
    async def merge(
        self,
        project: Project,
        iid: int,
        *,
        message: str | None = None,
        sha: str | None = None,
        squash: bool | None = None,
        remove_source_branch: bool | None = None,
    ) -> MergeRequest:
        """Merge a merge request.

        Not repeated once it was sent: what another attempt finds may not be what you wanted to merge, and after a merge
        whose reply was lost it finds nothing to merge.

        https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request

        Args:
            project: Its id or path.
            iid: Its number in the project.
            message: The merge commit's message.
            sha: The commit that was looked at; if the branch has moved since, nothing is merged.
            squash: Whether to make one commit of all; by default as the merge request says.
            remove_source_branch: Whether to remove the branch; by default as the merge request says.

        Raises:
            ConflictError: It cannot be merged: a conflict, a draft, merged already, or another commit than `sha`.
            AuthenticationError: You may not merge into this branch: GitLab says 401.

        Example:
            >>> p.gitlab.merge_requests.merge("tanuki/hello-world", 1).state
            'merged'
        """
        fields = given(
            merge_commit_message=message, sha=sha, squash=squash, should_remove_source_branch=remove_source_branch
        )
        return MergeRequest.model_validate_json(
            (await self.fetch("PUT", f"{_path(project, iid)}/merge", body=fields)).body
        )

    @operation(UNSAFE)
    async def comment(self, project: Project, iid: int, body: str) -> Note:
        """Comment on a merge request.

        https://docs.gitlab.com/api/notes/#create-a-merge-request-note

        Args:
            project: Its id or path.
            iid: Its number in the project.
            body: The text, in Markdown.

        Example:
            >>> p.gitlab.merge_requests.comment("tanuki/hello-world", 1, "LGTM").author.username
            'tanuki'
        """
        reply = await self.fetch("POST", f"{_path(project, iid)}/notes", body={"body": text(body, "body")})
        return Note.model_validate_json(reply.body)

    @paged
    async def comments(self, cursor: Cursor | None, project: Project, iid: int) -> Page[Note, Cursor]:
        """The comments on a merge request, oldest first; what GitLab itself wrote is `system`.

        https://docs.gitlab.com/api/notes/#list-all-merge-request-notes

        Args:
            project: Its id or path.
            iid: Its number in the project.

        Example:
            >>> p.gitlab.merge_requests.comments("tanuki/hello-world", 1).collect()
            []
        """
        return await self.fetch_page(Note, cursor, f"{_path(project, iid)}/notes", params={"sort": "asc"})
