"""What was asked of an app: every request as it came, with the status that it was answered with."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    kind: str
    """The content type, "" without one."""
    body: bytes
    status: int

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


class Listening:
    """An ASGI app around another."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.asked: list[Asked] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = bytearray()

        async def hear() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._keep(scope, bytes(body), message["status"])
            await send(message)

        await self.app(scope, hear, say)

    def _keep(self, scope: Any, body: bytes, status: int) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        target = scope["raw_path"].decode() + (f"?{query}" if query else "")
        self.asked.append(Asked(scope["method"], target, headers.get("content-type", ""), body, status))
