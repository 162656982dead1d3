"""What belongs to the account itself: groups, events, snippets."""

from datetime import date
from typing import Literal

from unifykit._core.arguments import choice
from unifykit._core.mode import M
from unifykit._core.operation import paged
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import day
from unifykit.providers.gitlab.models import Event, Group, Snippet
from unifykit.providers.gitlab.resource import Cursor, GitLabResource

Action = Literal[
    "approved", "closed", "commented", "created", "destroyed", "expired", "joined", "left", "merged", "pushed",
    "reopened", "updated",
]  # fmt: skip
Target = Literal["issue", "milestone", "merge_request", "note", "project", "snippet", "user"]


class Groups(GitLabResource[M]):
    """`p.gitlab.groups`: groups."""

    @paged
    async def list(
        self, cursor: Cursor | None, *, owned: bool | None = None, search: str | None = None
    ) -> Page[Group, Cursor]:
        """The groups that you are a member of.

        https://docs.gitlab.com/api/groups/#list-groups

        Args:
            owned: Only those that you own.
            search: A part of the name or path.

        Example:
            >>> [group.full_path for group in p.gitlab.groups.list()]
            ['sandbox']
        """
        # An administrator would get every group there is without all_available.
        params = {"owned": owned, "search": search, "all_available": False}
        return await self.fetch_page(Group, cursor, "/groups", params=params)


class Events(GitLabResource[M]):
    """`p.gitlab.events`: what you did."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        action: Action | None = None,
        target_type: Target | None = None,
        before: date | None = None,
        after: date | None = None,
    ) -> Page[Event, Cursor]:
        """Your own events, newest first; GitLab keeps them for three years.

        https://docs.gitlab.com/api/events/#list-all-events

        Args:
            action: Only of this kind, such as ``"pushed"`` or ``"merged"``.
            target_type: Only on this kind of thing, such as ``"issue"`` or ``"merge_request"``.
            before: Only from before this day.
            after: Only from after this day.

        Example:
            >>> p.gitlab.issues.create("tanuki/hello-world", title="It rains").iid
            3
            >>> p.gitlab.events.list().first()[0].action_name
            'opened'
        """
        choice(action, Action, "action")
        choice(target_type, Target, "target_type")
        params = {"action": action, "target_type": target_type, "before": day(before), "after": day(after)}
        return await self.fetch_page(Event, cursor, "/events", params=params)


class Snippets(GitLabResource[M]):
    """`p.gitlab.snippets`: snippets of your own."""

    @paged
    async def list(self, cursor: Cursor | None) -> Page[Snippet, Cursor]:
        """Your snippets, newest first.

        https://docs.gitlab.com/api/snippets/#list-all-snippets-for-current-user

        Example:
            >>> [snippet.title for snippet in p.gitlab.snippets.list()]
            ['Hello World']
        """
        return await self.fetch_page(Snippet, cursor, "/snippets")
