"""The Agora client: what it is built of."""

import base64
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.policy import RateLimit
from unifykit.errors import ConfigurationError, UnifyError
from unifykit.providers.agora.bans import Bans
from unifykit.providers.agora.channels import Channels
from unifykit.providers.agora.errors import DIALECT, translate
from unifykit.providers.agora.recordings import Recordings
from unifykit.providers.agora.resource import AgoraResource
from unifykit.providers.agora.tokens import Tokens

if TYPE_CHECKING:
    import httpx


class Agora(Client[M], AgoraResource[M]):
    """One app of Agora: `p.agora`.

    https://docs.agora.io/en/api-reference

    `native` is an httpx client with the account's credential, behind the same pipeline. Agora allows 20 queries of
    channels a second and 10 of everything else, and answers 429 without a hint; where the user sets no rate limit, this
    client keeps to that by itself.
    """

    provider = "agora"
    packages: ClassVar[tuple[str, ...]] = ("httpx",)
    dialect = DIALECT
    pace: ClassVar[RateLimit] = RateLimit(rate=20.0)

    native: "Native[httpx.Client, httpx.AsyncClient]" = Native()

    def build_native(self) -> Any:
        """An httpx client on our wire."""
        from unifykit._wires.rest import rest_client

        settings = self.link.settings
        if not settings.customer_id or settings.customer_secret is None:
            names = [*settings.variables("customer_id"), *settings.variables("customer_secret")]
            raise ConfigurationError(
                f"Agora's REST API needs the customer's id and secret: set {', '.join(names)}.", provider="agora"
            )
        pair = f"{settings.customer_id}:{settings.customer_secret.get_secret_value()}"
        basic = base64.b64encode(pair.encode()).decode()
        return rest_client(self.link, DIALECT, base_url=settings.base_url, authorization=f"Basic {basic}")

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what Agora, the network or a model raised."""
        return translate(error, op)

    @checkup
    def check(self) -> Sequence[Probe["Agora[Async]"]]:
        """Ask for the channels and the bans, and make a token where there is a certificate.

        Only reads. Nothing is raised: what fails is in the report.

        Example:
            >>> p.agora.check().ok
            True
        """
        settings = self.link.settings
        rest = settings.customer_id is not None or settings.app_certificate is None
        return (*(_TOKEN if settings.app_certificate is not None else ()), *(_REST if rest else ()))

    @functools.cached_property
    def tokens(self) -> Tokens[M]:
        """With which users enter."""
        return Tokens(self)

    @functools.cached_property
    def channels(self) -> Channels[M]:
        """Who is where."""
        return Channels(self)

    @functools.cached_property
    def bans(self) -> Bans[M]:
        """Who may not do what."""
        return Bans(self)

    @functools.cached_property
    def recordings(self) -> Recordings[M]:
        """What is kept."""
        return Recordings(self)


async def _token(agora: Agora[Async]) -> str:
    return agora.tokens.rtc("check", expires_in=60)


_TOKEN: Sequence[Probe[Agora[Async]]] = (Probe("tokens", _token, lambda _: "made"),)
_REST: Sequence[Probe[Agora[Async]]] = (
    Probe("channels", lambda agora: agora.channels.list().first(3), lambda found: f"{len(found)} read"),
    Probe("bans", lambda agora: agora.bans.list().first(3), lambda found: f"{len(found)} read"),
)
