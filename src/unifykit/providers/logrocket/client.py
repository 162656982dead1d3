"""The LogRocket client: what it is built of, and the script for the browser."""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from unifykit._core.arguments import given
from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.rest import Rest
from unifykit.errors import ConfigurationError, UnifyError
from unifykit.providers.logrocket.errors import DIALECT, translate
from unifykit.providers.logrocket.exports import AuditLogs, Exports
from unifykit.providers.logrocket.highlights import Highlights
from unifykit.providers.logrocket.releases import Releases
from unifykit.providers.logrocket.snippet import SCRIPT, script_tags
from unifykit.providers.logrocket.users import Users

if TYPE_CHECKING:
    import httpx

_PARTS = 3


class LogRocket(Client[M], Rest[M]):
    """One application of LogRocket: `p.logrocket`.

    https://docs.logrocket.com/reference

    `native` is an httpx client with the key, behind the same pipeline; its paths begin after ``/v1/orgs/…/apps/…``.
    """

    provider = "logrocket"
    packages: ClassVar[tuple[str, ...]] = ("httpx",)
    dialect = DIALECT

    native: "Native[httpx.Client, httpx.AsyncClient]" = Native()

    def build_native(self) -> Any:
        """An httpx client on our wire."""
        from unifykit._wires.rest import rest_client

        settings = self.link.settings
        organization, _, app = self._app().partition("/")
        base = f"{settings.base_url}/v1/orgs/{quote(organization, safe='')}/apps/{quote(app, safe='')}"
        # https://docs.logrocket.com/reference/authentication
        return rest_client(
            self.link, DIALECT, base_url=base, authorization=f"token {settings.api_key.get_secret_value()}"
        )

    def _app(self) -> str:
        settings = self.link.settings
        parts = settings.api_key.get_secret_value().split(":")
        if len(parts) != _PARTS or not all(parts):
            names = ", ".join(settings.variables("api_key"))
            raise ConfigurationError(f"LogRocket's key is not org:app:secret: look at {names}.", provider="logrocket")
        return f"{parts[0]}/{parts[1]}"

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what LogRocket, its storage, the network or a model raised."""
        return translate(error, op)

    def snippet(
        self, *, user_id: str | None = None, name: str | None = None, email: str | None = None,
        traits: Mapping[str, str | int | float | bool] | None = None, mask_inputs: bool = True,
        release: str | None = None, nonce: str | None = None, src: str = SCRIPT,
    ) -> str:  # fmt: skip
        """The script elements for a page's head, with the user identified and inputs masked; the key is not in them.

        Everything is escaped: put the text into the page as it is (``{{ snippet | safe }}``).

        https://docs.logrocket.com/docs/quickstart

        Args:
            user_id: The application's id of the user who is signed in.
            name: Their name.
            email: Their address.
            traits: Notes on them.
            mask_inputs: Record no text that is typed.
            release: The version of the application, as in `releases.create`.
            nonce: The nonce of the page's content security policy.
            src: Where the script is, if you host it yourself.

        Example:
            >>> "</script><b>" in p.logrocket.snippet(user_id="42", name="</script><b>Ada")
            False
        """
        known = given(name=name, email=email) | dict(traits or {})
        return script_tags(self._app(), user_id, known, mask_inputs=mask_inputs, release=release, nonce=nonce, src=src)

    @checkup
    def check(self) -> Sequence[Probe["LogRocket[Async]"]]:
        """Ask for the exports and the audit log.

        Only reads. Nothing is raised: what fails is in the report.

        Example:
            >>> p.logrocket.check().ok
            True
        """
        return _PROBES

    @functools.cached_property
    def users(self) -> Users[M]:
        """Who uses the application."""
        return Users(self)

    @functools.cached_property
    def highlights(self) -> Highlights[M]:
        """What sessions were about."""
        return Highlights(self)

    @functools.cached_property
    def exports(self) -> Exports[M]:
        """Everything that was recorded."""
        return Exports(self)

    @functools.cached_property
    def audit_logs(self) -> AuditLogs[M]:
        """What the organization's members did."""
        return AuditLogs(self)

    @functools.cached_property
    def releases(self) -> Releases[M]:
        """Versions and their source maps."""
        return Releases(self)


_PROBES: Sequence[Probe[LogRocket[Async]]] = (
    Probe("exports", lambda rocket: rocket.exports.list(per_page=1).first(1), lambda found: f"{len(found)} read"),
    Probe("audit log", lambda rocket: rocket.audit_logs.list(per_page=1).first(1), lambda found: f"{len(found)} read"),
)
