"""The GitLab client: what it is built of, and the operations on the account itself."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import UnifyError
from unifykit.providers.gitlab.errors import DIALECT, translate
from unifykit.providers.gitlab.resource import PER_PAGE, GitLabResource

if TYPE_CHECKING:
    import gitlab

    from unifykit.providers.gitlab.account import Events, Groups, Snippets
    from unifykit.providers.gitlab.issues import Boards, Issues
    from unifykit.providers.gitlab.jobs import Jobs
    from unifykit.providers.gitlab.merge_requests import MergeRequests
    from unifykit.providers.gitlab.models import User
    from unifykit.providers.gitlab.pipelines import Pipelines
    from unifykit.providers.gitlab.projects import Projects
    from unifykit.providers.gitlab.registry import Registry


# Groups and models are imported where they are first used: the native client needs none of them.
class GitLab(Client[M], GitLabResource[M]):
    """GitLab for one account: `p.gitlab`.

    https://docs.gitlab.com/api/rest/

    `native` is python-gitlab's client in both modes; it blocks, so call it in a thread from async code.
    """

    provider = "gitlab"
    packages: ClassVar[tuple[str, ...]] = ("gitlab",)
    dialect = DIALECT

    native: "Native[gitlab.Gitlab, gitlab.Gitlab]" = Native()

    def build_native(self) -> "gitlab.Gitlab":
        """python-gitlab's client on our wire."""
        from unifykit import __version__
        from unifykit._wires.gitlab import WiredGitlab
        from unifykit._wires.origin import Home
        from unifykit._wires.urllib3 import Pools, Wire

        link = self.link
        home = Home(link.settings.base_url, DIALECT.trusted, secrets=(link.settings.token,))
        wire = Wire(link.engine, link.clock, DIALECT, home, link.share("urllib3", Pools))
        return WiredGitlab(
            wire,
            base_url=link.settings.base_url,
            token=link.settings.token.get_secret_value(),
            user_agent=f"unifykit/{__version__}",
        )

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what python-gitlab, the network or a model raised."""
        return translate(error, op)

    @operation(SAFE)
    async def me(self) -> "User":
        """Who the token belongs to.

        https://docs.gitlab.com/api/users/#retrieve-the-current-user

        Raises:
            AuthenticationError: GitLab does not accept the token.

        Example:
            >>> p.gitlab.me().username
            'tanuki'
        """
        from unifykit.providers.gitlab.models import User

        return User.model_validate_json((await self.fetch("GET", "/user")).body)

    @checkup
    def check(self) -> Sequence[Probe["GitLab[Async]"]]:
        """Ask for everything of the account once: user, projects, groups, events, snippets.

        Only reads. Nothing is raised: what fails is in the report.

        Example:
            >>> p.gitlab.check().ok
            True
        """
        return _PROBES

    @functools.cached_property
    def projects(self) -> "Projects[M]":
        """Projects."""
        from unifykit.providers.gitlab.projects import Projects

        return Projects(self)

    @functools.cached_property
    def pipelines(self) -> "Pipelines[M]":
        """Pipelines of a project."""
        from unifykit.providers.gitlab.pipelines import Pipelines

        return Pipelines(self)

    @functools.cached_property
    def jobs(self) -> "Jobs[M]":
        """Jobs, their logs and artifacts."""
        from unifykit.providers.gitlab.jobs import Jobs

        return Jobs(self)

    @functools.cached_property
    def merge_requests(self) -> "MergeRequests[M]":
        """Merge requests, their approvals and comments."""
        from unifykit.providers.gitlab.merge_requests import MergeRequests

        return MergeRequests(self)

    @functools.cached_property
    def issues(self) -> "Issues[M]":
        """Issues, their comments and the time they took."""
        from unifykit.providers.gitlab.issues import Issues

        return Issues(self)

    @functools.cached_property
    def boards(self) -> "Boards[M]":
        """Issue boards."""
        from unifykit.providers.gitlab.issues import Boards

        return Boards(self)

    @functools.cached_property
    def registry(self) -> "Registry[M]":
        """Container images."""
        from unifykit.providers.gitlab.registry import Registry

        return Registry(self)

    @functools.cached_property
    def groups(self) -> "Groups[M]":
        """Your groups."""
        from unifykit.providers.gitlab.account import Groups

        return Groups(self)

    @functools.cached_property
    def events(self) -> "Events[M]":
        """What you did."""
        from unifykit.providers.gitlab.account import Events

        return Events(self)

    @functools.cached_property
    def snippets(self) -> "Snippets[M]":
        """Your snippets."""
        from unifykit.providers.gitlab.account import Snippets

        return Snippets(self)


def _counted(items: Sequence[object]) -> str:
    return f"{len(items)} or more" if len(items) >= PER_PAGE else str(len(items))


_PROBES: Sequence[Probe[GitLab[Async]]] = (
    Probe("user", lambda gl: gl.me(), lambda user: user.username),
    Probe("projects", lambda gl: gl.projects.list(membership=True).first(PER_PAGE), _counted),
    Probe("owned projects", lambda gl: gl.projects.list(owned=True).first(PER_PAGE), _counted),
    Probe("groups", lambda gl: gl.groups.list().first(PER_PAGE), _counted),
    Probe("events", lambda gl: gl.events.list().first(PER_PAGE), _counted),
    Probe("snippets", lambda gl: gl.snippets.list().first(PER_PAGE), _counted),
)
