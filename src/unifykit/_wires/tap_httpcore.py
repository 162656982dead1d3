"""What stands at the tap, under httpx and httpx2: between their pools and whoever asks them."""

# pyright: reportUntypedBaseClass=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# The classes below are made over a module that is only known when the program runs.

import copy
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from unifykit._wires.tap import Asked, Decoder, Failure, Tap, Told, asking, failure, plainly
from unifykit._wires.tls import is_certificate_error

_PORTS = {b"http": 80, b"https": 443}


def tapped(standing: Tap, transport: Any, module: ModuleType, core: ModuleType) -> Any:
    """A transport of httpx or httpx2, whose pool is asked through the tap."""
    if hasattr(transport, "_pool"):
        made, pool = copy.copy(transport), transport._pool  # noqa: SLF001 -- as httpx keeps it
    else:
        made, pool = object.__new__(module.AsyncHTTPTransport), _Foreign(transport, module, core)
    made._pool = _Pool(standing, pool, core)
    return made


class _Foreign:
    """A transport that is not over httpcore, as one of its pools."""

    def __init__(self, transport: Any, module: ModuleType, core: ModuleType) -> None:
        self._transport = transport
        self._module = module
        self._core = core

    async def handle_async_request(self, request: Any) -> Any:
        """See httpcore."""
        url, module = request.url, self._module
        port = f":{url.port}" if url.port else ""
        address = f"{url.scheme.decode()}://{url.host.decode()}{port}{url.target.decode('latin-1')}"
        body = module.ByteStream(b"".join([part async for part in request.stream]))
        made = module.Request(
            request.method.decode(), address, headers=request.headers, stream=body, extensions=request.extensions
        )
        with self._as_httpcore():
            reply = await self._transport.handle_async_request(made)
        return self._core.Response(
            reply.status_code, headers=reply.headers.raw, content=self._body(reply), extensions=reply.extensions
        )

    async def _body(self, reply: Any) -> AsyncIterator[bytes]:
        try:
            with self._as_httpcore():
                async for part in reply.stream:
                    yield part
        finally:
            await reply.aclose()

    @contextmanager
    def _as_httpcore(self) -> Generator[None]:
        """The same error by its name."""
        try:
            yield
        except self._module.TransportError as error:
            kind = getattr(self._core, type(error).__name__, self._core.NetworkError)
            raise kind(str(error)) from error


class _Pool:
    """Speaks as httpcore's pools do, sync and async."""

    def __init__(self, standing: Tap, pool: Any, core: ModuleType) -> None:
        self._tap = standing
        self._pool = pool
        self._core = core

    def handle_request(self, request: Any) -> Any:
        """See httpcore."""
        asked = _asked(request, b"".join(request.stream))
        told = self._tap.ask(asked)
        if told is not None:
            return self._played(told)
        told = Told()
        try:
            reply = self._pool.handle_request(self._outgoing(request, asked))
        except Exception as error:
            self._failed(asked, told, error)
            raise
        _begin(told, reply)
        self._tap.keep(asked, told)
        return self._reply(told, _Recording(self._core, told, reply))

    async def handle_async_request(self, request: Any) -> Any:
        """See httpcore."""
        asked = _asked(request, b"".join([part async for part in request.stream]))
        told = self._tap.ask(asked)
        if told is not None:
            return self._played(told)
        told = Told()
        try:
            reply = await self._pool.handle_async_request(self._outgoing(request, asked))
        except Exception as error:
            self._failed(asked, told, error)
            raise
        _begin(told, reply)
        self._tap.keep(asked, told)
        return self._reply(told, _Recording(self._core, told, reply))

    def _outgoing(self, request: Any, asked: Asked) -> Any:
        return self._core.Request(
            request.method, request.url, content=asked.body or None, extensions=request.extensions,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in plainly(asked.headers)],
        )  # fmt: skip

    def _played(self, told: Told) -> Any:
        if told.failure is not None and not told.status:
            raise _error(self._core, told.failure)
        return self._reply(told, _Played(self._core, told))

    def _reply(self, told: Told, stream: Any) -> Any:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.headers]
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": told.reason.encode("latin-1")}
        return self._core.Response(told.status, headers=headers, content=stream, extensions=extensions)

    def _failed(self, asked: Asked, told: Told, error: Exception) -> None:
        found = _failure(self._core, error)
        if found is not None:
            told.failure = found
            self._tap.keep(asked, told)


def _asked(request: Any, body: bytes) -> Asked:
    url = request.url
    port = "" if url.port in (None, _PORTS.get(url.scheme)) else f":{url.port}"
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    where = f"{url.scheme.decode()}://{url.host.decode()}{port}{url.target.decode('latin-1')}"
    return Asked(request.method.decode(), where, headers, body, asking())


def _begin(told: Told, reply: Any) -> None:
    told.status = reply.status
    told.reason = reply.extensions.get("reason_phrase", b"").decode("latin-1")
    told.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers]


class _Recording:
    """A reply's body on its way to the reader."""

    def __init__(self, core: ModuleType, told: Told, reply: Any) -> None:
        self._core = core
        self._told = told
        self._reply = reply
        self._decoder = Decoder(told)

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._reply.stream:
                yield from self._kept(part)
        except Exception as error:
            self._told.failure = _failure(self._core, error)
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._reply.stream:
                for kept in self._kept(part):
                    yield kept
        except Exception as error:
            self._told.failure = _failure(self._core, error)
            raise

    def _kept(self, part: bytes) -> Iterator[bytes]:
        try:
            plain = self._decoder.feed(part)
        except ValueError as error:
            raise self._core.RemoteProtocolError(str(error)) from None
        if plain:
            self._told.chunks.append(plain)
            yield plain

    def close(self) -> None:
        """Free the connection."""
        self._reply.close()

    async def aclose(self) -> None:
        """Free the connection."""
        await self._reply.aclose()


class _Played:
    """A recorded body."""

    def __init__(self, core: ModuleType, told: Told) -> None:
        self._core = core
        self._told = told

    def __iter__(self) -> Iterator[bytes]:
        yield from self._told.chunks
        if self._told.failure is not None:
            raise _error(self._core, self._told.failure)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        """Nothing is held."""

    async def aclose(self) -> None:
        """Nothing is held."""


def _failure(core: ModuleType, error: Exception) -> Failure | None:
    if is_certificate_error(error):
        return failure("tls", error, late=False, sent=False)
    if isinstance(error, core.ConnectTimeout):
        return failure("connect", error, late=True, sent=False)
    if isinstance(error, core.PoolTimeout):
        return failure("pool", error, late=True, sent=False)
    if isinstance(error, core.ConnectError | core.ProxyError):
        return failure("connect", error, late=False, sent=False)
    if isinstance(error, core.TimeoutException):
        return failure("timeout", error, late=True)
    return failure("broken", error, late=False) if isinstance(error, core.NetworkError | core.ProtocolError) else None


def _error(core: ModuleType, found: Failure) -> Exception:
    if found.kind == "tls":
        import ssl

        made: Exception = core.ConnectError(found.text)
        made.__cause__ = ssl.SSLCertVerificationError(found.text)
        return made
    names = {
        ("connect", True): "ConnectTimeout",
        ("connect", False): "ConnectError",
        ("pool", True): "PoolTimeout",
        ("timeout", True): "ReadTimeout",
    }
    kind: type[Exception] = getattr(core, names.get((found.kind, found.late), "ReadError"))
    return kind(found.text)
