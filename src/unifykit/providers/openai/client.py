"""The OpenAI client: what it is built of."""

from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.client import Client, Dual, Native
from unifykit._core.context import Operation
from unifykit._core.mode import M
from unifykit.errors import UnifyError
from unifykit.providers.openai.errors import DIALECT, translate

if TYPE_CHECKING:
    import openai

_CONNECT = 5.0
"""Seconds for a connection, as in the SDK: a reply may take minutes, a connection may not."""


class OpenAI(Client[M], Dual[M, "openai.AsyncOpenAI"]):
    """OpenAI, or a server that speaks its API, for one account: `p.openai`.

    https://platform.openai.com/docs/api-reference
    """

    provider = "openai"
    packages: ClassVar[tuple[str, ...]] = ("openai",)
    dialect = DIALECT
    attempt_timeout: ClassVar[float] = 600.0

    native: "Native[openai.OpenAI, openai.AsyncOpenAI]" = Native()

    def build_native(self) -> "openai.OpenAI | openai.AsyncOpenAI":
        """openai-python's client on our wire."""
        import httpx2

        from unifykit._wires.httpx import family
        from unifykit._wires.openai import WiredAsyncOpenAI, WiredOpenAI
        from unifykit._wires.origin import Home

        link, classes = self.link, family(httpx2)
        settings = link.settings
        home = Home(settings.base_url, DIALECT.trusted)
        kind, pools = (
            (classes.AsyncClient, classes.AsyncPools) if self.is_async else (classes.Client, classes.SyncPools)
        )
        client = kind(
            link.engine,
            link.clock,
            DIALECT,
            home,
            link.share("httpx2", pools),
            timeout=httpx2.Timeout(None, connect=_CONNECT),
        )
        given: dict[str, Any] = {
            "api_key": settings.api_key.get_secret_value(),
            "base_url": settings.base_url,
            "organization": settings.organization,
            "project": settings.project,
            "http_client": client,
        }
        return WiredAsyncOpenAI(**given) if self.is_async else WiredOpenAI(**given)

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what openai-python, the network or a model raised."""
        return translate(error, op)
