"""The GitHub client: what it is built of, and the operations on the account itself."""

import functools
from typing import TYPE_CHECKING

from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import M
from unifykit.errors import UnifyError
from unifykit.providers.github.errors import DIALECT, translate
from unifykit.providers.github.issues import Issues
from unifykit.providers.github.repos import Repos
from unifykit.providers.github.resource import PER_PAGE, GitHubResource

if TYPE_CHECKING:
    import github


class GitHub(Client[M], GitHubResource[M]):
    """GitHub for one account: `p.github`. https://docs.github.com/en/rest"""

    provider = "github"
    packages = ("github",)
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
        home = Home(link.settings.base_url, DIALECT.trusted)
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

    @functools.cached_property
    def repos(self) -> Repos[M]:
        """Repositories and their files."""
        return Repos(self)

    @functools.cached_property
    def issues(self) -> Issues[M]:
        """Issues, their comments, labels and assignees."""
        return Issues(self)
