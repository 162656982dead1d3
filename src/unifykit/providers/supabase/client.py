"""The Supabase client: what it is built of, and the operations on the project itself."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Link, Native
from unifykit._core.context import Operation
from unifykit._core.extras import extra
from unifykit._core.mode import Async, M
from unifykit._core.operation import SAFE, UNSAFE, operation
from unifykit.errors import InvalidRequestError, UnifyError
from unifykit.providers.supabase.errors import DIALECT, translate
from unifykit.providers.supabase.resource import Credentials, KeyRole, SupabaseResource, segment
from unifykit.providers.supabase.tables import Table

if TYPE_CHECKING:
    import supabase

    from unifykit._wires.straight import AsyncStraight, Straight
    from unifykit.providers.supabase.auth import Auth
    from unifykit.providers.supabase.functions import Functions
    from unifykit.providers.supabase.models import Session
    from unifykit.providers.supabase.realtime import Realtime
    from unifykit.providers.supabase.storage import Storage

_NO_TABLE = "unifykit_check"
_MISSING = "PGRST205"


# Most groups and all models are imported where they are first used: the native client needs none of them.
class Supabase(Client[M], SupabaseResource[M]):
    """One project of Supabase under one key: `p.supabase`; `key_role` says which.

    https://supabase.com/docs/reference/python

    Nothing signs in here: `auth.sign_in` returns a session, and `as_user(session)` is a client of that user's own.

    `native` is supabase-py's client. A user who signs in with it becomes the user of all its later calls. Its realtime
    channels are a WebSocket and pass no pipeline.
    """

    provider = "supabase"
    packages: ClassVar[tuple[str, ...]] = ("supabase",)
    dialect = DIALECT

    native: "Native[supabase.Client, supabase.AsyncClient]" = Native()

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        settings = link.settings
        self.credentials: Credentials = (
            settings if isinstance(settings, Credentials) else Credentials(settings.url, settings.key)
        )

    def build_native(self) -> "supabase.Client | supabase.AsyncClient":
        """supabase-py's client on our wire."""
        from supabase import AsyncClient, AsyncClientOptions, Client, ClientOptions

        known = self.credentials
        # Nothing is kept or renewed behind the caller's back; `create` would only look for a kept session.
        given: dict[str, Any] = {
            "httpx_client": self.straight.client,
            "postgrest_client_retry": False,
            "auto_refresh_token": False,
            "persist_session": False,
        }
        key = known.key.get_secret_value()
        if known.access is not None:
            given["headers"] = {"Authorization": f"Bearer {known.access.get_secret_value()}"}
        if self.is_async:
            return AsyncClient(known.url, key, AsyncClientOptions(**given))
        return Client(known.url, key, ClientOptions(**given))

    @functools.cached_property
    def straight(self) -> "Straight | AsyncStraight":
        """What sends the requests of the operations, and lends supabase-py its HTTP client."""
        with extra(self.provider, ("httpx", "httpcore")):
            from unifykit._wires.straight import straight

        known = self.credentials
        return straight(self.link, DIALECT, known.url, (known.key, known.access, known.refresh))

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what supabase-py's libraries, the network or a model raised."""
        return translate(error, op)

    @property
    def key_role(self) -> KeyRole:
        """What this client may do, read from its key: ``"anon"``, ``"service"``, ``"user"``; ``"unknown"`` if it does not say.

        Example:
            >>> p.supabase.key_role
            'service'
        """
        return self.credentials.role

    def as_user(self, session: "Session | str") -> "Supabase[M]":
        """A client that is one user: policies see that user, and nobody else's requests change.

        https://supabase.com/docs/guides/database/postgres/row-level-security

        Args:
            session: What `auth.sign_in` returned, or an access token.

        Example:
            >>> session = p.supabase.auth.sign_up("alan@example.com", "correct horse").session
            >>> alan = p.supabase.as_user(session)
            >>> alan.table("notes").insert({"body": "mine"}).select("body").execute()
            [{'body': 'mine'}]
            >>> alan.key_role, p.supabase.key_role
            ('user', 'service')
        """
        from pydantic import SecretStr

        access = session if isinstance(session, str) else session.access_token
        refresh = None if isinstance(session, str) else SecretStr(session.refresh_token)
        if not access or not (access.isascii() and access.isprintable()) or " " in access:
            raise InvalidRequestError(
                "as_user(session) wants the session that auth.sign_in returned, or an access token, without line breaks."
            )
        known = self.credentials
        bound = Credentials(known.url, known.key, SecretStr(access), refresh)
        return type(self)(replace(self.link, settings=bound, variants={}))

    def table(self, name: str) -> Table[M]:
        """A table or a view, to read and to write.

        https://supabase.com/docs/reference/python/select
        """
        return Table(self, name)

    @operation(UNSAFE)
    async def rpc(self, function: str, params: Mapping[str, Any] | None = None) -> Any:
        """Call a function of the database.

        https://supabase.com/docs/reference/python/rpc

        Args:
            function: Its name.
            params: Its arguments by name.

        Returns:
            What the function returns, as JSON values; None if nothing.

        Raises:
            NotFoundError: There is no function with these arguments.

        Example:
            >>> p.supabase.rpc("add", {"a": 2, "b": 3})
            5
        """
        path = f"/rest/v1/rpc/{segment(function, 'a function')}"
        reply = await self.fetch("POST", path, body=dict(params or {}))
        return reply.json() if reply.content else None

    @checkup
    def check(self, tables: Sequence[str] = ()) -> "Sequence[Probe[Supabase[Async]]]":
        """Ask the database, the accounts and the files for a sign of life, and whether tables can be read.

        Only reads. Nothing is raised: what fails is in the report.

        Args:
            tables: Tables to ask for.

        Example:
            >>> p.supabase.check(tables=["users"]).ok
            True
        """
        found: list[Probe[Any]] = [Probe("database", lambda client: client.ping(), lambda role: f"key: {role}")]
        names = [tables] if isinstance(tables, str) else tables
        found += [Probe(f"table {name}", _asking(name), _readable) for name in names]
        found.append(Probe("auth", lambda client: client.auth_settings(), lambda said: f"{len(said)} settings"))
        found.append(
            Probe("storage", lambda client: client.storage.list_buckets(), lambda said: f"{len(said)} buckets")
        )
        return found

    @operation(SAFE)
    async def ping(self) -> KeyRole:
        """Ask the database for a table that cannot be there; that it says so is a sign of life. Returns what the key may do.

        https://docs.postgrest.org/en/stable/references/errors.html

        Example:
            >>> p.supabase.ping()
            'service'
        """
        try:
            await self.fetch("GET", f"/rest/v1/{_NO_TABLE}", params=[("limit", "1")])
        except Exception as error:
            reply = getattr(error, "response", None)
            if reply is None or reply.status_code != 404 or reply.json().get("code") != _MISSING:  # noqa: PLR2004
                raise
        return self.key_role

    @operation(SAFE)
    async def auth_settings(self) -> dict[str, Any]:
        """How the project lets users sign in.

        https://supabase.com/docs/reference/self-hosting-auth/returns-the-configuration-settings-for-the-gotrue-server

        Example:
            >>> p.supabase.auth_settings()["external"]["email"]
            True
        """
        found: dict[str, Any] = (await self.fetch("GET", "/auth/v1/settings")).json()
        return found

    @functools.cached_property
    def auth(self) -> "Auth[M]":
        """Accounts."""
        from unifykit.providers.supabase.auth import Auth

        return Auth(self)

    @functools.cached_property
    def storage(self) -> "Storage[M]":
        """Files."""
        from unifykit.providers.supabase.storage import Storage

        return Storage(self)

    @functools.cached_property
    def functions(self) -> "Functions[M]":
        """Edge Functions."""
        from unifykit.providers.supabase.functions import Functions

        return Functions(self)

    @functools.cached_property
    def realtime(self) -> "Realtime[M]":
        """Changes as they happen."""
        from unifykit.providers.supabase.realtime import Realtime

        return Realtime(self)


def _asking(name: str) -> Callable[[Any], Any]:
    return lambda client: client.table(name).select().limit(1).execute()


def _readable(rows: Sequence[Any]) -> str:
    return "readable" if rows else "readable, no rows seen"
