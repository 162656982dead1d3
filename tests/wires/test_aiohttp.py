"""What is peculiar to openai's async client over aiohttp. What it shares with httpx runs over both, see `natives`."""

import asyncio
import builtins
import contextlib
import gzip
import json
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from tests.loopback import Loopback, Reply, Reset, Seen

from unifykit import AsyncPlatforms, ConnectionFailedError, DeadlineExceededError, MissingExtraError, Platforms, Retry
from unifykit.events import AttemptEvent
from unifykit.settings import OpenAISettings

DONE = {
    "id": "1", "object": "chat.completion", "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hé"}}],
}  # fmt: skip


def platforms(url: str, **options: Any) -> AsyncPlatforms:
    return AsyncPlatforms(openai=OpenAISettings(api_key="x", base_url=f"{url}/v1", transport="aiohttp"), **options)


def ask(url: str, times: int = 1, **options: Any) -> str:
    async def go() -> str:
        async with platforms(url, **options) as p:
            return "".join([(await p.openai.chat.complete("m", "hi")).text for _ in range(times)])

    return asyncio.run(go())


def test_it_is_chosen_by_a_variable() -> None:
    assert OpenAISettings.read({"UNIFYKIT_OPENAI_TRANSPORT": "aiohttp", "OPENAI_API_KEY": "x"}).transport == "aiohttp"


def test_sync_calls_do_without() -> None:
    settings = OpenAISettings
    with Loopback([Reply(body=DONE)]) as server:
        with Platforms(openai=settings(api_key="x", base_url=f"{server.url}/v1", transport="aiohttp")) as p:
            assert p.openai.chat.complete("m", "hi").text == "Hé"
        assert "aiohttp" not in server.seen[0].headers.get("user-agent", "")


def test_without_the_extra_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    actual = builtins.__import__

    def refuse(name: str, *args: Any, **given: Any) -> Any:
        if name == "aiohttp":
            raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")
        return actual(name, *args, **given)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.delitem(sys.modules, "unifykit._wires.aiohttp", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'unifykit\[openai-aiohttp\]'"):
        _ = platforms("http://127.0.0.1:9").openai.native


def test_the_request_is_the_one_that_httpx_would_send() -> None:
    """Not a header more, in either's order, and the same body."""
    with Loopback([Reply(body=DONE)]) as server:
        ask(server.url)

        async def over_httpx() -> None:
            async with AsyncPlatforms(openai=OpenAISettings(api_key="x", base_url=f"{server.url}/v1")) as p:
                await p.openai.chat.complete("m", "hi")

        asyncio.run(over_httpx())
        one, other = server.seen
    assert (one.method, one.path, one.body) == (other.method, other.path, other.body)
    assert one.headers == other.headers


def test_a_compressed_reply_is_read() -> None:
    body = gzip.compress(json.dumps(DONE).encode())
    with Loopback([Reply(body=body, headers={"Content-Encoding": "gzip"})]) as server:
        assert ask(server.url) == "Hé"


def test_cookies_are_not_kept() -> None:
    with Loopback([Reply(body=DONE, headers={"Set-Cookie": "who=me; Path=/"})]) as server:
        ask(server.url, times=2)
        assert [seen.headers.get("cookie") for seen in server.seen] == [None, None]


def test_connections_are_kept() -> None:
    with Loopback([Reply(body=DONE)]) as server:
        ask(server.url, times=5)
        assert len({seen.connection for seen in server.seen}) == 1


def test_a_connection_that_the_server_closed_meanwhile_costs_no_error() -> None:
    """The loop does not run between two calls, so it has not noticed yet."""
    with Loopback([Reply(body=DONE)]) as server, asyncio.Runner() as runner:
        attempts: list[AttemptEvent] = []
        p = platforms(server.url, observers=[lambda e: attempts.append(e) if isinstance(e, AttemptEvent) else None])
        for _ in range(3):
            reply = runner.run(p.openai.chat.complete("m", "hi"))
            assert reply.text == "Hé"
            for connection in list(server._open):
                connection.shutdown(socket.SHUT_RDWR)
        assert len(server.seen) == len(attempts) == 3
        runner.run(p.aclose())


def test_a_lost_connection_is_no_connection_that_failed() -> None:
    """openai's own transport calls it a connect timeout: what may have been executed would be sent again."""
    with Loopback([Reset()]) as server:
        with pytest.raises(ConnectionFailedError) as caught:
            ask(server.url)
        assert caught.value.maybe_executed
        assert len(server.seen) == 1


def test_a_long_body_arrives_whole() -> None:
    text = "é" * 1_500_000

    async def go(url: str) -> None:
        async with platforms(url) as p:
            await p.openai.chat.complete("m", text)

    with Loopback([Reply(body=DONE)]) as server:
        asyncio.run(go(server.url))
        assert json.loads(server.seen[0].body)["messages"][-1]["content"] == text


def test_a_proxy_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(ConnectionFailedError) as caught:
        ask("https://service.test")
    assert "socks5" in "".join(traceback.format_exception(caught.value))
    assert caught.value.attempts == 1


def test_a_place_may_be_waited_for_longer_than_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """All connections are busy: that is no server that does not answer."""
    monkeypatch.setattr("unifykit._wires.aiohttp._CONNECTIONS", 1)
    monkeypatch.setattr("unifykit.providers.openai.client._CONNECT", 0.1)
    answer = threading.Event()
    attempts: list[AttemptEvent] = []

    def script(_: Seen) -> Reply:
        answer.wait(10)
        return Reply(body=DONE)

    async def go(url: str) -> list[str]:
        observe = lambda event: attempts.append(event) if isinstance(event, AttemptEvent) else None
        async with platforms(url, observers=[observe]) as p:
            answer.set()
            await p.openai.chat.complete("m", "0")  # what is imported at the first call takes its time
            answer.clear()
            calls = asyncio.gather(p.openai.chat.complete("m", "1"), p.openai.chat.complete("m", "2"))
            asyncio.get_running_loop().call_later(0.4, answer.set)
            return [reply.text for reply in await calls]

    with Loopback(script) as server:
        assert asyncio.run(go(server.url)) == ["Hé", "Hé"]
    assert [event.error for event in attempts] == [None, None, None]


def test_a_server_that_takes_no_connection_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unifykit.providers.openai.client._CONNECT", 0.1)
    attempts: list[AttemptEvent] = []
    observe = lambda event: attempts.append(event) if isinstance(event, AttemptEvent) else None
    with full() as url, pytest.raises(DeadlineExceededError) as caught:
        ask(url, retry=Retry.off(), observers=[observe])
    assert not caught.value.maybe_executed
    assert [event.error for event in attempts] == ["connect"]


@contextlib.contextmanager
def full() -> Iterator[str]:
    """A server whose queue of connections is full, so that it answers no further one."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
