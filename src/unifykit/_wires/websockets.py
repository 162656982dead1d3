"""WebSockets over `websockets`, kept quiet: their addresses carry a credential, which that library would log."""

import asyncio
import logging
from urllib.parse import urlsplit

import websockets
from websockets.asyncio.client import ClientConnection, connect

from unifykit._core.hints import Headers
from unifykit._wires.origin import hidden
from unifykit._wires.proxies import proxy_for
from unifykit._wires.tls import CONTEXT

_LARGEST = 16 * 2**20
_GOODBYE = 2.0

_SILENCE = logging.Logger("unifykit.websockets")  # noqa: LOG001 -- belongs to no tree, so nothing turns it on
_SILENCE.disabled = True


class LostError(Exception):
    """The connection is gone; the text says how."""


class RefusedError(Exception):
    """The server answered with HTTP instead of a WebSocket.

    Attributes:
        status: The HTTP status.
        headers: Its headers.
        body: Its body, without the credential.
    """

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(f"the server answered {status} instead of opening a WebSocket")
        self.status = status
        self.headers = headers
        self.body = body


class Connection:
    """An open WebSocket of texts."""

    def __init__(self, inner: ClientConnection) -> None:
        self._inner = inner

    def __repr__(self) -> str:
        return "<Connection>"

    @classmethod
    async def open(cls, address: str, secret: str) -> "Connection":
        """Connect.

        Args:
            address: Where to, with the credential in its query.
            secret: The credential, which is taken out of what the server answers.

        Raises:
            RefusedError: The server does not want to.
            OSError: There is no way there.
        """
        parts = urlsplit(address)
        secure = parts.scheme == "wss"
        try:
            return cls(
                await _Connect(
                    address, logger=_SILENCE, compression=None, open_timeout=None, ping_interval=None,
                    close_timeout=_GOODBYE, max_size=_LARGEST, ssl=CONTEXT if secure else None,
                    proxy=proxy_for("https" if secure else "http", parts.hostname or ""),
                )
            )  # fmt: skip
        except websockets.InvalidStatus as error:
            reply = error.response
            headers = {name.lower(): value for name, value in reply.headers.raw_items()}
            raise RefusedError(reply.status_code, headers, hidden(reply.body or b"", secret)) from None
        except (websockets.InvalidHandshake, websockets.InvalidMessage, EOFError) as error:
            raise LostError(f"no WebSocket was opened ({type(error).__name__})") from None

    async def send(self, text: str) -> None:
        """Send a message.

        Raises:
            LostError: The connection is gone.
        """
        try:
            await self._inner.send(text)
        except websockets.ConnectionClosed as error:
            raise LostError(_how(error)) from None

    async def receive(self) -> str:
        """The next message; it is safe to cancel this.

        Raises:
            LostError: The connection is gone.
        """
        try:
            found = await self._inner.recv()
        except websockets.ConnectionClosed as error:
            raise LostError(_how(error)) from None
        return found if isinstance(found, str) else found.decode("utf-8", "replace")

    async def close(self) -> None:
        """Hang up, and wait until the socket is closed."""
        try:
            await self._inner.close()
        except asyncio.CancelledError:
            self._inner.transport.abort()
            raise

    async def abort(self) -> None:
        """Close the socket without a word, as a loop that shuts down must: saying goodbye needs a generator of its own."""
        self._inner.transport.abort()
        await self._inner.wait_closed()


class _Connect(connect):
    """Follows no redirect: the address has a credential in it."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


def _how(error: websockets.ConnectionClosed) -> str:
    said = error.rcvd
    if said is None:
        return "the connection broke"
    return f"the server hung up ({said.code}{f': {said.reason}' if said.reason else ''})"
