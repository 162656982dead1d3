"""httpcore's connections, which ask before every wait how much of the attempt's time is left.

A request's head and a short body leave together, before the reply is read: as two packets they cost a call twice.
"""

# pyright: reportUntypedBaseClass=false, reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# The classes below are made over a module that is only known when the program runs.

import select
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from unifykit._wires.until import left

if TYPE_CHECKING:
    import socket

_PART, _SHORT = 65_536, 16_384


def readable(sock: "socket.socket | None") -> bool:
    """Whether an idle connection has something to say, which can only be goodbye."""
    number = -1 if sock is None else sock.fileno()
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


@dataclass(frozen=True)
class Streams:
    """The network backends for sync and async pools."""

    Backend: Any
    AsyncBackend: Any


def timed_streams(core: ModuleType) -> Streams:  # noqa: C901 -- classes over a module, not branches
    """The backends over `httpcore` or `httpcore2`."""

    def ask(timeout: float | None, late: Any) -> float | None:
        seconds = left(timeout)
        if seconds is not None and seconds <= 0:
            raise late("the time was over while the reply was awaited")
        return seconds

    class Stream(core.NetworkStream):  # type: ignore[misc, name-defined]
        def __init__(self, inner: Any) -> None:
            self._inner = inner
            self._held = b""
            self._patience: float | None = None

        def read(self, max_bytes: int, timeout: float | None = None) -> Any:
            if self._held:
                with suppress(core.WriteError):  # a peer that refuses may have said why
                    self._flush()
            return self._inner.read(max_bytes, ask(timeout, core.ReadTimeout))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._held, self._patience = self._held + buffer, timeout
            if len(self._held) > _SHORT:
                self._flush()

        def _flush(self) -> None:
            buffer, self._held = self._held, b""
            for start in range(0, len(buffer), _PART):  # a peer that sips must not renew the wait for the whole
                self._inner.write(buffer[start : start + _PART], ask(self._patience, core.WriteTimeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, ask(timeout, core.ConnectTimeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class AsyncStream(core.AsyncNetworkStream):  # type: ignore[misc, name-defined]
        def __init__(self, inner: Any) -> None:
            self._inner = inner
            self._held = b""
            self._patience: float | None = None
            self._socket: Any = None

        async def read(self, max_bytes: int, timeout: float | None = None) -> Any:  # noqa: ASYNC109
            if self._held:
                with suppress(core.WriteError):  # a peer that refuses may have said why
                    await self._flush()
            return await self._inner.read(max_bytes, ask(timeout, core.ReadTimeout))

        async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
            self._held, self._patience = self._held + buffer, timeout
            if len(self._held) > _SHORT:
                await self._flush()

        async def _flush(self) -> None:
            buffer, self._held = self._held, b""
            await self._inner.write(buffer, ask(self._patience, core.WriteTimeout))

        async def aclose(self) -> None:
            await self._inner.aclose()

        async def start_tls(
            self,
            ssl_context: Any,
            server_hostname: str | None = None,
            timeout: float | None = None,  # noqa: ASYNC109
        ) -> Any:
            return AsyncStream(
                await self._inner.start_tls(ssl_context, server_hostname, ask(timeout, core.ConnectTimeout))
            )

        def get_extra_info(self, info: str) -> Any:
            if info != "is_readable":
                return self._inner.get_extra_info(info)
            if self._socket is None:  # which costs anyio as much as a system call, for each idle connection and request
                self._socket = self._inner.get_extra_info("socket")
            return readable(self._socket)

    class Backend(core.SyncBackend):  # type: ignore[misc, name-defined]
        def connect_tcp(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
            return Stream(super().connect_tcp(*args, timeout=ask(timeout, core.ConnectTimeout), **kwargs))

    class AsyncBackend(core.AnyIOBackend):  # type: ignore[misc, name-defined]
        async def connect_tcp(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:  # noqa: ASYNC109
            return AsyncStream(await super().connect_tcp(*args, timeout=ask(timeout, core.ConnectTimeout), **kwargs))

    return Streams(Backend, AsyncBackend)
