"""Ends connections as no server does by itself."""

import asyncio
import socket
import struct
import sys


class Line:
    """The connection that a request came on.

    Attributes:
        ending: Set when the server is about to stop.
    """

    def __init__(self, transport: asyncio.Transport, ending: asyncio.Event) -> None:
        self._transport = transport
        self.ending = ending

    def write(self, data: bytes) -> None:
        """Send bytes that the server knows nothing of."""
        self._transport.write(data)

    def close(self) -> None:
        """End the connection as soon as all that was written is sent."""
        self._transport.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        reset(self._transport)


def reset(transport: asyncio.WriteTransport) -> None:
    """Close a connection so that the other side is told of a reset, and not of an end."""
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
