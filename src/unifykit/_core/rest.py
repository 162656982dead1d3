"""Resources of a platform without an SDK: requests over an httpx client on our wire."""

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, cast

from unifykit._core.arguments import given, segment
from unifykit._core.client import Dual
from unifykit._core.mode import M

if TYPE_CHECKING:
    import httpx
    from typing_extensions import Unpack


class RefusedError(Exception):
    """The platform answered, and it was no success. Callers see what `translate` makes of it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.status = status


class Parts(TypedDict, total=False):
    """What a request may have beside its method and its address."""

    json: Any
    content: bytes
    headers: Mapping[str, str]
    auth: None
    extensions: Mapping[str, Any]


class Rest(Dual[M, "httpx.AsyncClient"]):
    """Operations over plain HTTP: one request at a time, models from the reply's bytes."""

    async def send(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, **parts: "Unpack[Parts]"
    ) -> "httpx.Response":
        """One request; returns the reply, which is a success.

        Raises:
            RefusedError: It is none.
        """
        query = given(**params) if params else None
        reply = await self.ask(lambda client: client.request(method, path, params=query, **parts))
        if not reply.is_success:
            raise RefusedError(reply.status_code)
        return reply

    async def open(self, method: str, url: str, **parts: "Unpack[Parts]") -> AsyncGenerator[bytes, None]:
        """One request whose reply is read as it arrives; yields its bytes in pieces."""
        auth: dict[str, Any] = {"auth": parts.pop("auth")} if "auth" in parts else {}
        reply: Any = await self.ask(
            lambda client: client.send(client.build_request(method, url, **cast("Any", parts)), stream=True, **auth)
        )
        try:
            if not reply.is_success:
                raise RefusedError(reply.status_code)
            if self._client.is_async:
                async for piece in reply.aiter_bytes():
                    yield piece
            else:
                for piece in reply.iter_bytes():
                    yield piece
        finally:
            await self.ask(lambda _: reply.aclose() if self._client.is_async else reply.close())

    def path(self, *segments: str) -> str:
        """A path of segments, each quoted."""
        return "/" + "/".join(map(segment, segments))
