"""The engine alone tries again: requests are counted at the server, for every SDK's own client."""

import asyncio
import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.loopback import Hang, Loopback, Reply, Reset, Truncate, refused_port
from tests.wires.natives import NATIVES, Native, settings_for, use

from unifykit import AsyncPlatforms, Platforms, Retry
from unifykit.errors import CircuitOpenError
from unifykit.events import AttemptEvent
from unifykit.testing import VirtualClock

FAULTS = {
    "503": Reply(503),
    "500": Reply(500),
    "429": Reply(429, headers={"Retry-After": "1"}),
    "reset": Reset(),
}
LIMIT_403 = Reply(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "1"})

every_native = pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)


def count(native: Native, action: Any, call: Callable[[Any], Any], **options: Any) -> int:
    with Loopback([action]) as server:
        with pytest.raises(Exception):
            use(native, server.url, call, clock=VirtualClock(), **options)
        return len(server.seen)


@every_native
@pytest.mark.parametrize("fault", FAULTS)
def test_the_sdks_own_retries_are_off(native: Native, fault: str) -> None:
    for call in (native.read, native.write):
        assert count(native, FAULTS[fault], call, retry=Retry(max_attempts=1)) == 1


@every_native
@pytest.mark.parametrize("fault", FAULTS)
def test_the_engine_tries_again_what_may_be_repeated(native: Native, fault: str) -> None:
    assert count(native, FAULTS[fault], native.read) == 3
    surely_not_executed = fault == "429"
    assert count(native, FAULTS[fault], native.write) == (3 if native.keyed or surely_not_executed else 1)


def test_githubs_limit_that_comes_as_403_is_waited_for() -> None:
    github = NATIVES[0]
    for call in (github.read, github.write):
        assert count(github, LIMIT_403, call) == 3
        assert count(github, LIMIT_403, call, retry=Retry(max_attempts=1)) == 1
        assert count(github, Reply(403, {"message": "Resource not accessible"}), call) == 1


@every_native
def test_a_refused_connection_is_tried_again_even_for_a_write(native: Native) -> None:
    attempts: list[AttemptEvent] = []
    observe = lambda event: attempts.append(event) if isinstance(event, AttemptEvent) else None
    for call in (native.read, native.write):
        with pytest.raises(Exception):
            use(native, f"http://127.0.0.1:{refused_port()}", call, clock=VirtualClock(), observers=[observe])
    assert [event.error for event in attempts] == ["connect"] * 6


@every_native
def test_a_read_whose_body_is_cut_is_tried_again(native: Native) -> None:
    whole = Reply(body={"id": "x", "object": "customer", "padding": "p" * 1_000})
    assert count(native, Truncate(whole), native.read) == 3
    assert count(native, Truncate(whole), native.read, retry=Retry(max_attempts=1)) == 1


@pytest.mark.parametrize("native", [n for n in NATIVES if n.keyed], ids=lambda n: n.name)
def test_a_stripe_write_carries_one_key_on_all_attempts(native: Native) -> None:
    with Loopback([Reply(503), Reply(409), Reply(body={"id": "cus_1", "object": "customer"})]) as server:
        assert use(native, server.url, native.write, clock=VirtualClock()).id == "cus_1"
        keys = [seen.headers["idempotency-key"] for seen in server.seen]
        assert len(keys) == 3
        assert len(set(keys)) == 1
        assert len({seen.body for seen in server.seen}) == 1
        use(native, server.url, native.write)
        assert server.seen[-1].headers["idempotency-key"] not in keys


def test_stripes_advice_wins() -> None:
    native = next(n for n in NATIVES if n.keyed)
    assert count(native, Reply(503, headers={"Stripe-Should-Retry": "false"}), native.write) == 1
    assert count(native, Reply(400, headers={"Stripe-Should-Retry": "true"}), native.write) == 3


def test_openai_out_of_credit_is_not_waited_for() -> None:
    native = next(n for n in NATIVES if n.provider == "openai")
    broke = Reply(429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
    assert count(native, broke, native.read) == 1


@pytest.mark.parametrize("provider", ["github", "gitlab", "stripe", "openai", "supabase"])
def test_a_hundred_threads_do_not_storm_a_dead_server(provider: str) -> None:
    native = next(n for n in NATIVES if n.provider == provider and n.mode == "sync")
    with Loopback([Reply(503)]) as server:
        attempts = storm(native, server.url)
        assert len(server.seen) == attempts <= 135


@pytest.mark.parametrize("provider", ["github", "gitlab", "stripe", "openai", "supabase"])
def test_a_hundred_threads_do_not_storm_a_refused_port(provider: str) -> None:
    native = next(n for n in NATIVES if n.provider == provider and n.mode == "sync")
    assert 40 <= storm(native, f"http://127.0.0.1:{refused_port()}") <= 135


def storm(native: Native, url: str) -> int:
    """A hundred threads at once; how many attempts they made."""
    attempts: list[AttemptEvent] = []
    failures: list[Exception] = []
    start = threading.Barrier(100)

    def observe(event: Any) -> None:
        if isinstance(event, AttemptEvent):
            attempts.append(event)

    with Platforms(**settings_for(url), clock=VirtualClock(), observers=[observe]) as p:
        sdk = getattr(p, native.provider).native

        def work() -> None:
            start.wait()
            try:
                native.read(sdk)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(failures) == 100
    assert any(isinstance(failure, CircuitOpenError) for failure in failures) or len(attempts) >= 100
    return len(attempts)


# -- streams

EVENT = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n'
RESPONSE_EVENT = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"%d","sequence_number":1}\n\n'
STREAMED = {
    "Content-Type": "text/event-stream",
    "Content-Length": None,
    "Transfer-Encoding": "chunked",
    "Connection": "close",
}


class Stepwise:
    """A server's reply in chunks, the second sent only when the test has seen the first."""

    def __init__(self, event: bytes, *, cut: bool = False) -> None:
        self.event = event
        self.cut = cut
        self.first_seen = threading.Event()
        self.timely = False

    def play(self, connection: Any) -> None:
        connection.sendall(Reply(body=b"", headers=STREAMED).encoded())
        self._chunk(connection, self.event % 1)
        self.timely = self.first_seen.wait(20)
        if self.cut:
            return
        self._chunk(connection, self.event % 2)
        self._chunk(connection, b"data: [DONE]\n\n")
        connection.sendall(b"0\r\n\r\n")

    @staticmethod
    def _chunk(connection: Any, data: bytes) -> None:
        connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))


class Streaming(Loopback):
    """A loopback that can play steps."""

    def _act(self, connection: Any, action: Any) -> bool:
        if not isinstance(action, Stepwise):
            return super()._act(connection, action)
        action.play(connection)
        return False


CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
STREAMS = {
    "chat": (EVENT, lambda openai: openai.chat.completions.create(**CHAT)),
    "responses": (RESPONSE_EVENT, lambda openai: openai.responses.create(model="m", input="hi", stream=True)),
}


each_transport = pytest.mark.parametrize("mode", ["sync", "async", "async over aiohttp"])


def consume(mode: str, url: str, call: Callable[[Any], Any], steps: Stepwise) -> int:
    """Read the stream to its end; how many events came."""
    if mode == "sync":
        with Platforms(**settings_for(url)) as p:
            seen = 0
            with call(p.openai.native) as stream:
                for _ in stream:
                    seen += 1
                    steps.first_seen.set()
            return seen

    async def go() -> int:
        transport = "aiohttp" if mode.endswith("aiohttp") else "httpx"
        async with AsyncPlatforms(**settings_for(url, transport=transport)) as p:
            seen = 0
            async with await call(p.openai.native) as stream:
                async for _ in stream:
                    seen += 1
                    steps.first_seen.set()
            return seen

    return asyncio.run(go())


@each_transport
@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_arrives_as_it_is_produced(mode: str, kind: str) -> None:
    event, call = STREAMS[kind]
    steps = Stepwise(event)
    with Streaming([steps]) as server:
        assert consume(mode, server.url, call, steps) == 2
    assert steps.timely


@each_transport
@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_that_is_cut_raises_and_is_not_sent_again(mode: str, kind: str) -> None:
    event, call = STREAMS[kind]
    steps = Stepwise(event, cut=True)
    with Streaming([steps]) as server:
        with pytest.raises(Exception, match=r"(?i)closed|connection|incomplete"):
            consume(mode, server.url, call, steps)
        assert len(server.seen) == 1


@each_transport
def test_a_stream_that_is_refused_is_asked_for_again(mode: str) -> None:
    event, call = STREAMS["chat"]
    steps = Stepwise(event)
    with Streaming([Reply(429, headers={"Retry-After": "0"}), steps]) as server:
        assert consume(mode, server.url, call, steps) == 2
        assert len(server.seen) == 2


# -- bodies


class Pipe(io.RawIOBase):
    """A file that cannot be rewound."""

    def __init__(self) -> None:
        self._chunks = [b"one", b"two"]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, _size: int = -1) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""


def _upload(file: Any) -> Callable[[Any], Any]:
    return lambda openai: openai.files.create(file=("f.jsonl", file), purpose="batch")


@pytest.mark.parametrize("native", [n for n in NATIVES if n.provider == "openai"], ids=lambda n: n.name)
def test_a_form_with_a_file_is_replayed_byte_for_byte(native: Native) -> None:
    with Loopback([Reply(429, headers={"Retry-After": "0"}), Reply(body={"id": "file"})]) as server:
        use(native, server.url, _upload(io.BytesIO(b"line\n" * 50_000)))
        first, second = server.seen
        assert first.body == second.body
        assert len(first.body) > 250_000


@pytest.mark.parametrize("native", [n for n in NATIVES if n.provider == "openai"], ids=lambda n: n.name)
def test_a_form_with_a_pipe_is_sent_once(native: Native) -> None:
    assert count(native, Reply(429, headers={"Retry-After": "0"}), _upload(Pipe())) == 1


@pytest.mark.parametrize("native", [n for n in NATIVES if n.name.startswith("postgrest")], ids=lambda n: n.name)
def test_a_generator_is_sent_once(native: Native) -> None:
    def chunks() -> Any:
        yield b"one"

    async def achunks() -> Any:
        yield b"one"

    body = chunks() if native.mode == "sync" else achunks()
    call = lambda sb: sb.options.httpx_client.put(f"{sb.supabase_url}x", content=body)
    with Loopback([Reply(429, headers={"Retry-After": "0"})]) as server:
        assert use(native, server.url, call).status_code == 429
        assert len(server.seen) == 1
        assert server.seen[0].body == b"one"


def test_a_file_is_sent_again_from_its_beginning(tmp_path: Any) -> None:
    """PyGithub hands assets and python-gitlab raw uploads over as open files."""
    gitlab = NATIVES[1]
    path = tmp_path / "asset"
    path.write_bytes(b"0123456789" * 1_000)
    with Loopback([Reply(503), Reply(body={})]) as server, path.open("rb") as file:
        use(
            gitlab,
            server.url,
            lambda gl: gl.http_put("/projects/1/packages", post_data=file, raw=True),
            clock=VirtualClock(),
        )
        assert [len(seen.body) for seen in server.seen] == [10_000, 10_000]


@pytest.mark.parametrize("native", [n for n in NATIVES if n.provider == "openai"], ids=lambda n: n.name)
def test_a_hanging_read_is_tried_again_after_its_attempts_time(native: Native) -> None:
    with Loopback([Hang(), Reply(body={"id": "m"})]) as server:
        assert use(native, server.url, native.read, attempt_timeout=0.2).id == "m"
        assert len(server.seen) == 2
