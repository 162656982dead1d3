"""An ASGI app on a free port of 127.0.0.1, in a thread of this process."""

import logging
import socket
import threading
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from unifykit.errors import UnavailableError
from unifykit.sandbox.connections import Line

_START_SECONDS = 15.0
_LOGGER = logging.getLogger("uvicorn.error")


class Serving:
    """A running server; it answers when this is built, and is gone when `close` returns.

    Attributes:
        url: Where it answers.
    """

    def __init__(self, app: Any) -> None:
        # The protocol must be named: asyncio sends at once (TCP_NODELAY) only on sockets that say they are TCP.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.bind(("127.0.0.1", 0))
        self.url: str = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = _Server(_config(app))
        self._thread = threading.Thread(target=self._run, name="unifykit-sandbox", daemon=True)
        _LOGGER.addFilter(self._worth_telling)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS) or not self._server.started:
            self.close()
            raise UnavailableError(f"the sandbox's server did not start on {self.url}.")

    def close(self) -> None:
        """Stop, and wait until the port is free."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        _LOGGER.removeFilter(self._worth_telling)

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._server.ready.set()

    def _worth_telling(self, record: logging.LogRecord) -> bool:
        """Keep this server's comings and goings out of the application's log, but not its errors."""
        return record.levelno >= logging.ERROR or record.thread != self._thread.ident


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class _Protocol(H11Protocol):
    """Hands each request's connection to the app, as the extension ``unifykit.line``."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._answer: Any = self.app
        self.app: Any = self._with_line

    async def _with_line(self, scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"] = {"unifykit.line": Line(self.transport)}
        await self._answer(scope, receive, send)


def _config(app: Any) -> uvicorn.Config:
    websocket: Any = _websocket
    return uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws=websocket, loop="asyncio", http=_Protocol,
        server_header=False, timeout_graceful_shutdown=1, ws_per_message_deflate=False,
    )  # fmt: skip


def _websocket(**given: Any) -> Any:
    """The protocol of a connection that asks to become a WebSocket; its library is loaded when the first one does."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(**given)
