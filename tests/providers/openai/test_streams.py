"""Streams that are left, cancelled, cut, or end with an error."""

import asyncio
import gc
import json
import socket
import threading

import pytest
from tests.loopback import Loopback, Reply, Reset, Truncate
from tests.providers.openai.conftest import sandbox_server, settings

from unifykit import (
    AuthenticationError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    QuotaExceededError,
    RateLimitedError,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
    deadline,
)
from unifykit._wires.aiohttp import AiohttpTransport

MODEL = "gpt-5-mini"


def chunk(text, reason=None, **more):
    delta = {"content": text} if text else {}
    part = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [part], **more}


def sse(*events, end="data: [DONE]\n\n"):
    text = "".join(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events)
    return Reply(body=text + end, headers={"Content-Type": "text/event-stream"})


def chat(p):
    return p.openai.chat.stream(MODEL, "x")


def respond(p):
    return p.openai.responses.stream(MODEL, "x")


@pytest.mark.parametrize("call", [chat, respond])
def test_a_stream_may_be_left(both, call):
    """What is left early frees its connection, and has no final value."""
    with sandbox_server(pace=0.005) as (url, _):
        harness = both(openai=settings(url))
        for _ in range(3):
            kept = []
            first = harness.take(lambda p, kept=kept: kept.append(call(p)) or kept[0], 1)
            assert first == ["You"]
            with pytest.raises(InvalidRequestError, match="iterate to its end"):
                _ = kept[0].final
        assert harness.run(lambda p: p.openai.chat.complete(MODEL, "Hello")).text == "Hello!"
        assert harness.p.openai.usage[MODEL].output_tokens == 2


def test_a_stream_may_be_left_without_a_word(both, mode):
    """`break` without a `with`: the connection is closed when the stream is forgotten."""
    with Loopback([sse(*[chunk("a")] * 1000)]) as server:
        harness = both(openai=settings(server.url))

        def leave(p):
            for _ in chat(p):
                break

        async def aleave(p):
            async for _ in chat(p):
                break
            gc.collect()
            await asyncio.sleep(0.05)

        harness.run(leave if mode == "sync" else aleave)
        gc.collect()
        pools = harness.p.openai.link.shared["httpx2"]
        known = pools._known if mode == "sync" else harness.run(lambda _: pools._by_loop.get())
        assert in_use(next(iter(known[1].values()))) == 0


def in_use(transport):
    """How many connections are."""
    if isinstance(transport, AiohttpTransport):
        return len(transport._session.connector._acquired)
    return len([one for one in transport._pool.connections if not (one.is_idle() or one.is_closed())])


@pytest.mark.parametrize("mode", ["async", "async over aiohttp"], indirect=True)
def test_a_cancelled_stream_frees_its_connection(mode):
    from unifykit import AsyncPlatforms

    async def go(url):
        async with AsyncPlatforms(openai=settings(url)) as p:
            begun = asyncio.Event()

            async def read():
                async with p.openai.chat.stream(MODEL, "one two three four five six") as stream:
                    async for _ in stream:
                        begun.set()

            task = asyncio.ensure_future(read())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            known = p.openai.link.shared["httpx2"]._by_loop.get()
            assert in_use(next(iter(known[1].values()))) == 0
            assert (await p.openai.chat.complete(MODEL, "Hello")).text == "Hello!"

    with sandbox_server(pace=0.05) as (url, _):
        asyncio.run(go(url))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Truncate(sse(chunk("Hello"), chunk(" you"), *[chunk("x" * 400)] * 2)), r"cut after [23] events \([\d,]+ bytes\) \(\w+"),
        (sse(chunk("Hello"), end=""), r"cut after 1 event \(1\d\d bytes\) without its end"),
        (sse(end=""), "cut after 0 bytes without its end"),
    ],
)  # fmt: skip
def test_a_cut_stream_says_how_much_had_arrived(at, reply, told):
    with Loopback([reply]) as server:
        world = at(server.url)
        with pytest.raises(ConnectionFailedError, match=told) as raised:
            world.read(chat)
        assert raised.value.maybe_executed
        assert raised.value.operation == "chat.stream"
        assert not raised.value.retryable
        assert len(server.seen) == 1


def test_a_stream_without_an_end_mark_is_whole(at):
    """Some servers that speak the API do not send it; the reason to finish says as much."""
    with Loopback([sse(chunk("Hello"), chunk("", "stop"), end="")]) as server:
        items, stream = at(server.url).read(chat)
        assert items == ["Hello"]
        assert stream.final.text == "Hello"


def test_events_in_any_dress(at):
    body = "".join(
        f": ping\r\n\r\ndata:{json.dumps(chunk(text), ensure_ascii=False)}\r\n\r\n" for text in ("é\u2028", "\u0085b")
    )
    reply = Reply(body=f"event: x\n\n{body}data: {json.dumps(chunk('', 'stop'))}\n\ndata: [DONE]\n\n")
    with Loopback([reply]) as server:
        items, stream = at(server.url).read(chat)
        assert items == ["é\u2028", "\u0085b"]
        assert stream.final.text == "é\u2028\u0085b"


def test_calls_of_tools_are_put_together(at):
    def part(index, **function):
        known = {"id": f"call_{index}", "type": "function"} if "name" in function else {}
        return {"tool_calls": [{"index": index, **known, "function": function}]}

    deltas = [part(0, name="a", arguments=""), part(0, arguments='{"x"'), part(1, name="b", arguments=""), part(0, arguments=":1}"), part(1, arguments="{}")]  # fmt: skip
    events = [{**chunk(""), "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    with Loopback([sse(*events, chunk("", "tool_calls"))]) as server:
        items, stream = at(server.url).read(chat)
        assert items == []
        assert [(one.id, one.name, one.parsed()) for one in stream.final.tool_calls] == [
            ("call_0", "a", {"x": 1}), ("call_1", "b", {}),
        ]  # fmt: skip
        assert stream.final.message.content is None


FAULTS = [
    ({"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}, RateLimitedError),
    ({"message": "No credit", "type": "insufficient_quota", "code": "insufficient_quota"}, QuotaExceededError),
    ({"message": "The server had an error", "type": "server_error", "code": None}, ServerError),
    ({"message": "Overloaded", "code": "server_is_overloaded"}, UnavailableError),
    ({"message": "Bad", "type": "invalid_request_error", "param": "x"}, InvalidRequestError),
    ({"message": "Odd", "code": "something_new"}, ServerError),
    ("it broke", ServerError),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_an_error_in_a_chat_stream(at, fault, error):
    with Loopback([sse(chunk("Hello"), {"error": fault}, end="")]) as server:
        with pytest.raises(error) as raised:
            at(server.url).read(chat)
        assert type(raised.value) is error
        assert raised.value.operation == "chat.stream"
        assert raised.value.provider == "openai"


@pytest.mark.parametrize(("fault", "error"), FAULTS[:-1])
@pytest.mark.parametrize("failed", [True, False])
def test_an_error_in_a_response_stream(at, fault, error, failed):
    event = {"type": "response.failed", "response": {"error": fault}} if failed else {**fault, "type": "error"}
    if not failed and "code" not in fault:
        event = {"type": "error", "error": fault}
    with Loopback([sse({"type": "response.created"}, event, end="")]) as server:
        with pytest.raises(error) as raised:
            at(server.url).read(respond)
        assert type(raised.value) is error


@pytest.mark.parametrize("nonsense", ["{not json", "[1]", '"text"', "1"])
def test_nonsense_in_a_stream(at, nonsense):
    for call in (chat, respond):
        with Loopback([sse(nonsense)]) as server:
            with pytest.raises(UnexpectedResponseError) as raised:
                at(server.url).read(call)
            assert raised.value.maybe_executed


def test_a_stream_is_refused_as_any_call(at):
    refusal = Reply(
        401, {"error": {"message": "Wrong key.", "type": "invalid_request_error", "code": "invalid_api_key"}}
    )
    with Loopback([refusal]) as server, pytest.raises(AuthenticationError, match="Wrong key"):
        at(server.url).read(chat)


def test_a_limit_before_a_stream_is_waited_for(at):
    from unifykit.testing import VirtualClock

    clock = VirtualClock()
    limited = Reply(429, {"error": {"message": "Slow.", "code": "rate_limit_exceeded"}}, {"retry-after-ms": "1500"})
    with Loopback([limited, sse(chunk("Hi", "stop"))]) as server:
        items, _ = at(server.url, clock=clock).read(chat)
        assert items == ["Hi"]
        assert 1.5 <= sum(clock.slept) < 2


class Slow:
    """A server that sends an event every `every` seconds, without an end."""

    def __init__(self, every, count=50):
        self.every, self.count = every, count
        self._over = threading.Event()

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
                for _ in range(self.count):
                    connection.sendall(f"data: {json.dumps(chunk('a'))}\n\n".encode())
                    if self._over.wait(self.every):
                        return
                connection.sendall(f"data: {json.dumps(chunk('', 'stop'))}\n\ndata: [DONE]\n\n".encode())
            except OSError:
                return


def test_a_timeout_counts_for_each_item(at):
    """A stream may take longer than an operation may, if it goes on."""
    with Slow(0.1, count=8) as server:
        items, _ = at(server.url, timeout=0.4).read(chat)
        assert items == ["a"] * 8


def test_a_stream_that_falls_silent(at):
    with Slow(30) as server, pytest.raises(DeadlineExceededError) as raised:
        at(server.url, timeout=0.3).read(chat)
    assert raised.value.operation == "chat.stream"


def test_a_silent_stream_ends_with_its_attempt(at):
    with Slow(30) as server, pytest.raises(DeadlineExceededError, match="silent after 1 event"):
        at(server.url, attempt_timeout=0.3).read(chat)


def test_a_deadline_holds_for_the_whole_block(at):
    with Slow(0.1) as server:
        world = at(server.url)

        def read(p):
            with deadline(0.5):
                return list(chat(p))

        async def aread(p):
            with deadline(0.5):
                return [item async for item in chat(p)]

        with pytest.raises(DeadlineExceededError):
            world.do(aread if world.is_async else read)


def test_speech_that_is_cut_leaves_no_file(at, tmp_path):
    whole = Reply(body=b"x" * 5000, headers={"Content-Type": "audio/mpeg"})
    with Loopback([Truncate(whole)]) as server:
        for to in (None, tmp_path / "a.mp3"):
            with pytest.raises(ConnectionFailedError, match=r"cut after [\d,]+ bytes") as raised:
                at(server.url).do(lambda p, to=to: p.openai.audio.speak("tts", "x", voice="alloy", to=to))
            assert raised.value.maybe_executed
    assert list(tmp_path.iterdir()) == []


# -- what is sent again, and what is not


def completion():
    choice = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
    return Reply(body={"id": "1", "model": "m", "object": "chat.completion", "created": 1, "choices": [choice]})


VECTOR = Reply(body={"model": "m", "data": [{"index": 0, "embedding": [1.0]}]})


@pytest.mark.parametrize("first", [Reply(500, {}), Reply(503, {}), Reset(), Truncate(completion())])
def test_an_answer_is_not_paid_for_twice(at, first):
    with Loopback([first, completion()]) as server:
        with pytest.raises((ServerError, ConnectionFailedError)) as raised:
            at(server.url).do(lambda p: p.openai.chat.complete("m", "x"))
        assert raised.value.maybe_executed
        assert len(server.seen) == 1


@pytest.mark.parametrize("first", [Reply(500, {}), Reply(503, {}), Reset(), Truncate(VECTOR)])
def test_a_vector_is_asked_for_again(at, first):
    from unifykit.testing import VirtualClock

    with Loopback([first, VECTOR]) as server:
        found = at(server.url, clock=VirtualClock()).do(lambda p: p.openai.embeddings.create("m", "x"))
        assert found.vector == [1.0]
        assert len(server.seen) == 2


def test_nonsense_that_was_paid_for_says_so(at):
    with Loopback([Reply(body={"choices": []})]) as server, pytest.raises(UnexpectedResponseError) as raised:
        at(server.url).do(lambda p: p.openai.chat.complete("m", "x"))
    assert raised.value.maybe_executed


def test_a_stream_that_is_sent_elsewhere(at):
    """A redirect is no stream, and is not followed."""
    with Loopback([Reply(302, {"moved": True}, {"Location": "http://127.0.0.1:9/v1"})]) as server:
        with pytest.raises(UnexpectedResponseError) as caught:
            at(server.url).read(lambda p: p.openai.chat.stream(MODEL, "hi"))
        assert caught.value.status == 302
        assert len(server.seen) == 1
