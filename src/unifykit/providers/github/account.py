"""What belongs to the account itself: organizations, gists, events, notifications."""

from datetime import datetime

from unifykit._core.arguments import segment
from unifykit._core.mode import M
from unifykit._core.operation import paged
from unifykit.paging import Page
from unifykit.providers.github.arguments import moment
from unifykit.providers.github.models import Event, Gist, Notification, Organization, User
from unifykit.providers.github.resource import NOTIFICATIONS_PER_PAGE, PER_PAGE, Cursor, GitHubResource


class Orgs(GitHubResource[M]):
    """`p.github.orgs`: your organizations."""

    @paged
    async def list(self, cursor: Cursor | None) -> Page[Organization, Cursor]:
        """The organizations that you are a member of, as far as the token may know.

        https://docs.github.com/en/rest/orgs/orgs#list-organizations-for-the-authenticated-user

        Example:
            >>> [org.login for org in p.github.orgs.list()]
            ['github-sandbox']
        """
        return await self.fetch_page(Organization, cursor, "/user/orgs")


class Gists(GitHubResource[M]):
    """`p.github.gists`: your gists."""

    @paged
    async def list(self, cursor: Cursor | None, *, since: datetime | None = None) -> Page[Gist, Cursor]:
        """Your gists, the secret ones too.

        https://docs.github.com/en/rest/gists/gists#list-gists-for-the-authenticated-user

        Args:
            since: Only what was updated from this moment on.

        Example:
            >>> [list(gist.files) for gist in p.github.gists.list()]
            [['hello_world.py']]
        """
        return await self.fetch_page(Gist, cursor, "/gists", params={"since": moment(since, "since")})


class Events(GitHubResource[M]):
    """`p.github.events`: what you did."""

    @paged
    async def list(self, cursor: Cursor | None) -> Page[Event, Cursor]:
        """Your own events of the last 30 days, private ones too, newest first; GitHub keeps 300 at most.

        https://docs.github.com/en/rest/activity/events#list-events-for-the-authenticated-user

        Example:
            >>> p.github.issues.create("octocat/hello-world", title="It rains").number
            3
            >>> p.github.events.list().first()[0].type
            'IssuesEvent'
        """
        if cursor is None:
            user = User.model_validate_json((await self.fetch("GET", "/user")).body)
            cursor = f"/users/{segment(user.login)}/events?per_page={PER_PAGE}"
        first = str(cursor).partition("&page=")[0]
        page = await self.fetch_page(Event, cursor, "")
        return Page(page.items, [f"{first}&page={then}" if isinstance(then, int) else then for then in page.then])


class Notifications(GitHubResource[M]):
    """`p.github.notifications`: what GitHub tells you."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        include_read: bool = False,
        participating: bool = False,
        since: datetime | None = None,
    ) -> Page[Notification, Cursor]:
        """Your notifications, latest first.

        https://docs.github.com/en/rest/activity/notifications#list-notifications-for-the-authenticated-user

        Args:
            include_read: Whether those that are marked as read come too.
            participating: Only where you take part or are mentioned.
            since: Only what was updated from this moment on.

        Example:
            >>> p.github.notifications.list().collect()
            []
        """
        params = {
            "all": include_read, "participating": participating, "since": moment(since, "since"),
            "per_page": NOTIFICATIONS_PER_PAGE,
        }  # fmt: skip
        return await self.fetch_page(Notification, cursor, "/notifications", params=params)
