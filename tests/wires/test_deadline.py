"""A deadline holds for every SDK, in both modes, whatever the server does. In real time, because sockets must time out."""

import asyncio
import contextlib
import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.loopback import Drip, Hang, Loopback, Reply, Seen
from tests.wires.natives import NATIVES, Native, settings_for, use

from unifykit import AsyncPager, AsyncPlatforms, Platforms, RateLimit, Retry, deadline
from unifykit.errors import DeadlineExceededError, RateLimitedError

ALLOWED = 0.3
SLACK = 0.15


class DripBody:
    """Send the head of the reply at once and its body a byte at a time."""


class Server(Loopback):
    """A loopback that can drip a body."""

    def _act(self, connection: Any, action: Any) -> bool:
        if not isinstance(action, DripBody):
            return super()._act(connection, action)
        head, _, body = Reply(body={"id": "x", "padding": "p" * 100}).encoded().partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        for byte in body:
            connection.sendall(bytes([byte]))
            if self._stopped.wait(0.05):
                break
        return False


SLOW = {"hang": Hang(), "drip head": Drip(0.05), "drip body": DripBody()}

every_native = pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)


@contextmanager
def on_time(seconds: float = ALLOWED) -> Iterator[None]:
    """What happens in the block ends with the deadline."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began <= seconds + SLACK


def whole_chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def timed(native: Native) -> Callable[[Any], Any]:
    """The read under a deadline, timed without the building of the client."""
    if native.mode == "sync":

        def call(sdk: Any) -> Any:
            with on_time(), deadline(ALLOWED):
                return native.read(sdk)

        return call

    async def acall(sdk: Any) -> Any:
        with on_time(), deadline(ALLOWED):
            return await native.read(sdk)

    return acall


@every_native
@pytest.mark.parametrize("slow", SLOW)
def test_a_native_call_ends_with_its_deadline(native: Native, slow: str) -> None:
    with Server([SLOW[slow]]) as server, pytest.raises(Exception) as caught:
        use(native, server.url, timed(native))
    assert isinstance(caught.value, DeadlineExceededError)  # as it is, not wrapped in what the SDK makes of failures
    assert caught.value.phase == "attempt"


@every_native
def test_a_native_call_does_not_wait_for_what_comes_too_late(native: Native) -> None:
    with Server([Reply(429, headers={"Retry-After": "60"})]) as server:
        with pytest.raises(Exception):
            use(native, server.url, timed(native))
        assert len(server.seen) == 1


def in_time(h: Any, call: Callable[[Any], Any]) -> Any:
    """Run an operation under a deadline; the SDK was imported and its client built beforehand."""
    assert h.p.github.native
    if not h.is_async:
        with on_time(), deadline(ALLOWED):
            return h.run(call)

    async def go(p: Any) -> Any:
        with on_time(), deadline(ALLOWED):
            found = call(p)
            return await (found.collect() if isinstance(found, AsyncPager) else found)

    return h.run(go)


@pytest.mark.parametrize("slow", SLOW)
def test_an_operation_names_the_phase(both: Callable[..., Any], slow: str) -> None:
    with Server([SLOW[slow]]) as server:
        h = both(**settings_for(server.url))
        assert h.p.github.native
        assert h.p.github.repos  # imported before the time runs
        with pytest.raises(DeadlineExceededError) as caught:
            in_time(h, lambda p: p.github.repos.get("o/r"))
    assert caught.value.phase == "attempt"
    assert caught.value.operation == "repos.get"


def test_a_hint_beyond_the_deadline_fails_at_once(both: Callable[..., Any]) -> None:
    with Server([Reply(429, headers={"Retry-After": "60"})]) as server:
        h = both(**settings_for(server.url))
        with pytest.raises(RateLimitedError) as caught:
            in_time(h, lambda p: p.github.repos.get("o/r"))
    assert caught.value.phase == "retry wait"
    assert caught.value.retry_after == pytest.approx(60, abs=1)


def test_a_turn_beyond_the_deadline_is_refused(both: Callable[..., Any]) -> None:
    with Server([Reply(body={"id": 1, "full_name": "o/r"})]) as server:
        h = both(**settings_for(server.url), rate_limit=RateLimit(rate=1, per=60, burst=1))
        with pytest.raises(Exception):
            h.run(lambda p: p.github.repos.get("o/r"))  # takes the only turn; the reply is no repository
        with pytest.raises(RateLimitedError) as caught:
            in_time(h, lambda p: p.github.repos.get("o/r"))
        assert len(server.seen) == 1
    assert caught.value.phase == "rate limit queue"
    assert caught.value.source == "client"


def test_a_place_that_does_not_become_free_is_left() -> None:
    options = {"rate_limit": RateLimit(concurrency=1), "retry": Retry.off()}
    with Server([Hang()]) as server, Platforms(**settings_for(server.url), **options) as p:
        openai = p.openai.native

        def hold() -> None:
            with contextlib.suppress(Exception):
                openai.with_options(timeout=1).models.list()

        holder = threading.Thread(target=hold)
        holder.start()
        while not server.seen:
            threading.Event().wait(0.005)  # until the only place is taken
        with on_time(), deadline(ALLOWED), pytest.raises(DeadlineExceededError) as caught:
            openai.models.list()
        holder.join()
    assert caught.value.phase == "rate limit queue"


def test_a_place_that_does_not_become_free_is_left_by_a_task_too() -> None:
    async def go(url: str) -> DeadlineExceededError:
        async with AsyncPlatforms(**settings_for(url), rate_limit=RateLimit(concurrency=1)) as p:
            holder = asyncio.ensure_future(p.openai.native.models.retrieve("held"))
            while not server.seen:
                await asyncio.sleep(0.005)
            with on_time(), deadline(ALLOWED), pytest.raises(DeadlineExceededError) as caught:
                await p.openai.native.models.retrieve("m")
            holder.cancel()
            await asyncio.wait([holder])
            return caught.value

    with Server([Hang()]) as server:
        assert asyncio.run(go(server.url)).phase == "rate limit queue"


def test_a_page_that_hangs_ends_the_list(both: Callable[..., Any]) -> None:
    def page(seen: Seen) -> Any:
        found = re.search(r"[?&]page=(\d+)", seen.path)
        number = int(found[1]) if found else 1
        if number == 7:
            return Hang()
        link = f'<{server.url}/x?page={number + 1}>; rel="next", <{server.url}/x?page=9>; rel="last"'
        return Reply(body=[], headers={"Link": link})

    with Server(page) as server:
        h = both(**settings_for(server.url))
        with pytest.raises(DeadlineExceededError) as caught:
            in_time(h, lambda p: p.github.issues.list("o/r"))
        assert len(server.seen) >= 7
    assert caught.value.phase == "attempt"


@pytest.mark.parametrize("kind", ["openai-sync", "openai-async", "openai-aiohttp"])
def test_a_stream_ends_with_the_deadline(kind: str) -> None:
    class Drips(DripBody):
        pass

    native = next(n for n in NATIVES if n.name == kind)
    options = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}

    def call(openai: Any) -> Any:
        with on_time(), deadline(ALLOWED):
            return list(openai.chat.completions.create(**options))

    async def acall(openai: Any) -> Any:
        with on_time(), deadline(ALLOWED):
            return [event async for event in await openai.chat.completions.create(**options)]

    with Server([Drips()]) as server, pytest.raises(Exception) as caught:
        use(native, server.url, call if native.mode == "sync" else acall)
    assert any("time" in type(error).__name__.lower() for error in whole_chain(caught.value))


BIG = b"x" * 32_000_000
UPLOADS: dict[str, Callable[[Any], Any]] = {
    "gitlab-sync": lambda gl: gl.http_put("/projects/1/packages", post_data=BIG, raw=True),
    "gitlab file-sync": lambda gl: gl.http_put("/projects/1/packages", post_data=io.BytesIO(BIG), raw=True),
    "openai-sync": lambda openai: openai.files.create(file=("f", BIG), purpose="batch"),
    "openai-async": lambda openai: openai.files.create(file=("f", BIG), purpose="batch"),
    "openai over aiohttp-async": lambda openai: openai.files.create(file=("f", BIG), purpose="batch"),
    "supabase-sync": lambda sb: sb.options.httpx_client.put(f"{sb.supabase_url}x", content=BIG),
    "supabase-async": lambda sb: sb.options.httpx_client.put(f"{sb.supabase_url}x", content=BIG),
}


@pytest.mark.parametrize("slow", ["never", "dripping"])
@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_nobody_reads_ends_with_the_deadline(name: str, slow: str) -> None:
    what, _, mode = name.partition("-")
    transport = "aiohttp" if what.endswith("aiohttp") else "httpx"
    native = Native(name, what.split()[0], mode, UPLOADS[name], UPLOADS[name], transport=transport)
    stopped = threading.Event()

    def sip() -> None:
        """Take the connection and read a little now and then, so that every single wait is short."""
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while not stopped.wait(0.02):
                connection.recv(400_000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = threading.Thread(target=sip)
        if slow == "dripping":
            reader.start()
        with pytest.raises(DeadlineExceededError) as caught:
            use(native, f"http://127.0.0.1:{listener.getsockname()[1]}", timed(native))
        stopped.set()
        if slow == "dripping":
            reader.join()
    assert caught.value.phase == "attempt"
