"""An operation's own requests, straight on httpcore: what httpx's clients do around an exchange costs more than it.

The engine, the pools, the timeouts and the care for credentials are those of the SDK's own requests, see `httpx`.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# httpcore's pools are found behind httpx's transports, which do not type them.

import functools
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
from pydantic import SecretStr

from unifykit._core.client import Link
from unifykit._core.context import Deadline, Operation
from unifykit._core.dialect import Dialect
from unifykit._core.outcome import Outcome, Request
from unifykit._wires.drive import Port, adrive, drive, operation_for
from unifykit._wires.httpx import Wire, family
from unifykit._wires.origin import CREDENTIALS, Home
from unifykit._wires.safety import safety_of
from unifykit._wires.until import End, Until

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_SUCCESS = 300
_WITH_BODY = ("POST", "PUT", "PATCH")
_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError,
           httpcore.UnsupportedProtocol)  # fmt: skip


class _Straight:
    """What both modes share."""

    def __init__(self, wire: Wire, client: Any, base_url: str) -> None:
        self.wire = wire
        self.client = client
        self._url = httpx.URL(base_url)
        self._path = self._url.raw_path.decode("ascii").rstrip("/")
        self._origin: dict[str, Any] = {
            "scheme": self._url.raw_scheme, "host": self._url.raw_host, "port": self._url.port,
        }  # fmt: skip
        self._given: dict[str, str] = {"host": self._url.netloc.decode("ascii"), **client.headers}
        self.blame: Callable[[Exception], Outcome | None] = family(httpx).blame

    def __reduce__(self) -> Any:
        raise TypeError("this client holds connections: build it anew instead of pickling it")

    def _facts(
        self, method: str, target: str, headers: dict[str, str], content: bytes
    ) -> tuple[Request, Operation, Deadline | None]:
        wire, dialect = self.wire, self.wire.dialect
        op, limit = operation_for(wire.engine, wire.clock)
        facts = Request(
            safety=safety_of(method, headers, op), replayable=True, bucket=dialect.bucket(target),
            metered=not dialect.free(target), sent=len(content),
        )  # fmt: skip
        return facts, op, limit

    def _headers(self, method: str, given: Mapping[str, str], content: bytes) -> list[tuple[bytes, bytes]]:
        merged = {**self._given, **{name.lower(): value for name, value in given.items()}}
        if content or method in _WITH_BODY:
            merged["content-length"] = str(len(content))
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in merged.items()]

    def _request(self, method: str, target: str, headers: Any, content: bytes, seconds: float) -> httpcore.Request:
        clock = self.wire.clock
        until = Until(seconds, End(clock, clock.now() + seconds))
        waits = dict.fromkeys(("connect", "read", "write", "pool"), until)
        url = httpcore.URL(target=(self._path + target).encode("ascii"), **self._origin)
        return httpcore.Request(method, url, headers=headers, content=content or None, extensions={"timeout": waits})

    def _reply(
        self, request: httpcore.Request, given: Mapping[str, str], answer: Any, body: bytes, began: float
    ) -> httpx.Response:
        made = httpx.Response(answer.status, headers=answer.headers, content=body, extensions=answer.extensions)
        if answer.status >= _NO_SUCCESS:  # httpx's own error of it wants the request; ours keeps no credential
            kept = {name: value for name, value in given.items() if name.lower() not in CREDENTIALS}
            method, target = request.method.decode("ascii"), request.url.target
            made.request = httpx.Request(method, self._url.copy_with(raw_path=target), headers=kept)
        finished: httpx.Response = self.wire.finished(given, made, began)
        return finished


def _dropped(_: httpx.Response) -> None:
    """Nothing is left to free: the reply was read."""


@contextmanager
def _as_httpx() -> Generator[None]:
    """Raise httpx's errors for httpcore's: they have the same names."""
    try:
        yield
    except _ERRORS as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


class Straight(_Straight):
    """Sends whole requests to one origin and returns whole replies.

    Attributes:
        client: The httpx client, for what this cannot send, such as forms with files.
    """

    def exchange(self, method: str, target: str, headers: dict[str, str], content: bytes = b"") -> httpx.Response:
        """One request."""
        wire = self.wire
        facts, op, limit = self._facts(method, target, headers, content)
        sent = self._headers(method, headers, content)

        def attempt(timeout: float) -> httpx.Response:
            request, began = self._request(method, target, sent, content, timeout), wire.clock.now()
            with _as_httpx():
                answer = wire.pools.find(self._url)._pool.handle_request(request)  # noqa: SLF001 -- see `httpx`
                try:
                    body = answer.read()
                finally:
                    answer.close()
            return self._reply(request, headers, answer, body, began)

        port = Port(functools.partial(wire.judged, op), self.blame, _dropped)
        return drive(wire.engine, wire.clock, facts, port, attempt, op, limit)


class AsyncStraight(_Straight):
    """See `Straight`."""

    async def exchange(self, method: str, target: str, headers: dict[str, str], content: bytes = b"") -> httpx.Response:
        """One request."""
        wire = self.wire
        facts, op, limit = self._facts(method, target, headers, content)
        sent = self._headers(method, headers, content)

        async def attempt(timeout: float) -> httpx.Response:  # noqa: ASYNC109 -- the engine's
            request, began = self._request(method, target, sent, content, timeout), wire.clock.now()
            with _as_httpx():
                answer = await wire.pools.find(self._url)._pool.handle_async_request(request)  # noqa: SLF001
                try:
                    body = await answer.aread()
                finally:
                    await answer.aclose()
            return self._reply(request, headers, answer, body, began)

        port = Port(functools.partial(wire.judged, op), self.blame, _dropped)
        return await adrive(wire.engine, wire.clock, facts, port, attempt, op, limit)


def straight(
    link: Link, dialect: Dialect, base_url: str, secrets: Iterable[SecretStr | None]
) -> Straight | AsyncStraight:
    """For the link's mode; its connections are those of the account's httpx clients. No log shows the secrets."""
    classes = family(httpx)
    home = Home(base_url, dialect.trusted, secrets=secrets)
    kind, name, pools, client = (
        (AsyncStraight, "httpx async", classes.AsyncPools, classes.AsyncClient)
        if link.is_async
        else (Straight, "httpx", classes.SyncPools, classes.Client)
    )
    parts = link.engine, link.clock, dialect, home, link.share(name, pools)
    return kind(Wire(*parts), client(*parts), base_url)
