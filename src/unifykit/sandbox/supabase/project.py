"""A project: its PostgreSQL server and the gateway before it."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.keeping import dumped, loaded

from .app import create_app, keys
from .functions import FunctionRequest, Registered
from .line import Line, Row
from .postgres import PostgresServer
from .schema import PROJECT, ROLES, SEED
from .tokens import Signer

if TYPE_CHECKING:
    from .hooks import Hook

_ISSUED = 1_767_225_600  # keys that are made again from their secret are the same keys


class SupabaseProject:
    """The counterpart of one Supabase project, without the socket that it is served on.

    Args:
        schema: SQL that is run in a new database, such as your migrations; a small example by default.
        now: Tells the time, in epoch seconds.
        secret: What its keys and tokens are signed with, in hexadecimal digits; made at the start if not given.

    Attributes:
        secret: The same.
        anon_key: The key that anyone may have.
        service_key: The key that passes every policy.
        folder: Where PostgreSQL's socket is: ``psql -h <folder> -U postgres``.
        functions: The callables behind `/functions/v1`, by name.
        hooks: What accounts asks before it acts, by name, such as ``"send_email"``: a `Hook`.
    """

    def __init__(self, schema: str = SEED, now: Callable[[], float] = time.time, secret: str = "") -> None:
        self._schema, self._now = schema, now
        self._signer = Signer(secret)
        self.secret: str = self._signer.secret
        made = keys(self._signer, _ISSUED)
        self.anon_key: str = made["anon"]
        self.service_key: str = made["service_role"]
        self.functions: dict[str, Registered] = {"hello": _hello}
        self.hooks: dict[str, Hook] = {}
        self._app: Any = None
        self._server = PostgresServer().start()
        self.folder: str = str(self._server.folder)
        try:
            self._once(ROLES, "template1")
            self._once("create database project")
            self._prepare()
        except BaseException:
            self._server.stop()
            raise

    @property
    def app(self) -> Any:
        """The gateway, as an ASGI app."""
        if self._app is None:
            self._app = create_app(
                self._server.socket, "project", self._signer, self.functions, now=self._now, hooked=self.hooks
            )
        return self._app

    @property
    def mails(self) -> list[dict[str, str]]:
        """What would have been sent by mail, oldest first."""
        return list(self.app.state.project.mails)

    def sql(self, text: str) -> list[Row]:
        """Run SQL as the database's owner, such as a migration; all statements or none.

        Returns:
            The rows of the last statement, as text.
        """
        return self._once(f"set search_path = public, extensions; {text}", "project")

    def reset(self) -> Any:
        """Go back to the state that the project began with; returns the gateway, which is a new one."""
        self._clear()
        self._prepare()
        return self.app

    def keep(self) -> bytes:
        """All that the project holds, as bytes: its database, its files, its mails."""
        shared = self.app.state.project
        files, mails = dict(shared.files), list(shared.mails)
        return dumped({"database": self._server.dump("project"), "files": files, "mails": mails})

    def give_back(self, kept: bytes) -> Any:
        """Hold what `keep` gave, and nothing else; returns the gateway, which is a new one."""
        held = loaded(kept)
        self._clear()
        self._server.load("project", held["database"])
        shared = self.app.state.project
        shared.files.update(held["files"])
        shared.mails.extend(held["mails"])
        return self.app

    def close(self) -> None:
        """Stop the database, and remove its files."""
        self._hang_up()
        self._server.stop()

    def _clear(self) -> None:
        self._hang_up()
        self._once("select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active")
        self._once("drop database project with (force)")
        self._once("create database project")

    def _prepare(self) -> None:
        self._once(PROJECT, "project")
        if self._schema:
            self.sql(self._schema)

    def _hang_up(self) -> None:
        app, self._app = self._app, None
        if app is not None:
            app.state.project.realtime.close()
            app.state.project.lines.close()

    def _once(self, text: str, database: str = "postgres") -> list[Row]:
        async def run() -> list[Row]:
            line = await Line.open(self._server.socket, database)
            try:
                return await line.script(text)
            finally:
                line.close()

        rows: list[Row] = _finished(run)
        return rows


def _hello(request: FunctionRequest) -> dict[str, str]:
    """The function that every project begins with."""
    return {"message": f"Hello {request.json()['name']}"}


def _finished(work: Callable[[], Any]) -> Any:
    """Run a coroutine to its end, also from within a running loop."""
    from threading import Thread

    found: list[Any] = []

    def go() -> None:
        try:
            found.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 -- raised again below, in the caller's thread
            found.append(error)

    thread = Thread(target=go)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]
