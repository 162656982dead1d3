"""The GitLab client: what it is built of."""

from typing import TYPE_CHECKING, ClassVar

from unifykit._core.client import Blocking, Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import M
from unifykit.errors import UnifyError
from unifykit.providers.gitlab.errors import DIALECT, translate

if TYPE_CHECKING:
    import gitlab


class GitLab(Client[M], Blocking[M, "gitlab.Gitlab"]):
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
        home = Home(link.settings.base_url, DIALECT.trusted)
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
