"""A credential reaches no log, no text of an object or an error, no traceback and no pickle, whatever goes wrong."""

import base64
import io
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.accounts import ACCOUNTS, REDIS, TOKEN, Account, name_of
from tests.loopback import Loopback, Reply, Reset, Truncate, refused_port
from tests.resp import CLOSE, LOADING, RESET, Resp
from tests.wires.natives import NATIVES, Native, settings_for, use

from unifykit import Platforms, Retry
from unifykit.errors import UnifyError
from unifykit.otel import OpenTelemetry

MIDDLE = "distinctive"
SPELLINGS = {
    "plain": TOKEN,
    "quoted": quote(TOKEN, safe=""),
    "quoted but for slashes": quote(TOKEN),
    "base64": base64.b64encode(TOKEN.encode()).decode().rstrip("="),
    "base64 with a name": base64.b64encode(f":{TOKEN}".encode()).decode().rstrip("="),
    "its middle": MIDDLE,
    "its middle as hex": MIDDLE.encode().hex(),
    # within any text, whatever stands before it: base64 has three ways to fall
    **{f"base64 at {shift}": base64.b64encode(b"." * shift + MIDDLE.encode()).decode()[4:-4] for shift in range(3)},
}

LOGGERS = (
    "", "httpx", "httpcore", "httpx2", "httpcore2", "urllib3", "requests", "openai", "stripe", "github",
    "github.Requester", "gitlab", "redis", "unifykit", "postgrest", "storage3", "supabase_auth", "supabase_functions", "hpack",
    "aiohttp", "aiohttp.client", "aiohttp.internal", "websockets", "websockets.client", "asyncio", "opentelemetry", "pydantic",
)  # fmt: skip

EVENTS = {
    "200": Reply(
        body={"id": 1, "object": "customer", "full_name": "o/r", "name": "r", "private": False, "users": [], "aud": ""}
    ),
    "401": Reply(401, {"message": "Bad credentials", "error": {"message": "Invalid API Key"}}),
    "404": Reply(404, {"message": "Not Found", "error": {"message": "No such thing"}}),
    "422": Reply(422, {"message": "Validation Failed", "errors": [{"field": "a", "code": "missing"}]}),
    "429": Reply(429, {"message": "slow down"}, {"Retry-After": "0"}),
    "500": Reply(500, b"<html>oops</html>"),
    "reset": Reset(),
    "cut": Truncate(Reply(body={"id": 1, "padding": "p" * 100})),
    "bad JSON": Reply(body=b"{not json"),
    "not text": Reply(body=b"\xff\xfe\x00", headers={"Content-Type": "application/json"}),
    "redirect": Reply(302, b"", {"Location": "/elsewhere?x=1"}),
}


class Log(logging.Handler):
    """Keeps everything that any logger says, as it would be written, with its arguments and its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.text = io.StringIO()
        self.records = 0
        self.formatter = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.records += 1
        extras = {name: value for name, value in record.__dict__.items() if name not in ("msg", "args", "exc_info")}
        self.text.write(f"{self.format(record)} {extras!r}\n")


@pytest.fixture
def log() -> Iterator[Log]:
    handler = Log()
    kept = [(logger, logger.level, logger.propagate) for logger in map(logging.getLogger, LOGGERS)]
    for logger, _, _ in kept:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    for logger, level, propagate in kept:
        logger.setLevel(level)
        logger.propagate = propagate


def nothing_in(text: str, where: str) -> None:
    for name, spelling in SPELLINGS.items():
        assert spelling not in text, f"{name} in {where}: …{text[max(0, text.find(spelling) - 200) :][:400]}"


def chain(error: BaseException | None, seen: set[int] | None = None) -> Iterator[BaseException]:
    """An error, its causes and contexts, and whatever errors they carry as arguments."""
    seen = set() if seen is None else seen
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for other in (error.__cause__, error.__context__, *error.args):
        if isinstance(other, BaseException):
            yield from chain(other, seen)


def kept_by(error: BaseException) -> str:
    """What SDKs keep in their errors for others to show: the request, and the reply with its request."""
    reply = getattr(error, "response", None)
    kept = [getattr(error, "_request", None), reply, getattr(reply, "_request", getattr(reply, "request", None))]
    parts = [getattr(one, name, "") for one in kept for name in ("headers", "url", "text", "reason")]
    return " ".join(str(dict(part) if hasattr(part, "items") else part) for part in parts)


def nothing_in_error(error: BaseException) -> None:
    nothing_in("".join(traceback.format_exception(error)), "the traceback")
    for link in chain(error):
        for text in (str(link), repr(link), repr(link.args), repr(getattr(link, "__notes__", ""))):
            nothing_in(text, f"{type(link).__name__}")
        nothing_in(kept_by(link), f"what {type(link).__name__} keeps")
        if isinstance(link, UnifyError):
            nothing_in(repr(link.__dict__), f"the attributes of {type(link).__name__}")
            nothing_in(pickle.dumps(link, 0).decode("latin-1"), f"the pickle of {type(link).__name__}")
            assert str(pickle.loads(pickle.dumps(link))) == str(link)


@pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)
@pytest.mark.parametrize("event", EVENTS)
def test_the_sdks_own_calls(native: Native, event: str, log: Log) -> None:
    with Loopback([EVENTS[event]]) as server:
        _call(native, server.url)
        assert server.seen
        assert any(TOKEN in str(seen.headers) for seen in server.seen)  # or the test would prove nothing
    assert log.records
    nothing_in(log.text.getvalue(), "the log")


@pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)
def test_the_sdks_own_calls_without_a_server(native: Native, log: Log) -> None:
    _call(native, f"http://127.0.0.1:{refused_port()}")
    nothing_in(log.text.getvalue(), "the log")


def _call(native: Native, url: str) -> None:
    for call in (native.read, native.write):
        try:
            use(native, url, call, retry=Retry(max_attempts=2, base=0), **settings_for(url, TOKEN))
        except Exception as error:
            nothing_in_error(error)


class Told:
    """An observer: keeps events, and what OpenTelemetry would be sent of them."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.record = OpenTelemetry(provider)

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        self.record(event)

    def text(self) -> str:
        spans = [span.to_json() for span in self.exporter.get_finished_spans()]
        assert spans
        return f"{self.events!r} {[vars(event) for event in self.events if hasattr(event, '__dict__')]} {spans}"


def was_sent(seen: Any) -> bool:
    """Whether a request carries the credential; if none did, a test would prove nothing."""
    text = f"{seen.headers} {seen.path}"
    return any(spelling in text for spelling in SPELLINGS.values())


def perform(h: Any, account: Account) -> None:
    for call in (account.read, account.write):
        try:
            h.run(call)
        except Exception as error:
            assert isinstance(error, UnifyError)  # noqa: PT017 -- it need not fail
            nothing_in_error(error)


def test_a_redis_before_6_repeats_the_password(both: Callable[..., Any], log: Log) -> None:
    def old(command: list[str], _: int) -> bytes:
        given = ", ".join(f"`{part}`" for part in command[1:])
        return f"-ERR unknown command `{command[0]}`, with args beginning with: {given}, \r\n".encode()

    told = Told()
    with Resp(old, greets=False) as server:
        h = both(redis=REDIS.settings(server.url), retry=Retry(max_attempts=2, base=0), observers=[told])
        with pytest.raises(UnifyError, match="unknown command `HELLO`") as caught:
            h.run(REDIS.read)
        nothing_in_error(caught.value)
        assert any(TOKEN in command for command in server.seen)
    nothing_in(log.text.getvalue(), "the log")
    nothing_in(told.text(), "the events")


MADE = {
    "id": 1, "type": "Repository", "name": "web", "active": True, "events": ["push"],
    "config": {"url": "https://x.test", "secret": TOKEN}, "created_at": "2026-01-01T00:00:00Z",
}  # fmt: skip


def test_the_secret_of_a_webhook(both: Callable[..., Any], log: Log) -> None:
    """PyGithub logs what it sends and what it is told."""
    secret = "of 'mine' and \"distinctive\""
    with Loopback([Reply(201, MADE)]) as server:
        h = both(github=settings_for(server.url, "another-token")["github"])
        h.run(lambda p: p.github.hooks.create("o/r", url="https://x.test", secret=secret))
        assert MIDDLE in server.seen[0].body.decode()
    nothing_in(log.text.getvalue(), "the log")


@pytest.mark.parametrize("native", [n for n in NATIVES if n.provider == "stripe"], ids=lambda native: native.name)
def test_the_secret_that_stripe_s_own_client_is_told(native: Native, log: Log) -> None:
    told = {"id": "we_1", "object": "webhook_endpoint", "secret": TOKEN, "client_secret": f"pi_1_secret_{TOKEN}"}
    with Loopback([Reply(body=told)]) as server:
        assert use(native, server.url, native.read, **settings_for(server.url, "another-key")).secret == TOKEN
    nothing_in(log.text.getvalue(), "the log")


@pytest.mark.parametrize("name", ACCOUNTS)
@pytest.mark.parametrize("event", EVENTS)
def test_operations(both: Callable[..., Any], name: str, event: str, log: Log) -> None:
    account, told = ACCOUNTS[name], Told()
    with Loopback([EVENTS[event]]) as server:
        options = {name_of(name): account.settings(server.url), "retry": Retry(max_attempts=2, base=0)}
        perform(both(**options, observers=[told], rate_limit=None), account)
        assert server.seen
        assert all(was_sent(seen) for seen in server.seen)
    assert log.records
    nothing_in(log.text.getvalue(), "the log")
    nothing_in(told.text(), "the events")


REPLIES = {
    "ok": b"+OK\r\n",
    "nothing": b"$-1\r\n",
    "refused": b"-NOPERM this user has no permissions\r\n",
    "loading": LOADING,
    "reset": RESET,
    "closed": CLOSE,
    "cut": "$100\r\nabc",
    "no RESP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


def _greeted(answer: Any) -> Callable[[list[str], int], Any]:
    """What a server says to a client that has to sign in: HELLO is answered, or refused like all else."""
    hello = b"%1\r\n$5\r\nproto\r\n:3\r\n"
    return lambda command, _: {"HELLO": hello, "CLIENT": b"+OK\r\n"}.get(command[0].upper(), answer)


@pytest.mark.parametrize("event", REPLIES)
def test_redis(both: Callable[..., Any], event: str, log: Log) -> None:
    told = Told()
    with Resp(_greeted(REPLIES[event]), greets=False) as server:
        h = both(redis=REDIS.settings(server.url), retry=Retry(max_attempts=2, base=0), observers=[told])
        perform(h, REDIS)
        assert any(TOKEN in command for command in server.seen)
    nothing_in(log.text.getvalue(), "the log")
    nothing_in(told.text(), "the events")


@pytest.mark.parametrize("word", ["WRONGPASS", "ERR", "NOAUTH"])
def test_a_redis_that_does_not_let_in(both: Callable[..., Any], word: str, log: Log) -> None:
    refusal = f"-{word} invalid username-password pair or user is disabled.\r\n".encode()
    with Resp(lambda *_: refusal, greets=False) as server:
        perform(both(redis=REDIS.settings(server.url), retry=Retry(max_attempts=2, base=0)), REDIS)
        assert any(TOKEN in command for command in server.seen)
    perform(both(redis=REDIS.settings(f"redis://127.0.0.1:{refused_port()}/0")), REDIS)
    nothing_in(log.text.getvalue(), "the log")


ECHO = Reply(
    401, {"message": f"Bad credentials: {TOKEN}", "error": {"message": f"Incorrect API key provided: {TOKEN}"}}
)


@pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)
def test_a_server_that_repeats_the_token_to_an_sdk(native: Native, log: Log) -> None:
    with Loopback([ECHO]) as server:
        _call(native, server.url)
        assert server.seen
    nothing_in(log.text.getvalue(), "the log")


def _repeated(status: int) -> Callable[[Any], Reply]:
    """Says the request's headers and its address in a body and in headers, as some gateways do."""

    def reply(seen: Any) -> Reply:
        text = f"{seen.headers} {seen.path}"
        headers = {f"X-Was-{name}": value for name, value in seen.headers.items()} | {"X-Was-Path": seen.path}
        return Reply(status, {"message": text, "error": {"message": text}, "msg": text}, headers)

    return reply


@pytest.mark.parametrize("name", ACCOUNTS)
@pytest.mark.parametrize("status", [200, 401, 422, 500])
def test_a_server_that_repeats_what_it_was_sent(both: Callable[..., Any], name: str, status: int, log: Log) -> None:
    account, told = ACCOUNTS[name], Told()
    with Loopback(_repeated(status)) as server:
        options = {name_of(name): account.settings(server.url), "retry": Retry(max_attempts=2, base=0)}
        perform(both(**options, observers=[told]), account)
        assert all(was_sent(seen) for seen in server.seen)
    nothing_in(log.text.getvalue(), "the log")
    nothing_in(told.text(), "the events")


@pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)
def test_a_success_that_repeats_what_it_was_sent_to_an_sdk(native: Native, log: Log) -> None:
    with Loopback(_repeated(200)) as server:
        options = settings_for(server.url, TOKEN)
        for call in (native.read, native.write):
            try:
                use(native, server.url, call, retry=Retry(max_attempts=2, base=0), **options)
            except Exception:  # SDKs put what they cannot read into their errors
                continue
        assert server.seen
    nothing_in(log.text.getvalue(), "the log")


def test_a_success_is_the_callers_as_it_came(both: Callable[..., Any]) -> None:
    """A file may hold the very credential with which it is fetched: only the log is kept clean."""
    with Loopback([Reply(body=f"key={TOKEN}")]) as server:
        h = both(supabase=ACCOUNTS["supabase"].settings(server.url))
        assert h.run(lambda p: p.supabase.storage.bucket("b").download("f")) == f"key={TOKEN}".encode()


def test_what_others_log_is_left_alone(log: Log) -> None:
    with Platforms(**settings_for("http://127.0.0.1:9", TOKEN)) as p:
        assert p.github.native
        logging.getLogger("urllib3.connectionpool").debug("GET %s took %d ms", "/x?page=2&sort=up", 7)
    assert "urllib3.connectionpool GET /x?page=2&sort=up took 7 ms" in log.text.getvalue()
