"""The gate before a counterpart that speaks HTTP: all of its traffic passes here."""

import threading
import time

from unifykit.sandbox.asgi import App, Receive, Scope, Send
from unifykit.sandbox.faults import Faults
from unifykit.sandbox.injection import Exchange
from unifykit.sandbox.planning import Asked, Board
from unifykit.sandbox.seen import Log, Watch


class Gate:
    """Where every request to a counterpart passes: lets the planned faults happen, and the counterpart answer the rest.

    Args:
        platform: Whose counterpart it is.
        app: The counterpart.

    Attributes:
        faults: What goes wrong here.
        log: The requests that came.
    """

    def __init__(self, platform: str, app: App) -> None:
        self._platform, self._app = platform, app
        self._lock = threading.Lock()
        self._board = Board()
        self.faults: Faults = Faults(platform, self._board)
        self.log: Log = Log(platform)

    @property
    def app(self) -> App:
        """The counterpart that answers now."""
        with self._lock:
            return self._app

    @property
    def planned(self) -> list[str]:
        """What is planned to go wrong, for people."""
        return self._board.planned

    def replace(self, app: App) -> None:
        """Put another app behind, and forget what should have gone wrong with this one."""
        with self._lock:
            self._app = app
        self._board.forget()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is no plain request, such as a WebSocket, passes untouched."""
        app = self.app
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        asked, began, watch = _asked(scope), time.perf_counter(), Watch(send)
        faults = self._board.take(asked)
        try:
            if faults:
                await Exchange(self._platform, app, scope, receive, watch).meet(faults)
            else:
                await app(scope, receive, watch)
        finally:
            path = f"{asked.path}?{asked.query}" if asked.query else asked.path
            self.log.add(asked.method, path, watch.status, time.perf_counter() - began)


def _asked(scope: Scope) -> Asked:
    path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii").partition("?")[0]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Asked(scope["method"], path, scope["query_string"].decode("ascii"), headers)
