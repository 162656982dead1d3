"""stripe-python on our wires: urllib3's for its calls, httpx's for its ``*_async`` ones."""

import functools
import io
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any

import stripe
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from unifykit._core.context import current
from unifykit._wires.urllib3 import Call, Wire, split
from unifykit.errors import UnifyError

_ERRORS = 400


class WiredHTTPClient(stripe.HTTPClient):
    """What `stripe.StripeClient` sends with.

    The SDK makes a request's idempotency key above this, so every attempt of the engine carries the same.
    """

    name = "unifykit"

    def __init__(self, wire: Wire, make_async: Callable[[], Any]) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType] -- the SDK leaves it half typed
        self._wire = wire
        self._make_async = make_async

    def __reduce__(self) -> Any:
        raise TypeError("this client holds connections: build it anew instead of pickling it")

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Send a request; the reply's body, status and headers."""
        reply = self._send(method, url, headers, post_data, stream=False)
        return _unless_kept(reply.data, reply.status), reply.status, reply.headers

    def request_stream(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Send a request; the body is read by the caller."""
        reply = self._send(method, url, headers, post_data, stream=True)
        body = io.BytesIO(reply.data) if reply.status >= _ERRORS else reply
        return body, reply.status, reply.headers

    def close(self) -> None:
        """The pools are the wire's."""

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None, **_: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """See `request`."""
        reply = await self._asend(method, url, headers, post_data, stream=False)
        return _unless_kept(reply.content, reply.status_code), reply.status_code, reply.headers

    async def request_stream_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None, **_: Any
    ) -> tuple[AsyncIterable[bytes], int, Mapping[str, str]]:
        """See `request_stream`."""
        reply = await self._asend(method, url, headers, post_data, stream=True)
        return reply.aiter_bytes(), reply.status_code, reply.headers

    async def close_async(self) -> None:
        """The pools are the wire's."""

    @functools.cached_property
    def _async_client(self) -> Any:
        return self._make_async()

    def _send(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: Any, *, stream: bool
    ) -> BaseHTTPResponse:
        scheme, host, port, target = split(url)
        call = Call(method.upper(), scheme, host, port, target, dict(headers or {}), body, stream)
        try:
            return self._wire.send(call)
        except UnifyError:  # a deadline's error is an OSError too
            raise
        except (HTTPError, OSError) as error:
            raise _no_reply(error) from error

    async def _asend(self, method: str, url: str, headers: Mapping[str, str], body: Any, *, stream: bool) -> Any:
        import httpx

        client = self._async_client
        request = client.build_request(method.upper(), url, headers=dict(headers), content=body)
        try:
            return await client.send(request, stream=stream)
        except httpx.HTTPError as error:
            raise _no_reply(error) from error


def _unless_kept(body: bytes, status: int) -> bytes:
    """The body for the SDK; within an operation of ours, whose model is built of the bytes, none that it would parse in vain."""
    op = current.get()
    return b"{}" if op is not None and op.provider == "stripe" and status < _ERRORS else body


def _no_reply(error: Exception) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        f"no reply from Stripe ({type(error).__name__}: {error})", should_retry=False
    )
