"""The gate before a counterpart that speaks HTTP: all of its traffic passes here."""

import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that the counterpart gives instead of its own; the request is not executed.

    Attributes:
        status: The HTTP status.
        headers: Headers of the reply.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Gate:
    """Where every request to a counterpart passes: an ASGI app that answers planned faults, and lets the counterpart answer the rest."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._planned: deque[Fault] = deque()
        self._lock = threading.Lock()

    def replace(self, app: App) -> None:
        """Put another app behind, and forget the faults that are still planned."""
        with self._lock:
            self._app = app
            self._planned.clear()

    def plan(self, fault: Fault, times: int) -> None:
        """Add a fault for the next `times` requests after those already planned."""
        with self._lock:
            self._planned.extend([fault] * times)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        fault = self._next() if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await _answer(fault, receive, send)

    def _next(self) -> Fault | None:
        with self._lock:
            return self._planned.popleft() if self._planned else None


async def _answer(fault: Fault, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass  # a reply before the end of the request would break the connection
    body = json.dumps({"message": f"The sandbox was told to answer {fault.status}."}).encode()
    named = {"content-type": "application/json", "content-length": str(len(body)), **fault.headers}
    headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
