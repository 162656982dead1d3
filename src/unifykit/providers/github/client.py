"""The GitHub client: what it is built of, and the operations on the account itself."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import UnifyError
from unifykit.providers.github.errors import DIALECT, translate
from unifykit.providers.github.resource import NOTIFICATIONS_PER_PAGE, PER_PAGE, GitHubResource

if TYPE_CHECKING:
    import github

    from unifykit.providers.github.account import Events, Gists, Notifications, Orgs
    from unifykit.providers.github.actions import Runs, Workflows
    from unifykit.providers.github.branches import Branches
    from unifykit.providers.github.collaborators import Collaborators
    from unifykit.providers.github.commits import Commits
    from unifykit.providers.github.hooks import Hooks
    from unifykit.providers.github.issues import Issues
    from unifykit.providers.github.models import RateLimitOverview, User
    from unifykit.providers.github.pulls import Pulls
    from unifykit.providers.github.repos import Repos


# Resources and their models are imported where they are first used: the native client needs none of them.
class GitHub(Client[M], GitHubResource[M]):
    """GitHub for one account: `p.github`.

    https://docs.github.com/en/rest
    """

    provider = "github"
    packages: ClassVar[tuple[str, ...]] = ("github",)
    dialect = DIALECT

    native: "Native[github.Github, github.Github]" = Native()

    def build_native(self) -> "github.Github":
        """PyGithub's client on our wire."""
        from github import Auth

        from unifykit import __version__
        from unifykit._wires.origin import Home
        from unifykit._wires.pygithub import WiredGithub
        from unifykit._wires.urllib3 import Pools, Wire

        link = self.link
        home = Home(link.settings.base_url, DIALECT.trusted, secrets=(link.settings.token,))
        wire = Wire(link.engine, link.clock, DIALECT, home, link.share("urllib3", Pools))
        return WiredGithub(
            wire,
            auth=Auth.Token(link.settings.token.get_secret_value()),
            base_url=link.settings.base_url,
            user_agent=f"unifykit/{__version__}",
            per_page=PER_PAGE,
            lazy=False,
        )

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what PyGithub, the network or a model raised."""
        return translate(error, op)

    @operation(SAFE)
    async def me(self) -> "User":
        """Who the token belongs to.

        https://docs.github.com/en/rest/users/users#get-the-authenticated-user

        Raises:
            AuthenticationError: GitHub does not accept the token.

        Example:
            >>> p.github.me().login
            'octocat'
        """
        from unifykit.providers.github.models import User

        return User.model_validate_json((await self.fetch("GET", "/user")).body)

    @operation(SAFE)
    async def rate_limit(self) -> "RateLimitOverview":
        """What is left of each allowance; asking costs nothing.

        https://docs.github.com/en/rest/rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user

        Example:
            >>> p.github.rate_limit().resources["core"].limit
            5000
        """
        from unifykit.providers.github.models import RateLimitOverview

        return RateLimitOverview.model_validate_json((await self.fetch("GET", "/rate_limit")).body)

    @checkup
    def check(self) -> Sequence[Probe["GitHub[Async]"]]:
        """Ask for everything of the account once: user, rate limit, repositories, organizations, gists, events, notifications.

        Only reads. Nothing is raised: what fails is in the report.

        Example:
            >>> p.github.check().ok
            True
        """
        return _PROBES

    @functools.cached_property
    def repos(self) -> "Repos[M]":
        """Repositories and their files."""
        from unifykit.providers.github.repos import Repos

        return Repos(self)

    @functools.cached_property
    def issues(self) -> "Issues[M]":
        """Issues, their comments, labels and assignees."""
        from unifykit.providers.github.issues import Issues

        return Issues(self)

    @functools.cached_property
    def pulls(self) -> "Pulls[M]":
        """Pull requests, their reviews and files."""
        from unifykit.providers.github.pulls import Pulls

        return Pulls(self)

    @functools.cached_property
    def branches(self) -> "Branches[M]":
        """Branches."""
        from unifykit.providers.github.branches import Branches

        return Branches(self)

    @functools.cached_property
    def commits(self) -> "Commits[M]":
        """Commits and their differences."""
        from unifykit.providers.github.commits import Commits

        return Commits(self)

    @functools.cached_property
    def hooks(self) -> "Hooks[M]":
        """Webhooks of a repository."""
        from unifykit.providers.github.hooks import Hooks

        return Hooks(self)

    @functools.cached_property
    def runs(self) -> "Runs[M]":
        """Runs of workflows."""
        from unifykit.providers.github.actions import Runs

        return Runs(self)

    @functools.cached_property
    def workflows(self) -> "Workflows[M]":
        """Workflows."""
        from unifykit.providers.github.actions import Workflows

        return Workflows(self)

    @functools.cached_property
    def collaborators(self) -> "Collaborators[M]":
        """People with access to a repository."""
        from unifykit.providers.github.collaborators import Collaborators

        return Collaborators(self)

    @functools.cached_property
    def orgs(self) -> "Orgs[M]":
        """Your organizations."""
        from unifykit.providers.github.account import Orgs

        return Orgs(self)

    @functools.cached_property
    def gists(self) -> "Gists[M]":
        """Your gists."""
        from unifykit.providers.github.account import Gists

        return Gists(self)

    @functools.cached_property
    def events(self) -> "Events[M]":
        """What you did."""
        from unifykit.providers.github.account import Events

        return Events(self)

    @functools.cached_property
    def notifications(self) -> "Notifications[M]":
        """What GitHub tells you."""
        from unifykit.providers.github.account import Notifications

        return Notifications(self)


def _counted(items: Sequence[object], most: int = PER_PAGE) -> str:
    return f"{len(items)} or more" if len(items) >= most else str(len(items))


def _left(overview: "RateLimitOverview") -> str:
    core = overview.resources["core"]
    return f"{core.remaining} of {core.limit} left"


_PROBES: Sequence[Probe[GitHub[Async]]] = (
    Probe("user", lambda gh: gh.me(), lambda user: str(user.login)),
    Probe("rate limit", lambda gh: gh.rate_limit(), _left),
    Probe("repositories", lambda gh: gh.repos.list().first(PER_PAGE), _counted),
    Probe("organizations", lambda gh: gh.orgs.list().first(PER_PAGE), _counted),
    Probe("gists", lambda gh: gh.gists.list().first(PER_PAGE), _counted),
    Probe("events", lambda gh: gh.events.list().first(PER_PAGE), _counted),
    Probe(
        "notifications",
        lambda gh: gh.notifications.list().first(NOTIFICATIONS_PER_PAGE),
        lambda items: _counted(items, NOTIFICATIONS_PER_PAGE),
    ),
)
