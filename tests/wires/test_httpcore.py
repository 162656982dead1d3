"""What goes out together, and what comes of a peer that refuses it."""

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

import pytest

from unifykit._wires.httpcore import timed_streams
from unifykit._wires.until import End, Until
from unifykit.testing import VirtualClock


class Inner:
    """A connection that remembers."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.written: list[bytes] = []
        self._failure = failure

    def write(self, buffer: bytes, _timeout: float | None = None) -> None:
        if self._failure is not None:
            raise self._failure
        self.written.append(buffer)

    def read(self, _most: int, _timeout: float | None = None) -> bytes:
        return b"HTTP/1.1 413"


class AsyncInner(Inner):
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        super().write(buffer, timeout)

    async def read(self, most: int, timeout: float | None = None) -> bytes:
        return super().read(most, timeout)


@pytest.fixture(params=["httpcore", "httpcore2"])
def core(request: pytest.FixtureRequest) -> Any:
    return importlib.import_module(request.param)


@pytest.fixture
def exchange(core: Any, mode: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[bytes], bytes]]:
    """Write, then read: what the connection was given at once, and what was read."""
    streams = timed_streams(core)

    def go(writes: list[bytes], failure: Exception | None = None) -> tuple[list[bytes], bytes]:
        inner = Inner(failure)
        monkeypatch.setattr(core.SyncBackend, "connect_tcp", lambda *_, **__: inner)
        stream = streams.Backend().connect_tcp("service.test", 80)
        for buffer in writes:
            stream.write(buffer)
        return inner.written, stream.read(100)

    async def ago(writes: list[bytes], failure: Exception | None = None) -> tuple[list[bytes], bytes]:
        inner = AsyncInner(failure)

        async def connect(*_: Any, **__: Any) -> AsyncInner:
            return inner

        monkeypatch.setattr(core.AnyIOBackend, "connect_tcp", connect)
        stream = await streams.AsyncBackend().connect_tcp("service.test", 80)
        for buffer in writes:
            await stream.write(buffer)
        return inner.written, await stream.read(100)

    return go if mode == "sync" else lambda *args: asyncio.run(ago(*args))


def test_a_head_and_a_short_body_leave_together(exchange: Any) -> None:
    assert exchange([b"POST / HTTP/1.1\r\n\r\n", b"{}", b""])[0] == [b"POST / HTTP/1.1\r\n\r\n{}"]


def test_a_long_body_is_not_held_back(exchange: Any) -> None:
    written, _ = exchange([b"head", b"x" * 200_000, b"tail"])
    assert b"".join(written) == b"head" + b"x" * 200_000 + b"tail"
    assert written[-1] == b"tail"


def test_what_a_peer_that_refuses_has_said_is_read(exchange: Any, core: Any) -> None:
    assert exchange([b"head", b"body"], core.WriteError())[1] == b"HTTP/1.1 413"


def test_a_connection_that_takes_nothing_is_late(exchange: Any, core: Any) -> None:
    with pytest.raises(core.WriteTimeout):
        exchange([b"head", b"body"], core.WriteTimeout())


def test_no_wait_begins_after_the_end(core: Any, mode: str) -> None:
    clock, streams = VirtualClock(), timed_streams(core)
    over = Until(5.0, End(clock, clock.now()))
    with pytest.raises(core.ConnectTimeout, match="the time was over"):
        if mode == "sync":
            streams.Backend().connect_tcp("service.test", 80, timeout=over)
        else:
            asyncio.run(streams.AsyncBackend().connect_tcp("service.test", 80, timeout=over))
