"""An ASGI app on a free port of 127.0.0.1, in a thread of this process."""

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from unifykit.errors import UnavailableError
from unifykit.sandbox.connections import Line

_START_SECONDS = 15.0
_CALL_SECONDS = 30.0
_T = TypeVar("_T")
_LOGGER = logging.getLogger("uvicorn.error")


class Serving:
    """A running server; it answers when this is built, and is gone when `close` returns.

    Args:
        app: What answers.
        port: Where, if no other program has that port; a free one otherwise.

    Attributes:
        port: Where it answers.
        url: The same as an address.
    """

    def __init__(self, app: Any, port: int = 0) -> None:
        # The protocol must be named: asyncio sends at once (TCP_NODELAY) only on sockets that say they are TCP.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":  # what is left of former connections does not keep the port, another server does
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port: int = _bind(self._listener, port)
        self.url: str = f"http://127.0.0.1:{self.port}"
        self._server = _Server(_config(app))
        self._thread = threading.Thread(target=self._run, name="unifykit-sandbox", daemon=True)
        _LOGGER.addFilter(self._worth_telling)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS) or not self._server.started:
            self.close()
            raise UnavailableError(f"the sandbox's server did not start on {self.url}.")

    def call(self, function: Callable[[], _T]) -> _T:
        """Call a function between two requests, while none of them is half done; gives what it gives."""
        done: Future[_T] = Future()

        def go() -> None:
            try:
                done.set_result(function())
            except BaseException as error:  # noqa: BLE001 -- raised again below, in the caller's thread
                done.set_exception(error)

        assert self._server.loop is not None
        self._server.loop.call_soon_threadsafe(go)
        return done.result(_CALL_SECONDS)

    def leave(self) -> None:
        """Begin to stop."""
        self._server.leave()

    def close(self) -> None:
        """Stop, and wait until the port is free."""
        self.leave()
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


def _bind(listener: socket.socket, port: int) -> int:
    if port:
        with suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    listener.bind(("127.0.0.1", 0))
    return int(listener.getsockname()[1])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._left = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        if self.loop is not None:
            with suppress(RuntimeError):  # the loop is closed: it has left
                self.loop.call_soon_threadsafe(self._left.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        """Wake once a second, for the date, and at once to leave: uvicorn's own looks ten times a second."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._left.wait(), 1)


class _Protocol(H11Protocol):
    """Hands each request's connection to the app, as the extension ``unifykit.line``."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._answer: Any = self.app
        self.app: Any = self._with_line
        self._ending = asyncio.Event()

    def shutdown(self) -> None:
        self._ending.set()
        super().shutdown()

    async def _with_line(self, scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"] = {"unifykit.line": Line(self.transport, self._ending)}
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
