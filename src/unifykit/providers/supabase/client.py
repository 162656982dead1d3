"""The Supabase client: what it is built of."""

from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.client import Client, Dual, Native
from unifykit._core.context import Operation
from unifykit._core.mode import M
from unifykit.errors import UnifyError
from unifykit.providers.supabase.errors import DIALECT, translate

if TYPE_CHECKING:
    import supabase


class Supabase(Client[M], Dual[M, "supabase.AsyncClient"]):
    """One project of Supabase under one key: `p.supabase`.

    https://supabase.com/docs/reference/python

    `native` is supabase-py's client. A user who signs in with it becomes the user of all its later calls: give every
    user a client of his own. Its realtime channels are a WebSocket and pass no pipeline.
    """

    provider = "supabase"
    packages: ClassVar[tuple[str, ...]] = ("supabase",)
    dialect = DIALECT

    native: "Native[supabase.Client, supabase.AsyncClient]" = Native()

    def build_native(self) -> "supabase.Client | supabase.AsyncClient":
        """supabase-py's client on our wire."""
        from supabase import AsyncClient, AsyncClientOptions, Client, ClientOptions

        settings = self.link.settings
        # Nothing is kept or renewed behind the caller's back; `create` would only look for a kept session.
        given: dict[str, Any] = {
            "httpx_client": self._http_client(),
            "postgrest_client_retry": False,
            "auto_refresh_token": False,
            "persist_session": False,
        }
        key = settings.key.get_secret_value()
        if self.is_async:
            return AsyncClient(settings.url, key, AsyncClientOptions(**given))
        return Client(settings.url, key, ClientOptions(**given))

    def _http_client(self) -> Any:
        import httpx

        from unifykit._wires.httpx import family
        from unifykit._wires.origin import Home

        link, classes = self.link, family(httpx)
        home = Home(link.settings.url, DIALECT.trusted)
        if self.is_async:
            return classes.AsyncClient(
                link.engine, link.clock, DIALECT, home, link.share("httpx async", classes.AsyncPools)
            )
        return classes.Client(link.engine, link.clock, DIALECT, home, link.share("httpx", classes.SyncPools))

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what supabase-py's libraries, the network or a model raised."""
        return translate(error, op)
