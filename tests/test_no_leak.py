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
from tests.loopback import Loopback, Reply, Reset, Truncate, refused_port
from tests.wires.natives import NATIVES, Native, settings_for, use

from unifykit import Platforms, Retry
from unifykit.errors import UnifyError

TOKEN = "sk_test_Zt9/distinctive+Token=77"
SPELLINGS = {
    "plain": TOKEN,
    "quoted": quote(TOKEN, safe=""),
    "quoted but for slashes": quote(TOKEN),
    "base64": base64.b64encode(TOKEN.encode()).decode().rstrip("="),
    "base64 with a name": base64.b64encode(f":{TOKEN}".encode()).decode().rstrip("="),
    "its middle": "distinctive",
}

LOGGERS = (
    "", "httpx", "httpcore", "httpx2", "httpcore2", "urllib3", "requests", "openai", "stripe", "github",
    "github.Requester", "gitlab", "redis", "unifykit", "postgrest", "storage3", "supabase_auth", "supabase_functions", "hpack",
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


def nothing_in_error(error: BaseException) -> None:
    nothing_in("".join(traceback.format_exception(error)), "the traceback")
    for link in chain(error):
        for text in (str(link), repr(link), repr(link.args), repr(getattr(link, "__notes__", ""))):
            nothing_in(text, f"{type(link).__name__}")
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


@pytest.mark.parametrize("event", EVENTS)
def test_operations(both: Callable[..., Any], event: str, log: Log) -> None:
    with Loopback([EVENTS[event]]) as server:
        h = both(**settings_for(server.url, TOKEN), retry=Retry(max_attempts=2, base=0))
        for call in (lambda p: p.github.repos.get("o/r"), lambda p: p.github.issues.create("o/r", title="t")):
            try:
                h.run(call)
            except Exception as error:
                assert isinstance(error, UnifyError)  # noqa: PT017 -- it need not fail
                nothing_in_error(error)
        assert any(TOKEN in str(seen.headers) for seen in server.seen)
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


def test_a_server_that_repeats_the_token(both: Callable[..., Any], log: Log) -> None:
    with Loopback([ECHO]) as server:
        h = both(**settings_for(server.url, TOKEN))
        with pytest.raises(UnifyError, match="Bad credentials") as caught:
            h.run(lambda p: p.github.repos.get("o/r"))
        nothing_in_error(caught.value)
    nothing_in(log.text.getvalue(), "the log")


@pytest.mark.parametrize("name", ["github", "gitlab", "stripe", "openai", "supabase"])
def test_objects(name: str) -> None:
    settings = settings_for("http://127.0.0.1:9", TOKEN)
    with Platforms(**settings) as p:
        client = getattr(p, name)
        shown = (p, client, client.native, client.link.settings, client.link, client.link.engine, settings)
        for thing in shown:
            nothing_in(f"{thing!r} {thing!s}", type(thing).__name__)
        nothing_in(settings[name].model_dump_json(), "the settings as JSON")
